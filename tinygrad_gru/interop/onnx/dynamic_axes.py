"""The free axes of a module's inputs, such as the batch: those it takes in any size."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from ...core.support.arguments import brief
from ...core.support.arrays import Array
from ...errors import ArgumentError
from .record import Call

__all__ = ["Axes", "another", "extreme_values", "free_axes", "named_axes", "other_values", "resized"]

Axes = dict[str, list[tuple[int, int]]]  # for each free size: the inputs, and their axes, that have it

TRIED_TOGETHER = 8  # axes of one size, none of which is free alone: 247 subsets


def free_axes(call: Call) -> Axes:
    """The axes that the module takes in a larger size: alone, or several of one size together.

    The batch of an x, of its lengths and of an h0 is free only in all three at once.
    """

    def runs(axes: Sequence[tuple[int, int]]) -> bool:
        size = call.arrays[axes[0][0]].shape[axes[0][1]]
        taken = {n for array in call.arrays for n in array.shape}
        try:
            for _ in range(2):  # one alone might fit by chance, as 3 does in broadcasting beside 3
                larger = another(size, taken)
                taken.add(larger)
                call.record(resized(call.arrays, {"": list(axes)}, {"": larger}))
        except Exception:  # whatever the module raises, it does not take this size
            return False
        return True

    free: Axes = {}
    bound: dict[int, list[tuple[int, int]]] = {}  # axes that are not free alone, by their size
    for i, array in enumerate(call.arrays):
        for axis, size in enumerate(array.shape):
            if size == 0:
                got = f"input {call.names[i]} {array.shape} of the example is empty, so no size can be tried"
                raise ArgumentError(f"ONNX export: {got}. try: sizes above 0, or dynamic_axes={{}} to fix this one")
            if runs([(i, axis)]):
                free[_title(call, i, axis)] = [(i, axis)]
            else:
                bound.setdefault(size, []).append((i, axis))
    for axes in bound.values():
        rest = axes[:TRIED_TOGETHER]
        for chosen in [c for n in range(2, len(rest) + 1) for c in itertools.combinations(rest, n)]:
            if set(chosen) <= set(rest) and runs(chosen):
                free[_title(call, *chosen[0])] = list(chosen)
                rest = [axis for axis in rest if axis not in chosen]
    return free


def named_axes(call: Call, wanted: Mapping[str, Mapping[int, str]]) -> Axes:
    """The axes that the caller named: `{"x": {0: "time", 1: "batch"}}`; those with one name must have one size."""
    free: Axes = {}
    if not isinstance(wanted, Mapping) or not all(isinstance(axes, Mapping) for axes in wanted.values()):
        raise ArgumentError(f"dynamic_axes: got {brief(wanted)}, wanted axes by input. try: {{'x': {{0: 'time'}}}}")
    for name, axes in wanted.items():
        if name not in call.names:
            raise ArgumentError(f"dynamic_axes: there is no input {brief(name)}. try: {', '.join(call.names)}")
        i = call.names.index(name)
        shape = call.arrays[i].shape
        for axis, title in axes.items():
            if type(axis) is not int or not isinstance(title, str) or not -len(shape) <= axis < len(shape):
                got = f"axis {brief(axis)}: {brief(title)} of {name} does not fit its shape {shape}"
                raise ArgumentError(f"dynamic_axes: {got}. try: {{'{name}': {{0: 'batch'}}}}")
            free.setdefault(title, []).append((i, axis % len(shape)))
    for title, places in free.items():
        sizes = {call.arrays[i].shape[axis] for i, axis in places}
        if len(sizes) > 1 or 0 in sizes:
            got = f"{title!r} is {' and '.join(map(str, sorted(sizes)))} in the example"
            raise ArgumentError(f"dynamic_axes: {got}. try: a name for each size, and sizes above 0")
    return free


def another(size: int, taken: set[int]) -> int:
    """A size a little larger that occurs nowhere else, so that nothing fits it by chance."""
    return next(n for n in itertools.count(size + 1) if n not in taken)


def resized(arrays: Sequence[Array], free: Axes, sizes: Mapping[str, int]) -> list[Array]:
    """The arrays in other sizes, their values repeated: so no index becomes too large."""
    out = list(arrays)
    for name, axes in free.items():
        for i, axis in axes:
            out[i] = np.take(out[i], np.arange(sizes[name]), axis=axis, mode="wrap")
    return out


def other_values(array: Array, anything: bool) -> Array:
    """Other values in the same shape: any, or some between the smallest and the largest."""
    rng = np.random.default_rng(0)
    if array.size == 0:
        return array
    if array.dtype.kind == "b":
        return np.asarray(rng.random(array.shape) < 0.5)
    low, high = array.min(), array.max()
    if array.dtype.kind == "f":
        numbers = rng.standard_normal(array.shape) if anything else rng.uniform(low, high, array.shape)
    else:
        numbers = rng.integers(min(low, 0) if anything else low, high, array.shape, endpoint=True)
    return np.asarray(numbers).astype(array.dtype)


def extreme_values(array: Array) -> Array:
    """NaN, infinities and huge numbers, mixed with those that are there: of `isnan(x)` the answer is then another."""
    if array.dtype.kind != "f":
        return array
    extremes = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30], array.dtype)
    return np.where(np.arange(array.size).reshape(array.shape) % 6 == 5, array, np.resize(extremes, array.shape))


def _title(call: Call, i: int, axis: int) -> str:
    return f"{call.names[i]}_axis_{axis}"
