"""Checks of an optimiser's arguments: parameters, their gradients, and the two β of Adam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core.support.arguments import brief, fraction, kind_of
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..errors import ArgumentError, ShapeError

__all__ = ["checked_betas", "checked_gradient", "checked_parameters"]


def checked_parameters(name: str, params: Any) -> list[Tensor]:
    """The parameters as a list, each a leaf that requires a gradient, none of them twice."""
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        raise ArgumentError(f"{name}: wants a list of parameters, got {kind_of(params)}. try: module.parameters()")
    tensors: list[Any] = list(params)
    if not tensors:
        hint = "try: tg.nn.Parameter(array) among the attributes of the module, since a plain tensor is not learned"
        raise ArgumentError(f"{name}: the list of parameters is empty. {hint}")
    for p in tensors:
        if not isinstance(p, Tensor):
            raise ArgumentError(f"{name}: wants parameters, got {kind_of(p)}. try: module.parameters()")
        if p.op is not None or not p.requires_grad:
            raise ArgumentError(
                f"{name}: {p.summary} is not a leaf that requires a gradient. try: tg.nn.Parameter(array)"
            )
    unique: set[Tensor] = set()
    for p in tensors:
        if p in unique:
            raise ArgumentError(f"{name}: {p.summary} is in the list twice")
        unique.add(p)
    return tensors


def checked_gradient(optimizer: object, p: Tensor) -> Array:
    """The gradient of a parameter, of the same shape and dtype."""
    g = p.grad
    if type(g) is not np.ndarray or g.dtype is not p.dtype:
        g = np.asarray(g, p.dtype)
    if g.shape != p.shape:
        raise ShapeError(f"{type(optimizer).__name__}: the gradient of {p.summary} has shape {g.shape}")
    return g


def checked_betas(betas: Any) -> tuple[float, float]:
    """β₁ and β₂, each at least 0 and below 1."""
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ArgumentError(f"betas must be two numbers, got {brief(betas)}. try: betas=(0.9, 0.999)")
    return fraction("betas[0]", betas[0]), fraction("betas[1]", betas[1])
