"""The buffers of programs: named arrays, taken from a pool for a call and returned to it afterwards."""

from __future__ import annotations

import functools
import itertools
import os
from collections import deque
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...core.support.flushing import FLUSHING, vanishing
from ..environment import threads

__all__ = ["Memory", "Pool"]

BLOCK = 64  # rows that are added at once
MOST_KEPT = 4096  # steps whose arrays are kept: an array object takes a hundred bytes


class Memory:
    """Named buffers, reused from call to call; a buffer grows when a call needs a larger one.

    With `saving`, `steps` returns a buffer for every step, for the backward pass; otherwise one for all steps.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.steps_and_batch = (0, 0)
        self.saving = True
        self.first: Array | None = None  # where the first state goes: the outputs, which belong to the caller
        self._arrays: dict[tuple[str, bool], Array] = {}
        self._last: dict[str, Array] = {}
        self._each: dict[str, Any] = {}
        self.flushing = False
        self._nothing_before = -1  # the first step with a gradient from outside, once it has been looked for

    def _array(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        size = 1
        for n in shape:
            size *= n
        array = self._arrays.get((name, of_bools))
        if array is None or array.size < size:
            array = self._arrays[name, of_bools] = np.empty(size, np.bool_ if of_bools else self.dtype)
        return (array if array.size == size else array[:size]).reshape(shape)

    def all(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        """A buffer for all steps, written before the loop."""
        return self._array(name, shape, of_bools)

    def steps(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        """A buffer for all steps if they are saved; otherwise the same memory at each."""
        if self.saving:
            return self._array(name, shape, of_bools)
        one = self._array(name, shape[1:], of_bools)
        return np.lib.stride_tricks.as_strided(one, shape, (0, *one.strides))

    def block_steps(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        """The same for blocks that come before the steps, (G, T, B, n)."""
        if self.saving:
            return self._array(name, shape, of_bools)
        one = self._array(name, (shape[0], *shape[2:]), of_bools)
        return np.lib.stride_tricks.as_strided(one, shape, (one.strides[0], 0, *one.strides[1:]))

    def each(self, name: str, array: Array) -> Any:
        """The arrays of all steps of a buffer, made once and kept as long as the buffer is the same."""
        if array.strides[0] == 0 and len(array):
            return itertools.repeat(array[0], len(array))
        if len(array) > MOST_KEPT:
            return array
        base, shape, views = self._each.get(name, (None, None, None))
        if base is not array.base or shape != array.shape:
            base, shape, views = self._each[name] = array.base, array.shape, list(array)
        return views

    def step(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        """A buffer for one step."""
        return self._array(f"{name} now", shape, of_bools)

    def number(self, value: float) -> Array:
        """A number as an array without axes."""
        return np.array(value, self.dtype)

    back = _array

    def new(self, shape: tuple[int, ...]) -> Array:
        """A new array, outside the pool: the caller keeps it."""
        return np.empty(shape, self.dtype)

    @staticmethod
    def total(table: Array) -> Array:
        """The sum of the rows of a table, or of each table of a block, as accurate for a million as for a hundred.

        NumPy adds rows one after the other, and float32 drifts: by 1 % after a million. So blocks of rows are added,
        as products with ones, which BLAS computes faster than NumPy adds, and their sums in the same way.
        """
        *blocks, rows, width = table.shape
        while rows >= 2 * BLOCK:
            end = rows // BLOCK * BLOCK
            parts = table[..., :end, :].reshape(*blocks, -1, BLOCK, width)
            sums = np.matmul(np.ones((1, BLOCK), table.dtype), parts)[..., 0, :]  # (…, parts, width)
            rest = np.add.reduce(table[..., end:, :], axis=-2, keepdims=True)
            table = np.concatenate([sums, rest], axis=-2) if end < rows else sums
            rows = table.shape[-2]
        return np.add.reduce(table, axis=-2)  # type: ignore[no-any-return]

    def states(self, name: str, start: Array) -> tuple[Any, Any, Any]:
        """A state at all times (T+1, B, H), starting with `start`; the first, and where those after each step go."""
        steps, _ = self.steps_and_batch
        if self.first is not None or self.saving:
            every = self.first if self.first is not None else self._array(name, (steps + 1, *start.shape), False)
            self.first = None
            every[0] = start
            self._last[name] = every[-1]
            return every, every[0], every[1:]
        one, other = (self._array(f"{name} {i}", start.shape, False) for i in (1, 2))
        one[...] = start
        self._last[name] = other if steps % 2 else one
        return None, one, itertools.cycle([other, one])

    # --- for loops that Numba compiles: arrays without holes, and never an iterator ----------------------------------

    def run(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        """A buffer for all steps if they are saved; otherwise for one."""
        return self._array(name, shape if self.saving else (1, *shape[1:]), of_bools)

    def block_run(self, name: str, shape: tuple[int, ...], of_bools: bool) -> Array:
        """The same for blocks that come before the steps, (G, T, B, n)."""
        return self._array(name, shape if self.saving else (shape[0], 1, *shape[2:]), of_bools)

    def scalar(self, value: float) -> Any:
        """A number of the dtype of the buffers."""
        return np.dtype(self.dtype).type(value)

    def run_states(self, name: str, start: Array) -> Array:
        """A state at all times (T+1, B, H), starting with `start`; if nothing is saved, now and before (2, B, H)."""
        steps, _ = self.steps_and_batch
        if self.first is not None:
            every, self.first = self.first, None
        else:
            every = self._array(name, ((steps if self.saving else 1) + 1, *start.shape), False)
        every[0] = start
        self._last[name] = every[steps % len(every)]
        return every

    def stay(self, stays: Any, batch: int) -> tuple[bool, Array]:
        """Whether any rows stay as they are at any step, and which (T, B)."""
        if {*map(type, stays)} == {type(None)}:
            return False, np.zeros((1, batch), np.bool_)
        none_frozen = np.zeros((batch, 1), np.bool_)
        return True, np.stack([none_frozen if rows is None else rows for rows in stays])[:, :, 0].copy()

    @staticmethod
    def share(loop: Any, steps: int, batch: int, *rest: Any) -> None:
        """Run a loop for all sequences of the batch, in several threads where there are enough of them."""
        parts = Memory.shards(batch)
        edges = [batch * i // parts for i in range(parts + 1)]
        running = [_workers().submit(loop, steps, edges[i], edges[i + 1], i, *rest) for i in range(1, parts)]
        loop(steps, 0, edges[1], 0, *rest)
        for other in running:
            other.result()

    @staticmethod
    def shards(batch: int) -> int:
        """The number of threads that share a batch."""
        return min(threads(), batch // ROWS) or 1

    def sums(self, shape: tuple[int, ...], double: bool) -> Array:
        """A buffer for what each thread adds up."""
        return np.empty(shape, np.float64 if double else self.dtype)

    def added(self, sums: Array, blocks: int) -> Array:
        """The sum of what the threads added up, (m, G·n) or (G·n,), as an array of its own: (G, m, n) of a block."""
        total: Array = (sums[0] if len(sums) == 1 else np.add.reduce(sums, axis=0)).astype(self.dtype, copy=False)
        if not blocks:
            return total
        columns = total.shape[-1]
        if total.ndim == 1:
            return total.reshape(blocks, columns // blocks)
        return total.reshape(-1, blocks, columns // blocks).transpose(1, 0, 2).copy()

    def solid(self, array: Array) -> Array:
        """An array of one or more axes without holes, which may be written to: Numba takes others for other types."""
        dtype = array.dtype if array.dtype == bool else self.dtype
        good = array.ndim and array.flags.c_contiguous and array.flags.writeable and array.dtype == dtype
        return array if good else np.array(array, dtype, ndmin=1, order="C")

    def contiguous(self, array: Array) -> Array:
        """An array of one or more axes without holes, which is only read."""
        dtype = array.dtype if array.dtype == bool else self.dtype
        return np.ascontiguousarray(array, dtype)

    def last(self, name: str) -> Array:
        """A state after the last step."""
        return self._last[name]

    # --- in the backward pass -----------------------------------------------------------------------------------------

    def start_back(self) -> None:
        """Start a backward pass: gradients are flushed if `flush_subnormals` says so now."""
        self.flushing = FLUSHING.get()[-1] and self.dtype == np.float32
        self._nothing_before = -1

    def flush(self, g: Array) -> None:
        """Replace a vanishing gradient by zeros, see `flush_subnormals`."""
        if self.flushing and vanishing(g):
            g[...] = 0

    def finished(self, stop: int, outside: Array, *carried: Array) -> bool:
        """Whether no gradient reaches the steps before `stop`: those carried have vanished, none is from outside."""
        if not self.flushing or not all(vanishing(g) for g in carried):
            return False
        if self._nothing_before < 0:
            steps = np.flatnonzero(outside.any(axis=tuple(range(1, outside.ndim))))
            self._nothing_before = int(steps[0]) if len(steps) else len(outside)
        return stop <= self._nothing_before


ROWS = 16  # sequences that are worth a thread


@functools.cache
def _workers() -> Any:
    from concurrent.futures import ThreadPoolExecutor

    if hasattr(os, "register_at_fork"):  # a forked process has the executor, but none of its threads
        os.register_at_fork(after_in_child=_workers.cache_clear)
    return ThreadPoolExecutor(threads(), "tinygrad_gru")


class Pool:
    """Buffers not in use. Threads may take and return them at the same time."""

    MOST = 8

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self._free: deque[Memory] = deque(maxlen=self.MOST)

    def take(self) -> Memory:
        """Memory from the pool, or new memory if the pool is empty."""
        try:
            return self._free.pop()
        except IndexError:
            return Memory(self.dtype)

    def give_back(self, memory: Memory) -> None:
        """Return memory to the pool."""
        self._free.append(memory)
