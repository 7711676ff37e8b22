"""What the program of a cell depends on, so that a cell that has changed is compiled anew.

The signature is whole and slow to make. A glance is quick: if a cell of plain attributes has the very same objects in
all of them as before, nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np

from ..core.tensor import Tensor

__all__ = ["Glance", "signature"]

PLAIN = (Tensor, bool, int, float, str, type(None), FunctionType)
NUMBERS = {bool, int, float, str, tuple}  # types of class attributes that a step may read
MODULES_HOME = "tinygrad_gru.nn.module"


def signature(cell: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """The class of a cell and its attributes; of a tensor its identity, shape and dtype, not its values.

    Beside it the objects that it knows by their identity: who keeps it must hold them, or another object gets theirs.
    """
    parts: list[Any] = []
    held: list[Any] = []
    modules = [cell] if _only_plain(cell) else cell.modules()
    for module in modules:
        parts += [type(module), module.training]
        for kind in _own_classes(module):
            for name, value in vars(kind).items():
                if isinstance(value, Tensor | np.ndarray):  # its numbers are constants of the program
                    parts += [name, value.shape, value.dtype, np.asarray(getattr(value, "_array", value)).tobytes()]
                elif isinstance(value, FunctionType):
                    parts += [name, id(value)]
                    held.append(value)
                elif type(value) in NUMBERS and name[:2] != "__":
                    parts.append(repr(value))
        for name, value in vars(module).items():
            held.append(value)
            if isinstance(value, Tensor):
                parts += [name, id(value), *_traits(value)]
            elif _is_plain(value):
                parts += [name, _mark(value)]
            elif isinstance(value, np.ndarray) and value.dtype != object:
                parts += [name, value.shape, value.dtype.str, value.tobytes()]  # it may be changed in place
            else:
                parts += [name, id(value), repr(value), repr(getattr(value, "__dict__", None))]
    return tuple(parts), held


class Glance:
    """The objects in the attributes of a cell and of its classes, held so that no other object gets their identity."""

    def __init__(self, cell: Any) -> None:
        of_classes = [value for kind in _own_classes(cell) for value in vars(kind).values()]
        self.quick = _only_plain(cell) and not any(isinstance(v, Tensor | np.ndarray) for v in of_classes)
        self.names = list(vars(cell))
        self.objects = [*_objects(cell)]
        self.ids = [*map(id, self.objects)]
        self.tensors = [t for t in self.objects if isinstance(t, Tensor)]
        self.traits = [*map(_traits, self.tensors)]

    def same(self, cell: Any) -> bool:
        """Whether the cell is as it was, as far as a glance can tell: False if it must be looked at closely."""
        return (
            self.quick
            and self.ids == [*map(id, _objects(cell))]
            and self.names == list(vars(cell))
            and self.traits == [*map(_traits, self.tensors)]
        )


def _objects(cell: Any) -> Iterator[Any]:
    yield type(cell)
    yield cell.training
    yield from vars(cell).values()
    for kind in _own_classes(cell):
        yield from vars(kind).values()


def _own_classes(module: Any) -> Iterator[type]:
    """The classes of a module, up to those that have nothing that a step reads."""
    for kind in type(module).__mro__:
        if kind.__module__ == MODULES_HOME:
            return
        yield kind


def _traits(t: Tensor) -> tuple[Any, ...]:
    return t.requires_grad, t._array.shape, t._array.dtype


def _only_plain(cell: Any) -> bool:
    return all(map(_is_plain, vars(cell).values()))


def _mark(value: Any) -> Any:
    """A function's identity; a number's text, as −0.0 equals 0.0."""
    return id(value) if isinstance(value, FunctionType) else repr(value)


def _is_plain(value: Any) -> bool:
    """Whether no module can hide in an attribute."""
    return isinstance(value, PLAIN) or (type(value) is tuple and all(isinstance(v, PLAIN) for v in value))
