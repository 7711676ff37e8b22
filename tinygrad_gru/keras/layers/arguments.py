"""Arguments as Keras has them, declared once: in the signature of a layer, with what is checked of each.

Those that mean nothing here are refused by name, and so are misspelt ones.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar, get_type_hints

import numpy as np

from ...core.support.arguments import brief, flag, fraction
from ...errors import ArgumentError, did_you_mean
from ...nn.activations import activation as named_activation

__all__ = [
    "ActivationName", "Flag", "Fraction", "Size", "as_in_keras", "check_verbose", "declares_settings", "refuse_unknown",
    "refuse_unsupported", "whole",
]  # fmt: skip

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


def declares_settings(init: F) -> F:
    """Decorate the `__init__` of a layer, whose signature is the only place that names the layer's arguments.

    Each is checked as it is annotated. All go to the `__init__` of the base class as settings, which become the layer's
    attributes and are what a saved model holds; then the body of this one runs.
    """
    signature = inspect.signature(init)
    hints = get_type_hints(init, include_extras=True)
    checks = {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}

    @functools.wraps(init)
    def configured(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        _, *names = bound.arguments
        settings = {name: bound.arguments[name] for name in names}
        options = settings.pop("options")
        for name in settings.keys() & checks.keys():
            settings[name] = checks[name](f"{type(self).__name__}: {name}", settings[name])
        owner: Any = next(cls for cls in type(self).__mro__ if vars(cls).get("__init__") is checked)
        super(owner, self).__init__(options, **settings)
        init(self, *args, **kwargs)

    checked = as_in_keras()(configured)
    return checked  # type: ignore[return-value]


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


def _size(what: str, value: Any) -> int:
    who, _, name = what.partition(": ")
    return whole(who, name, value)


def _activation(what: str, value: Any) -> Any:
    named_activation(value)  # an unknown name is refused now
    return value


Size = Annotated[int, _size]
Flag = Annotated[bool, flag]
Fraction = Annotated[float, fraction]
ActivationName = Annotated[Any, _activation]


def refuse_unknown(who: str, name: str, names: Iterable[str]) -> None:
    """Raise ArgumentError with the argument that may have been meant."""
    names = list(names)
    hint = did_you_mean(name, names) if names else "try: no arguments"
    raise ArgumentError(f"{who}: unknown argument {name!r}. {hint}")


def check_verbose(who: str, verbose: str | int) -> None:
    """Raise ArgumentError unless it is one of Keras's."""
    if not isinstance(verbose, str | int) or verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f"{who}: verbose: got {brief(verbose)}, wanted 'auto', 0, 1 or 2")
