"""The exercises, a module each, in the order of the chapters.

A module holds the task (its docstring), CHAPTER, the solution (the function of the same name, or ANSWER), `cases()`,
three HINTS that give away more and more, and TWINS: wrong solutions, plausible mistakes, each with the message for
who makes it as its docstring. `probe` is what is compared where it is not simply the result, `large_cases()` are tried
last, RETURNS names what is returned, RTOL is how far it may be off, EXAMPLE stands below the stub, OURS quotes the
lines of the package that do it, and TORCH says what PyTorch calls it. A teacher's own exercise needs the task, the
solution, `cases()` and a hint: see course.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ORDER = (
    "slopes",
    "accumulate",
    "multiply_vjp",
    "unbroadcast",
    "toposort",
    "sigmoid",
    "matmul_vjp",
    "gradcheck",
    "reach",
    "gru_step",
    "gru_back",
    "clip",
    "adam",
    "to_torch",
    "interpolate",
    "minimal_gated_unit",
)


@dataclass(frozen=True)
class Large:
    """A case that is tried when all others are right: there are ways to be right that never come back from it."""

    name: str  # as it is shown
    advice: str  # what is said if an attempt does not come back, or takes too much memory
    arguments: tuple[Any, ...]
    too_deep: str = ""  # what is said if it calls itself within itself too often


class Remark(Exception):
    """What is wrong with an attempt, in words for the learner: raised by a `probe`, and shown as it is.

    `about` is the function of the learner's, if there is one, whose last line it is about.
    """

    def __init__(self, words: str, about: Any = None) -> None:
        super().__init__(words)
        self.about = about
