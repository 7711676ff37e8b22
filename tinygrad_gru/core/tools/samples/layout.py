"""Sample inputs for operations that move elements: shapes, joining and indexing, with indices that repeat."""

from __future__ import annotations

import numpy as np

from .arrays import apart, normal, restart, s

__all__ = ["INDEXING", "JOINING", "SHAPES"]

restart()

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

triangles = [s(normal(3, 3)), s(normal(2, 3), offset=1), s(normal(2, 4, 3), offset=-1), s(normal(0, 3))]

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
