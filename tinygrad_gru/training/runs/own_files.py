"""What in a run's directory is ours: nothing else is removed or written over, and ours only under the lock."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import ConfigError, FileError, TinygradError
from ..config import Config
from ..console.progress import say
from ..settings import numbered, settled
from .checkpoint import load_checkpoint
from .log import LONGEST_LINE
from .small_files import open_regular, text_of

__all__ = ["TEMPORARY", "keep_others", "make_way", "names_in", "refuse_strangers", "remove_temporaries"]

WRITTEN = ("config.toml", "run.json", "metrics.jsonl", "best.npz", "last.npz", "report.html")
TEMPORARY = re.compile(rf"\.(?:{'|'.join(map(re.escape, WRITTEN))})\.[0-9a-f]{{8}}\.tmp")  # see nn.files.writing
LINE = b'{"update": '  # how each line of metrics.jsonl begins
BEGINNINGS = ('{\n  "format": ', '{\n  "command": ')  # of run.json; the second as 0.1.0 wrote it
SHOWN = 5  # names in one message


def remove_temporaries(run: Path) -> None:
    """Remove what a process that was killed while it saved has left. Only under the lock: then it is no more."""
    for path in run.iterdir():
        if TEMPORARY.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)


def make_way(run: Path, config: Config) -> None:
    """Let a run begin in a directory that is empty, or that holds the same run without its last.npz.

    Other files beside that run stay as they are. What it measured after its first checkpoint is set aside, for it may
    have cost hours. Raises ConfigError for a directory that holds anything else. Call it under the lock.
    """
    if (run / "last.npz").exists():
        raise FileError(f"{run} was trained by another process in the meantime. try: the same command again")
    if refuse_strangers(run, config):
        _set_aside(run, config)
    remove_temporaries(run)


def refuse_strangers(run: Path, config: Config) -> bool:
    """Whether a directory without last.npz holds the beginning of this run; ConfigError if it holds anything else."""
    if all(TEMPORARY.fullmatch(path.name) for path in run.iterdir()):
        return False
    if not (run / "config.toml").exists():  # the first that is written
        raise ConfigError(f"{run} holds {names_in(run)}, and no run. try: --out with another folder")
    for name, is_of in IS_OF_THE_RUN.items():
        if (run / name).exists() and not _is(is_of, run / name, config):
            raise ConfigError(f"{run / name} is not of this run. try: --out with another folder")
    return True


def keep_others(run: Path, config: Config) -> None:
    """Keep under another name what is not of a run that goes on, and stands where it writes. Call it under the lock.

    A file of lines of which some are the run's is copied, and stays for their sake.
    """
    for name in ("metrics.jsonl", "best.npz"):
        if (path := run / name).exists() and not _is(IS_OF_THE_RUN[name], path, config):
            kept = _free(path)
            if name == "metrics.jsonl" and path.is_file():
                shutil.copyfile(path, kept)
            else:
                path.rename(kept)
            say(f"{path} holds what is not of this run: it is kept as {kept.name}")


def names_in(folder: Path) -> str:
    """What is in a folder, for a message: the first few names."""
    names = sorted(path.name for path in folder.iterdir())
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join([name if name.isprintable() else repr(name) for name in names[:SHOWN]] + more)


def _is(is_of: Callable[[Path, Config], bool], path: Path, config: Config) -> bool:
    """Whether this is a file, and what it should be."""
    with contextlib.suppress(OSError, ValueError, TypeError, RecursionError, TinygradError):
        return path.is_file() and is_of(path, config)
    return False


def _has_the_settings(path: Path, config: Config) -> bool:
    """Whether these are the settings, or the beginning of them, which a kill has left in former versions."""
    text, settings = text_of(path), config.as_toml(path.parent)
    return settings.startswith(text) or numbered(settings).startswith(text) or settled(path) == config


def _has_facts(path: Path, config: Config) -> bool:
    """Whether these are facts that training wrote down, or the beginning of them; an imported run has others."""
    text = text_of(path)
    for beginning in BEGINNINGS:
        if text.startswith(beginning) or beginning.startswith(text):
            return True
    told = json.loads(text)
    return isinstance(told, dict) and {"command", "versions"} <= set(told)


def _has_metrics(path: Path, config: Config) -> bool:
    """Whether each line is of a metric; the last one may be torn."""
    with open_regular(path) as file:
        while line := file.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                return LINE.startswith(line[: len(LINE)]) and not file.read(1)
            if _update_of(line) is None:
                return False
    return True


def _has_weights(path: Path, config: Config) -> bool:
    """Whether this is a checkpoint of these settings."""
    return load_checkpoint(path).config == config


IS_OF_THE_RUN = {
    "config.toml": _has_the_settings,
    "run.json": _has_facts,
    "metrics.jsonl": _has_metrics,
    "best.npz": _has_weights,
}


def _update_of(line: bytes) -> int | None:
    with contextlib.suppress(ValueError, RecursionError):
        told: Any = json.loads(line.decode("utf-8", "replace"))
        if isinstance(told, dict) and type(told.get("update")) is int:
            return int(told["update"])
    return None


def _set_aside(run: Path, config: Config) -> None:
    """Keep under another name what the run would not have if it had been stopped before its first checkpoint."""
    first = min(config.measure_every, config.updates)
    best, metrics = run / "best.npz", run / "metrics.jsonl"
    updates = [load_checkpoint(best).update] if best.exists() else []
    if metrics.exists():
        with open_regular(metrics) as file:
            lines = iter(lambda: file.readline(LONGEST_LINE), b"")
            updates.append(max((_update_of(line) or 0 for line in lines), default=0))
    if max(updates, default=0) <= first:
        return
    for path in (best, metrics):
        if path.exists():
            kept = _free(path)
            path.rename(kept)
            say(f"{run} has no last.npz to go on from: it begins anew, and {path.name} is kept as {kept.name}")


def _free(path: Path) -> Path:
    """A name beside this one that nothing has."""
    number = 1
    while (kept := path.with_name(f"{path.stem}-before-{number}{path.suffix}")).exists() or kept.is_symlink():
        number += 1
    return kept
