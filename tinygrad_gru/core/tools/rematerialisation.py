"""Rematerialisation: a function is run again in the backward pass, and its graph walked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..backward import walk
from ..support.accumulate import unhooked
from ..support.modes import enable_grad
from ..tensor import Tensor

__all__ = ["vjp_by_running_again"]


def vjp_by_running_again(
    f: Callable[..., Sequence[Tensor]], gradients: Sequence[Any], inputs: Sequence[Any], closed: Sequence[Tensor]
) -> tuple[Any, ...]:
    """The contributions to `inputs`, and to `closed`, the tensors that f closes over, from those of f's outputs.

    f runs on tensors of its own, even where one is passed twice, or is passed and closed over. Given gradients as
    tensors, the walk is recorded. Hooks on what f closes over wait for the complete gradient: they do not run here.
    """
    recording = isinstance(gradients[0], Tensor)
    own = [
        ops.reshape(x, x.shape).named(x.name) if recording else Tensor(x, requires_grad=x.dtype.kind == "f")
        for x in inputs
    ]
    with enable_grad():
        outputs = f(*own)
    reached = [(y, g) for y, g in zip(outputs, gradients, strict=True) if y.requires_grad]
    tensors = (*own, *closed)
    if not reached:
        return (None,) * len(tensors)
    ys, gs = zip(*reached, strict=True)
    targets = [t for t in tensors if t.requires_grad]
    with unhooked(closed):
        arrived = walk(ys, gs, targets, create_graph=recording, stop_at_inputs=True)
    return tuple(arrived.get(t) for t in tensors)
