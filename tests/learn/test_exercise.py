"""An exercise knows its task, its stub, its solution and the line of the package that does the same."""

import ast

import pytest

from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.learn.exercise import exercise


def test_a_stub_is_the_task_and_a_signature_without_types():
    stub = exercise("multiply_vjp").stub("tinygrad-gru learn check multiply_vjp")
    assert (
        stub.startswith('"""The derivative of an operation: the product.\n') and "def multiply_vjp(g, x, y):\n" in stub
    )
    assert stub.endswith("    return ...\n") and "import numpy as np" in stub


def test_a_class_has_a_stub_of_its_own():
    assert "class MinimalGatedUnit(tg.nn.Cell):" in exercise("minimal_gated_unit").stub("the command")


def test_our_lines_are_named_with_file_and_number():
    ((file, number, line),) = exercise("slopes").ours()
    assert file == "tinygrad_gru/core/ops/activations.py" and number > 1 and line == "return g * (1 - out * out)"
    assert [line for _, _, line in exercise("gru_back").ours()][:2] == [
        "return g * y, g * x",
        "return g * out * (1 - out)",
    ]


@pytest.mark.parametrize(
    "words, name",
    [
        (("slopes", "1", "01", "1a", "01_slopes", "01_slopes.py", "learn/01_slopes.py"), "slopes"),
        (("6", "06", "6a", "06_sigmoid.py"), "sigmoid"),
        (("6b", "06b", "06b_matmul_vjp.py"), "matmul_vjp"),
        (("14", "14_minimal_gated_unit"), "minimal_gated_unit"),
    ],
)
def test_a_number_and_a_file_are_as_good_as_a_name(words, name):
    assert {exercise(word).name for word in words} == {name}
    assert exercise(name).number in words


@pytest.mark.parametrize(
    "word", ["0", "15", "1b", "6c", "1.5", "²", "٣", "01_slopes.txt", "9" * 5000, "", "/", "slopes.py"]
)
def test_another_word_is_no_exercise(word):
    with pytest.raises(ArgumentError, match="there is no exercise"):
        exercise(word)


@pytest.mark.parametrize("name", ["accumulate", "toposort", "interpolate"])
def test_the_example_below_a_stub_prints_what_it_says(name, capsys):
    """With the solution in the place of the dots: the numbers as they stand, a program with other names."""
    task = exercise(name)
    stub = task.stub("the command")
    body, _, example = stub.partition('if __name__ == "__main__":')
    assert body.rstrip().endswith("return ...") and example.startswith("  # an example: ")
    exec('if __name__ == "__main__":' + example, {"__name__": "__main__", name: task.solution})
    printed, wanted = capsys.readouterr().out.splitlines(), example.rpartition("  # ")[2]
    if name == "interpolate":
        assert len(printed) == wanted.count("(") == 3 and [ast.literal_eval(line)[1] for line in printed] == [
            "sub", "mul", "add",
        ]  # fmt: skip
    else:
        assert printed == [wanted.rstrip()]
