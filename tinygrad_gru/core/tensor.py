"""The tensor: an array that remembers how it was made.

Its operators and most methods are the operations of ops/: `core/__init__.py` attaches them. Python's protocols, such
as len and repr, are in support/protocols.py.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any

from ..errors import GraphError, ShapeError
from .support import arguments, provenance
from .support.arguments import brief_shape
from .support.arrays import Array, real_numbers
from .support.leaves import array_of_leaf
from .support.protocols import Handle, Protocols
from .support.provenance import transparent
from .support.scopes import current, current_mode
from .support.scopes import scope as Scope

if TYPE_CHECKING:
    from .op import Op

__all__ = ["Tensor"]

getframe: Any = sys._getframe
clock = itertools.count(1)  # every tensor gets the next number: inputs are always older than what is made of them
transparent.add(__file__)  # the line that made a tensor is not in this file, but its caller's


class Tensor(Protocols):
    """An array that remembers how it was made: the operation and the tensors it was made of.

    The tensor is the node of the computation graph, and edges point only backwards, from a result to its inputs.

    Parameters
    ----------
    data: numbers, nested lists, or an array. Lists become float32, arrays keep their dtype. Always copied, unless
        `copy=False`, which adopts an array that owns its memory and makes it read-only.
    requires_grad: whether it gets a gradient; only float32 and float64 can have them.
    name: what errors and pictures call it.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
    >>> y = (tg.tanh(x) * 2).sum()
    >>> y.backward()
    >>> [f"{g:.4f}" for g in x.grad[0]]
    ['0.8399', '0.1413']
    """

    __slots__ = ("__weakref__", "_array", "_code", "_hooks", "_lasti", "grad", "inputs", "name", "op",
                 "requires_grad", "scope", "serial")  # fmt: skip

    _array: Array  # the array; not called `_data`, which numpy.ma takes out of any object, without its gradient
    op: Op | None  # the operation that made it, None for a leaf
    inputs: tuple[Tensor, ...]  # the tensors it was made of
    requires_grad: bool
    grad: Array | None  # the caller's own array, None before any backward()
    name: str | None
    serial: int  # the number of its making, or of the last change of its array: inputs are older than results
    scope: Scope  # where it was made: `with scope(...)`
    _code: CodeType | None  # with _lasti, the line that made it: see support/provenance.py
    _lasti: int
    _hooks: dict[int, Callable[[Any], Any]] | None  # called with its gradient: see register_hook

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None, copy: bool = True) -> None:
        array = array_of_leaf(data, requires_grad, name, copy)
        self._set(array, None, (), requires_grad, name, current.get()[0])  # a leaf, in the current scope

    def _set(
        self, array: Array, op: Op | None, inputs: tuple[Tensor, ...], requires_grad: bool, name: str | None, scope: Any
    ) -> None:
        """Set every field: all tensors are made by this method."""
        array.setflags(False)  # type: ignore[call-arg]  # read-only from here on: a graph may need it
        self._array = array
        self.op = op
        self.inputs = inputs
        self.requires_grad = requires_grad
        self.grad = self._hooks = None
        self.name = name
        self.serial = next(clock)
        self.scope = scope
        # Provenance: who called the operation, or Tensor(...); decoded only when shown, see support/provenance.py.
        frame = getframe(2)
        code = frame.f_code
        while code.co_filename in transparent:
            frame = frame.f_back
            code = frame.f_code
        self._code = code
        self._lasti = frame.f_lasti

    # --- the array -------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The array, read-only."""
        array: Array = current_mode().read(self)  # where a program is recorded, nobody may decide by its numbers
        return array

    @data.setter
    def data(self, value: Any) -> None:
        self.assign(value)

    def assign(self, value: Any) -> None:
        """Give this leaf another array of the same shape (cast to its dtype); graphs recorded before become stale."""
        if self.op is not None:
            raise GraphError(f"only a leaf can be given another array, and {self.summary} was made by {self.op.name}")
        array = real_numbers(value.data if isinstance(value, Tensor) else value).astype(self._array.dtype)
        if array.shape != self._array.shape:
            raise ShapeError(
                f"assign: {self.summary} wants shape {brief_shape(self.shape)}, got {brief_shape(array.shape)}"
            )
        self._replace(array)

    def _replace(self, array: Array) -> None:
        """As `assign`, without copies or checks: for an array of its shape and dtype that nothing else refers to."""
        array.setflags(write=False)
        self._array = array
        self.serial = next(clock)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        shape: tuple[int, ...] = self._array.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._array.size

    @property
    def dtype(self) -> Any:
        """The dtype of the array; its gradient has the same."""
        return self._array.dtype

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item: {self.summary} has {self.size} elements, wanted 1")
        return self.data.item()

    def numpy(self) -> Array:
        """A copy of the array that you may change."""
        return self.data.copy()

    def detach(self) -> Tensor:
        """The same array as a leaf: gradients stop here."""
        return Tensor(self.data, name=self.name, copy=not self._array.flags.owndata)

    def named(self, name: str) -> Tensor:
        """Name this tensor and return it, for use at the end of an equation: `sigmoid(a).named("r")`."""
        self.name = name if type(name) is str else arguments.text("named: name", name)
        return self

    # --- the graph -------------------------------------------------------------------------------------------------

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call `hook(g)` with this tensor's gradient in each walk; what it returns, if not None, takes its place."""
        arguments.function("register_hook: hook", hook)
        if self._hooks is None:
            self._hooks = {}
        handle = Handle(self._hooks, next(clock))
        self._hooks[handle.key] = hook
        return handle

    @property
    def line(self) -> tuple[str, int] | None:
        """The file and line, outside the package, that made this tensor."""
        return provenance.source_line(self._code, self._lasti, self.scope)

    @property
    def where_made(self) -> str:
        """Where it was made, as the end of a sentence: ` in step 3 / reset gate, at train.py:41`."""
        return provenance.where_made(self._code, self._lasti, self.scope)

    @property
    def summary(self) -> str:
        """Name and shape, for messages: `h (16, 32)`."""
        return f"{self.name or 'tensor'} {brief_shape(self._array.shape)}"

    __hash__ = object.__hash__  # tensors are compared by element, and told apart by identity
