"""Batches of examples, in order or shuffled anew in each pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..support.arguments import axis_of, brief, count, flag
from ..support.hints import in_our_words
from ..support.random import generator
from ..tensor import Tensor

__all__ = ["batches"]


class batches:
    """Arrays or tensors of as many examples, `batch_size` at a time: `for x, y in tg.batches(xs, ys, shuffle=True)`.

    Examples are told apart by the first axis; `axis=1` is for sequences (T, B, I), and a tuple has an axis for each
    array: `axis=(1, 0)`. With `shuffle` each pass has another order, drawn from `tg.generator()`; the last batch is
    smaller if they do not divide evenly, and left out with `drop_last`. `len(...)` is the number of batches of a pass.

    >>> xs, ys = np.arange(5), np.arange(5) ** 2
    >>> [(x.tolist(), y.tolist()) for x, y in tg.batches(xs, ys, batch_size=2)]
    [([0, 1], [0, 1]), ([2, 3], [4, 9]), ([4], [16])]
    """

    @in_our_words
    def __init__(
        self, *arrays: Any, batch_size: int = 32, shuffle: bool = False, drop_last: bool = False,
        axis: int | tuple[int, ...] = 0,
    ) -> None:  # fmt: skip
        if not arrays or not all(isinstance(a, np.ndarray | Tensor) for a in arrays):
            got = next((brief(a) for a in arrays if not isinstance(a, np.ndarray | Tensor)), "nothing")
            raise ArgumentError(f"batches: got {got}, wanted arrays or tensors. try: np.array(x)")
        self.batch_size = count("batches: batch_size", batch_size, 1)
        self.shuffle = flag("batches: shuffle", shuffle)
        self.drop_last = flag("batches: drop_last", drop_last)
        axes = axis if isinstance(axis, tuple) else (axis,) * len(arrays)
        if len(axes) != len(arrays):
            raise ArgumentError(f"batches: {len(axes)} axes for {len(arrays)} arrays. try: axis=0, the same for all")
        self._arrays = arrays
        self._axes = [axis_of("batches", n, a.shape) % a.ndim for n, a in zip(axes, arrays, strict=True)]
        sizes = [a.shape[n] for n, a in zip(self._axes, arrays, strict=True)]
        if len(set(sizes)) > 1:
            counts = ", ".join(map(str, sizes))
            raise ShapeError(f"batches: the arrays hold {counts} examples. try: axis=1 for sequences (T, B, I)")
        self._size: int = sizes[0]

    def __len__(self) -> int:
        whole, rest = divmod(self._size, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        order = generator().permutation(self._size) if self.shuffle else np.arange(self._size)
        for i in range(len(self)):
            chosen = order[i * self.batch_size : (i + 1) * self.batch_size]
            batch = tuple(a[(slice(None),) * n + (chosen,)] for n, a in zip(self._axes, self._arrays, strict=True))
            yield batch if len(batch) > 1 else batch[0]
