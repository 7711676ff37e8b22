"""The equations that are printed are those that are computed, and those that people have published."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.symbolic.evaluated import evaluated
from tinygrad_gru import nn
from tinygrad_gru.core.tools.op_samples import SAMPLES
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.symbolic.api import equations_of_cell, small_numbers


def given(found):
    """The arrays that equations begin with, by name, and the sizes by letter."""
    return {name: np.asarray(value) for name, _, value in found.given} | {"H": 4, "I": 2} | found.sizes


def lines_of(found, backward=True):
    lines = [str(line) for line in found.forward if not line.detail]
    return lines + ([str(line) for line in found.backward] if backward else [])


def assert_true(found, engine, lines=None, batch=3):
    """The printed lines, computed by NumPy alone, give each value, and the gradients of the engine.

    In a batch of one nothing is summed over it, and its axis stays: then the numbers alone are compared.
    """
    shapes = {line.name: np.shape(line.value) for line in [*found.forward, *found.backward]}
    made = evaluated(lines or lines_of(found), given(found), shapes)
    made = {name: np.reshape(value, -1) for name, value in made.items()} if batch == 1 else made
    for line in [*(line for line in found.forward if not line.detail), *found.backward]:
        value = line.value if batch > 1 else np.reshape(line.value, -1)
        assert np.shape(made[line.name]) == np.shape(value)
        np.testing.assert_allclose(made[line.name], value, rtol=1e-9, atol=1e-12, err_msg=str(line))
    for name, gradient in engine.items():
        gradient = gradient if batch > 1 else np.reshape(gradient, -1)
        np.testing.assert_allclose(made[f"∂L/∂{name}"], gradient, rtol=1e-9, atol=1e-12, err_msg=name)


def engine_of_cell(cell, found):
    """The gradients of the cell's own step, with those that were given from outside."""
    values = given(found)
    leaves = {name: tg.Tensor(values[name], requires_grad=True) for name in ("x", *cell.state_names)}
    cell.zero_grad()
    new = cell.step(*leaves.values())
    outside = [v for name, v in values.items() if name.startswith("∂L")]
    total = sum((tg.sum(t * g) for t, g in zip(new, outside, strict=True)), start=tg.Tensor(0.0))
    total.backward()
    gradients = {name: t.grad for name, t in leaves.items()}
    return gradients | {p.name: p.grad for p in cell.parameters() if p.grad is not None}


class MinimalGatedUnit(nn.Cell):
    """A cell of a user's: one gate for both."""

    def __init__(self, input_size, hidden_size, dtype=np.float32):
        super().__init__(input_size, hidden_size)
        self.W_f, self.W_h = self.weights(2)

    def step(self, x, h):
        f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W_f).named("f")
        candidate = tg.tanh(tg.concat([f * h, x], axis=-1) @ self.W_h).named("h̃")
        return ((h + f * (candidate - h)).named("h"),)


class Odd(nn.Cell):
    """A cell of many operations, some without a name that anybody knows."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W = nn.Parameter(np.full((input_size, hidden_size), 0.3))
        self.a = nn.Parameter(np.linspace(0.1, 0.9, hidden_size))

    def step(self, x, h):
        u = tg.maximum(x @ self.W, 0.2 * h) / (1 + tg.exp(self.a))
        return (tg.sqrt(tg.softplus(u) + (h - u) ** 2) - 2 * tg.minimum(h, self.a) + u + u + h**3,)


CELLS = [
    nn.GRUCell(2, 4),
    nn.GRUCell(2, 4, reset_after=True),
    nn.GRUCell(2, 4, reset_after=True, bias="single"),
    nn.GRUCell(2, 4, bias="double"),
    nn.GRUCell(2, 4, bias=False),
    nn.GRUCell(2, 4, bias=False, reset_after=True, activation="relu"),
    nn.GRUCell(2, 4, gate_activation="hard_sigmoid"),
    nn.LSTMCell(2, 4),
    nn.LSTMCell(2, 4, bias=False),
    nn.RNNCell(2, 4),
    nn.RNNCell(2, 4, nonlinearity="relu", bias="double"),
    nn.RNNCell(2, 4, nonlinearity="linear"),
    MinimalGatedUnit(2, 4),
    Odd(2, 4),
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: repr(cell).split(chr(10))[0])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_printed_equations_computed_by_numpy_give_the_engines_numbers(cell, batch):
    cell = cell.astype(np.float64)
    found = equations_of_cell(cell, batch)
    engine = engine_of_cell(cell, found)
    assert len(engine) >= 3
    assert_true(found, engine, batch=batch)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("(h̃ − h)", "(h − h̃)"), ("r ⊙ (1 − r)", "(1 − r)"), ("W_h[:H]ᵀ", "W_h[H:]ᵀ"), ("(1 − h̃²)", "(1 − h̃)")],
)
def test_a_wrong_equation_is_caught(right, wrong):
    found = equations_of_cell(nn.GRUCell(2, 4).astype(np.float64))
    lines = [line.replace(right, wrong) for line in lines_of(found)]
    assert lines != lines_of(found)
    with pytest.raises((AssertionError, ValueError, IndexError)):
        assert_true(found, {}, lines)


# Chung et al. 2014 forward; the gradients as anybody derives them, in the letters of the package, z taking the new.
GRU = """
r = σ([h, x] W_r + b_r)
z = σ([h, x] W_z + b_z)
h̃ = tanh([r ⊙ h, x] W_h + b_h)
h′ = (1 − z) ⊙ h + z ⊙ h̃
∂L/∂h̃ = ∂L/∂h′ ⊙ z
δ_h̃ = ∂L/∂h̃ ⊙ (1 − h̃²)
∂L/∂z = ∂L/∂h′ ⊙ (h̃ − h)
δ_z = ∂L/∂z ⊙ z ⊙ (1 − z)
∂L/∂r = (δ_h̃ W_h[:H]ᵀ) ⊙ h
δ_r = ∂L/∂r ⊙ r ⊙ (1 − r)
∂L/∂h = ∂L/∂h′ ⊙ (1 − z) + (δ_h̃ W_h[:H]ᵀ) ⊙ r + δ_z W_z[:H]ᵀ + δ_r W_r[:H]ᵀ
∂L/∂x = δ_h̃ W_h[H:]ᵀ + δ_z W_z[H:]ᵀ + δ_r W_r[H:]ᵀ
∂L/∂W_r = [h, x]ᵀ δ_r
∂L/∂W_z = [h, x]ᵀ δ_z
∂L/∂W_h = [r ⊙ h, x]ᵀ δ_h̃
∂L/∂b_r = Σ_B δ_r
∂L/∂b_z = Σ_B δ_z
∂L/∂b_h = Σ_B δ_h̃
"""

RESET_AFTER = [
    "h̃ = tanh(x W_hx + b_xh + r ⊙ (h W_hh + b_hh))",
    "∂L/∂r = δ_h̃ ⊙ (h W_hh + b_hh)",
    "∂L/∂h = ∂L/∂h′ ⊙ (1 − z) + (δ_h̃ ⊙ r) W_hhᵀ + δ_z W_z[:H]ᵀ + δ_r W_r[:H]ᵀ",
    "∂L/∂b_hh = Σ_B (δ_h̃ ⊙ r)",
    "∂L/∂W_hh = hᵀ (δ_h̃ ⊙ r)",
]

LSTM = [
    "∂L/∂c′ = ∂L⁺/∂c′ + ∂L/∂h′ ⊙ o ⊙ (1 − tanh(c′)²)",
    "∂L/∂o = ∂L/∂h′ ⊙ tanh(c′)",
    "δ_f = ∂L/∂f ⊙ f ⊙ (1 − f)",
    "∂L/∂c = ∂L/∂c′ ⊙ f",
]


def test_the_equations_of_the_gru_are_the_published_ones_to_the_letter():
    assert lines_of(equations_of_cell(nn.GRUCell(2, 4))) == GRU.split("\n")[1:-1]


def test_so_are_those_with_the_reset_after_and_those_of_the_lstm():
    assert set(RESET_AFTER) <= set(lines_of(equations_of_cell(nn.GRUCell(2, 4, reset_after=True))))
    assert set(LSTM) <= set(lines_of(equations_of_cell(nn.LSTMCell(2, 4))))


def test_the_published_gradients_written_in_numpy_give_the_same_numbers():
    found = equations_of_cell(nn.GRUCell(2, 4).astype(np.float64))
    v, H = given(found), 4
    x, h, g = v["x"], v["h"], v["∂L/∂h′"]
    s = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    hx = np.hstack([h, x])
    r, z = s(hx @ v["W_r"] + v["b_r"]), s(hx @ v["W_z"] + v["b_z"])
    rhx = np.hstack([r * h, x])
    n = np.tanh(rhx @ v["W_h"] + v["b_h"])
    dn, dz = g * z * (1 - n**2), g * (n - h) * z * (1 - z)
    back = dn @ v["W_h"].T
    dr = back[:, :H] * h * r * (1 - r)
    gates = dz @ v["W_z"].T + dr @ v["W_r"].T
    wanted = {
        "W_r": hx.T @ dr, "W_z": hx.T @ dz, "W_h": rhx.T @ dn, "b_r": dr.sum(0), "b_z": dz.sum(0), "b_h": dn.sum(0),
        "h": g * (1 - z) + back[:, :H] * r + gates[:, :H], "x": back[:, H:] + gates[:, H:],
    }  # fmt: skip
    derived = {line.name: line.value for line in found.backward}
    for name, value in wanted.items():
        np.testing.assert_allclose(derived[f"∂L/∂{name}"], value, rtol=1e-12, err_msg=name)


NUMBER = re.compile(r"−?(?:[0-9.]+(?:e−?[0-9]+)?|∞)")


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: repr(cell).split(chr(10))[0])
def test_each_number_that_is_worked_through_is_the_engines_and_each_step_is_true(cell):
    found = equations_of_cell(cell.astype(np.float64), 1)
    lines = [line.stepwise() for line in found.forward] + found.backward
    shapes = {line.name: np.shape(line.value) for line in lines}
    made = evaluated([str(line) for line in lines], given(found), shapes)
    blocks = re.split(r"^    = ", found.text(numbers=True).partition("\nForward\n")[2], flags=re.MULTILINE)[1:]
    for line, block in zip(lines, blocks, strict=True):
        printed = NUMBER.findall(block.partition("]")[0].replace("[", " ")) if "[" in block else NUMBER.findall(block)
        printed = [float(word.replace("−", "-")) for word in printed][: np.size(line.value)]
        np.testing.assert_allclose(printed, np.ravel(line.value), atol=5.1e-5, err_msg=str(line))
        np.testing.assert_allclose(np.ravel(made[line.name]), np.ravel(line.value), rtol=1e-9, atol=1e-12)


def test_parts_and_axes_are_written_out():
    x = tg.Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True, name="x")
    y = (x[:, ::-1] * tg.max(x, axis=1, keepdims=True)).named("y")
    z = tg.mean(y[None, 1:, 0], axis=0).named("z")
    assert [str(line) for line in tg.equations(z.sum().named("L")).forward] == [
        "y = x[:, ::-1] ⊙ max_1(x)", "z = mean_0(y[None, 1:, 0])", "L = Σ z",
    ]  # fmt: skip
    assert r"\max_{1}(x)" in tg.equations(y).forward[0].latex


# --- any graph -------------------------------------------------------------------------------------------------------


def random_graph(rng):
    """A loss made of random operations on a few named leaves, some of its tensors with names."""
    leaves = [tg.Tensor(small_numbers(rng, (3, 3)), requires_grad=True, name=name) for name in ("a", "b", "q")]
    tensors = list(leaves)
    unary = [tg.tanh, tg.sigmoid, tg.relu, tg.softplus, tg.sin, lambda t: -t, lambda t: t * t, lambda t: t.mT]
    binary = [tg.add, tg.subtract, tg.multiply, tg.matmul, tg.maximum, lambda s, t: s / (2 + t * t)]
    for i in range(rng.integers(3, 12)):
        one, other = (tensors[j] for j in rng.integers(len(tensors), size=2))
        made = unary[rng.integers(len(unary))](one) if rng.random() < 0.5 else binary[rng.integers(6)](one, other)
        tensors.append(made.named(f"t_{i}") if rng.random() < 0.4 and made.name is None else made)
    return leaves, sum(tensors[4:], start=tensors[3]).sum()


def test_random_graphs_are_written_as_they_are_computed(soak_size):
    for seed in range(soak_size(300)):
        leaves, loss = random_graph(np.random.default_rng(seed))
        loss.backward()
        engine = {t.name: t.grad for t in leaves if t.grad is not None}
        assert_true(tg.equations(loss), engine)


OPERATIONS = {
    **{name: getattr(tg, name) for name in [
        "tan", "arctan", "sinh", "cosh", "arcsinh", "exp2", "erf", "erfc", "floor", "ceil", "trunc", "round",
        "reciprocal",
    ]},
    **{name: lambda a, name=name: getattr(tg, name)(tg.tanh(a) * 0.9) for name in ("arcsin", "arccos", "arctanh")},
    **{name: lambda a, name=name: getattr(tg, name)(1 + a * a) for name in ("log2", "log10", "arccosh")},
    **{name: lambda a, name=name: getattr(tg, name)(a, 2 + a * a) for name in (
        "arctan2", "hypot", "logaddexp", "remainder", "floor_divide",
    )},
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_written_as_it_is_computed(name):
    a = tg.Tensor(np.array([[-1.3, 0.4], [0.7, 2.2]]), requires_grad=True, name="a")
    loss = (OPERATIONS[name](a) * a).sum()
    loss.backward()
    found = tg.equations(loss)

    shapes = {line.name: np.shape(line.value) for line in [*found.forward, *found.backward]}
    made = evaluated(lines_of(found), given(found), shapes)
    np.testing.assert_allclose(made["∂L/∂a"], a.grad, rtol=1e-5)  # ln 2 is written with six digits
    assert found.text("latex").isascii()


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith("astype")])
def test_each_operation_is_written_in_text_and_latex_that_is_typeset(name):
    from matplotlib.mathtext import MathTextParser

    for number, sample in enumerate(SAMPLES[name]):
        floats = [np.asarray(x).dtype == float for x in sample.xs]
        xs = [tg.Tensor(x, True, "abcd"[i]) if floats[i] else x for i, x in enumerate(sample.xs)]
        y = sample(*xs)
        found = tg.equations(sum((t * t).sum() for t in (y if isinstance(y, list | tuple) else [y])))
        for line in [*found.forward, *found.backward]:
            assert str(line) and line.latex.isascii()
            if number == 0:  # which takes a while
                MathTextParser("path").parse(f"${line.latex}$".replace(r"\&", "+"))


def test_an_infinity_in_a_formula_is_written():
    a = tg.Tensor(np.array([1.0, 2.0]), name="a")
    with tg.record():
        (line,) = tg.equations(tg.minimum(a, np.inf)).forward
    assert "∞" in str(line) and r"\infty" in line.latex


def test_a_layer_over_time_has_a_line_for_each_step():
    with tg.seed(0):
        gru = nn.GRU(2, 3).astype(np.float64)
    x = tg.Tensor(np.ones((2, 1, 2)), name="x")
    with tg.record():
        loss = (gru(x)[0] ** 2).sum().named("L")
    names = [line.name for line in tg.equations(loss).forward if not line.detail]
    assert [name for name in names if name[0] == "h" and "̃" not in name][:1] and "z₂" in names and names[-1] == "L"


def test_one_step_of_a_layer_has_its_index_in_text_latex_and_markdown():
    with tg.seed(0):
        gru = nn.GRU(2, 4)
    out, _ = gru(tg.Tensor(np.ones((1, 3, 2), np.float32), name="x"))
    found = tg.equations((out * out).sum())
    lines = lines_of(found)
    assert "h₁ = (1 − z₁) ⊙ h₀ + z₁ ⊙ h̃₁" in lines and "L = Σ stack(h₁)²" not in lines
    assert r"h_{1} &= (1 - z_{1}) \odot h_{0} + z_{1} \odot \tilde{h}_{1}" in found.text("latex")
    assert r"$$ h_{1} = (1 - z_{1}) \odot h_{0} + z_{1} \odot \tilde{h}_{1} $$" in found.text("markdown")


def test_the_letters_of_a_layers_sizes_are_known_where_they_differ():
    """Batch 3, input 2, state 4: B, I and H. With a batch of 2 nothing says which of B and I a 2 is."""
    with tg.seed(0):
        gru = nn.GRU(2, 4)
    for batch, shapes in ((3, ["(H+I, H)", "(H)", "(B, H)", "(B, I)"]), (2, ["(6, H)", "(H)", "(2, H)", "(2, 2)"])):
        out, _ = gru(tg.Tensor(np.ones((5, batch, 2), np.float32), name="x"))
        found = tg.equations((out[-1] ** 2).sum())
        given_shapes = {name: shape for name, shape, _ in found.given}
        assert [given_shapes[name] for name in ("W_r", "b_r", "h₀", "x₁")] == shapes
        said = (
            "Shapes: T steps, a batch of B, an input of I and a state of H."
            if batch == 3
            else "T steps and a state of H."
        )
        assert said in str(found) and said in found.text("latex") and said in found.text("markdown")
    assert tg.equations((out[-1] ** 2).sum(), sizes={}).given[0][1] == "(6, 4)"
    out, _ = gru(tg.Tensor(np.ones((4, 3, 2), np.float32), name="x"))  # as many steps as the state has numbers
    assert "H" not in tg.equations((out[-1] ** 2).sum()).sizes


def test_backpropagation_through_time_is_written_as_a_person_would():
    with tg.seed(0):
        gru, linear = nn.GRU(2, 3).astype(np.float64), nn.Linear(3, 1).astype(np.float64)
    x = tg.Tensor(np.random.default_rng(0).normal(size=(3, 2, 2)), name="x")
    with tg.record():
        loss = nn.losses.mse(linear(gru(x)[0][-1]), np.ones((2, 1))).named("L")
    loss.backward()
    found = tg.equations(loss)
    engine = {p.name: p.grad for p in [*gru.parameters(), *linear.parameters()]}
    assert_true(found, engine)
    lines = lines_of(found)
    assert "L = mean((h₃ W + b − target)²)" in lines and "∂L/∂h₃ = (h₃ W + b − target) Wᵀ" in lines
    back = "∂L/∂h₂ = ∂L/∂h₃ ⊙ (1 − z₃) + (δ_h̃₃ W_h[:3]ᵀ) ⊙ r₃ + δ_z₃ W_z[:3]ᵀ + δ_r₃ W_r[:3]ᵀ"
    assert back in lines and "∂L/∂b_z = Σ_0 δ_z₃ + Σ_0 δ_z₂ + Σ_0 δ_z₁" in lines
    assert "r₁ = σ([h₀, x₁] W_r + b_r)" in lines and "x₁ = x[0]" in lines


def test_a_long_chain_without_names_gets_some():
    y = x = tg.Tensor(np.array([0.5, 0.25]), requires_grad=True, name="x")
    for _ in range(3000):
        y = tg.sin(y) + y * 0.1
    found = tg.equations(y.sum())
    assert max(len(str(line)) for line in [*found.forward, *found.backward]) < 600
    y.sum().backward()
    (gradient,) = [line.value for line in found.backward if line.name == "∂L/∂x"]
    np.testing.assert_allclose(gradient, x.grad, rtol=1e-9)


def test_it_changes_no_gradient_and_no_name_that_is_there():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x).sum().named("E")
    assert lines_of(tg.equations(loss)) == ["E = Σ x²", "∂L/∂x = 2 x"] and x.grad is None and loss.name == "E"


def test_what_is_no_tensor_is_refused():
    with pytest.raises(ArgumentError, match=r"wants a tensor, or several in a list. try: tg.equations\(loss\)"):
        tg.equations([1.0])


def test_a_gradient_that_several_lines_need_is_written_once():
    """A network without names: the textbook's softmax − target, and what it goes to."""
    with tg.seed(0):
        one, two = nn.Linear(2, 5).astype(np.float64), nn.Linear(5, 3).astype(np.float64)
    x = tg.Tensor(np.random.default_rng(0).normal(size=(4, 2)), name="x")
    loss = nn.losses.cross_entropy(two(tg.tanh(one(x))), np.array([0, 1, 2, 0]))
    loss.backward()
    found = tg.equations(loss)
    assert [str(line) for line in found.backward] == [
        "γ_1 = 0.25 softmax(tanh(x W + b) W′ + b′) − 0.25 → [i, c_1]",
        "γ_2 = (γ_1 W′ᵀ) ⊙ (1 − tanh(x W + b)²)",
        "∂L/∂W = xᵀ γ_2",
        "∂L/∂b = Σ_0 γ_2",
        "∂L/∂W′ = tanh(x W + b)ᵀ γ_1",
        "∂L/∂b′ = Σ_0 γ_1",
    ]
    values = given(found)
    shapes = {line.name: np.shape(line.value) for line in found.backward}
    made = evaluated([str(line) for line in found.backward], values, shapes)
    engine = {"W": one.W.grad, "b": one.b.grad, "W′": two.W.grad, "b′": two.b.grad}
    for name, gradient in engine.items():
        np.testing.assert_allclose(made[f"∂L/∂{name}"], gradient, rtol=1e-9, atol=1e-12)
    assert "γ: a gradient that several others need" in str(found)
