"""Native loops run by Python itself: slow, wherever Numba is not installed, and strict about what Numba trusts.

Each argument of a loop must have the type that Numba is told, and a tile that reads or writes outside of its arrays is
an error here; in machine code it would take whatever numbers are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from tinygrad_gru.compiler.code.native.prelude import PRELUDE, TANH

__all__ = ["VECTOR", "module_of", "prelude_in_python", "tile"]

VECTOR, ROWS = 2, 3  # small tiles, so that small arrays have several of them, and rests
FAR = 48  # numbers of a matrix that are few enough to be read where they are


def tile(rows: int, V: int, real: Any) -> Callable[..., None]:
    """What kernel.tile says: C[rows, 2V] = A[rows, K] P[K, 2V], or C += A P if `more`; see there."""

    def places(array: Any, at: int, row: int, column: int, shape: tuple[int, int]) -> Any:
        flat = array.reshape(-1)
        assert array.flags.c_contiguous and array.dtype == real, "a pointer into an array with holes"
        assert at >= 0 and at + (shape[0] - 1) * row + (shape[1] - 1) * column < len(flat), "outside of the array"
        return np.lib.stride_tricks.as_strided(flat[at:], shape, (row * array.itemsize, column * array.itemsize))

    def kernel(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more):  # type: ignore[no-untyped-def]
        assert K > 0, "the kernel tests its condition after the first round"
        out = places(c, c_at, c_row, 1, (rows, 2 * V))
        product = places(a, a_at, a_row, a_k, (rows, K)) @ places(p, p_at, p_k, 1, (K, 2 * V))
        out[...] = out + product if more else product

    return kernel


def strip(width: int, real: Any) -> Callable[..., None]:
    """What kernel.strip says: P[K, width] = A[K, width]; see there."""

    def kernel(a, a_at, a_row, p, p_at, K):  # type: ignore[no-untyped-def]
        assert K > 0, "the kernel tests its condition after the first round"
        flat, to = a.reshape(-1), p.reshape(-1)
        assert a.flags.c_contiguous and a.dtype == p.dtype == real, "a pointer into an array with holes"
        assert a_at >= 0 and a_at + (K - 1) * a_row + width <= len(flat), "outside of the array that is read"
        assert p_at >= 0 and p_at + K * width <= len(to), "outside of the array that is written"
        rows = np.lib.stride_tricks.as_strided(flat[a_at:], (K, width), (a_row * a.itemsize, a.itemsize))
        to[p_at : p_at + K * width] = rows.reshape(-1)

    return kernel


def _njit(types: Any = None, **_: Any) -> Any:
    """Numba's decorator: it compiles nothing, and checks the types of what is passed."""
    if not isinstance(types, str | list):
        return (lambda f: f) if types is None else types
    texts = [types] if isinstance(types, str) else types  # of several, the last takes the most
    _, *wanted = re.findall(r"Array\([^)]*\)|\w+(?:\[[^]]*\])?", texts[-1])  # after the type of the result

    def checked(f: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            assert len(args) == len(wanted), f"{f.__name__}: {len(args)} arguments, not {len(wanted)}"
            for name, arg, kind in zip(f.__code__.co_varnames, args, wanted, strict=False):
                assert _fits(arg, kind), f"{f.__name__}: {name} is no {kind}: {arg!r}"
            with np.errstate(all="ignore"):  # as machine code
                return f(*args)

        return call

    return checked


def _fits(arg: Any, kind: str) -> bool:
    if kind.startswith("Array("):  # which is only read
        of, axes, *_ = kind.removeprefix("Array(").split(", ")
        dtype = np.dtype("bool" if of == "boolean" else of)
        return isinstance(arg, np.ndarray) and (arg.dtype, arg.ndim) == (dtype, int(axes)) and arg.flags.c_contiguous
    of, axes = kind.partition("[")[0], kind.count(",") + 1 if "[" in kind else 0
    dtype = np.dtype("bool" if of == "boolean" else of)
    if not axes:
        return isinstance(arg, (dtype.type, *{"int64": (int,), "boolean": (bool,)}.get(of, ())))
    good = isinstance(arg, np.ndarray) and (arg.dtype, arg.ndim) == (dtype, axes)
    return good and arg.flags.c_contiguous and arg.flags.writeable


def prelude_in_python(dtype: str) -> dict[str, Any]:
    """The functions that stand before the loops, run by Python, with tiles of NumPy."""
    text = PRELUDE.format(dtype=dtype, tanh=TANH[dtype], tiny=1e-30, vector=VECTOR, rows=ROWS, far=FAR, kernel="",
                          wide=False)  # fmt: skip
    space: dict[str, Any] = {"njit": _njit, "tile": tile, "strip": strip, "wide": lambda on: lambda: None}
    exec(_without_imports(text), space)
    return space


def module_of(there: str, back: str, dtype: str, kind: str = "") -> Any:
    """What machine_code._module_of makes of two loops."""
    space = prelude_in_python(dtype)
    exec(f"{there}\n\n{back}", space)
    return SimpleNamespace(forward_loop=space["forward_loop"], backward_loop=space["backward_loop"])


def _without_imports(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("from "))
