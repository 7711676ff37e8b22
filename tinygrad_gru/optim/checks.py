"""What may be a list of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.tensor import Tensor
from ..errors import ArgumentError

__all__ = ["checked_parameters"]


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
