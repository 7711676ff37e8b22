"""What is read in a learner's file: dots that were left, and an import of the solution."""

import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.judging.reading import imports_a_solution, left_dots


@pytest.fixture
def file(tmp_path):
    def write(text):
        (tmp_path / "a.py").write_text(text, encoding="utf-8")
        return str(tmp_path / "a.py")

    return write


@pytest.mark.parametrize(
    "body, words",
    [
        ('"""doc"""\n    return ...\n    return x\n', "Line 3 still returns the dots; nothing below a return is run."),
        ("y = x\n    return ...\n", "Line 3 still returns the dots: return what you have computed."),
        ("if x:\n        return ...\n    return 1\n", "Line 3 still returns the dots: return what you have computed."),
        ('"""doc"""\n    return ...\n', ""),
        ("return x\n", ""),
    ],
)
def test_dots_are_named_by_their_line_where_there_is_code_beside_them(body, words, file):
    assert left_dots(file(f"def f(x):\n    {body}"), "f") == words


@pytest.mark.parametrize("name", ["slopes", "minimal_gated_unit"])
def test_a_stub_is_only_empty(name, file):
    task = exercise(name)
    assert left_dots(file(task.stub("the command")), task.answer) == ""


def test_a_file_that_cannot_be_read_says_nothing(file, tmp_path):
    assert left_dots(file("def f(:"), "f") == left_dots(str(tmp_path / "none.py"), "f") == left_dots("", "f") == ""


@pytest.mark.parametrize(
    "text, is_one",
    [
        ("from tinygrad_gru.learn.exercises.slopes import slopes", True),
        ("from tinygrad_gru.learn.exercises import slopes as s", True),
        ("def f():\n    import tinygrad_gru.learn.exercises.slopes as s", True),
        ("from tinygrad_gru import learn", True),
        ("import tinygrad_gru as tg\nfrom tinygrad_gru import nn\nfrom .tinygrad_gru import learn", False),
        ("import learn", False),
        ("def f(:", False),
    ],
)
def test_an_import_of_a_solution_is_seen_wherever_it_stands(text, is_one, file):
    assert imports_a_solution(file(text)) is is_one
