"""Formulas read off the graph: brackets where they are needed, and only there."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.symbolic.evaluated import Evaluation
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.symbolic.formulas import LONGEST, Formulas

a, b, c = (tg.Tensor(np.ones((2, 2)), requires_grad=True, name=name) for name in "abc")


def formula(t):
    return Formulas({i: i.name for i in toposort([t], everything=True) if i.name}).text(t)


@pytest.mark.parametrize(
    ("t", "want"),
    [
        (a + b - c, "a + b − c"),
        (a - (b + c), "a − (b + c)"),
        ((a + b) * c, "(a + b)⊙c"),
        (a * b * c, "a⊙b⊙c"),
        (a @ b @ c, "a b c"),
        (a @ (b @ c), "a (b c)"),
        (a @ (b + c), "a (b + c)"),
        ((a * b) @ c, "(a⊙b) c"),
        (a / (b * c), "a/(b⊙c)"),
        (-a, "−a"),
        (-(a + b), "−(a + b)"),
        (a - (-b), "a + b"),
        (1 - a, "1 − a"),
        (a + (-2.5), "a − 2.5"),
        (2 * (a + b), "2 (a + b)"),
        (0.5 * (a * a).sum(), "½ Σ a²"),
        (a**2, "a²"),
        ((a + b) ** 3, "(a + b)³"),
        (tg.square(a - b).mean(), "mean((a − b)²)"),
        (tg.square(a).sum(), "Σ a²"),
        (tg.sigmoid(tg.concat([a, b], axis=-1) @ tg.concat([a, b], axis=0) + c), "σ([a, b] [a; b] + c)"),
        (a - a, "a − a"),
        (a + a, "a + a"),
        (a.T, "aᵀ"),
        (tg.permute_dims(tg.stack([a, b]), (0, 2, 1)), "stack(a, b)ᵀ"),
        (tg.stack([a, b])[1], "stack(a, b)[1]"),
        (tg.softmax(a, axis=0).sum(axis=1), "Σ softmax(a)"),
        (a[0], "a[0]"),
        (a[:, 1:], "a[:, 1:]"),
        (tg.expand_dims(a, axis=0)[0] + b, "a + b"),
        (tg.maximum(a, b), "max(a, b)"),
        (tg.take_along_axis(a, np.array([[0, 1]]), axis=0), "a[[[0, 1]], j]"),
    ],
)
def test_a_formula_is_as_a_person_writes_it(t, want):
    assert formula(t) == want


def test_a_name_stands_for_what_is_behind_it():
    r = tg.sigmoid(a @ b).named("r")
    assert formula(r) == "σ(a b)" and formula(r * c) == "r⊙c"
    r.name = None
    assert formula(r * c) == "σ(a b)⊙c"


def test_a_formula_never_grows_beyond_its_limit():
    y = a
    for _ in range(5000):
        y = y * 0.5 + c
    assert len(formula(y)) <= LONGEST + 12 and "…" in formula(y)


class Residual(tg.nn.Module):
    def __init__(self):
        self.first, self.second = tg.nn.Linear(3, 3, dtype=float), tg.nn.Linear(3, 3, dtype=float)

    def forward(self, x):
        return x - self.second(tg.tanh(self.first(x)) ** 2 / (2 + x)) * 0.5


@pytest.mark.parametrize(
    "layer",
    [tg.nn.GRU(2, 3, dtype=float), tg.nn.GRU(2, 3, reset_after=True, dtype=float), tg.nn.LSTM(2, 3, dtype=float),
     tg.nn.RNN(2, 3, dtype=float), Residual()],
    ids=["gru", "reset after", "lstm", "rnn", "residual"],
)  # fmt: skip
def test_the_formula_in_a_box_gives_the_numbers_of_its_tensor(layer):
    """Read by the tests' own reader of formulas, and computed of the numbers of the other boxes and parameters."""
    recurrent = hasattr(layer, "cell")
    x = np.random.default_rng(0).normal(size=(3, 1, 2) if recurrent else (1, 3))
    out = layer(tg.Tensor(x, requires_grad=True, name="x"))
    if recurrent:
        out = out[1][0] if isinstance(out[1], tuple) else out[1]
    graph = tg.draw((0.5 * tg.square(out).sum()).named("L"), level="gate").graph
    values = {"x": x} | {t.name: t.data for t in graph.classes.tensors if t.op is None and t.name}
    values |= {graph.titles[use[0]]: use[0].data for node in graph.nodes for use in node.tags}
    values |= {node.title: node.tensor.data for node in graph.nodes if node.kind == "box"}
    boxes = [node for node in graph.nodes if node.kind == "box" and node.formula]
    assert len(boxes) >= (6 if recurrent else 3)
    for node in boxes:
        names = dict(values)
        names |= {use[0].name: use[0].data for use in node.tags if use[0].name}
        computed = Evaluation(node.formula, names).value()
        np.testing.assert_allclose(np.broadcast_to(computed, node.tensor.shape), node.tensor.data, rtol=1e-12)
