"""What an operation raises: a built-in one explains a misfit, one's own reaches its author as it is; its function."""

import inspect
import traceback

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors
from tinygrad_gru.core.ops import activations
from tinygrad_gru.core.support.functions import documented_by, function


class Broken(tg.Op):
    """An operation of one's own, with a mistake."""

    def __init__(self, error):
        self.error = error

    def forward(self, x, y):
        raise self.error

    def vjp(self, g, out, x, y):
        return g, g


class BrokenTanh(type(tg.tanh(tg.Tensor([1.0], requires_grad=True)).op)):
    """A built-in operation, taken further by somebody else."""

    def forward(self, x):
        return x[7]


X = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
Y = tg.Tensor([3.0], name="y")


@pytest.mark.parametrize("kind", [ValueError, TypeError, IndexError, KeyError, ZeroDivisionError, RuntimeError])
def test_what_ones_own_operation_raises_is_raised(kind):
    error = kind("mine")
    with pytest.raises(kind) as caught, tg.scope("step", 3):
        Broken(error)(X, Y)

    assert caught.value is error
    assert traceback.extract_tb(error.__traceback__)[-1].name == "forward"
    assert error.__cause__ is None and error.__context__ is None
    (note,) = error.__notes__
    assert note.startswith("in Broken.forward of x (1, 2), y (1,) in step 3, at test_op.py:")


def test_a_subclass_of_a_built_in_operation_is_ones_own():
    with pytest.raises(IndexError, match="out of bounds") as caught:
        BrokenTanh()(Y)
    assert caught.value.__notes__[0].startswith("in BrokenTanh.forward of y (1,) at test_op.py:")


def test_our_own_exceptions_pass_as_they_are():
    error = errors.ArgumentError("said already. try: something else")
    with pytest.raises(errors.ArgumentError) as caught:
        Broken(error)(X, Y)
    assert caught.value is error and not hasattr(error, "__notes__")


def test_an_interrupt_is_no_mistake():
    with pytest.raises(KeyboardInterrupt) as caught:
        Broken(KeyboardInterrupt())(X, Y)
    assert not hasattr(caught.value, "__notes__")


MISFITS = {
    "add: shapes do not broadcast: a (2,) + b (3,)": lambda a, b: a + b,
    "matmul: inner sizes differ: a (2,) @ b (3,)": lambda a, b: a @ b,
    "getitem: index [5] does not fit: a (2,)": lambda a, b: a[5],
    "reshape: ": lambda a, b: a.reshape(3, 7),
    "flip: ": lambda a, b: tg.flip(a, axis=4),
    "roll: ": lambda a, b: tg.roll(a, 1, axis=4),
    "softmax: ": lambda a, b: tg.softmax(a, axis=3),
    "concat: ": lambda a, b: tg.concat([a, tg.Tensor([[1.0]])]),
    "stack: ": lambda a, b: tg.stack([a, b]),
    "tile: ": lambda a, b: tg.tile(a, (-1,)),
    "pad: ": lambda a, b: tg.pad(a, (-1, 2)),
    "broadcast_to: ": lambda a, b: tg.broadcast_to(a, (3,)),
    "squeeze: ": lambda a, b: tg.squeeze(a, axis=0),
    "matrix_transpose: ": lambda a, b: a.mT,
    "max: ": lambda a, b: tg.max(a[:0]),
    "cumulative_sum: ": lambda a, b: tg.cumulative_sum(a, axis=3),
    "take: ": lambda a, b: tg.take(a, [9]),
    "take_along_axis: ": lambda a, b: tg.take_along_axis(a, [[0]]),
    "diagonal: ": lambda a, b: tg.diagonal(a),
    "repeat: ": lambda a, b: tg.repeat(a, -1),
    "moveaxis: ": lambda a, b: tg.moveaxis(a, 0, 3),
}


@pytest.mark.parametrize("begins", MISFITS)
def test_a_built_in_operation_explains_a_misfit_in_one_line(begins):
    a, b = (tg.Tensor(np.ones(n), requires_grad=True, name=name) for n, name in ((2, "a"), (3, "b")))
    with pytest.raises(errors.TinygradError) as caught:
        MISFITS[begins](a, b)
    message = str(caught.value)
    assert message.startswith(begins) or begins.split(":")[0] in message
    assert "sizes do not fit" not in message and "\n" not in message


def test_an_exception_in_a_function_of_ones_own_passes_through_every_transform():
    def f(x):
        raise LookupError("mine")

    x = np.ones(2)
    for call in (
        lambda: tg.grad_of(f)(x),
        lambda: tg.value_and_grad(f)(x),
        lambda: tg.vjp(f, x),
        lambda: tg.jvp(f, x, x),
        lambda: tg.jacobian(f, x),
        lambda: tg.hessian(f, x),
        lambda: tg.hvp(f, x, x),
        lambda: tg.checkpoint(f, x),
        lambda: tg.gradcheck(f, x),
    ):
        with pytest.raises(LookupError, match="^'?mine'?$"):
            call()


def test_an_exception_in_a_step_of_ones_own_cell_passes_through_the_layer():
    class Cell(tg.nn.Cell):
        state_sizes = (2,)

        def __init__(self):
            super().__init__(2, 2)

        def step(self, x, h):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        tg.nn.Recurrent(Cell())(np.ones((3, 1, 2), np.float32))


def test_a_function_has_the_name_the_docstring_and_the_file_of_its_class():
    class TwiceOver(tg.Op):
        """out = 2x;  ∂out/∂x = 2."""

        def forward(self, x):
            return 2 * x

        def vjp(self, g, out, x):
            return g * 2

    twice = function(TwiceOver)
    assert (twice.__name__, twice.__doc__, twice.__module__) == ("twice_over", TwiceOver.__doc__, __name__)
    assert twice(np.array([1.0, 2.0])).tolist() == [2, 4]

    @documented_by(TwiceOver)
    def doubled(x, times: int = 1):
        return x

    assert (doubled.__name__, doubled.__doc__) == ("doubled", TwiceOver.__doc__)
    assert str(inspect.signature(doubled)).startswith("(x, times: ")


def test_an_operation_without_inputs_is_refused():
    with pytest.raises(errors.ArgumentError, match=r"tanh: got no input, wanted at least one. try: Tanh\(\)\(x\)"):
        activations.Tanh()()


def test_no_forward_runs_twice_where_integers_take_the_float_dtype():
    calls = []

    class Product(tg.Op):
        promotes_dtype = True

        def forward(self, x, y):
            calls.append((x.dtype, y.dtype))
            return x * y

        def vjp(self, g, out, x, y):
            return g * y, g * x

    x = tg.Tensor([1.5, 2.5], requires_grad=True)
    out = Product()(x, tg.Tensor(np.array([2, 4])))
    out.sum().backward()

    assert len(calls) == 1
    assert out.dtype == out.inputs[1].dtype == np.float32 and out.data.tolist() == [3, 10]
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [2, 4]
