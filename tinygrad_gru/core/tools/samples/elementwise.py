"""Sample inputs for operations that are elementwise, which broadcast, inside the range of each and off its kinks."""

from __future__ import annotations

import numpy as np

from .arrays import apart, normal, positive, restart, s

__all__ = ["ACTIVATIONS", "ARITHMETIC", "ELEMENTARY", "ROUNDING", "TRIGONOMETRIC"]

restart()

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
    "reciprocal": [*above_zero, s(2 * apart(5))],
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
    "gelu": [*anywhere, s(normal(5), approximate="tanh")],
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
