"""An exercise: its task, its stub, its cases, its hints, and the wrong solutions that are told apart."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import ArgumentError, did_you_mean
from .exercises import ORDER, Large

__all__ = ["Exercise", "bare_signature", "exercise", "exercises", "number_in"]


@dataclass(frozen=True)
class Exercise:
    """One of the modules in learn/exercises, `exercise("slopes")` finds it; or a teacher's own, of a course."""

    name: str
    module: ModuleType
    own_number: str = ""  # of an exercise that is not ours

    @property
    def title(self) -> str:
        """The first sentence of the task."""
        return self.task.partition("\n")[0]

    @property
    def task(self) -> str:
        """What is to be done."""
        return inspect.cleandoc(self.module.__doc__ or "")

    @property
    def chapter(self) -> int:
        """The chapter of docs/learn that it belongs to."""
        return int(self.module.CHAPTER)

    @property
    def number(self) -> str:
        """With which its file begins: that of the chapter, and a letter if it is not its first exercise: 6, 6b."""
        if self.own_number:
            return self.own_number
        earlier = sum(exercise(name).chapter == self.chapter for name in ORDER[: ORDER.index(self.name)])
        return f"{self.chapter}{'abc'[earlier] if earlier else ''}"

    @property
    def source(self) -> str:
        """By which another process finds it: its name, or the file of one that is not ours."""
        return str(self.module.__file__) if self.own_number else self.name

    @property
    def answer(self) -> str:
        """The name that the learner's file must define."""
        return str(getattr(self.module, "ANSWER", self.name))

    @property
    def solution(self) -> Any:
        """The right function or class."""
        return getattr(self.module, self.answer)

    @property
    def twins(self) -> tuple[Any, ...]:
        """Wrong solutions; the docstring of each is what is said to who wrote it."""
        return tuple(getattr(self.module, "TWINS", ()))

    @property
    def hints(self) -> tuple[str, ...]:
        """Three of ours, each giving away more than the one before."""
        return tuple(self.module.HINTS)

    @property
    def returns(self) -> tuple[str, ...]:
        """The names of what is returned, where there are several."""
        return tuple(getattr(self.module, "RETURNS", ()))

    @property
    def torch(self) -> str:
        """What one writes in PyTorch instead; nothing if the exercise does not say so."""
        return str(getattr(self.module, "TORCH", ""))

    @property
    def rtol(self) -> float:
        """How far a number may be from the solution's, relative to the largest of its array."""
        return float(getattr(self.module, "RTOL", 1e-7))

    def cases(self) -> Iterator[tuple[Any, ...]]:
        """The arguments of each case, made anew."""
        yield from self.module.cases()

    def large_cases(self) -> Iterator[Large]:
        """Those that are tried when all others are right."""
        yield from getattr(self.module, "large_cases", tuple)()

    def probe(self, attempt: Callable[..., Any], case: tuple[Any, ...]) -> Any:
        """What is compared: the result of the attempt, unless the exercise looks further."""
        return self.module.probe(attempt, *case) if hasattr(self.module, "probe") else attempt(*case)

    def stub(self, check: str) -> str:
        """The file that the learner begins with: the task, the command that checks it, the signature, no more."""
        head = f'"""{self.task}\n\nCheck it:  {check}\n"""\n'
        if hasattr(self.module, "STUB"):
            return head + str(self.module.STUB)
        body = f'def {self.answer}{bare_signature(self.solution)}:\n    """{self.solution.__doc__}"""\n    return ...\n'
        example = getattr(self.module, "EXAMPLE", "")
        return f"{head}\nimport numpy as np\n\n\n{body}{example}"

    def ours(self) -> list[tuple[str, int, str]]:
        """The file, the number and the text of each line of the package that does the same."""
        quotes = getattr(self.module, "OURS", ())
        quotes = (quotes,) if quotes and not isinstance(quotes[0], tuple) else quotes
        return [_quoted(dotted, quote) for dotted, quote in quotes]


def _quoted(dotted: str, quote: str) -> tuple[str, int, str]:
    """The file, the number and the text of a line that stands in what this name of the package means."""
    owner = _named(f"tinygrad_gru.{dotted}")
    lines, first = inspect.getsourcelines(owner)
    (at,) = [i for i, line in enumerate(lines) if quote in line]
    module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    return f"{module.replace('.', '/')}.py", max(first, 1) + at, lines[at].strip()


def _named(dotted: str) -> Any:
    """A module, or what is in one."""
    try:
        return import_module(dotted)
    except ModuleNotFoundError:
        home, _, name = dotted.rpartition(".")
        return getattr(_named(home), name)


def bare_signature(function: Any) -> str:
    """The arguments of a function as a learner writes them, without types."""
    signature = inspect.signature(function)
    parameters = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def exercise(name: str) -> Exercise:
    """The exercise of this name, of the number of its chapter, or of its file: slopes, 1, 01_slopes.py.

    The second exercise of a chapter has the letter b: 6b.
    """
    if name in ORDER:
        return Exercise(name, import_module(f".exercises.{name}", __package__))
    number = number_in(Path(name).name)
    for task in exercises() if number else ():
        if task.number == number:
            return task
    raise ArgumentError(f"learn: there is no exercise {name!r}. {did_you_mean(name, ORDER)}")


def number_in(word: str) -> str:
    """`6b` in 6b, 06b, 06b_matmul_vjp and 06b_matmul_vjp.py; nothing in another word."""
    match = re.fullmatch(r"0?([1-9][0-9]?[a-z]?)(_\w+(\.py)?)?", word, flags=re.ASCII)
    return match[1].removesuffix("a") if match else ""


def exercises() -> list[Exercise]:
    """All of them, in order."""
    return [exercise(name) for name in ORDER]
