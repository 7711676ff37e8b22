"""What Typer says about wrong words, in our form: what, got, wanted, and what to try."""

from __future__ import annotations

import dataclasses
import inspect
import shlex
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from ..errors import did_you_mean, nearest

__all__ = ["UsageError", "usage_message"]

# Typer took Click in with version 0.26, and the class moved; in all versions it is the parent of BadParameter.
UsageError: Any = typer.BadParameter.__base__


def usage_message(error: Any, words: Sequence[str]) -> str:
    """The message of a UsageError that Typer raised for these words of a command line."""
    if isinstance(error, typer.BadParameter) and (refusal := _refused_value(error, words)):
        return refusal
    message, _, hint = error.format_message().partition(" Did you mean ")
    near = hint.partition("?")[0].replace("'", "") if hint else None
    if hasattr(error, "option_name") and hasattr(error, "possibilities"):  # an unknown option
        message = f"no such option: {error.option_name}"
        near = nearest(error.option_name, error.possibilities or [])
    path = error.ctx.command_path if error.ctx is not None else "tinygrad-gru"
    if (setting := _setting_of_a_sweep(error, words)) is not None:
        return f"{message}, as a sweep's settings are its parameters. try: --param {setting}"
    message = message[:1].lower() + message[1:].rstrip(".")
    return f"{message}.{f' did you mean {near}?' if near else ''} try: {path} --help"


def _setting_of_a_sweep(error: Any, words: Sequence[str]) -> str | None:
    """`file=sales.csv` for `--file sales.csv`, an option of `train` that `sweep` was given; None for other errors."""
    option = getattr(error, "option_name", None)
    if option is None or error.ctx is None or error.ctx.info_name != "sweep":
        return None
    from ..training.config import Config

    name = option.removeprefix("--").partition("=")[0].replace("-", "_")
    if name not in {each.name for each in dataclasses.fields(Config)}:
        return None
    value = _value_of(option, words)
    return shlex.quote(f"{name}={value if value else 'VALUE'}")


def _refused_value(error: Any, words: Sequence[str]) -> str | None:
    """`cell: got 'grw', wanted rnn, gru or lstm. did you mean gru?`; None where there are no choices and no range.

    Versions of Typer differ in what their errors hold, so the choices and the range are read where they are declared,
    and the value where it was given.
    """
    if error.ctx is None or error.param is None:
        return None
    option = max(error.param.opts, key=len)
    value = _value_of(option, words) if option.startswith("-") else _argument_in(str(error.message), words)
    kind, declared = _declaration(error.ctx.command.callback, error.param.name)
    if value is None or declared is None:
        return None
    name, default = option.removeprefix("--"), error.param.default
    if get_origin(kind) is Literal:
        choices = [str(choice) for choice in get_args(kind)]
        hint = did_you_mean(value, choices, f"try: {option if option.startswith('-') else ''} {default or choices[0]}")
        return f"{name}: got {value!r}, wanted {', '.join(choices[:-1])} or {choices[-1]}. {hint}"
    if declared.min is None:
        return None
    numbers = "a whole number" if kind is int else "a number"
    wanted = f"of at least {declared.min}" if declared.max is None else f"from {declared.min} to {declared.max}"
    got = value if _is_number(value) else repr(value)
    return f"{name}: got {got}, wanted {numbers} {wanted}. try: {option} {declared.min if default is None else default}"


def _value_of(option: str, words: Sequence[str]) -> str | None:
    """The value that an option has in a command line, the last if it stands there twice."""
    values = [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    values += [value for word, value in pairwise(words) if word == option]
    return values[-1] if values else None


def _argument_in(message: str, words: Sequence[str]) -> str | None:
    """The word of a command line that Typer's message about an argument quotes."""
    return next((word for word in words[1:] if f"{word!r} is not" in message), None)


def _declaration(command: Any, parameter: str) -> tuple[Any, Any]:
    """The type of a command's parameter, without None, and its typer.Option; None for one that Typer adds itself."""
    parameters = inspect.signature(command, eval_str=True).parameters
    if parameter not in parameters or get_origin(parameters[parameter].annotation) is not Annotated:
        return None, None
    kind, *metadata = get_args(parameters[parameter].annotation)
    if type(None) in get_args(kind):
        kind = next(each for each in get_args(kind) if each is not type(None))
    return kind, next((each for each in metadata if hasattr(each, "min")), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
