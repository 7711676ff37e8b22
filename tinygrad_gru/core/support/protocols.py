"""Python's protocols for a tensor: len, iteration, float, bool, format, copy, pickle, repr."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ArgumentError, DtypeError, GraphError, TinygradError
from .arguments import brief, shortened
from .arrays import Array
from .provenance import transparent

__all__ = ["Handle", "Protocols"]

transparent.add(__file__)

if TYPE_CHECKING:

    def operation(*inputs: Any, **options: Any) -> Any: ...


class Protocols:
    """Base class of Tensor: the special methods that are not operations."""

    __slots__ = ()

    if TYPE_CHECKING:  # core/__init__.py attaches them, once the operations are there
        __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = __abs__ = __getitem__ = operation
        __floordiv__ = __mod__ = __rfloordiv__ = __rmod__ = operation
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = operation
        __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = operation
        sum = mean = var = std = prod = max = min = argmax = argmin = clip = operation
        repeat = take = diagonal = squeeze = reshape = transpose = astype = operation
        tolist = ravel = flatten = swapaxes = cumsum = cumprod = dot = abs = all = any = arccos = arccosh = operation
        arcsin = arcsinh = arctan = arctanh = argsort = broadcast_to = ceil = cos = cosh = diff = erf = erfc = operation
        exp = exp2 = expm1 = flip = floor = isfinite = isinf = isnan = kron = log = log10 = log1p = log2 = operation
        log_softmax = logsumexp = matmul = maximum = minimum = moveaxis = outer = pow = reciprocal = relu = operation
        roll = round = sigmoid = sign = sin = sinh = softmax = sqrt = square = tan = tanh = tile = trace = operation
        tril = triu = trunc = operation
        T: Any
        mT: Any

        def backward(self, gradient: Any = None, watch: Any = None) -> None: ...
        def __contains__(self, value: Any) -> bool: ...
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array: ...

    def __len__(self: Any) -> int:
        if self.ndim == 0:
            raise DtypeError("len() of a tensor without axes. try: t.size, or t.reshape(1)")
        return len(self._array)

    def __iter__(self: Any) -> Iterator[Any]:
        if self.ndim == 0:
            raise DtypeError("iteration over a tensor without axes. try: t.item(), or t.reshape(1)")
        return (self[i] for i in range(len(self)))

    def __float__(self: Any) -> float:
        return float(self.item())

    def __int__(self: Any) -> int:
        return int(self.item())

    def __bool__(self: Any) -> bool:
        if self.size != 1:
            raise ArgumentError(f"the truth of {self.summary} is ambiguous. try: (t > 0).any() or .all()")
        return bool(self.item())

    def __index__(self: Any) -> int:
        index: int = self.data.__index__()
        return index

    def __format__(self: Any, spec: str) -> str:
        try:
            return format(self.item(), spec) if spec else repr(self)
        except ValueError as error:
            if isinstance(error, TinygradError):
                raise
            raise ArgumentError(f"format: {shortened(error)}: {brief(spec)}. try: f'{{t:.3f}}'") from None

    def __setitem__(self: Any, key: Any, value: Any) -> None:
        raise GraphError(
            "a tensor's elements cannot be assigned: a graph may still need the old ones. "
            "try: tg.where(mask, new, old), tg.concat or tg.stack"
        )

    # Copies and pickles hold the data, never the graph.

    def __copy__(self: Any) -> Any:
        return type(self)(self.data, self.requires_grad, self.name)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        return type(self)(self.data, self.requires_grad, self.name)

    def __reduce__(self: Any) -> Any:
        return type(self), (self._array, self.requires_grad, self.name)

    def __repr__(self: Any) -> str:
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
    """A registered hook, as `register_hook` returns it: `remove()` unregisters it."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks = hooks
        self.key = key

    def remove(self) -> None:
        """Unregister the hook; a second call does nothing."""
        self._hooks.pop(self.key, None)
