"""The solution as it is shown: a text that runs, alone and below the imports of the exercise's stub."""

import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.exercises import ORDER
from tinygrad_gru.learn.judging.judge import judge
from tinygrad_gru.learn.listing import listing


def defined_by(text):
    namespace = {"__name__": "attempt"}
    exec(compile(text, "attempt.py", "exec"), namespace)
    return namespace


def imports_of(stub):
    return "".join(line for line in stub.splitlines(keepends=True) if line.startswith(("import ", "from ")))


@pytest.mark.parametrize("name", ORDER)
def test_the_text_runs_alone_and_pasted_below_the_imports_of_the_stub(name):
    task = exercise(name)
    text = listing(task)
    for above in ("", imports_of(task.stub("the command"))):
        assert judge(task, defined_by(above + text)[task.answer]).passed


@pytest.mark.parametrize("name", ORDER)
def test_it_holds_comments_and_no_types_and_nothing_that_it_does_not_use(name):
    text = listing(exercise(name))
    assert " -> " not in text and "Array" not in text and "TWINS" not in text and text[0] in "idf"
    assert "twin" not in text and "fmt: skip" not in text


def test_a_solution_is_shown_below_its_helpers_and_constants():
    shown = listing(exercise("gru_back"))
    assert shown.startswith("import numpy as np\n\n\ndef σ(a):\n") and shown.index("def σ") < shown.index(
        "def gru_back("
    )
    assert listing(exercise("gradcheck")).startswith("import numpy as np\n\nEPS, RTOL = 6e-6, 1e-5\n\n\ndef gradcheck(")


def test_what_the_package_offers_is_imported_from_the_package():
    shown = listing(exercise("minimal_gated_unit"))
    assert shown.startswith(
        "from tinygrad_gru import concat, nn, sigmoid, tanh\n\n\nclass MinimalGatedUnit(nn.Cell):\n"
    )
