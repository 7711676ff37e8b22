"""An exercise: its task, its stub, its cases, its hints, and the wrong solutions that are told apart."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from ..errors import ArgumentError, did_you_mean
from .exercises import ORDER

__all__ = ["Exercise", "exercise", "exercises"]


@dataclass(frozen=True)
class Exercise:
    """One of the modules in learn/exercises; `exercise("slopes")` finds it."""

    name: str
    module: ModuleType

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
        return tuple(self.module.TWINS)

    @property
    def hints(self) -> tuple[str, ...]:
        """Three, each giving away more than the one before."""
        return tuple(self.module.HINTS)

    @property
    def returns(self) -> tuple[str, ...]:
        """The names of what is returned, where there are several."""
        return tuple(getattr(self.module, "RETURNS", ()))

    @property
    def torch(self) -> str:
        """What one writes in PyTorch instead."""
        return str(self.module.TORCH)

    @property
    def rtol(self) -> float:
        """How far a number may be from the solution's, relative to the largest of its array."""
        return float(getattr(self.module, "RTOL", 1e-7))

    def cases(self) -> Iterator[tuple[Any, ...]]:
        """The arguments of each case, made anew."""
        yield from self.module.cases()

    def probe(self, attempt: Callable[..., Any], case: tuple[Any, ...]) -> Any:
        """What is compared: the result of the attempt, unless the exercise looks further."""
        return self.module.probe(attempt, *case) if hasattr(self.module, "probe") else attempt(*case)

    def stub(self, check: str) -> str:
        """The file that the learner begins with: the task, the command that checks it, the signature, no more."""
        head = f'"""{self.task}\n\nCheck it:  {check}\n"""\n'
        if hasattr(self.module, "STUB"):
            return head + str(self.module.STUB)
        signature = inspect.signature(self.solution)
        bare = signature.replace(
            parameters=[p.replace(annotation=p.empty) for p in signature.parameters.values()],
            return_annotation=signature.empty,
        )
        body = f'def {self.answer}{bare}:\n    """{self.solution.__doc__}"""\n    return ...\n'
        return f"{head}\nimport numpy as np\n\n\n{body}"

    @property
    def source_of_solution(self) -> str:
        """The solution as it stands in the package, with the helpers of the module that it uses."""
        names = [self.answer]
        for name in names:  # grows: helpers of helpers
            code = getattr(self.module, name)
            for used in _names_in(code):
                if getattr(getattr(self.module, used, None), "__module__", None) == self.module.__name__:
                    names += [used] * (used not in names)
        return "\n\n".join(textwrap.dedent(inspect.getsource(getattr(self.module, name))) for name in names)

    def ours(self) -> tuple[str, int, str]:
        """The file, the number and the text of the line of the package that does the same."""
        dotted, quote = self.module.OURS
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


def _names_in(code: Any) -> list[str]:
    """The global names that a function, or the methods of a class, use."""
    functions = [v for v in vars(code).values() if inspect.isfunction(v)] if inspect.isclass(code) else [code]
    return [name for function in functions for name in function.__code__.co_names]


def exercise(name: str) -> Exercise:
    """The exercise of this name."""
    if name not in ORDER:
        raise ArgumentError(f"learn: there is no exercise {name!r}. {did_you_mean(name, ORDER)}")
    return Exercise(name, import_module(f".exercises.{name}", __package__))


def exercises() -> list[Exercise]:
    """All of them, in order."""
    return [exercise(name) for name in ORDER]
