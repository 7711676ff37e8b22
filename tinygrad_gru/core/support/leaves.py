"""The array of a new leaf, from the checked arguments of `Tensor(...)`: numbers, lists, arrays or a tensor."""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError, DtypeError, GraphError
from .arguments import brief, text
from .arrays import Array, as_array
from .scopes import current_mode

__all__ = ["array_of_leaf"]


def array_of_leaf(data: Any, requires_grad: bool, name: str | None, copy: bool) -> Array:
    """The array for `Tensor(data, requires_grad, name, copy)`: a copy, unless an array is adopted as it is."""
    if not isinstance(requires_grad, bool) or not isinstance(copy, bool):
        raise ArgumentError(
            f"Tensor: requires_grad and copy are True or False, got {brief(requires_grad)} and {brief(copy)}. "
            "try: Tensor(data, requires_grad=True), and a list for several numbers: Tensor([1.0, 2.0])"
        )
    if name is not None and not isinstance(name, str):
        text("Tensor: name", name)
    if hasattr(data, "_array"):  # a tensor
        if data.requires_grad and not requires_grad and current_mode().grad:
            raise GraphError(f"Tensor(...) of {data.summary} would drop its gradient. try: t.detach(), or t itself")
        data = data.data
    array = as_array(data)
    if copy and (array is data or array.base is not None):
        array = array.copy()
    elif not copy and not array.flags.owndata:
        raise ArgumentError("copy=False adopts an array that owns its memory, got a view. try: copy=True")
    if requires_grad and array.dtype.kind != "f":
        raise DtypeError(
            f"only float32 and float64 can require a gradient, got {array.dtype}. try: array.astype(np.float32)"
        )
    return array
