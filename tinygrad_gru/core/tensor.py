"""The tensor: an array that remembers how it was made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, GraphError, ShapeError
from . import ops
from .op import Op, clock, families
from .ops import arithmetic, predicates, products
from .support.arguments import brief
from .support.arrays import Array, as_array, refuse_a_mask
from .support.scopes import current_mode, current_scope, source_line, trail
from .support.scopes import scope as Scope
from .support.tracing import tell

__all__ = ["Tensor"]

new_tensor = object.__new__
families.add(__file__)  # the methods below stand between the caller and the operation, too


class Tensor:
    """An array that remembers how it was made: the operation and the tensors it was made of.

    The tensor is the node of the computation graph, and edges point only backwards, from a result to its inputs.

    Parameters
    ----------
    data: numbers, nested lists, or an array. Lists become float32, arrays keep their dtype. Always copied, unless
        `copy=False`, which adopts an array that owns its memory and makes it read-only.
    requires_grad: whether gradients are wanted; only float32 and float64 can have them.
    name: what errors and pictures call it.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
    >>> y = (tg.tanh(x) * 2).sum()
    >>> y.backward()
    >>> [f"{g:.4f}" for g in x.grad[0]]
    ['0.8399', '0.1413']
    """

    __slots__ = (
        "__weakref__",
        "_array",  # numpy.ma takes what is called _data out of any object, and would drop the gradient
        "_code",  # with _lasti: the caller that made it, see scopes.source_line
        "_hooks",
        "_lasti",
        "grad",  # the caller's own array, None before any backward()
        "index",  # the number of its making, or of the last change of its array: inputs are older than results
        "inputs",  # the tensors it was made of
        "name",
        "op",  # the operation that made it, None for a leaf
        "requires_grad",
        "scope",  # where it was made: scopes.Scope
    )

    _array: Array
    _code: CodeType | None
    _lasti: int
    _hooks: dict[int, Callable[[Any], Any]] | None
    grad: Array | None
    index: int
    inputs: tuple[Tensor, ...]
    name: str | None
    op: Op | None
    requires_grad: bool
    scope: Scope

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None, copy: bool = True) -> None:
        if not isinstance(requires_grad, bool) or not isinstance(copy, bool):
            raise ArgumentError(
                f"Tensor: requires_grad and copy are True or False, got {brief(requires_grad)} and {brief(copy)}. "
                "try: Tensor(data, requires_grad=True), and a list for several numbers: Tensor([1.0, 2.0])"
            )
        if isinstance(data, Tensor):
            tell("Tensor(...)", data)
            if data.requires_grad and not requires_grad and current_mode.get().grad:
                raise GraphError(f"Tensor(...) of {data.brief} would drop its gradient. try: t.detach(), or t itself")
            data = data._array
        array = as_array(data)
        if copy and (array is data or array.base is not None):
            array = array.copy()
        elif not copy and not array.flags.owndata:
            raise ArgumentError("copy=False adopts an array that owns its memory, got a view. try: copy=True")
        if requires_grad and array.dtype.kind != "f":
            raise DtypeError(
                f"only float32 and float64 can require a gradient, got {array.dtype}. try: array.astype(np.float32)"
            )
        array.setflags(write=False)
        self._array = array
        self.requires_grad = requires_grad
        self.name = name
        self.grad = self.op = self._hooks = None
        self.inputs = ()
        self.index = next(clock)
        frame = sys._getframe(1)
        self._code = frame.f_code
        self._lasti = frame.f_lasti
        self.scope = current_scope.get()

    # --- the array -------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The array, read-only."""
        tell("data", self)
        return self._array

    @data.setter
    def data(self, value: Any) -> None:
        self.assign(value)

    def assign(self, value: Any) -> None:
        """Give this leaf another array of the same shape (cast to its dtype); graphs recorded before become stale."""
        if self.op is not None:
            raise GraphError(f"only a leaf can be given another array, and {self.brief} was made by {self.op.name}")
        refuse_a_mask(value)
        array = np.array(value.data if isinstance(value, Tensor) else value, dtype=self._array.dtype)
        if array.shape != self._array.shape:
            raise ShapeError(f"assign: {self.brief} wants shape {self._array.shape}, got {array.shape}")
        self._replace(array)

    def _replace(self, array: Array) -> None:
        """As `assign`, without copies or checks: for an array of the right shape and dtype that nobody else holds."""
        array.setflags(write=False)
        self._array = array
        self.index = next(clock)

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
        if self._array.size != 1:
            raise ShapeError(f"item: {self.brief} has {self._array.size} elements, wanted 1")
        tell("item()", self)
        return self._array.item()

    def numpy(self) -> Array:
        """A copy of the array that you may change."""
        tell("numpy()", self)
        return self._array.copy()

    def detach(self) -> Tensor:
        """The same array as a leaf: gradients stop here."""
        tell("detach()", self)
        out = Tensor(self._array, name=self.name, copy=not self._array.flags.owndata)
        return out

    def astype(self, dtype: Any) -> Any:
        """The tensor in another float dtype; gradients flow back in the old one."""
        return ops.astype(self, dtype)

    def named(self, name: str) -> Tensor:
        """Name this tensor and return it, for use at the end of an equation: `sigmoid(a).named("r")`."""
        self.name = name
        return self

    # --- the graph -------------------------------------------------------------------------------------------------

    def backward(self, gradient: Any = None) -> None:
        """Add the gradient of this tensor to the `.grad` of every leaf that requires one.

        `gradient` is that of some later result with respect to this tensor; it may be left out for one element.
        """
        from .backward import backward

        backward(self, gradient)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call `hook(g)` with this tensor's gradient in each walk; what it returns, if not None, takes its place."""
        if self._hooks is None:
            self._hooks = {}
        handle = Handle(self._hooks, next(clock))
        self._hooks[handle.key] = hook
        return handle

    @property
    def line(self) -> tuple[str, int] | None:
        """The file and line, outside the package, that made this tensor."""
        return source_line(self._code, self._lasti, self.scope)

    @property
    def trail(self) -> str:
        """Where it was made, as the end of a sentence: ` in step 3 / reset gate, at train.py:41`."""
        return trail(self._code, self._lasti, self.scope)

    @property
    def brief(self) -> str:
        """Name and shape, for messages: `h (16, 32)`."""
        return f"{self.name or 'tensor'} {self._array.shape}"

    # --- operators and methods: each is the function of the same name ------------------------------------------------

    __array_priority__ = 1000.0
    __hash__ = object.__hash__

    __add__ = ops.add
    __sub__ = ops.subtract
    __mul__ = ops.multiply
    __truediv__ = ops.divide
    __pow__ = ops.pow
    __matmul__ = ops.matmul
    __radd__ = arithmetic.radd
    __rsub__ = arithmetic.rsubtract
    __rmul__ = arithmetic.rmultiply
    __rtruediv__ = arithmetic.rdivide
    __rpow__ = arithmetic.rpow
    __rmatmul__ = products.rmatmul
    __neg__ = ops.negative
    __abs__ = ops.abs
    __getitem__ = ops.getitem

    __eq__ = predicates.operator(ops.equal)
    __ne__ = predicates.operator(ops.not_equal)
    __lt__ = predicates.operator(ops.less)
    __le__ = predicates.operator(ops.less_equal)
    __gt__ = predicates.operator(ops.greater)
    __ge__ = predicates.operator(ops.greater_equal)

    sum = ops.sum
    mean = ops.mean
    var = ops.var
    std = ops.std
    prod = ops.prod
    max = ops.max
    min = ops.min
    argmax = ops.argmax
    argmin = ops.argmin
    clip = ops.clip
    repeat = ops.repeat
    take = ops.take
    diagonal = ops.diagonal
    squeeze = ops.squeeze

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape: `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
        if shape == (None,) or not shape:
            raise ArgumentError(
                f"reshape: got {shape}, wanted a shape for {self.brief}. try: t.reshape(-1), or t itself"
            )
        return ops.reshape(self, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed by default: `t.transpose(1, 0)` or `t.transpose((1, 0))`."""
        if not axes:
            axes = tuple(reversed(range(self.ndim)))
        elif len(axes) == 2 and self.ndim > 1 and (self.ndim > 2 or axes[0] % 2 < axes[1] % 2):
            # the order of all axes to NumPy, two axes to exchange to PyTorch
            raise ArgumentError(
                f"transpose{axes} of {self.brief} can be read in two ways. "
                f"try: .mT, or tg.permute_dims(t, axes) with the order of all axes"
            )
        return ops.permute_dims(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes)

    @property
    def T(self) -> Any:
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise ShapeError(f"T: wants a matrix, got {self.brief}. try: .mT for a stack of matrices")
        return ops.matrix_transpose(self)

    @property
    def mT(self) -> Any:
        """The transpose of a matrix, or of each matrix in a stack."""
        return ops.matrix_transpose(self)

    # --- Python and NumPy ------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        if self.ndim == 0:
            raise DtypeError("len() of a tensor without axes. try: t.size, or t.reshape(1)")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise DtypeError("iteration over a tensor without axes. try: t.item(), or t.reshape(1)")
        return (ops.getitem(self, i) for i in range(len(self._array)))

    def __contains__(self, value: Any) -> bool:
        tell("in", self)
        return bool((self._array == np.asarray(value)).any())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ArgumentError(f"the truth of {self.brief} is ambiguous. try: (t > 0).any() or .all()")
        tell("bool()", self)
        return bool(self._array.item())

    def __index__(self) -> int:
        tell("as an index", self)
        return self._array.__index__()

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise GraphError(
            "a tensor's elements cannot be assigned: a graph may still need the old ones. "
            "try: tg.where(mask, new, old), tg.concat or tg.stack"
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        tell("np.asarray()", self)
        if self.requires_grad and current_mode.get().grad:
            raise GraphError(f"np.asarray would drop the gradient of {self.brief}. try: t.numpy(), or t.detach() first")
        return self._array.copy() if copy and dtype is None else np.asarray(self._array, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """`np.float32(2) * t` and `array @ t` work; `np.tanh(t)` is refused, naming the function to use instead."""
        function = ops.FOR_NUMPY_OPERATOR.get(ufunc.__name__)
        if function is not None and method == "__call__" and not options:
            return function(*inputs)
        if "out" in options:
            raise GraphError(
                f"{ufunc.__name__} of a tensor into an array in place would drop the gradient. "
                f"try: a = a + t, or for the data of a tensor: w.data = w.data - step.data"
            )
        return self._refuse(ufunc.__name__)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """NumPy functions are refused: they would drop the gradient without a word. Asking for the shape is fine."""
        if function in (np.shape, np.ndim, np.size):
            return function(*[a._array if isinstance(a, Tensor) else a for a in args], **kwargs)
        return self._refuse(function.__name__)

    def _refuse(self, name: str) -> Any:
        ours = ops.FOR_NUMPY_NAME.get(name, name)
        hint = f"tg.{ours}(t), or np.{name}(t.data)" if ours in ops.__all__ else f"np.{name}(t.data)"
        raise DtypeError(f"np.{name} does not know tensors and would drop the gradient. try: {hint}")

    def __copy__(self) -> Tensor:
        tell("copy()", self)
        return self._leaf(self._array, self.requires_grad, self.name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        tell("deepcopy()", self)
        return self._leaf(self._array, self.requires_grad, self.name)

    def __reduce__(self) -> Any:
        return self._leaf, (self._array, self.requires_grad, self.name)

    @classmethod
    def _leaf(cls, data: Array, requires_grad: bool, name: str | None) -> Tensor:
        """Copies and pickles hold the data, never the graph."""
        return cls(data, requires_grad, name)

    def __repr__(self) -> str:
        numbers = np.array2string(self._array, separator=", ", prefix=f"{type(self).__name__}(", threshold=100)
        parts = [numbers, f"dtype={self.dtype}"]
        if self.name is not None:
            parts.append(f"name={self.name!r}")
        if self.op is not None:
            parts.append(f"op={self.op.name}")
        elif self.requires_grad:
            parts.append("requires_grad=True")
        return f"{type(self).__name__}({', '.join(parts)})"


class Handle:
    """What `register_hook` returns: `remove()` takes the hook away again."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks = hooks
        self.key = key

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self.key, None)
