"""An exercise knows its task, its stub, its solution and the line of the package that does the same."""

from tinygrad_gru.learn.exercise import exercise


def test_a_stub_is_the_task_and_a_signature_without_types():
    stub = exercise("multiply_vjp").stub("tinygrad-gru learn check multiply_vjp")
    assert (
        stub.startswith('"""The derivative of an operation: the product.\n') and "def multiply_vjp(g, x, y):\n" in stub
    )
    assert stub.endswith("    return ...\n") and "import numpy as np" in stub


def test_a_class_has_a_stub_of_its_own():
    assert "class MinimalGatedUnit(tg.nn.Cell):" in exercise("minimal_gated_unit").stub("the command")


def test_a_solution_is_shown_with_its_helpers():
    shown = exercise("gru_step").source_of_solution
    assert shown.startswith("def gru_step(") and "def σ(" in shown and "def z_swapped" not in shown


def test_our_line_is_named_with_file_and_number():
    file, number, line = exercise("slopes").ours()
    assert file == "tinygrad_gru/core/ops/activations.py" and number > 1 and line == "return g * (1 - out * out)"
