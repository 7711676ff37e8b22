"""The inputs of a case, as they are shown."""

import ast

import numpy as np

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.judging.inputs import described


def of_case(name, number=0):
    task = exercise(name)
    return described(task, list(task.cases())[number])


def test_small_inputs_are_shown_and_large_ones_by_their_shape():
    assert of_case("slopes") == "w = 0.5, x = 2.0, b = −0.3"
    assert of_case("clip") == "a = [3. 0.], b = [4.], most = 1.0"
    assert of_case("gru_back").startswith("g (1, 2), x (1, 1), h (1, 2), W_r (3, 2)")
    assert of_case("unbroadcast") == "c (4, 3), shape = (3,)"
    assert of_case("adam") == "x = [1. 2.], gs = [50.  −0.1], [20.  −0.3]"


def test_functions_are_shown_by_what_is_wrong_with_them():
    assert of_case("gradcheck", 1) == "vjp = wrong, 0.1 % too large, x (8,)"


def test_the_parameters_of_a_cell_are_named():
    text = of_case("minimal_gated_unit", 1)
    assert text.startswith("W_f (7, 4), W_h (7, 4), b_f = [") and text.endswith(", x (6, 2, 3)")


def test_a_graph_and_a_program_can_be_pasted():
    for name in ("accumulate", "toposort", "interpolate"):
        task = exercise(name)
        for case in task.cases():
            text = described(task, case).partition(" = ")[2]
            assert ast.literal_eval(text) == case[0], text
            assert all(len(line) < 80 for line in text.splitlines())


def test_of_many_small_arrays_the_first_ones_are_shown():
    text = described(exercise("adam"), (np.zeros(1), [np.ones(1)] * 6))
    assert text == "x = [0.], gs = [1.], [1.], [1.], [1.], …"
