"""An operation: one small class with its forward and its derivative side by side, and the recording of its use."""

from __future__ import annotations

import itertools
import sys
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError, TinygradError
from .support.arguments import brief
from .support.arrays import Array, as_array, checked_dtype, is_weak
from .support.scopes import current_mode, current_scope, here

__all__ = ["Op"]

families: set[str] = {__file__}  # our own files that stand between the caller of an operation and `apply`
ndarray = np.ndarray
# What NumPy and Python raise where arrays, or what was given for them, do not fit an operation.
MISFITS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
getframe = sys._getframe
clock = itertools.count(1)  # every tensor gets the next number: inputs are always older than what is made of them


class Op:
    """Base class of all operations; subclass it for one of your own.

    An instance holds the operation's parameters as attributes, is never changed, and is called with its inputs:
    `Sum(axis=1)(x)`. A subclass writes two methods and, if it likes, a `symbol` for pictures:

    * `forward(self, *arrays) -> array`: NumPy arrays in, one array out; stores nothing, draws no random numbers.
    * `vjp(self, g, out, *inputs)`: the vector-Jacobian product: the gradient `g` of the result carried back to each
      input. One gradient per input (a bare one if there is one input): `None` where there is none to give, `g`
      itself and views are fine, a gradient may still have the broadcast shape, and a costly one may be given as a
      function without arguments, which is called only if that gradient is wanted.

    `elementwise = True` says that each element of the result depends on those in the same place only: below a choice,
    such as `where`, an element that is not taken then reaches no gradient, whatever it holds.

    The vjp is written with the same operators and functions as any other code (`g * (1 - out * out)`, `tg.exp(x)`).
    Given arrays it computes numbers: that is `backward()`. Given tensors it records a graph: that is
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
    mixes: ClassVar[bool] = False  # its inputs meet in one dtype, so integers take the float partner's
    selects: ClassVar[bool] = False  # it leaves out a branch: a zero gradient above it stays a zero (see engine)
    multilinear: ClassVar[bool] = False  # a sum of products of its inputs' elements, each at most once in a product
    product: ClassVar[bool] = False  # its vjp is a matrix product, which subnormal numbers make a hundred times slower

    _built_in: ClassVar[bool] = False  # what NumPy says of a misfit in its forward is said in our own words

    def __init_subclass__(cls) -> None:
        cls._built_in = cls.__module__.startswith(f"{__package__}.ops.")
        if cls._built_in:
            families.add(sys._getframe(1).f_code.co_filename)

    def forward(self, *arrays: Any) -> Any:
        """The result for these arrays."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward(self, *arrays) method")

    def vjp(self, g: Any, out: Any, *inputs: Any) -> Any:
        """The gradient `g` of the result, carried back to each input."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a vjp(self, g, out, *inputs) method to be differentiated"
        )

    def complain(self, *arrays: Array) -> str:
        """What is wrong with these arrays, in a few words, for the error message; "" leaves NumPy's own words."""
        return ""

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation: a Tensor if any input is one, an array otherwise."""
        return apply(self, *inputs)

    def _explained(self, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        """A misfit of shapes or dtypes in one of our own operations, as our own exception; any other as it is."""
        tensors = all(isinstance(x, Tensor) for x in inputs)
        if not self._built_in or isinstance(error, TinygradError) or not isinstance(error, MISFITS):
            return with_note(error, self, "forward", inputs, here()) if tensors else error
        if not tensors:
            words = " and ".join(brief(x) for x in inputs)
            wrong: type[TinygradError] = DtypeError if isinstance(error, TypeError) else ArgumentError
            return wrong(f"{self.name}: {error}: {words}{here()}. try: tensors, arrays or numbers")
        if isinstance(error, TypeError):
            return DtypeError(f"{self.name}: {error}: {_operands(self, inputs)}{here()}")
        complaint = self.complain(*[x._array for x in inputs]) or str(error)
        return ShapeError(f"{self.name}: {complaint}: {_operands(self, inputs)}{here()}")

    @property
    def name(self) -> str:
        """The operation's name as a function: `take_along_axis`."""
        words = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(self).__name__)
        return words.strip("_")

    def __repr__(self) -> str:
        parameters = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({parameters})"


def apply(op: Op, *inputs: Any) -> Any:
    """Run an operation's forward and record it: the one place where tensors are made of tensors."""
    arrays = []
    requires_grad = False
    for x in inputs:
        if not isinstance(x, Tensor):
            break
        arrays.append(x._array)
        if x.requires_grad:
            requires_grad = True
    if len(arrays) < len(inputs):  # numbers or arrays among them
        tensors = [x for x in inputs if isinstance(x, Tensor)]
        if not tensors:
            try:
                return op.forward(*_as_arrays(inputs))
            except Exception as error:
                if (explained := op._explained(error, inputs)) is error:
                    raise
                raise explained from None
        inputs = _as_tensors(inputs, tensors)
        arrays = [x._array for x in inputs]
        requires_grad = True in [x.requires_grad for x in tensors]

    try:
        data = op.forward(arrays[0], arrays[1]) if len(arrays) == 2 else op.forward(*arrays)  # a star call is slow
    except Exception as error:
        explained = op._explained(error, inputs)
        if explained is error:
            raise
        raise explained from None
    if type(data) is not ndarray:
        data = np.asarray(data)  # NumPy makes scalars of 0-d results
    if data.dtype is not arrays[0].dtype:
        checked_dtype(data)
        if op.mixes and (inputs_as_floats := _with_float_partner(inputs)) is not inputs:
            inputs = inputs_as_floats
            data = np.asarray(op.forward(*[x._array for x in inputs]))
    data.setflags(False)  # read-only from here on: a graph may need it

    mode = current_mode.get()
    out = new_tensor(Tensor)
    out._array = data
    out.index = next(clock)
    out.name = out.grad = out._hooks = None
    if mode.grad and (requires_grad or mode.everything):
        out.op = op
        out.inputs = inputs
        out.requires_grad = requires_grad
    else:
        out.op = None
        out.inputs = ()
        out.requires_grad = False
    # Provenance: who called us or our function, decoded only when shown. See scopes.source_line.
    frame: Any = getframe(2)
    code = frame.f_code
    while code.co_filename in families:
        frame = frame.f_back
        code = frame.f_code
    out._code = code
    out._lasti = frame.f_lasti
    out.scope = current_scope.get()
    if mode.anomaly:
        _raise_if_not_finite(out, op, inputs)
    return out


def value_of(x: Any) -> Array:
    """The array behind `x`, tensor or not: for what is decided by numbers and carries no gradient."""
    return x._array if isinstance(x, Tensor) else x if isinstance(x, np.ndarray) else as_array(x)


def _as_arrays(inputs: tuple[Any, ...]) -> list[Any]:
    """Inputs without a tensor among them; Python numbers beside an array stay what they are."""
    alone = all(is_weak(x) for x in inputs)
    return [as_array(x) if alone or isinstance(x, list | tuple) else x for x in inputs]


def _as_tensors(inputs: tuple[Any, ...], tensors: list[Any]) -> tuple[Any, ...]:
    """Inputs as tensors: Python numbers take the dtype of the tensors among them, arrays are copied."""
    dtype = tensors[0]._array.dtype if len(tensors) == 1 else np.result_type(*[x._array.dtype for x in tensors])
    return tuple([
        x if isinstance(x, Tensor) else constant(x, dtype) if is_weak(x) else Tensor(x) for x in inputs
    ])  # fmt: skip


def beside(t: Any, value: Any) -> Any:
    """A number or array as a tensor, to stand beside the tensor t: a Python number takes its dtype."""
    return constant(value, t._array.dtype) if type(value) in (float, int, bool) else Tensor(value)


def constant(value: float, dtype: Any) -> Any:
    """A Python number as a tensor of the dtype it takes beside a tensor of this one."""
    # 0.0 and −0.0 are the same key of a cache, but not the same number
    return _constant(value, dtype) if value else _constant.__wrapped__(value, dtype)


@lru_cache(maxsize=512, typed=True)
def _constant(value: float, dtype: Any) -> Any:
    try:
        return Tensor(np.asarray(value, np.result_type(dtype, value)))
    except OverflowError:
        got = brief(value)
        raise ArgumentError(f"{got} does not fit into {dtype}. try: a number below 10**38, or a logarithm") from None


def _with_float_partner(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Integer inputs beside float ones as tensors of the float dtype; NumPy alone would turn float32 into float64."""
    floats = [x._array.dtype for x in inputs if x._array.dtype.kind == "f"]
    if not floats or all(x._array.dtype.kind in "fb" for x in inputs):
        return inputs
    dtype = np.result_type(*floats)
    return tuple([
        Tensor(x._array.astype(dtype), name=x.name) if x._array.dtype.kind in "iu" else x for x in inputs
    ])  # fmt: skip


def with_note(error: Exception, op: Op, method: str, inputs: tuple[Any, ...], trail: str) -> Exception:
    """The same exception, with a note (PEP 678) of the operation, its operands and their place."""
    if not isinstance(error, TinygradError):
        error.add_note(f"in {type(op).__name__}.{method} of {_operands(op, inputs)}{trail}")
    return error


def _operands(op: Op, inputs: tuple[Any, ...]) -> str:
    between = f" {op.symbol} " if len(op.symbol) == 1 else ", "  # + or @ stands between its operands
    return between.join(x.brief for x in inputs)


def _raise_if_not_finite(out: Any, op: Op, inputs: tuple[Any, ...]) -> None:
    if out._array.dtype.kind == "f" and not np.isfinite(out._array).all():
        from .backward import anomaly

        operands = ", ".join(x.brief for x in inputs)
        raise anomaly(f"{op.name}({operands}) made", out._array, out)


# The functions make tensors and the tensors' methods are the functions: one of the two has to come last.
from .tensor import Tensor, new_tensor  # noqa: E402
