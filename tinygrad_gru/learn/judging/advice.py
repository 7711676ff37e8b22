"""Frequent errors of Python and NumPy, and a line on each: what one probably wanted to write."""

from __future__ import annotations

import re

__all__ = ["advice_on"]

SIDE_BY_SIDE = "[h, x] of the equations is np.concatenate([h, x], axis=-1): without axis=-1 it is one below the other."
LIST = "[h, x] of the equations is one array, np.concatenate([h, x], axis=-1); in Python it is a list of two."
POWER = "A power is y**2 in Python; ^ is something else, between bits."
PRODUCT = "A product is written x * y, element by element, and x @ W for matrices; a point is none."
SHAPES = "Print both shapes: the last axis of the left and the last but one of the right must be equally long."
STRETCHED = "Print both shapes: seen from the end, axes must be equally long, or 1."

ADVICE = {
    r"all the input array dimensions except for the concatenation axis": SIDE_BY_SIDE,
    r"inhomogeneous shape|unsupported operand type\(s\) for @: 'list'": LIST,
    r"concat: sizes differ outside axis 0": SIDE_BY_SIDE.replace("np.concatenate", "tg.concat"),
    r"a list of tensors is not a tensor": LIST.replace("np.concatenate", "tg.concat"),
    r"operand type\(s\) for \^|bitwise_xor": POWER,
    r"name '\w*·\w*'|invalid (character|non-printable character) '?[·⊙×∙⋅∗]": PRODUCT,
    r"invalid character '[−–—]'": "A minus is the sign - of the keyboard; that one was copied from a text.",
    r"invalid character '[²³ⁿ⁻ᵀ]'": "What stands high in an equation is written y**2 and W.T in Python.",
    r"invalid character '[‘’“”]'": "Quotes are \" or ' in Python; those were copied from a text.",
    r"matmul: .*(mismatch|inner sizes)|^ValueError: shapes .* not aligned": SHAPES,
    r"could not be broadcast": STRETCHED,
    r"(only|requires) .*(length-1|0-dimensional|size-1) arrays|only integer scalar arrays": (
        "math.exp, float and range take one number; for arrays there are np.exp, np.tanh and the like."
    ),
    r"truth value of an array": "An if asks about one number. Of each element by itself: np.where, or a mask.",
    r"name 'np' is not defined": "At the top of the file: import numpy as np",
    r"name 'math' is not defined": "At the top of the file: import math",
    r"name 'tg' is not defined": "At the top of the file: import tinygrad_gru as tg",
    r"changed size during iteration": "Go through a copy: for node in list(graph)",
    r"'tuple' object does not support item assignment": "A tuple is never changed: make a new one, or a list.",
    r"^RecursionError": "Each call within a call takes room: after about a thousand Python gives up. Write a loop.",
    r"overflow encountered in exp": "e to the power of a large number is more than a float can hold.",
    r"(divide by zero|invalid value) encountered in (divide|scalar divide)": "Something was divided by 0.",
    r"missing \d+ required positional arg|takes \d+ positional arg": "The arguments are those of the stub.",
}  # fmt: skip


def advice_on(error: str) -> str:
    """A line on an error as it is shown, `TypeError: …`; nothing where none is known."""
    return next((advice for pattern, advice in ADVICE.items() if re.search(pattern, error)), "")
