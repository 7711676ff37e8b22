"""Cells on which a plan is easily wrong: in each, a value is read where a program could think that it is not."""

import threading

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import both, difference
from tinygrad_gru import compiler, nn, tanh
from tinygrad_gru import sigmoid as σ
from tinygrad_gru.compiler.passes import rewrite

T, B, H = 5, 3, 4


class Written(nn.Cell):
    """A cell whose step is a function of the cell, x and the states."""

    def __init__(self, step, parameters, states=("h",), dtype=np.float64, frozen=()):
        super().__init__(H, H, states=states)
        self.state_sizes = (H,) * len(states)
        for n, name in enumerate(parameters):
            shape = (H,) if name == "b" else (H, H)
            values = np.random.default_rng(n).uniform(-1, 1, shape).astype(dtype)
            setattr(self, name, nn.Parameter(values))
        for name in frozen:
            getattr(self, name).requires_grad = False
        self.function = step

    def step(self, x, *states):
        after = self.function(self, x, *states)
        return after if isinstance(after, tuple) else (after,)


def third_of_a_scalar(c, x, h):
    return tanh(x + h @ (c.U * (tg.Tensor(np.float32(1)) / 3.0)))


def gates_that_share_a_matrix(c, x, h, k):
    a, b, d = x @ c.A + h @ c.D, x @ c.B + h @ c.E, x @ c.C + h @ c.D
    return tanh(a) * tanh(d), tanh(b)


def part_of_a_longer_sum(c, x, h, k):
    y = x @ c.W + h @ c.U
    return tanh(y + k @ c.V), y


TWO = {"states": ("h", "k")}
SINGLE = {"dtype": np.float32}
CELLS = {
    "three gates that multiply each other": (
        lambda c, x, h: σ(h @ c.A) * tanh(h @ c.B) * σ(h @ c.C) + 0.5 * x, "ABC", {}),
    "one column of a wider value beside wider ones": (
        lambda c, x, h: tanh(x * h[:, 1:2] + c.b + h[:, 0:1] * h[:, 2:3] + h[:, 3:4]), "b", {}),
    "a column that scales a product": (
        lambda c, x, h: tanh(h[:, 1:2] * x + h[:, 0:1] * h[:, 2:3] * (h @ c.A) * h[:, 3:4]), "A", {}),
    "a sum of columns that begin elsewhere than they are many": (
        lambda c, x, h: tanh(x @ c.U + h * tg.sum(h[:, 1:3], axis=1, keepdims=True) * h[:, 0:1] * h[:, 3:4]), "U", {}),
    "sums of the columns of two gates": (
        lambda c, x, h: tanh(x + tg.sum(h @ c.A, axis=1, keepdims=True) - h * tg.sum(h @ c.B, axis=1, keepdims=True)),
        "AB", {}),
    "softmaxes of two gates": (
        lambda c, x, h: tg.softmax(x @ c.A + h @ c.B, axis=1) - tg.softmax(x @ c.C + h @ c.D, axis=1), "ABCD", {}),
    "gates that share a matrix, whose gradients are a block": (
        lambda c, x, h: tanh((h + tanh(x @ c.U)) @ c.V) * tanh((h + tanh(x @ c.W)) @ c.V), "UVW", {}),
    "three of them, and of the input alone": (
        lambda c, x, h: tanh(x @ c.V) * tanh(tanh(x @ c.U) @ c.V) * tanh((h * x) @ c.V) + h @ c.A, "UVA", {}),
    "a gradient that is a part of a block and a term of a sum": (
        lambda c, x, h, k: (tanh((x + h) @ c.U), tanh((x + k) @ c.V)), "UV", TWO),
    "a sum that is a new state and a term of a longer sum": (part_of_a_longer_sum, "UVW", TWO),
    "a sum that is saved and a term of a longer sum": (
        lambda c, x, h: tanh(tg.square(x @ c.W + h @ c.U) + (x @ c.W + h @ c.U) + (x * h) @ c.V), "UVW", {}),
    "a state that the input alone gives": (lambda c, x, h, k: (1 - x, tanh((1 - x + k) @ c.U + h)), "U", TWO),
    "a product of a state that is another state's argument": (
        lambda c, x, h, k: (tanh(h + k), k @ c.U + tanh(x @ c.W)), "UW", TWO),
    "a mean of a state that the input alone replaces": (
        lambda c, x, h, k: (tanh(h + tg.mean(k, axis=1, keepdims=True)), tanh(x @ c.W)), "W", TWO),
    "a product with frozen weights": (
        lambda c, x, h, k: (h + k @ c.U, tanh(x @ c.W)), "UW", TWO | {"frozen": "U"}),
    "gates that share a recurrent matrix": (gates_that_share_a_matrix, "ABCDE", TWO),
    "numbers beside numbers": (lambda c, x, h: h * 0.5 * 0.3 + x + c.b, "b", SINGLE),
    "a parameter times a number computed of numbers": (third_of_a_scalar, "U", SINGLE),
    "numbers whose product float32 cannot hold": (
        lambda c, x, h: 0.5 * h + tanh(x + h @ c.U) * 1e-20 * 1e20 * 1e20 * 1e-20, "U", SINGLE),
}  # fmt: skip


@pytest.mark.parametrize("lengths", [None, np.array([5, 2, 4])], ids=["whole", "ragged"])
@pytest.mark.parametrize("name", CELLS)
def test_a_hard_cell_gives_the_eager_numbers(name, lengths):
    agrees(name, lengths)


@pytest.mark.jit
@pytest.mark.parametrize("lengths", [None, np.array([5, 2, 4])], ids=["whole", "ragged"])
@pytest.mark.parametrize("name", CELLS)
def test_a_hard_cell_gives_the_eager_numbers_in_machine_code(name, lengths):
    with compiler.jit(True):
        agrees(name, lengths)


def agrees(name, lengths):
    step, parameters, options = CELLS[name]
    cell = Written(step, parameters, **options)
    assert not compiler.why(cell)
    x = np.random.default_rng(7).uniform(-1, 1, (T, B, H)).astype(cell.dtype)
    worst, whose = difference(*both(cell, x, lengths=lengths))
    assert worst < (1e-12 if cell.dtype == np.float64 else 1e-5), whose


RESERVED = ["x_now", "h_now", "h_row", "h_rows", "h_kept", "h_total", "h_j", "h_0", "n1", "x_now_0", "all_h", "np"]


@pytest.mark.jit
@pytest.mark.parametrize("name", [*RESERVED, "h\0", "h\n", 'k"'])
def test_a_state_may_be_called_like_a_variable_of_the_program(name):
    cell = Written(lambda c, x, h, k: (tanh(h @ c.U + k), k * 0.5 + tanh(x @ c.W)), "UW", states=("h", name))
    x = np.random.default_rng(7).uniform(-1, 1, (T, B, H))
    for native in (False, True):
        with compiler.jit(native):
            assert difference(*both(cell, x))[0] < 1e-12


@pytest.mark.parametrize("name", ["0", "0 W", "1 constant"])
def test_a_state_that_is_called_like_a_number_is_not_compiled(name):
    cell = Written(lambda c, x, h, k: (tanh(h @ c.U + k), k * 0.5), "U", states=("h", name))
    assert "try: another name" in compiler.why(cell)


def test_a_choice_by_a_constant_is_left_to_the_eager_engine():
    cell = Written(lambda c, x, h: tg.where(tg.Tensor(True), tanh(x + h @ c.U), h) * (1 - h), "U")
    assert "array" in compiler.why(cell)
    out, _ = nn.Recurrent(cell)(tg.Tensor(np.ones((T, B, H))))
    h = cell.step(tg.Tensor(np.ones((B, H))), tg.Tensor(np.zeros((B, H))))[0]
    np.testing.assert_array_equal(out.data[0], h.data)


@pytest.mark.parametrize("shape", [(), (H,)])
def test_a_tensor_that_requires_a_gradient_and_is_no_parameter_gets_it_from_the_eager_engine(shape):
    cell = Written(lambda c, x, h: tanh(x + h @ c.U) * c.scale, "U")
    cell.scale = tg.Tensor(np.full(shape, 0.5), requires_grad=True)
    assert "tg.nn.Parameter" in compiler.why(cell)

    out, _ = nn.Recurrent(cell)(tg.Tensor(np.ones((T, B, H))))
    tg.sum(out).backward()
    assert cell.scale.grad is not None and np.all(cell.scale.grad != 0)


@pytest.mark.jit
def test_a_tensor_of_another_dtype_is_converted_for_the_machine_code():
    cell = Written(lambda c, x, h: tanh(x + h @ c.U) * c.scale, "U")
    cell.scale = tg.Tensor(np.linspace(0, 1, H, dtype=np.float32))
    x = np.random.default_rng(7).uniform(-1, 1, (T, B, H))
    for native in (False, True):
        with compiler.jit(native):
            assert difference(*both(cell, x))[0] < 1e-12


@pytest.mark.parametrize("kind", ["a chain", "a sum"])
def test_a_cell_of_hundreds_of_operations_takes_few_sweeps(kind, monkeypatch):
    def step(c, x, h):
        y = x + h @ c.U
        for n in range(300):
            y = y * 1.001 if kind == "a chain" else y + tanh(h * (1 + n / 10))
        return tanh(y)

    monkeypatch.setattr(rewrite, "MOST_SWEEPS", 30)  # hundreds, when each term of a sum was moved by itself
    assert not compiler.why(Written(step, "U"))


def test_a_step_can_be_recorded_while_another_thread_runs_it():
    cell = Written(lambda c, x, h: tanh(x @ c.W + h @ c.U), "UW")
    x, h = tg.Tensor(np.ones((2, H))), tg.Tensor(np.ones((2, H)))
    errors, recorded = [], threading.Event()

    def run():
        while not recorded.is_set():
            try:
                cell.step(x, h)
            except AttributeError as error:
                errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(30):
        compiler.program(cell)
    recorded.set()
    thread.join()
    assert not errors
