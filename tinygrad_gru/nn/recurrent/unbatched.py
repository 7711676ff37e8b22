"""One sequence without a batch, x (T, I): as a batch of one, whose axis the results have no more."""

from __future__ import annotations

from typing import Any

from ...core.ops import expand_dims, squeeze
from ...core.support.operands import value_of
from ...core.support.scopes import here
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError

__all__ = ["is_unbatched", "unbatched"]


def is_unbatched(x: Any) -> bool:
    """Whether x has two axes, time and features."""
    return value_of(x).ndim == 2


def unbatched(layer: Any, x: Any, h0: Any, **options: Any) -> tuple[Any, ...]:
    """What a recurrent layer makes of x (T, I) and h0 (L·D, H): out (T, D·H), h_n (L·D, H), and the gates (T, H)."""
    who = type(layer).__name__
    x = x if isinstance(x, Tensor) else Tensor(x, name="x")
    if x.shape[1] != layer.input_size:
        shapes = f"(T, B, {layer.input_size}), or one sequence (T, {layer.input_size})"
        raise ShapeError(f"{who}: input {x.summary} does not fit, wanted {shapes}{here()}")
    for name in ("lengths", "mask"):
        if options[name] is not None:
            raise ArgumentError(f"{who}: {name} is for a batch, and x is one sequence{here()}. try: x[:length]")
    if h0 is not None:
        h0 = tuple(_state(who, s) for s in h0) if isinstance(h0, tuple) else _state(who, h0)
    axis = 0 if layer.batch_first else 1
    out, h_n, *gates = layer.forward(expand_dims(x, axis), h0, **options)
    h_n = tuple(squeeze(s, 1) for s in h_n) if isinstance(h_n, tuple) else squeeze(h_n, 1)  # (L·D, H)
    of_cells = [[{name: squeeze(g, axis) for name, g in of_cell.items()} for of_cell in part] for part in gates]
    return squeeze(out, axis), h_n, *of_cells


def _state(who: str, s: Any) -> Any:
    s = s if isinstance(s, Tensor) else Tensor(s)
    if s.ndim != 2:
        raise ShapeError(f"{who}: state {s.summary} does not fit, wanted (L·D, H) as x is one sequence{here()}")
    return expand_dims(s, 1)
