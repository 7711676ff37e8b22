"""A check of every operation on sample inputs, to second order.

A new operation without samples (a table for each family is in samples/) fails the tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from ...errors import ArgumentError, did_you_mean
from .. import ops
from ..ops.shapes import Astype
from .gradcheck import findings
from .samples import FAMILIES

__all__ = ["SAMPLES", "Row", "Sample", "check_operations"]


@dataclass(frozen=True)
class Sample:
    """One call of an operation: its arrays, of which those of float64 are differentiated, and its other arguments."""

    name: str
    xs: tuple[Any, ...]
    options: dict[str, Any]

    def __call__(self, *xs: Any) -> Any:
        """The operation with these options, for other arrays."""
        function = attrgetter(self.name)(ops)
        if self.name in ("concat", "stack", "vstack", "hstack", "dstack", "column_stack"):
            return function(xs, **self.options)
        if self.name == "topk":  # the positions beside it have no derivative
            return ops.topk(*xs, **self.options)[0]
        if self.name == "einsum":
            return ops.einsum(self.options["subscripts"], *xs)
        if self.name == "astype":  # the function leaves out an astype to the same dtype, and only float64 is checked
            return Astype(**self.options)(*xs)
        return function(*xs, **self.options)

    @property
    def __name__(self) -> str:
        words = ", ".join(f"{key}={value!r}" for key, value in self.options.items())
        return f"{self.name}({words})" if words else self.name


SAMPLES: dict[str, list[Sample]] = {
    name: [Sample(name, xs, options) for xs, options in entries]
    for family in FAMILIES
    for name, entries in family.items()
}


class Row(NamedTuple):
    """The result of the check of one operation."""

    name: str
    samples: int
    errors: tuple[float, ...]  # the worst relative error of the derivatives of order 1, 2, ...
    ok: bool
    report: str  # what is wrong, in a line; empty if all is well


def check_operations(names: Iterable[str] | None = None, order: int = 2) -> list[Row]:
    """Check the derivatives of the operations named (or of all) on their samples, up to `order`."""
    selected = list(SAMPLES) if names is None else list(names)
    for name in selected:
        if name not in SAMPLES:
            hint = did_you_mean(name, SAMPLES, "try: tanh")
            raise ArgumentError(f"no differentiable operation is called {name!r}. {hint}")
    return [_row(name, SAMPLES[name], order) for name in selected]


def _row(name: str, samples: list[Sample], order: int, rtol: float = 1e-6) -> Row:
    errors = [0.0] * order
    report = ""
    for sample in samples:
        for finding in findings(sample, *sample.xs, order=order, rtol=rtol):
            errors[finding.order - 1] = max(errors[finding.order - 1], finding.error)
            if not finding.error <= rtol and not report:
                report = finding.report()
    return Row(name, len(samples), tuple(errors), not report, report)
