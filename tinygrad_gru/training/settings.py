"""Settings in a file, TOML: read with every name checked, and written with what each of them means."""

from __future__ import annotations

import os
import shlex
import textwrap
import tomllib
from pathlib import Path
from typing import Any

from ..core.support.arguments import brief, path_of
from ..errors import ConfigError, FileError, did_you_mean
from ..nn.files.formats import FORMATS, check_format
from ..tasks import TASKS
from .config import SETTINGS, Config
from .toml import from_toml, toml_of

__all__ = ["commented", "numbered", "read_settings", "settled"]

LARGEST_FILE = 1_000_000  # bytes: no settings are that long

ALL_OF_FIRST = {"cell", "hidden", "updates", "batch", "lr", "length", "seed", "final_lr", "clip"}  # what 0.1 wrote


def read_settings(path: Path) -> dict[str, Any]:
    """The settings of a file by name, as `Config.of` takes them; raises ConfigError naming what it does not know."""
    path = path_of("config", path, "config.toml")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)  # a device has no end, and a pipe no size
        if len(data) > LARGEST_FILE:
            raise ConfigError(f"config: {path} is larger than settings can be. try: tinygrad-gru init adding")
        settings = tomllib.loads(data.decode("utf-8-sig"))
    except FileNotFoundError as error:
        hint = shlex.join(["tinygrad-gru", "init", "adding", "-o", str(path)])
        raise FileError(f"cannot read {path}: {error.strerror}. try: {hint}") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}. try: a file of settings, as init writes it") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number too long, or nested too deeply
        raise ConfigError(f"config: {path} is not TOML: {error}. try: tinygrad-gru init adding") from None
    version = settings.pop("format", None)
    check_format("settings", version, f"config: {path}", ConfigError)
    if version is None and settings.keys() >= ALL_OF_FIRST:
        settings.setdefault("dropout", 0)
    for name in settings:
        if name not in SETTINGS:
            raise ConfigError(f"config: {path} holds the unknown setting {name!r}. {did_you_mean(name, SETTINGS)}")
    return settings


def numbered(toml: str) -> str:
    """Settings as they stand in a file, with the version of its format."""
    return f"format = {FORMATS['settings']}\n{toml}"


def settled(path: Path | None, task: str | None = None, **options: Any) -> Config:
    """The settings: the options that are not None, what the file says of the others, and the task's own defaults.

    A file that is named in the settings is looked for beside them.
    """
    settings = {} if path is None else read_settings(path)
    if path is not None and isinstance(file := from_toml(settings.get("file")), str):
        settings["file"] = _beside(path, file)
    settings |= {name: value for name, value in options.items() if value is not None}
    name = settings.pop("task", None) if task is None else task
    settings.pop("task", None)
    if name is None:
        raise ConfigError("task: not given. try: tinygrad-gru train adding, or see tinygrad-gru tasks")
    if not isinstance(name, str):
        raise ConfigError(f'task: got {brief(name)}, wanted a name. try: task = "adding"')
    return Config.of(name, **settings)


def _beside(path: Path, file: str) -> str:
    """A file that settings name, as seen from here: they mean it as seen from their own folder."""
    if not file or file == "-" or not path.is_file():  # what comes through a pipe has no folder
        return file
    beside = os.path.join(path.parent, file)  # noqa: PTH118 (a Path would make stdin of ./-)
    if not Path(beside).exists() and path.with_name("run.json").exists() and Path(file).exists():
        return file  # tinygrad_gru 0.1 wrote down in a run what had been given, as seen from where it was trained
    plain = os.path.normpath(beside)
    return plain if plain != "-" and os.path.realpath(plain) == os.path.realpath(beside) else beside


def commented(task: str) -> str:
    """All settings for a task as TOML, with its defaults, and what each means; what may be left away is a comment.

    >>> print(commented("adding")[:83])
    # Settings of a run: tinygrad-gru train --config FILE
    # Options win over this file.
    """
    config = Config.of(task)
    chosen = TASKS[task]
    lines = ["# Settings of a run: tinygrad-gru train --config FILE", "# Options win over this file.", ""]
    lines += textwrap.wrap(f"{task}: {chosen.teaches}", 110, initial_indent="# ", subsequent_indent="# ")
    for name, setting in SETTINGS.items():
        if setting.known_to(task):
            help = f"{chosen.length_is[0].upper()}{chosen.length_is[1:]}." if name == "length" else setting.help
            value = getattr(config, name)
            line = f"# {name} = {toml_of(setting.example)}" if value is None else f"{name} = {toml_of(value)}"
            lines += ["", f"# {help}", line]
    lines += ["", "# The version of this file's format.", f"format = {FORMATS['settings']}"]
    return "\n".join(lines) + "\n"
