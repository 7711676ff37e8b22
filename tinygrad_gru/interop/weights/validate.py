"""Validating foreign arrays against a module's parameters, and assigning them: all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from ...core.support.arrays import Array
from ...errors import ArgumentError, CheckpointError
from ...nn.files.names import printable
from ...nn.module import Module, Parameter

__all__ = ["FLOAT_NAMES", "adopt", "as_array_of", "misfits", "refuse", "unusable"]

FLOAT_NAMES = ("float32", "float64")
SHOWN = 12  # problems named in one message

Shape = tuple[int, ...]


def as_array_of(name: str, value: Any) -> Array:
    """A NumPy array, a tensor of PyTorch's or a variable of Keras's, as an array."""
    detach = getattr(value, "detach", None)  # PyTorch refuses to hand out numbers that require a gradient
    try:
        array = np.asarray(detach() if callable(detach) else value)
    except Exception as error:  # the value is of a foreign class, and may raise anything
        reason = str(error).partition("\n")[0]
        raise ArgumentError(
            f"{printable(name)} is a {type(value).__name__} that NumPy cannot read: {reason}. "
            "try: float32 arrays in the memory of the CPU"
        ) from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def misfits(header: Mapping[str, tuple[str, Shape]], wanted: Mapping[str, Shape]) -> list[str]:
    """Which arrays are missing, unexpected, mis-shaped or of another dtype than float32 or float64.

    `header` has the name of the dtype, and the shape, of each array.

    >>> misfits({"W": ("float32", (2, 3)), "c": ("float32", (3,))}, {"W": (3, 2), "b": (2,)})
    ['b is missing', 'c is unexpected', 'W is (2, 3), wanted (3, 2)']
    """
    problems = [f"{name} is missing" for name in wanted if name not in header]
    problems += [f"{printable(name)} is unexpected" for name in header if name not in wanted]
    for name, shape in wanted.items():
        dtype, got = header.get(name, (FLOAT_NAMES[0], shape))
        if got != shape:
            problems.append(f"{name} is {got}, wanted {shape}")
        if dtype not in FLOAT_NAMES:
            problems.append(f"{name} is {dtype}, wanted float32 or float64")
    usable = {dtype: name for name, (dtype, _) in header.items() if name in wanted and dtype in FLOAT_NAMES}
    if len(usable) > 1:
        each = " and ".join(f"{dtype} ({name})" for dtype, name in usable.items())
        problems.append(f"the dtypes differ, {each}, wanted one for all")
    return problems


def unusable(arrays: Mapping[str, Array]) -> list[str]:
    """Which arrays hold NaN or infinity."""
    return [
        f"{printable(name)} holds NaN or infinity" for name, array in arrays.items() if not np.isfinite(array).all()
    ]


def refuse(what: str, problems: list[str], hint: str) -> NoReturn:
    """Raise one CheckpointError with all problems, or the first of very many, and what to try."""
    more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    raise CheckpointError(f"{what}: {'; '.join(problems[:SHOWN] + more)}. try: {hint}")


def adopt(module: Module, pairs: Iterable[tuple[Parameter, Array]]) -> None:
    """Assign parameters their new arrays, of their shapes and of any one dtype.

    A parameter may come up several times, always with the same numbers, where weights are tied. Otherwise
    CheckpointError is raised, and nothing is changed.
    """
    new: dict[int, tuple[Parameter, Array]] = {}
    for p, array in pairs:
        if id(p) in new and not np.array_equal(new[id(p)][1], array):
            problem = f"{p.name} is shared, but comes with two values"
            refuse(f"the arrays do not fit {type(module).__name__}", [problem], "the same array for both")
        new[id(p)] = p, array
    for p, array in new.values():
        p._replace(array)
        p.grad = None
