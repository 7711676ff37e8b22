"""An operation: one small class with its forward and its derivative side by side, and the recording of its use."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError
from .support.arguments import brief
from .support.arrays import Array
from .support.explain import explain, refuse_nonfinite
from .support.operands import as_arrays, as_tensors, in_our_dtypes
from .support.provenance import transparent
from .support.scopes import current
from .tensor import Tensor

__all__ = ["Op", "apply"]

ndarray = np.ndarray
transparent.add(__file__)  # the line to name in an error is that of the caller of the operation


class Op:
    """Base class of all operations; subclass it for one of your own.

    An instance holds the operation's parameters as attributes, is never changed, and is called with its inputs:
    `Sum(axis=1)(x)`. A subclass writes two methods and, if it likes, a `symbol` for pictures:

    * `forward(self, *arrays) -> array`: NumPy arrays in, one array out; stores nothing, draws no random numbers.
    * `vjp(self, g, out, *inputs)`: the vector-Jacobian product, which is the chain rule for this operation: `g` is
      ∂L/∂out, how the final result L changes with `out`, and ∂L/∂x = g · ∂out/∂x goes back to each input x. One
      gradient per input (a bare one if there is one input): `None` where there is none to give, `g` itself and views
      are fine, a gradient may still have the broadcast shape, and a costly one may be given as a function without
      arguments, which is called only if that gradient is wanted.

    The vjp is written with the same operators and functions as any other code (`g * (1 - out * out)`, `tg.exp(x)`).
    Given arrays it computes arrays: that is `backward()`. Given tensors it records a graph: that is
    `create_graph=True`, and with it every higher derivative.

    >>> import tinygrad_gru as tg
    >>> class Cube(tg.Op):
    ...     symbol = "x³"
    ...     def forward(self, x):
    ...         return x**3
    ...     def vjp(self, g, out, x):
    ...         return g * 3 * x * x
    >>> x = tg.Tensor([2.0], requires_grad=True)
    >>> Cube()(x).sum().backward()
    >>> x.grad.tolist()
    [12.0]
    """

    symbol: ClassVar[str] = ""
    elementwise: ClassVar[bool] = False  # each element of the result depends on the elements in the same place only
    promotes_dtype: ClassVar[bool] = False  # its inputs meet in one dtype: integers take the float partner's
    masks_gradient: ClassVar[bool] = False  # it leaves out a branch: see support/guards.py
    multilinear: ClassVar[bool] = False  # a sum of products of its inputs' elements, each at most once in a product

    is_built_in: ClassVar[bool] = False  # a misfit in its forward is explained in our own words

    def __init_subclass__(cls) -> None:
        cls.is_built_in = cls.__module__.startswith(f"{__package__}.ops.")
        if cls.is_built_in:
            transparent.add(sys.modules[cls.__module__].__file__ or "")

    def forward(self, *arrays: Any) -> Any:
        """The result for these arrays."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward(self, *arrays) method")

    def vjp(self, g: Any, out: Any, *inputs: Any) -> Any:
        """∂L/∂x for each input x, from g = ∂L/∂out."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a vjp(self, g, out, *inputs) method to be differentiated"
        )

    def explain(self, *arrays: Array) -> str:
        """The misfit of these arrays, in a few words, for the error message; "" leaves NumPy's own words."""
        return ""

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation: a Tensor if any input is one, an array otherwise."""
        if not inputs:
            raise ArgumentError(f"{self.name}: got no input, wanted at least one. try: {type(self).__name__}()(x)")
        return apply(self, *inputs)

    @property
    def name(self) -> str:
        """The operation's name as a function: `take_along_axis`."""
        words = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(self).__name__)
        return words.strip("_")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={brief(value)}' for key, value in vars(self).items())})"


def apply(op: Op, *inputs: Any) -> Any:
    """Run an operation's forward, make the result a tensor, and record its operation and inputs.

    The one place where tensors are made of tensors. Where there is no tensor among the inputs, the result is an array.
    """
    arrays = []
    requires_grad = False
    for x in inputs:
        if not isinstance(x, Tensor):
            return _apply_to_others(op, inputs)
        arrays.append(x._array)
        if x.requires_grad:
            requires_grad = True
    try:
        if len(arrays) == 1:  # a star call is slow
            array = op.forward(arrays[0])
        else:
            array = op.forward(arrays[0], arrays[1]) if len(arrays) == 2 else op.forward(*arrays)
    except Exception as error:
        explain(error, op, inputs)
        raise
    if type(array) is not ndarray or array.dtype is not arrays[0].dtype:  # a NumPy number, or integers beside floats
        array, inputs = in_our_dtypes(op, array, inputs)

    out = new_tensor(Tensor)
    scope, mode = current.get()  # the scope, and whether `no_grad`, `record` or `detect_anomaly` is on
    if mode.grad and (requires_grad or mode.everything):  # everything: in `with record()`, which is for pictures
        out._set(array, op, inputs, requires_grad, None, scope)
    else:
        out._set(array, None, (), False, None, scope)
    if mode.anomaly:
        refuse_nonfinite(out, op, inputs)
    return out


new_tensor = object.__new__


def _apply_to_others(op: Op, inputs: tuple[Any, ...]) -> Any:
    """Numbers and arrays among the inputs: beside a tensor they become tensors; among themselves, the result is one."""
    tensors = [x for x in inputs if isinstance(x, Tensor)]
    if tensors:
        return apply(op, *as_tensors(inputs, tensors))
    try:
        return op.forward(*as_arrays(inputs))
    except Exception as error:
        explain(error, op, inputs)
        raise
