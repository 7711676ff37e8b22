"""Tensors of a shape: zeros, ones, ranges and random numbers, with NumPy's and PyTorch's names.

A shape is one tuple or several numbers: `tg.zeros((2, 3))` or `tg.zeros(2, 3)`. The dtype is float32 unless another is
named; `arange` of whole numbers is of whole numbers, as indices are. `requires_grad` and `name` are those of `Tensor`.

>>> tg.zeros(2, 3).shape, tg.arange(3).tolist(), tg.full((2,), 0.5).tolist()
((2, 3), [0, 1, 2], [0.5, 0.5])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ..support.arguments import brief, count, finite, float_dtype, integer, integers, number, shortened, some_dtype
from ..support.arrays import Array
from ..support.hints import in_our_words
from ..support.operands import value_of
from ..support.provenance import transparent
from ..support.random import generator
from ..tensor import Tensor

__all__ = [
    "arange", "eye", "full", "full_like", "linspace", "ones", "ones_like", "rand", "rand_like", "randn", "randn_like",
    "zeros", "zeros_like",
]  # fmt: skip

transparent.add(__file__)


@in_our_words
def zeros(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """A tensor of zeros."""
    return _filled("zeros", shape, 0, dtype, requires_grad, name)


@in_our_words
def ones(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """A tensor of ones."""
    return _filled("ones", shape, 1, dtype, requires_grad, name)


@in_our_words
def full(
    shape: Any, value: float, dtype: Any = np.float32, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """A tensor of which every element is `value`."""
    return _filled("full", (shape,), number("full: value", value), dtype, requires_grad, name)


@in_our_words
def eye(
    n: int, m: int | None = None, dtype: Any = np.float32, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """The unit matrix (n, n), or its first m columns (n, m)."""
    rows = count("eye: n", n, 0)
    columns = rows if m is None else count("eye: m", m, 0)
    dtype = some_dtype("eye: dtype", dtype)
    return _tensor("eye", lambda: np.eye(rows, columns, dtype=dtype), requires_grad, name)


@in_our_words
def arange(
    start: float, stop: float | None = None, step: float = 1, dtype: Any = None, requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """start, start + step, … up to but without `stop`; `arange(n)` begins at 0."""
    start, stop = (0, start) if stop is None else (start, stop)
    bounds = [number(f"arange: {word}", value) for word, value in (("start", start), ("stop", stop), ("step", step))]
    if not all(abs(bound) < np.inf for bound in bounds) or step == 0:
        raise ArgumentError(f"arange: got {brief(tuple(bounds))}, wanted finite numbers and a step. try: tg.arange(3)")
    if dtype is None:
        dtype = np.int64 if all(isinstance(bound, int) for bound in bounds) else np.float32
    dtype = some_dtype("arange: dtype", dtype)
    return _tensor("arange", lambda: np.arange(*bounds).astype(dtype), requires_grad, name)


@in_our_words
def linspace(
    start: float, stop: float, num: int = 50, dtype: Any = np.float32, requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """`num` numbers from `start` to `stop`, both included, at equal distances."""
    first, last = finite("linspace: start", start), finite("linspace: stop", stop)
    num, dtype = count("linspace: num", num, 0), float_dtype("linspace: dtype", dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        return _tensor("linspace", lambda: np.linspace(first, last, num).astype(dtype), requires_grad, name)


@in_our_words
def randn(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Normal random numbers of mean 0 and variance 1, from `tg.generator()`."""
    sizes, dtype = _sizes("randn", shape), float_dtype("randn: dtype", dtype)
    return _tensor("randn", lambda: generator().standard_normal(sizes, dtype=dtype), requires_grad, name)


@in_our_words
def rand(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Random numbers spread evenly from 0 to 1, 1 excluded, from `tg.generator()`."""
    sizes, dtype = _sizes("rand", shape), float_dtype("rand: dtype", dtype)
    return _tensor("rand", lambda: generator().random(sizes, dtype=dtype), requires_grad, name)


@in_our_words
def zeros_like(t: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Zeros in the shape of t, and in its dtype unless another is named."""
    return zeros(value_of(t).shape, dtype=_dtype(t, dtype), requires_grad=requires_grad, name=name)


@in_our_words
def ones_like(t: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Ones in the shape of t, and in its dtype unless another is named."""
    return ones(value_of(t).shape, dtype=_dtype(t, dtype), requires_grad=requires_grad, name=name)


@in_our_words
def full_like(t: Any, value: float, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """`value` in the shape of t, and in its dtype unless another is named."""
    return full(value_of(t).shape, value, dtype=_dtype(t, dtype), requires_grad=requires_grad, name=name)


@in_our_words
def randn_like(t: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Normal random numbers in the shape of t, and in its dtype unless another is named."""
    return randn(value_of(t).shape, dtype=_dtype(t, dtype), requires_grad=requires_grad, name=name)


@in_our_words
def rand_like(t: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Random numbers from 0 to 1 in the shape of t, and in its dtype unless another is named."""
    return rand(value_of(t).shape, dtype=_dtype(t, dtype), requires_grad=requires_grad, name=name)


def _filled(who: str, shape: Any, value: float, dtype: Any, requires_grad: bool, name: str | None) -> Tensor:
    sizes, dtype = _sizes(who, shape), some_dtype(f"{who}: dtype", dtype)
    if dtype.kind in "iu" and isinstance(value, float):
        raise ArgumentError(f"{who}: value: got {value:g} for {dtype}, wanted a whole number. try: dtype=np.float32")
    return _tensor(who, lambda: np.full(sizes, value, dtype), requires_grad, name)


def _sizes(who: str, shape: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes, from one tuple or from several numbers."""
    several = shape[0] if len(shape) == 1 else shape
    sizes = integers(f"{who}: shape", several)
    return tuple(integer(f"{who}: shape", n, 0) for n in sizes)


def _dtype(t: Any, dtype: Any) -> Any:
    return value_of(t).dtype if dtype is None else dtype


def _tensor(who: str, make: Callable[[], Array], requires_grad: bool, name: str | None) -> Tensor:
    """The tensor of an array, if there is memory for it."""
    try:
        array = make()
    except (MemoryError, ValueError, OverflowError, TypeError) as error:
        raise ArgumentError(f"{who}: {shortened(error)}. try: fewer and smaller numbers") from None
    return Tensor(array, requires_grad, name, copy=not array.flags.owndata)
