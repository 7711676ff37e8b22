"""Sample inputs for every operation: a table for each family.

They hold what goes wrong in practice: no axes, no elements, broadcasting, negative axes, tuples of axes, repeated
indices, zeros in products. Values keep away from kinks (ties, 0 under `abs`), where finite differences mean nothing;
the tests write those out by hand.
"""

from __future__ import annotations

from typing import Any

from .along_axes import REDUCTIONS, SCANS
from .elementwise import ACTIVATIONS, ARITHMETIC, ELEMENTARY, ROUNDING, TRIGONOMETRIC
from .layout import INDEXING, JOINING, SHAPES
from .linalg import LINALG
from .products import PRODUCTS

__all__ = ["FAMILIES"]

FAMILIES: list[dict[str, list[Any]]] = [
    ARITHMETIC, ELEMENTARY, TRIGONOMETRIC, ROUNDING, ACTIVATIONS, REDUCTIONS, SCANS, PRODUCTS, SHAPES, JOINING,
    INDEXING, LINALG,
]  # fmt: skip
