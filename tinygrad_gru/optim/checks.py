"""What may be a list of parameters, a learning rate, a decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..core.tensor import Tensor
from ..errors import ArgumentError

__all__ = ["at_least_zero", "checked_parameters", "count", "fraction", "positive"]


def checked_parameters(name: str, params: Any) -> list[Tensor]:
    """The parameters as a list, each a leaf that requires a gradient, none of them twice."""
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        got = type(params).__name__
        raise ArgumentError(f"{name}: wants a list of parameters, got a {got}. try: module.parameters()")
    tensors: list[Any] = list(params)
    if not tensors:
        raise ArgumentError(f"{name}: the list of parameters is empty")
    for p in tensors:
        if not isinstance(p, Tensor):
            raise ArgumentError(f"{name}: wants parameters, got a {type(p).__name__}. try: module.parameters()")
        if p.op is not None or not p.requires_grad:
            raise ArgumentError(
                f"{name}: {p.brief} is not a leaf that requires a gradient. try: tg.nn.Parameter(array)"
            )
    seen: set[Tensor] = set()
    for p in tensors:
        if p in seen:
            raise ArgumentError(f"{name}: {p.brief} is in the list twice")
        seen.add(p)
    return tensors


def positive(name: str, value: float) -> float:
    """`value`, if it is finite and above 0."""
    if not 0 < value < math.inf:
        raise ArgumentError(f"{name} must be a finite number above 0, got {value}")
    return value


def at_least_zero(name: str, value: float) -> float:
    """`value`, if it is finite and not below 0."""
    if not 0 <= value < math.inf:
        raise ArgumentError(f"{name} must be a finite number from 0 up, got {value}")
    return value


def fraction(name: str, value: float) -> float:
    """`value`, if it is at least 0 and below 1."""
    if not 0 <= value < 1:
        raise ArgumentError(f"{name} must be at least 0 and below 1, got {value}")
    return value


def count(name: str, value: int, least: int) -> int:
    """`value`, if it is a whole number from `least` up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ArgumentError(f"{name} must be a whole number from {least} up, got {value!r}")
    return value
