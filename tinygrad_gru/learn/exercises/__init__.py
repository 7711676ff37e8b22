"""The exercises, a module each, in the order of the chapters.

A module holds the task (its docstring), CHAPTER, the solution (the function of the same name, or ANSWER), `cases()`,
three HINTS that give away more and more, and TWINS: wrong solutions, plausible mistakes, each with the message for
who makes it as its docstring. `probe` is what is compared where it is not simply the result, RETURNS names what is
returned, RTOL is how far it may be off, OURS quotes the line of the package that does it, and TORCH says what PyTorch
calls it.
"""

from __future__ import annotations

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


class Remark(Exception):
    """What is wrong with an attempt, in words for the learner: raised by a `probe`, and shown as it is."""
