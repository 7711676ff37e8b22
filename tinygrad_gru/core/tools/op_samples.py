"""Sample inputs for every operation, and a check of all of them to second order.

A new operation without samples fails the tests. The samples hold what goes wrong in practice: no axes, no elements,
broadcasting, negative axes, tuples of axes, repeated indices, zeros in products. Values keep away from kinks (ties, 0
under `abs`), where finite differences mean nothing; the tests write those out by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from ...errors import ArgumentError, did_you_mean
from .. import ops
from ..ops.shapes import Astype
from .gradcheck import findings
from .linalg_samples import LINALG
from .sample_arrays import apart, normal, positive, s

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


# --- the tables -----------------------------------------------------------------------------------------------------

ZEROS_AMONG = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, -1.5], [0.5, 4.0, -2.0]])
MASK = np.array([[True, False, True], [False, False, True]])

anywhere = [s(normal()), s(normal(0)), s(normal(3)), s(normal(2, 3, 2))]
above_zero = [s(positive()), s(positive(0)), s(positive(3)), s(positive(2, 3, 2))]
off_zero = [s(apart()), s(apart(0)), s(apart(5)), s(apart(2, 3, 2))]
inside_1 = [s(0.4 * positive()), s(0.4 * positive(0)), s(positive(3) * [0.4, -0.4, 0.1]), s(0.4 * positive(2, 3, 2))]
above_1 = [s(1 + positive()), s(1 + positive(0)), s(1 + positive(3)), s(1 + positive(2, 3, 2))]
two = [
    s(normal(), positive()),
    s(normal(0), positive(1)),
    s(normal(3), positive()),
    s(normal(2, 3), positive(3)),
    s(normal(2, 1), positive(1, 3)),
    s(normal(3), positive(4, 1, 3)),
    s(normal(2, 0, 3), positive(2, 1, 1)),
    s(normal(2, 3), y=2.0),
    s(normal(2, 3), np.array([1, 2, 3])),
]
choose = [
    s(apart(), apart() + 0.2),
    s(apart(0), apart(1)),
    s(apart(2, 3), apart(3) + 0.1),
    s(apart(2, 1), apart(4, 1, 3) - 0.1),
    s(apart(2, 3), y=0.0),
]


def along(make: Any) -> list[Any]:
    """Samples of a reduction: which axes, kept or not."""
    return [
        s(make()),
        s(make(3)),
        s(make(2, 3)),
        s(make(2, 3), keepdims=True),
        s(make(2, 3), axis=0),
        s(make(2, 3), axis=-1, keepdims=True),
        s(make(2, 3, 2), axis=(0, 2)),
        s(make(2, 3, 2), axis=(-1, 0), keepdims=True),
        s(make(2, 3, 2), axis=-2),
        s(make(0, 3), axis=1),
        s(make(2, 3), axis=()),
    ]


empty = [s(normal(0)), s(normal(2, 0), axis=1), s(normal(2, 0, 3), axis=(1, 2))]
spread = [s(normal(3)), s(normal(2, 3)), s(normal(2, 3), axis=0, keepdims=True), s(normal(2, 3, 2), axis=(0, -1)),
          s(normal(0, 3), axis=1), s(normal(2, 3), axis=-1, correction=1)]  # fmt: skip
one_axis = [s(normal(3)), s(normal(2, 3)), s(normal(2, 3), axis=0), s(normal(2, 3, 2), axis=-2), s(normal(0, 3))]
triangles = [s(normal(3, 3)), s(normal(2, 3), offset=1), s(normal(2, 4, 3), offset=-1), s(normal(0, 3))]

ARITHMETIC = {
    "abs": off_zero,
    "add": two,
    "clip": [
        s(apart(5), min=-0.5, max=0.5),
        s(apart(2, 3), min=0.0),
        s(apart(2, 3), max=0.0),
        s(apart(), min=-9),
        s(apart(5), -0.5 * positive(5), 0.5 * positive(5)),
        s(apart(2, 3), 0.1 * positive(3)),
        s(apart(3), np.array(0.2)),
        s(apart(4, 1), -0.1 * positive(2), np.array(0.7)),
        s(apart(0), np.array(0.2)),
    ],
    "divide": two,
    "maximum": choose,
    "minimum": choose,
    "multiply": two,
    "negative": anywhere,
    "pow": [
        s(positive(), normal()),
        s(positive(0), normal(1)),
        s(positive(2, 3), normal(3)),
        s(positive(2, 1), normal(4, 1, 3)),
        s(normal(2, 3), y=2),
        s(normal(2, 3), y=3),
        s(normal(3), y=-1),
        s(normal(3), y=1),
        s(normal(3), y=0),
        s(normal(3), np.array([2, 3, 0])),
        s(np.array([0.0, 1.0, -2.0]), y=3),
        s(np.array(2.0), normal(3)),
        s(positive(3), np.array([0.0, 1.0, 2.0])),
    ],
    "sign": off_zero,
    "square": anywhere,
    "subtract": two,
    "where": [
        s(MASK, normal(2, 3), normal(2, 3)),
        s(MASK, normal(3), normal(2, 1)),
        s(MASK[0], normal(2, 3), y=0.0),
        s(np.array(True), normal(), normal()),
        s(np.zeros((0, 3), bool), normal(0, 3), normal()),
    ],
}

ELEMENTARY = {
    "cos": anywhere,
    "erf": anywhere,
    "erfc": anywhere,
    "exp": anywhere,
    "exp2": anywhere,
    "expm1": anywhere,
    "log": above_zero,
    "log10": above_zero,
    "log1p": above_zero,
    "log2": above_zero,
    "reciprocal": [*above_zero, s(apart(5))],
    "sin": anywhere,
    "sqrt": above_zero,
}

TRIGONOMETRIC = {
    "arccos": inside_1,
    "arccosh": above_1,
    "arcsin": inside_1,
    "arcsinh": anywhere,
    "arctan": anywhere,
    "arctan2": [*two[:7], s(normal(3), x=2.0), s(positive(4), positive(4) * [1, 1, -1, -1])],
    "arctanh": inside_1,
    "cosh": anywhere,
    "hypot": two,
    "sinh": anywhere,
    "tan": inside_1,
}

ROUNDING = {
    "ceil": off_zero,
    "floor": off_zero,
    "floor_divide": [
        s(normal(3), positive(3)),
        s(normal(2, 1), positive(3)),
        s(normal(0), positive(1)),
        s(normal(), y=7.0),
    ],
    "remainder": [
        s(apart(), positive()),
        s(normal(0), positive(1)),
        s(apart(2, 1), positive(1, 3)),
        s(apart(5), y=7.0),
    ],
    "round": [*anywhere, s(normal(3), decimals=1)],
    "trunc": off_zero,
}

ACTIVATIONS = {
    "elu": off_zero,
    "gelu": [*anywhere, s(normal(5), approximate="none")],
    "leaky_relu": [s(apart(5), slope=0.01), s(apart(2, 3), slope=0.2), s(apart(), slope=0.5), s(apart(0), slope=0.5)],
    "logaddexp": two,
    "relu": off_zero,
    "selu": off_zero,
    "sigmoid": anywhere,
    "silu": anywhere,
    "softplus": anywhere,
    "softsign": off_zero,
    "tanh": anywhere,
}

REDUCTIONS = {
    "log_softmax": [s(normal()), *one_axis, s(normal(2, 3, 2), axis=(0, 2)), s(normal(2, 3), axis=None)],
    "logsumexp": along(normal),
    "max": along(apart),
    "mean": along(normal),
    "min": along(apart),
    "prod": [*along(normal), *empty, s(ZEROS_AMONG), s(ZEROS_AMONG, axis=0), s(ZEROS_AMONG, axis=1)],
    "softmax": [s(normal()), *one_axis, s(normal(2, 3, 2), axis=(0, 2)), s(normal(2, 3), axis=None)],
    "std": spread,
    "sum": [*along(normal), *empty],
    "var": [*spread, s(normal()), s(normal(2, 3), axis=())],
    "vector_norm": [
        *along(positive),
        *[s(apart(2, 3) + 0.05, axis=-1, ord=p) for p in (1, 3, 2.5, 0.5, -1, -2, 0, np.inf, -np.inf)],
        s(apart(2, 3), ord=3),
        s(apart(2, 3), ord=3, keepdims=True),
    ],
}

SCANS = {
    "cumulative_max": [s(apart(5)), s(apart(2, 3), axis=0), s(apart(2, 3, 2), axis=-2), s(apart(0, 3))],
    "cumulative_min": [s(apart(5)), s(apart(2, 3), axis=0), s(apart(2, 3, 2), axis=-2), s(apart(0, 3))],
    "cumulative_prod": [*one_axis, s(ZEROS_AMONG), s(ZEROS_AMONG, axis=0), s(normal(1))],
    "cumulative_sum": one_axis,
    "diff": [s(normal(4)), s(normal(4), n=2), s(normal(3, 2), axis=0), s(normal(2, 3), n=0), s(normal(2, 3), n=3)],
}

PRODUCTS = {
    "einsum": [
        s(normal(3, 3), subscripts="ii->"),
        s(normal(3, 3), subscripts="ii->i"),
        s(normal(2, 3), subscripts="ij->j"),
        s(normal(2, 3), subscripts="ij->ji"),
        s(normal(2, 3), normal(3, 2), subscripts="ij,jk"),
        s(normal(2, 3), normal(3, 2), subscripts="ij,jk->ik"),
        s(normal(2), normal(2), subscripts="i,i->"),
        s(normal(2), normal(3), subscripts="i,j->"),
        s(normal(4, 2, 3), normal(3, 2), subscripts="...ij,jk->...ik"),
        s(normal(4, 2, 3), normal(4, 3, 2), subscripts="bij,bjk->bik"),
        s(normal(1, 2), normal(3, 2), subscripts="...i,...i->..."),
        s(normal(1, 3), normal(2, 3), subscripts="ij,ij->ij"),
        s(normal(2, 3), normal(3), normal(2), subscripts="ij,j,i->"),
        s(normal(), normal(3), subscripts=",i->i"),
        s(normal(0, 3), normal(3, 2), subscripts="ij,jk->ik"),
        s(normal(3, 3, 3), subscripts="iii->i"),
        s(normal(3, 3), normal(3, 3), subscripts="ii,jj->ij"),
    ],
    "inner": [
        s(normal(3), normal(3)),
        s(normal(2, 3), normal(4, 3)),
        s(normal(2, 3), normal(3)),
        s(normal(2, 1, 3), normal(2, 3)),
        s(normal(), normal(3)),
        s(normal(0), normal(0)),
    ],
    "kron": [s(normal(2), normal(3)), s(normal(2, 3), normal(3, 2)), s(normal(2), normal(2, 2)), s(normal(), normal(2)),
             s(normal(2, 1, 2), normal(2, 2)), s(normal(0), normal(2))],
    "matmul": [
        s(normal(3), normal(3)),
        s(normal(3), normal(3, 2)),
        s(normal(2, 3), normal(3)),
        s(normal(2, 3), normal(3, 4)),
        s(normal(1, 3), normal(3, 4)),
        s(normal(4, 2, 3), normal(3, 2)),
        s(normal(2, 3), normal(4, 3, 2)),
        s(normal(4, 2, 3), normal(4, 3, 2)),
        s(normal(5, 1, 2, 3), normal(4, 3, 2)),
        s(normal(4, 1, 3), normal(1, 3, 2)),
        s(normal(3), normal(4, 3, 2)),
        s(normal(4, 2, 3), normal(3)),
        s(normal(0, 3), normal(3, 2)),
        s(normal(2, 0), normal(0, 3)),
        s(normal(2, 0, 3), normal(3, 2)),
        s(np.array([[1, 2, 0]]), normal(3, 2)),
    ],
    "outer": [s(normal(2), normal(3)), s(normal(0), normal(3)), s(normal(1), normal(1))],
    "tensordot": [
        s(normal(2, 3, 4), normal(3, 4, 2)),
        s(normal(2, 3), normal(3, 2), axes=1),
        s(normal(2), normal(3), axes=0),
        s(normal(2, 3, 4), normal(4, 2), axes=([0, -1], [1, 0])),
    ],
    "trace": [s(normal(3, 3)), s(normal(2, 3, 4), offset=1), s(normal(3, 2), offset=-1), s(normal(0, 0))],
}  # fmt: skip

SHAPES = {
    "astype": [s(normal(2, 3), dtype=np.float64)],
    "broadcast_to": [
        s(normal(), shape=(2, 3)),
        s(normal(3), shape=(2, 3)),
        s(normal(2, 1), shape=(4, 2, 3)),
        s(normal(2, 1), shape=(2, 0)),
    ],
    "expand_dims": [s(normal()), s(normal(2, 3), axis=1), s(normal(2, 3), axis=-1), s(normal(0), axis=0)],
    "flip": [s(normal(2, 3)), s(normal(3), axis=0), s(normal(2, 3, 2), axis=(0, -1)), s(normal()), s(normal(0, 2))],
    "matrix_transpose": [s(normal(2, 3)), s(normal(4, 2, 3)), s(normal(0, 3))],
    "moveaxis": [
        s(normal(2, 3, 4), source=0, destination=-1),
        s(normal(2, 3, 4), source=-1, destination=0),
        s(normal(2, 3), source=1, destination=1),
        s(normal(2, 3, 4), source=(0, -1), destination=(1, 0)),
    ],
    "permute_dims": [
        s(normal(2, 3), axes=(1, 0)),
        s(normal(2, 3, 4), axes=(2, 0, 1)),
        s(normal(2, 3, 4), axes=(-2, -1, 0)),
        s(normal(), axes=()),
    ],
    "repeat": [
        s(normal(2, 3), repeats=2),
        s(normal(2, 3), repeats=2, axis=-1),
        s(normal(3), repeats=[2, 0, 1], axis=0),
        s(normal(), repeats=3),
        s(normal(0, 2), repeats=2, axis=0),
    ],
    "reshape": [s(normal(2, 3), shape=(3, 2)), s(normal(2, 3), shape=-1), s(normal(), shape=(1, 1)),
                s(normal(1), shape=()), s(normal(0, 3), shape=(3, 0))],
    "roll": [s(normal(5), shift=2), s(normal(2, 3), shift=-1, axis=1), s(normal(2, 3), shift=4), s(normal(0), shift=1),
             s(normal(2, 3), shift=(1, -1), axis=(0, 1))],
    "squeeze": [s(normal(1, 3, 1)), s(normal(1, 3, 1), axis=0), s(normal(1, 3, 1), axis=(0, -1)), s(normal(1, 0))],
    "tile": [
        s(normal(3), repetitions=2),
        s(normal(2, 3), repetitions=(2, 1)),
        s(normal(3), repetitions=(2, 1, 2)),
        s(normal(2, 3), repetitions=2),
        s(normal(), repetitions=(2, 2)),
        s(normal(2), repetitions=()),
        s(normal(2), repetitions=0),
    ],
}  # fmt: skip

JOINING = {
    "column_stack": [s(normal(3), normal(3)), s(normal(3), normal(3, 2)), s(normal(), normal())],
    "concat": [
        s(normal(2, 3), normal(4, 3)),
        s(normal(2, 3), normal(2, 1), normal(2, 0), axis=-1),
        s(normal(3)),
        s(normal(2, 3), np.ones((2, 3), int), axis=0),
    ],
    "dstack": [s(normal(3), normal(3)), s(normal(2, 3), normal(2, 3)), s(normal(2, 3, 1), normal(2, 3)), s(normal())],
    "hstack": [s(normal(3), normal(2)), s(normal(2, 3), normal(2, 1)), s(normal(), normal(2))],
    "pad": [
        *[s(normal(4, 3), widths=((1, 0), (0, 2)), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")],
        s(normal(3), widths=4, mode="reflect"),
        s(normal(), widths=1, mode="edge"),
        s(normal(3), widths=1),
        s(normal(2, 3), widths=((1, 0), (0, 2)), value=2.0),
        s(normal(2, 3), widths=(0, 1)),
        s(normal(), widths=1),
        s(normal(0, 2), widths=1),
    ],
    "split": [
        s(normal(4, 3), sections=2),
        s(normal(2, 3), sections=[1, 0, 2], axis=-1),
        s(normal(3), sections=1),
    ],
    "stack": [s(normal(), normal()), s(normal(2, 3), normal(2, 3), axis=1), s(normal(3), normal(3), axis=-1)],
    "unstack": [s(normal(3)), s(normal(2, 3), axis=1), s(normal(2, 3, 2), axis=-2)],
    "vstack": [s(normal(3), normal(3)), s(normal(2, 3), normal(3)), s(normal(), normal())],
}

INDEXING = {
    "diagonal": [
        s(normal(3, 3)),
        s(normal(2, 4), offset=1),
        s(normal(4, 2), offset=-1),
        s(normal(2, 3, 4)),
        s(normal(2, 2), offset=2),
    ],
    "getitem": [
        s(normal(4, 3), key=key)
        for key in [
            0, -1, slice(1, 3), slice(None, None, -2), slice(3, 0, -1), slice(2, 2), None, ..., (1, 2), (0, -1),
            (slice(None), 1), (..., 0), (None, 1, ..., None), (1, slice(None, None, 2)), True, False,
            [0, 2, 2], ([0, 3, 3], [1, 2, 2]), ([0, 3], 1), ([[0], [3]], [0, 2]), (slice(None), [2, 0, 2]),
            (..., [0, 0]), (None, [1, 1]), [], np.array([[0, 1], [1, 3]]), np.array(2), np.int64(-2),
            np.array([True, False, True, False]), (slice(None), np.array([True, False, True])),
            np.arange(12).reshape(4, 3) % 2 == 0, np.zeros((4, 3), bool),
            (np.array([True, True, False, False]), [0, 0]),
        ]
    ] + [s(normal(), key=()), s(normal(), key=...), s(normal(2, 3, 4), key=([1, 1], slice(None), [0, 0]))],
    "sort": [s(apart(4)), s(apart(2, 3)), s(apart(3, 2), axis=0), s(apart(2, 3, 2), axis=-2), s(apart(0))],
    "take": [
        s(normal(4), [0, 2, 2]),
        s(normal(4, 3), [1, 1, 0], axis=0),
        s(normal(4, 3), np.array([[0, 2], [2, 2]]), axis=-1),
        s(normal(4, 3), np.array(1), axis=1),
        s(normal(4), np.array([-1, -1, 0])),
        s(normal(4), np.zeros(0, int)),
    ],
    "take_along_axis": [
        s(normal(4), np.array([0, 2, 2])),
        s(normal(2, 3), np.array([[0, 0], [2, 1]])),
        s(normal(2, 3), np.array([[0, 1, 0]]), axis=0),
        s(normal(1, 3), np.array([[0, 0], [2, 1]])),
        s(normal(2, 3), np.array([[2, 2, 1]])),
        s(normal(2, 3, 2), np.array([[[-1, 0]]]), axis=-2),
    ],
    "topk": [s(apart(5), k=2), s(apart(2, 3), k=2, axis=0, largest=False), s(apart(2, 3, 2), k=1, axis=-2),
             s(apart(3), k=0), s(apart(3), k=3)],
    "tril": triangles,
    "triu": triangles,
}  # fmt: skip

FAMILIES = [
    ARITHMETIC, ELEMENTARY, TRIGONOMETRIC, ROUNDING, ACTIVATIONS, REDUCTIONS, SCANS, PRODUCTS, SHAPES, JOINING,
    INDEXING, LINALG,
]  # fmt: skip
SAMPLES: dict[str, list[Sample]] = {
    name: [Sample(name, xs, options) for xs, options in entries]
    for family in FAMILIES
    for name, entries in family.items()
}


# --- the check ------------------------------------------------------------------------------------------------------


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
