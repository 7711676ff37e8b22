"""Sample inputs for reductions and scans: all axes, one, or several, kept or not, and nothing to go over."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import apart, normal, positive, restart, s

__all__ = ["REDUCTIONS", "SCANS"]

restart()

ZEROS_AMONG = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, -1.5], [0.5, 4.0, -2.0]])


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
