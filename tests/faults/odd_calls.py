"""Every public callable with a table of odd arguments: a result, or our own exception in one short line.

`python -m tests.faults.odd_calls core` makes the calls of tests/faults/good_calls/core.py, each with one odd value
after another in the place of each argument, in a process whose memory is limited, and tells what went wrong in JSON;
words after it choose the calls whose names begin with them.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import resource
import signal
import sys
import time
import types
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

import tinygrad_gru as tg
from tests.faults import good_calls
from tinygrad_gru.errors import TinygradError

SECONDS = 2.0
LETTERS = 400
SAFETY = 4 << 30  # bytes of address space: what takes all there is fails here, and the machine goes on


class Mine(Exception):
    """What a user's own function raises: it passes through."""


class Call(NamedTuple):
    """A call that is good as it stands: made anew for each odd value, since it may change what it is given."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Violation(NamedTuple):
    name: str
    argument: str
    odd: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}({self.argument}={self.odd}): {self.what}"


def call(function: Any, *args: Any, **kwargs: Any) -> Call:
    return Call(function, args, kwargs)


# --- the odd values -------------------------------------------------------------------------------------------------


class Plain:
    pass


class Unprintable:
    def __repr__(self) -> str:
        raise Mine("repr")


def takes_nothing():
    return None


def returns_nothing(*args, **kwargs):
    return None


def returns_a_number(*args, **kwargs):
    return 3


def returns_text(*args, **kwargs):
    return "text"


def raises(*args, **kwargs):
    raise Mine("mine")


def same(value: Any) -> Any:
    """A maker of a value that no call can change."""
    return lambda: value


def objects(*values: Any) -> Any:
    array = np.empty(len(values), object)
    array[:] = values
    return array


# Makers, since a call may use up or change what it is given.
ODD: dict[str, Any] = {
    "None": same(None),
    "...": same(...),
    "nan": same(float("nan")),
    "inf": same(float("inf")),
    "-inf": same(float("-inf")),
    "0.5": same(0.5),
    "-1": same(-1),
    "0": same(0),
    "7": same(7),
    "2**31": same(2**31),
    "2**63": same(2**63),
    "-2**63": same(-(2**63)),
    "10**12": same(10**12),
    "10**400": same(10**400),
    "-10**400": same(-(10**400)),
    "10**5000": same(10**5000),
    "True": same(True),
    "False": same(False),
    "1j": same(1j),
    "''": same(""),
    "'text'": same("text"),
    "'three lines'": same("one\ntwo\nthree"),
    "'3,000 letters'": same("abc" * 1000),
    "'nul'": same("a\0b"),
    "'surrogate'": same("\udc80"),
    "b'bytes'": same(b"bytes"),
    "[]": list,
    "()": tuple,
    "[None]": lambda: [None],
    "[nan]": lambda: [float("nan")],
    "['text']": lambda: ["text"],
    "[10**400]": lambda: [10**400],
    "[-1]": lambda: [-1],
    "[0, 0]": lambda: [0, 0],
    "[0.5, 1.5]": lambda: [0.5, 1.5],
    "ragged list": lambda: [[1.0, 2.0], [3.0]],
    "nested list": lambda: [[[1.0], [2.0]]],
    "40 lists deep": lambda: json.loads("[" * 40 + "]" * 40),
    "list of itself": lambda: (endless := []).append(endless) or endless,
    "{}": dict,
    "{'a': 1}": lambda: {"a": 1},
    "set()": set,
    "{0, 1}": lambda: {0, 1},
    "object()": object,
    "unprintable": Unprintable,
    "a class": same(Plain),
    "a module": same(np),
    "takes_nothing": same(takes_nothing),
    "returns_nothing": same(returns_nothing),
    "returns_a_number": same(returns_a_number),
    "returns_text": same(returns_text),
    "raises": same(raises),
    "object array": lambda: objects(None, "a"),
    "string array": lambda: np.array(["a", "b"]),
    "date array": lambda: np.array(["2026-01-01"], "M8[D]"),
    "structured array": lambda: np.zeros(2, [("a", "f4"), ("b", "i4")]),
    "int64 array": lambda: np.array([1, 2, 3], np.int64),
    "uint64 array": lambda: np.array([2**64 - 1], np.uint64),
    "bool array": lambda: np.array([True, False]),
    "float16 array": lambda: np.ones((2, 3), np.float16),
    "complex array": lambda: np.ones((2, 3), complex),
    "empty array": lambda: np.zeros(0, np.float32),
    "array of many axes": lambda: np.ones((1,) * 60, np.float32),
    "array of a wrong shape": lambda: np.ones((5, 7, 1), np.float32),
    "array of nan": lambda: np.full((2, 3), np.nan, np.float32),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    "matrix of 0 by 3": lambda: np.zeros((0, 3), np.float32),
    "tensor of size 0": lambda: tg.Tensor(np.zeros((0, 3), np.float32), requires_grad=True),
    "tensor without axes": lambda: tg.Tensor(2.0, requires_grad=True),
    "tensor of a wrong shape": lambda: tg.Tensor(np.ones((5, 7, 1), np.float32), requires_grad=True),
    "integer tensor": lambda: tg.Tensor(np.array([1, 2, 3])),
    "boolean tensor": lambda: tg.Tensor([True, False]),
    "[tensor]": lambda: [tg.Tensor([1.0], requires_grad=True)],
    "generator": lambda: (i for i in [0.5, "text"]),
    "empty generator": lambda: iter(()),
    "range": same(range(2)),
    "slice": same(slice(0, 1)),
    "slice of text": same(slice("a", "b")),
    "'float16'": same("float16"),
    "'int8'": same("int8"),
    "a complex dtype": same(np.dtype("complex64")),
    "np.int64(1)": same(np.int64(1)),
    "np.float64(nan)": same(np.float64("nan")),
    "np.float16(1)": same(np.float16(1)),
    "np.str_('a')": same(np.str_("a")),
    "np.bool_(True)": same(np.bool_(True)),
    "np.datetime64": same(np.datetime64("2026-01-01")),
}


# --- the calls ------------------------------------------------------------------------------------------------------


def violations(name: str, make: Any) -> Iterator[Violation]:
    """What goes wrong with one odd value in the place of each argument of `make()`, all the others being good."""
    good = make()
    if problem := complaint_about(good.function, good.args, good.kwargs, refusal=False):
        yield Violation(name, "all", "good", problem)
    for place in [*range(len(good.args)), *good.kwargs]:
        for odd, value in ODD.items():
            function, args, kwargs = make()
            if isinstance(place, int):
                args = (*args[:place], value(), *args[place + 1 :])
            else:
                kwargs = {**kwargs, place: value()}
            if problem := complaint_about(function, args, kwargs):
                yield Violation(name, str(place), odd, problem)


def complaint_about(function: Any, args: Iterable[Any], kwargs: dict[str, Any], refusal: bool = True) -> str:
    """What is wrong with how the call ends, or nothing; `refusal` says whether it may be refused."""
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            function(*args, **kwargs)
        except TinygradError as error:
            message = str(error)
            if not refusal:
                return f"a good call is refused: {message}"
            if len(message.splitlines()) != 1 or len(message) > LETTERS:
                return f"a message of {len(message.splitlines())} lines, {len(message)} letters: {message[:200]!r}"
        except Mine:
            pass
        except BaseException as error:
            if not of_the_users_function(error):
                return f"raw {type(error).__name__}: {' '.join(words_of(error).split())[:200]}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    for warning in caught:
        if not of_the_numbers(warning):
            return f"{warning.category.__name__}: {str(warning.message)[:200]}"
    seconds = time.perf_counter() - began
    return f"{seconds:.1f} seconds" if seconds > SECONDS else ""


def words_of(error: BaseException) -> str:
    """What an error says; one that holds a whole number of thousands of digits cannot say it."""
    try:
        return str(error)
    except ValueError as problem:
        return f"no words: {problem}"


def of_the_users_function(error: BaseException) -> bool:
    """Python's own words for a user's function that takes other arguments."""
    words = words_of(error)
    return isinstance(error, TypeError) and ("takes_nothing()" in words or "Plain() takes no arguments" in words)


def of_the_numbers(warning: warnings.WarningMessage) -> bool:
    """NumPy's word that a result is NaN or infinite: a result all the same, as NumPy's errstate has it."""
    words = str(warning.message)
    return issubclass(warning.category, RuntimeWarning) and " encountered in " in words and "cast" not in words


def too_slow(signum: int, frame: Any) -> None:
    raise TimeoutError(f"more than {SECONDS} seconds")


# --- the public names -----------------------------------------------------------------------------------------------


def public_callables() -> dict[str, str]:
    """Every public callable, as `tg.nn.GRU` or `Tensor.sum`, and the package that it is of, each once.

    Exceptions are left out: they are raised and not called.
    """
    owners: dict[str, str] = {}
    seen: set[int] = set()
    pending = [("tg", tg)]
    while pending:
        prefix, module = pending.pop(0)
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, types.ModuleType):
                pending.append((f"{prefix}.{name}", value))
            elif callable(value) and id(value) not in seen:
                seen.add(id(value))
                if not (isinstance(value, type) and issubclass(value, Exception)):
                    owners[f"{prefix}.{name}"] = value.__module__.split(".")[1]
    for name, value in vars(tg.Tensor).items():
        settable = isinstance(value, property) and value.fset is not None
        if not name.startswith("_") and (callable(value) or settable):
            owners[f"Tensor.{name}"] = "core"
    return owners


def table(name: str) -> dict[str, Any]:
    """The good calls of tests/faults/good_calls/<name>.py."""
    calls: dict[str, Any] = importlib.import_module(f"{good_calls.__name__}.{name}").CALLS
    return calls


def without_a_line(packages: Iterable[str], calls: Iterable[str]) -> list[str]:
    """The public callables of these packages that no call is made of; words after a name say which call it is."""
    called = {key.split(" ")[0] for key in calls}
    return sorted(name for name, package in public_callables().items() if package in packages and name not in called)


# --- a process of its own -------------------------------------------------------------------------------------------


def main(name: str, only: list[str]) -> None:
    """Make the calls of a table, or those whose names begin with one of `only`, and tell what went wrong."""
    calls = {key: make for key, make in table(name).items() if not only or key.startswith(tuple(only))}
    resource.setrlimit(resource.RLIMIT_AS, (SAFETY, SAFETY))
    signal.signal(signal.SIGALRM, too_slow)
    faulthandler.enable()
    made, wrong = 0, []
    for key, make in calls.items():
        good = make()
        made += len(ODD) * (len(good.args) + len(good.kwargs))
        wrong += [str(violation) for violation in violations(key, make)]
    print(json.dumps({"calls": made, "violations": wrong}))


if __name__ == "__main__":
    from tests.faults import odd_calls  # the module that the tables import: its exceptions are meant

    odd_calls.main(sys.argv[1], sys.argv[2:])
