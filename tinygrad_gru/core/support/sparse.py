"""Sparse gradients: the gradient of indexing is zero except at the index.

Made dense at once, a loop over `x[t]` would cost T arrays of T steps each. So the vjps of indexing return a
`SparseGrad`; the backward pass collects those of a tensor, and makes one array of all of them when its turn comes.
"""

from __future__ import annotations

from typing import Any, Self

__all__ = ["SparseGrad"]


class SparseGrad:
    """A gradient that is `g` at `key` and zero elsewhere, or the sum of several: of pieces (key, g), and of `dense`."""

    __slots__ = ("dense", "pieces")

    def __init__(self, g: Any, key: Any) -> None:
        self.pieces = [(key, g)]
        self.dense: Any = None

    def add(self, other: Any) -> Self:
        """Add another sparse gradient, or a dense one, to this."""
        if isinstance(other, SparseGrad):
            self.pieces += other.pieces
            other = other.dense
        if other is not None:
            self.dense = other if self.dense is None else self.dense + other
        return self
