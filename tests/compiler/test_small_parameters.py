"""Parameters that are broadcast, or read in another shape: their gradients have the shape of the parameter."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import both, difference
from tinygrad_gru import compiler, nn


class Small(nn.Cell):
    """h' = use(x W + h U, p), with a parameter p of any shape."""

    def __init__(self, shape, use):
        super().__init__(3, 4)
        self.use = use
        self.W, self.U, self.p = (
            nn.Parameter(tg.generator().uniform(-0.5, 0.5, size)) for size in ((3, 4), (4, 4), shape)
        )

    def step(self, x, h):
        return (self.use(x @ self.W + h @ self.U, self.p, h),)


USES = {
    "added": lambda a, p, h: tg.tanh(a + p),
    "a factor": lambda a, p, h: tg.tanh(a) * p + 0.1 * h,
    "a leak": lambda a, p, h: (1 - tg.sigmoid(p)) * h + tg.sigmoid(p) * tg.tanh(a),
    "used twice": lambda a, p, h: tg.tanh(a * p) + p,
}
READ_AS = {
    "a row": ((4,), lambda p: tg.reshape(p, (1, 4))),
    "without an axis": ((1, 4), lambda p: tg.squeeze(p, axis=0)),
    "with another": ((4,), lambda p: tg.expand_dims(p, axis=0)),
    "in halves": ((1, 4), lambda p: tg.concat([p[:, 2:], p[:, :2]], axis=1)),
    "with a size left to NumPy": ((2, 2), lambda p: tg.reshape(p, (1, -1))),
}


def agree(cell, **options):
    x = np.random.default_rng(0).normal(size=(5, 37, 3)).astype(cell.dtype)  # enough sequences for two threads
    worst, whose = difference(*both(cell, x, **options))
    assert worst < (1e-12 if cell.dtype == np.float64 else 1e-5), whose


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("shape", [(4,), (1, 4), (1, 1), (1,), ()], ids=str)
def test_rows_and_single_numbers_have_the_gradients_of_single_steps(shape, use):
    with tg.seed(0):
        agree(Small(shape, USES[use]))


@pytest.mark.parametrize("name", READ_AS)
def test_a_parameter_may_be_read_in_another_shape(name):
    shape, read = READ_AS[name]
    with tg.seed(0):
        agree(Small(shape, lambda a, p, h: tg.tanh(a + read(p))))


@pytest.mark.jit
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(1, 4), (1, 1), ()], ids=str)
def test_so_do_the_loops_in_machine_code(shape, dtype):
    with tg.seed(0), compiler.jit(True):
        agree(Small(shape, USES["used twice"]).astype(dtype), lengths=[1 + b % 5 for b in range(37)])


def test_the_gradient_of_a_bias_that_is_a_row_is_summed_over_sequences_and_steps():
    """h' = b over two steps and three sequences: ∂Σh/∂b = 6."""
    cell = Small((1, 4), lambda a, p, h: p + 0 * a)
    out, _ = nn.Recurrent(cell, engine="compiled")(np.zeros((2, 3, 3)))
    out.sum().backward()

    np.testing.assert_array_equal(cell.p.grad, [[6.0, 6.0, 6.0, 6.0]])


def test_no_sequence_may_know_of_the_others():
    cell = Small((), lambda a, p, h: tg.tanh(a - tg.sum(h, axis=0, keepdims=True)))

    assert compiler.why(cell).startswith("there is no rule for sum over axis 0 of sizes ('B', 4)")
