"""Titles: one for each tensor, told apart by attributes, scopes, numbers and primes."""

import numpy as np

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.classify import classify
from tinygrad_gru.diagram.titles import base_titles, is_called, titles_of


def leaf(*shape, name=None):
    return tg.Tensor(np.ones(shape), requires_grad=True, name=name)


def titles(loss, level="gate"):
    """The titles of what others call by name, in creation order."""
    classes = classify([loss], level)
    return [title for t, title in titles_of(classes).items() if is_called(t, classes)]


class Heads(tg.nn.Module):
    def __init__(self):
        self.q, self.k = tg.nn.Linear(2, 2), tg.nn.Linear(2, 2)

    def forward(self, x):
        return tg.softmax(self.q(x) @ self.k(x).mT, axis=-1)


class Two(tg.nn.Module):
    def __init__(self):
        self.blocks = [Heads(), Heads()]

    def forward(self, x):
        return self.blocks[1](self.blocks[0](x))


def test_a_layer_and_its_parameters_are_called_after_the_attributes_that_hold_them():
    got = titles(Heads()(leaf(2, 2, name="x")).sum().named("L"))
    assert sorted(got) == sorted(["x", "q.W", "q.b", "k.W", "k.b", "q", "k", "softmax₁", "L"])


def test_blocks_in_a_list_have_the_whole_way_in_their_names():
    got = titles(Two()(leaf(2, 2, name="x")).sum().named("L"))
    assert {"blocks.0.q.W", "blocks.1.q.W", "blocks.1.k"} <= set(got) and len(got) == len(set(got))


def test_in_the_formula_of_a_layer_its_own_parameters_have_their_short_names():
    graph = build_graph([Heads()(leaf(2, 2, name="x")).sum().named("L")])
    formulas = {node.title: node.formula for node in graph.nodes}
    assert formulas["q"] == "x W + b" and formulas["softmax₁"] == "softmax(q kᵀ)"


def test_states_of_layers_and_directions_are_told_apart_by_their_scopes():
    x = tg.Tensor(np.ones((2, 1, 2)), requires_grad=True, name="x")
    out, _ = tg.nn.GRU(2, 3, num_layers=2, bidirectional=True, dtype=np.float64)(x)
    got = titles(out.sum().named("L"))
    assert {"h₁ (1 forward)", "h₁ (1 backward)", "h₂ (2 forward)"} <= set(got) and len(got) == len(set(got))
    assert {"layers.0.forward.W_r", "layers.1.backward.W_r"} <= set(got)
    formulas = {n.title: n.formula for n in build_graph([out.sum().named("L")]).nodes}
    assert formulas["r₁ (1 forward)"] == "σ([h₀, x₁] W_r + b_r)"  # the box around it says which
    assert formulas["x₁ (2 forward)"] == "[h₁ (1 forward), h₁ (1 backward)]"


def test_nothing_that_a_layer_makes_itself_is_called_a_constant():
    x = np.ones((3, 2, 2), np.float32)
    for layer in (tg.nn.GRU(2, 3), tg.compile(tg.nn.LSTM(2, 3)), tg.nn.RNN(2, 3, num_layers=2, bidirectional=True)):
        for lengths in (None, [3, 2]):
            out, _ = layer(x, lengths=lengths)
            assert not [t for t in titles(out.sum().named("L")) if "const" in t]
    out, _ = tg.nn.GRU(2, 3)(x)
    formulas = {n.title: n.formula for n in build_graph([out.sum().named("L")]).nodes}
    assert formulas["r₁"] == "σ([h₀, x₁] W_r + b_r)"


def test_what_nothing_tells_apart_has_a_prime_or_a_number():
    W, V = leaf(2, 2, name="W"), leaf(2, 2, name="W")
    got = titles(((leaf(1, 2) @ W) @ V + leaf(1, 2)).named("y"))
    assert sorted(got) == sorted(["param₁", "W", "W′", "param₂", "y"])


def test_one_gru_has_the_names_of_its_equations():
    classes = classify([gru_loss(2)], "gate")
    assert titles_of(classes) == base_titles(classes)
    assert {"r₁", "z₂", "h̃₁", "h₀", "W_r"} <= set(titles_of(classes).values())


def test_a_parameter_that_is_used_by_two_layers_has_one_name():
    first, second = tg.nn.Linear(2, 2, bias=False), tg.nn.Linear(2, 2, bias=False)
    second.W = first.W
    got = titles(second(tg.tanh(first(leaf(1, 2, name="x")))).sum().named("L"))
    assert got.count("W") == 1 and "W′" not in got
