"""Names and keywords of PyTorch and NumPy, answered with ours: descriptors for attributes, a wrapper for keywords."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar

from ...torch_names import KEYWORDS, WITHOUT, advice
from .arguments import brief
from .provenance import transparent

__all__ = [
    "OfPytorch",
    "constructors_in_our_words",
    "functions_in_our_words",
    "in_our_words",
    "names",
    "not_here",
    "of_module",
]

F = TypeVar("F", bound=Callable[..., Any])
OURS = frozenset(ours for several in KEYWORDS.values() for ours in several)  # keywords that have another name there
OF_INIT = re.compile(r"^\w+\.__init__\(\)")
UNEXPECTED = re.compile(r"got an unexpected keyword argument '(\w+)'")
transparent.add(__file__)  # the line that made a tensor is not in this file, but its caller's


class OfPytorch:
    """A name that PyTorch's tensors have and ours have not: `t.view` is an AttributeError that says what to write.

    Tensor.__getattr__ would do the same, and make every attribute that is there slower: of a class that has one,
    CPython does not cache attributes.
    """

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead

    def __get__(self, t: Any, owner: type) -> OfPytorch:
        if t is None:
            return self
        raise AttributeError(advice(owner.__name__, self.name, self.instead), name=self.name, obj=t)

    def __repr__(self) -> str:
        return f"<not here. try: {self.instead}>"


def not_here(table: Mapping[str, str]) -> dict[str, OfPytorch]:
    """A descriptor for each name of a table."""
    return {name: OfPytorch(name, instead) for name, instead in table.items()}


def names(t: Any) -> list[str]:
    """`dir(t)`: what a tensor or module has, without the names that are PyTorch's only."""
    return [
        name
        for name in object.__dir__(t)
        if name in getattr(t, "__dict__", ()) or not isinstance(getattr(type(t), name, None), OfPytorch)
    ]


def of_module(module: str, explain: Callable[[str], str]) -> Callable[[str], Any]:
    """A module's `__getattr__`, for names that it has not: what `explain` says of one, or Python's own words."""

    def missing(name: str) -> Any:
        message = explain(name) or f"module {module!r} has no attribute {name!r}"
        raise AttributeError(message, name=name)

    return missing


def in_our_words(function: F) -> F:
    """The function, whose TypeError for a keyword of PyTorch or NumPy names ours: `dim=` is answered with `axis=`."""
    parameters = inspect.signature(function).parameters
    who, constructs = function.__name__, function.__name__ == "__init__"

    @wraps(function)
    def hinting(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except TypeError as error:
            keyword = UNEXPECTED.search(str(error))
            trace = error.__traceback__
            if trace is None or trace.tb_next is not None:  # raised inside, not by the call itself
                raise
            owner = type(args[0]).__name__ if constructs else who
            hint = _hint(owner, keyword[1], options, parameters) if keyword else ""
            if not hint and constructs:  # Python names the class that has the __init__, which may be a base of this one
                hint = OF_INIT.sub(f"{owner}()", str(error))
            if not hint:
                raise
            raise TypeError(hint) from None

    return hinting  # type: ignore[return-value]


def functions_in_our_words(namespace: dict[str, Any], names: Iterable[str]) -> None:
    """The same for the functions with these names; those without a keyword that has another name stay as they are."""
    for name in names:
        if OURS.intersection(inspect.signature(namespace[name]).parameters):
            namespace[name] = in_our_words(namespace[name])
            namespace[name].__module__ = namespace["__name__"]  # where pickle finds it


def constructors_in_our_words(values: Iterable[Any]) -> None:
    """The same for the constructors of the classes among the values."""
    for value in values:
        if isinstance(value, type) and "__init__" in vars(value):
            value.__init__ = in_our_words(value.__init__)  # type: ignore[misc]


def _hint(who: str, keyword: str, options: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """The line for an unexpected keyword, or "" for one that nobody uses."""
    ours = next((name for name in KEYWORDS.get(keyword, ()) if name in parameters), None)
    if keyword == "unbiased" and ours:
        return f"{who} has no unbiased=. try: correction={int(options[keyword] is not False)}"
    if ours:
        positional = parameters[ours].kind is inspect.Parameter.VAR_POSITIONAL
        written = f"{who}({brief(options[keyword])})" if positional else f"{ours}={brief(options[keyword])}"
        return f"{who} has no {keyword}=. try: {written}"
    if keyword == "dtype":
        return f"{who} has no dtype=. try: np.asarray(x, np.float64), or .astype(np.float64) afterwards"
    return f"{who} has no {keyword}=: {WITHOUT[keyword]}" if keyword in WITHOUT else ""
