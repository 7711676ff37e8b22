"""The settings of a run as options of a command, made of what is declared in `training.config`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal, TypeVar

import typer

from ..training.config import SETTINGS
from ..training.declaration import LARGEST, Setting, words_of

__all__ = ["options_of_settings"]

Command = TypeVar("Command", bound=Callable[..., None])


def options_of_settings(
    without: Collection[str] = (), only: Collection[str] | None = None, after: str = "config", **help: str
) -> Callable[[Command], Command]:
    """Give a command an option for each setting of a run, or for some; they stand after one, and arrive in **settings.

    An option that is not given is None. `without` names settings that the command sets itself, `help` holds a sentence
    for those that mean something else to it.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        settings = [
            setting
            for name, setting in SETTINGS.items()
            if (only is None or name in only) and name not in ("task", *without)
        ]
        place = [p.name for p in parameters].index(after) + 1
        parameters[place:place] = [_option(setting, help.get(setting.name)) for setting in settings]
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return command

    return decorate


def _option(setting: Setting, help: str | None) -> inspect.Parameter:
    """A setting as an optional parameter of a command, of which Typer makes an option."""
    help = help or setting.help
    if setting.of_the_task:
        help = f"{help.rstrip('.')}; by default the task's own."
    if setting.tasks:
        help = f"{', '.join(setting.tasks)}: {help[0].lower()}{help[1:]}"
    kind: Any = (
        Literal[setting.choices]
        if setting.choices and not setting.or_class
        else str
        if setting.kind is list
        else setting.kind
    )
    is_closed = setting.above is None  # Typer knows no ranges that are open at an end: Config refuses 0
    is_bounded = is_closed and setting.most is not None and setting.most < LARGEST
    option = typer.Option(
        f"{setting.option}/--no-{setting.option[2:]}" if setting.kind is bool else setting.option,
        help=help,
        min=setting.least if is_closed else None,
        max=setting.most if is_bounded else None,
        metavar="NAME" if setting.or_class else "PATH" if setting.path else "A,B" if setting.kind is list else None,
        callback=_words if setting.kind is list else None,
    )
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(setting.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)


def _words(text: str | None) -> list[str] | None:
    return None if text is None else words_of(text)
