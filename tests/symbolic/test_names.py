"""Names in formulas: their steps, primes for what repeats, and ⟨⟩ for what could be a formula."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.symbolic.api import equations_of_cell
from tinygrad_gru.symbolic.names import letters, names_of, readable


def test_a_second_tensor_of_a_name_gets_its_step_or_a_prime():
    h, again = tg.Tensor([1.0], name="h"), tg.Tensor([1.0], name="h")
    with tg.record(), tg.scope("step", 2):
        later = (h + 1.0).named("h")
    assert list(names_of([h, again, later]).values()) == ["h₁", "h₁′", "h₂"]


def test_the_tensors_of_one_name_in_several_steps_all_have_their_step():
    h = tg.Tensor([1.0], name="h")
    steps = []
    with tg.record():
        for i in (1, 2, 3):
            with tg.scope("step", i):
                h = (h + 1.0).named("h")
                steps.append(h)
    assert list(names_of([steps[0].inputs[0], *steps]).values()) == ["h₀", "h₁", "h₂", "h₃"]


def test_a_name_that_could_be_a_formula_is_set_apart():
    assert readable("W_r") == "W_r" and readable("a + b") == "⟨a + b⟩" and readable("2") == "⟨2⟩"


def test_the_only_step_has_its_index_too():
    start = tg.Tensor([1.0], name="h")
    with tg.record(), tg.scope("step", 1):
        h = (start + 1.0).named("h")
        r = tg.tanh(h).named("r")
    assert list(names_of([start, h, r]).values()) == ["h₀", "h₁", "r₁"]


def test_sizes_that_are_the_same_have_no_letter():
    assert letters(3, 2, 4, steps=5) == {5: "T", 3: "B", 2: "I", 4: "H", 6: "H+I"}
    assert letters(3, 2, 2) == {3: "B"} and letters(1, 2, 4) == {2: "I", 4: "H", 6: "H+I"}
    assert letters(6, 2, 4) == {2: "I", 4: "H"}


@pytest.mark.parametrize(
    ("words", "classes", "batch", "steps", "shapes"),
    [
        (9, 8, 2, 5, {"W′": "(H, 8)", "b": "(8)", "W": "(9, I)", "W_r": "(H+I, H)", "h₀": "(B, H)"}),
        (9, 2, 2, 5, {"W′": "(H, 2)", "b": "(2)", "h₀": "(2, H)"}),  # two classes, and two in the batch
        (9, 5, 2, 5, {"W′": "(H, 5)", "h₀": "(B, H)"}),  # as many classes as steps
        (9, 3, 2, 5, {"W′": "(H, 3)", "W": "(9, 3)", "W_r": "(7, H)"}),  # classes and I
        (9, 4, 2, 5, {"W′": "(4, 4)", "h₀": "(B, 4)"}),  # classes and H
        (7, 8, 2, 5, {"W": "(7, I)", "W_r": "(7, H)"}),  # words and H+I
        (4, 8, 2, 5, {"W": "(4, I)", "W′": "(4, 8)"}),  # words and H
        (3, 8, 2, 5, {"W": "(3, 3)"}),  # words and I
    ],
)
def test_what_has_the_size_of_something_else_has_not_its_letter(words, classes, batch, steps, shapes):
    with tg.seed(0):
        embedding, gru, out = nn.Embedding(words, 3), nn.GRU(3, 4), nn.Linear(4, classes)
    states, _ = gru(embedding(np.zeros((steps, batch), int)))
    found = tg.equations((out(states[-1]) ** 2).sum())
    given = {name: shape for name, shape, _ in found.given}
    assert {name: given[name] for name in shapes} == shapes


def test_the_input_of_a_second_layer_is_not_that_of_the_first():
    with tg.seed(0):
        gru = nn.GRU(8, 4, num_layers=2)
    out, _ = gru(tg.Tensor(np.ones((5, 2, 8), np.float32), name="x"))
    given = {name: shape for name, shape, _ in tg.equations((out**2).sum()).given}
    assert given["W_r"] == "(12, H)" and given["W_r′"] == "(8, H)", "of two states of 4, an 8 that is no I"


def test_a_cell_that_has_a_parameter_as_long_as_the_batch_has_no_letter_for_it():
    class Heads(nn.Cell):
        def __init__(self, input_size, hidden_size):
            super().__init__(input_size, hidden_size)
            self.K = nn.Parameter(np.ones((3, hidden_size), np.float32))
            self.Q = nn.Parameter(np.ones((input_size, 3), np.float32))

        def step(self, x, h):
            return ((h + (x @ self.Q) @ self.K).named("h"),)

    shapes = {name: shape for name, shape, _ in equations_of_cell(Heads(2, 4)).given}
    assert (shapes["K"], shapes["Q"], shapes["x"]) == ("(3, H)", "(I, 3)", "(3, I)")
