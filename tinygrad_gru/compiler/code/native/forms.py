"""The form of each operation in a loop that Numba compiles: an expression of numbers."""

from __future__ import annotations

from ...ir import Instruction
from ...plan import Unplannable

__all__ = ["form_of"]

OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "greater": ">",
             "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}  # fmt: skip
FUNCTIONS = {"exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "sign", "maximum", "minimum", "isfinite",
             "logaddexp"}  # fmt: skip
SPECIAL = {"tanh": "tanh({0})", "negative": "-{0}", "absolute": "abs({0})", "square": "{0} * {0}",
           "where": "{1} if {0} else {2}", "logical_and": "{0} and {1}", "logical_or": "{0} or {1}",
           "logical_not": "not {0}"}  # fmt: skip


def form_of(i: Instruction, args: list[str]) -> str:
    """The expression of an operation on these operands; raises Unplannable for one that has none."""
    if i.op in OPERATORS:
        return f"{args[0]} {OPERATORS[i.op]} {args[1]}"
    if i.op in FUNCTIONS:
        return f"np.{i.op}({', '.join(args)})"
    if i.op not in SPECIAL:
        raise Unplannable(f"{i.op} has no form number by number")
    return SPECIAL[i.op].format(*args, *[""] * 3)
