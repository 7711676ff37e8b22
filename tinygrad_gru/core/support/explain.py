"""Error messages of operations, in one line: what, where, got, wanted.

A built-in operation explains a misfit of its inputs in its own words. An exception of the user's own operation
reaches the user unchanged, with a note (PEP 678) that names the operation, its operands and the line.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import AnomalyError, ArgumentError, DtypeError, ShapeError, TinygradError
from .arguments import brief, shortened
from .scopes import here

__all__ = ["MISFITS", "add_note", "explain", "nonfinite", "refuse_nonfinite"]

# The exceptions of NumPy and Python for inputs that do not fit an operation.
MISFITS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError, RecursionError)


def explain(error: Exception, op: Any, inputs: tuple[Any, ...]) -> None:
    """Raise our own exception for a misfit in a built-in operation; leave any other, with a note if it has operands."""
    tensors = all(hasattr(x, "requires_grad") for x in inputs)
    if not op.is_built_in or isinstance(error, TinygradError) or not isinstance(error, MISFITS):
        if tensors:
            add_note(error, op, "forward", inputs, here())
        return
    if not tensors:
        words = " and ".join(brief(x) for x in inputs)
        wrong: type[TinygradError] = DtypeError if isinstance(error, TypeError) else ArgumentError
        raise wrong(f"{op.name}: {shortened(error)}: {words}{here()}. try: tensors, arrays or numbers") from None
    if isinstance(error, TypeError):
        raise DtypeError(f"{op.name}: {shortened(error)}: {_operands(op, inputs)}{here()}") from None
    complaint = op.explain(*[x._array for x in inputs]) or shortened(error)
    raise ShapeError(f"{op.name}: {complaint}: {_operands(op, inputs)}{here()}") from None


def add_note(error: Exception, op: Any, method: str, inputs: tuple[Any, ...], where: str) -> None:
    """Add a note to an exception: the operation that raised it, its operands, and where they were made."""
    if not isinstance(error, TinygradError):
        error.add_note(f"in {type(op).__name__}.{method} of {_operands(op, inputs)}{where}")


def _operands(op: Any, inputs: tuple[Any, ...]) -> str:
    between = f" {op.symbol} " if len(op.symbol) == 1 else ", "  # + or @ stands between its operands
    return between.join(x.summary for x in inputs)


def refuse_nonfinite(out: Any, op: Any, inputs: tuple[Any, ...]) -> None:
    """Anomaly mode, forward: stop at the first result that holds a NaN or infinity."""
    if out._array.dtype.kind == "f" and not np.isfinite(out._array).all():
        operands = ", ".join(x.summary for x in inputs)
        raise nonfinite(f"{op.name}({operands}) made", out._array, out)


def nonfinite(origin: str, values: Any, node: Any) -> AnomalyError:
    """The error for the first NaN or infinity: its origin, how many, and the line of the forward pass."""
    values = np.asarray(values)
    kind = "NaN" if np.isnan(values).any() else "infinity"
    bad = int((~np.isfinite(values)).sum())
    return AnomalyError(f"{origin} {kind} ({bad} of {values.size} elements){node.where_made}")
