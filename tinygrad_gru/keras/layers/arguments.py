"""Arguments as Keras has them: those that mean nothing here are refused by name, and so are misspelt ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from ...core.support.arguments import brief
from ...errors import ArgumentError, did_you_mean

__all__ = ["as_in_keras", "check_verbose", "refuse_unknown", "refuse_unsupported", "whole"]

LARGEST = 2**63 - 1

F = TypeVar("F", bound=Callable[..., Any])


def as_in_keras(**elsewhere: Any) -> Callable[[F], F]:
    """Decorate a function that has a namesake in Keras: a call that does not fit is an ArgumentError of one line.

    `elsewhere` holds the arguments that the namesake has and this one has not, each with the values, in a tuple, that
    change nothing; any other is refused. What the function itself raises passes through.

    >>> @as_in_keras(steps=(None,))
    ... def predict(x, batch_size=32):
    ...     return batch_size
    >>> predict(0, batch_size=4, steps=None)
    4
    >>> predict(0, batchsize=4)
    Traceback (most recent call last):
    tinygrad_gru.errors.ArgumentError: predict: unknown argument 'batchsize'. did you mean batch_size?
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        parameters = signature.parameters.values()
        takes_more = any(p.kind is p.VAR_KEYWORD for p in parameters)  # which it looks at itself
        names = [p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            who = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
            for name in [name for name in kwargs if name in elsewhere]:
                refuse_unsupported(who, name, kwargs.pop(name), elsewhere[name])
            for name in kwargs:
                if name not in names and not takes_more:
                    refuse_unknown(who, name, names)
            try:
                signature.bind(*args, **kwargs)
            except TypeError as misfit:
                hint = f"try: {', '.join(names)}, each by its name" if names else "try: no arguments"
                raise ArgumentError(f"{who}: {misfit}. {hint}") from None
            return function(*args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate


def refuse_unsupported(who: str, name: str, value: Any, welcome: Iterable[Any]) -> None:
    """Raise ArgumentError unless the value is one of those that change nothing."""
    if not any(value is one or (type(value) is type(one) and value == one) for one in welcome):
        raise ArgumentError(f"{who}: {name} is not supported here. try: to leave it out")


def whole(who: str, name: str, value: Any, least: int = 1) -> int:
    """`value`, if it is a whole number from `least` up."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= LARGEST:
        raise ArgumentError(
            f"{who}: {name}: got {brief(value)}, wanted a whole number from {least} up. try: {max(least, 8)}"
        )
    return int(value)


def refuse_unknown(who: str, name: str, names: Iterable[str]) -> None:
    """Raise ArgumentError with the argument that may have been meant."""
    names = list(names)
    hint = did_you_mean(name, names) if names else "try: no arguments"
    raise ArgumentError(f"{who}: unknown argument {name!r}. {hint}")


def check_verbose(who: str, verbose: str | int) -> None:
    """Raise ArgumentError unless it is one of Keras's."""
    if not isinstance(verbose, str | int) or verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f"{who}: verbose: got {brief(verbose)}, wanted 'auto', 0, 1 or 2")
