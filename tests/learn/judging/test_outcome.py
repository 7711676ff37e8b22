"""What came of one case: arrays, an error with its line, arguments that were changed."""

import numpy as np
import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.exercises import Remark
from tinygrad_gru.learn.judging.outcome import Outcome, of_error, outcome

GRAPH = exercise("accumulate")
(SQUARE,) = next(GRAPH.cases())
WANTED = [np.array([12.0, 6.0, 1.0])]


def function_in_a_file(tmp_path, text, name="attempt"):
    path = tmp_path / "attempt.py"
    path.write_text(text)
    namespace = {}
    exec(compile(text, str(path), "exec"), namespace)
    return namespace[name], str(path)


def test_two_errors_are_the_same_only_with_the_same_words():
    assert Outcome(raised="ValueError: a").same_as(Outcome(raised="ValueError: a"), 1e-7)
    assert not Outcome(raised="ValueError: a").same_as(Outcome(raised="ValueError: b"), 1e-7)
    assert not Outcome(raised="ValueError: a").same_as(Outcome(arrays=()), 1e-7)


@pytest.mark.parametrize(
    "name, change, words",
    [
        ("accumulate", lambda graph: graph.pop(0), "graph is changed by it, in place: pop, append"),
        ("accumulate", lambda graph: graph.update({1: ((0,), (1.0,))}), "graph is changed by it"),
        ("accumulate", lambda graph: graph.update({1: np.zeros(2)}), "graph is changed by it"),
        ("interpolate", lambda program: program.reverse(), "Work on a copy: list(program)."),
        ("adam", lambda x, gs: gs[0].fill(0), "gs is changed by it"),
        ("clip", lambda a, b, most: np.negative(b, out=b), "b is changed by it, in place: +=, *="),
    ],
)
def test_an_argument_that_was_changed_is_named(name, change, words):
    task = exercise(name)

    def attempt(*arguments):
        result = task.solution(*arguments)
        change(*arguments)
        return result

    case = next(task.cases())
    wanted = outcome(task, task.solution, case)
    assert wanted.changed == "" and words in outcome(task, attempt, case, wanted.arrays).changed


def test_an_error_has_its_last_line_in_the_file_of_the_learner(tmp_path):
    attempt, file = function_in_a_file(tmp_path, "def attempt(graph):\n    return sorted(\n        graph, key=len)\n")
    one = outcome(GRAPH, attempt, (SQUARE,), WANTED, file)
    assert one.line == 2 and one.raised == "TypeError: object of type 'int' has no len()"


def test_a_line_of_the_process_that_judges_is_none_of_the_learner():
    assert of_error(ValueError("no tuple, at <frozen runpy>:88. try: (h,)"), "").raised == (
        "ValueError: no tuple. try: (h,)"
    )


def test_a_remark_about_a_function_has_the_line_of_its_last_return(tmp_path):
    text = "def attempt(x):\n    if x:\n        return 1\n    return 2\n"
    attempt, file = function_in_a_file(tmp_path, text)
    assert of_error(Remark("words", about=attempt), file) == Outcome(raised="words", line=4)
    assert of_error(Remark("words", about=attempt), "another.py").line == 0
    assert of_error(Remark("words"), file).line == 0


def test_want_of_memory_and_of_room_for_calls_are_told_apart():
    assert of_error(MemoryError(), "").raised.startswith("It takes more than 4 GB of memory")
    assert of_error(MemoryError(), "").gave_up and not of_error(MemoryError(), "").too_deep
    assert of_error(RecursionError("too deep"), "").too_deep and not of_error(ValueError(), "").gave_up


@pytest.mark.parametrize("text, words", [("1 +", "invalid syntax."), ("x = (", "'(' was never closed.")])
def test_a_syntax_error_has_its_line_if_it_is_in_the_file(text, words, tmp_path):
    with pytest.raises(SyntaxError) as caught:
        compile(f"\n{text}", str(tmp_path / "a.py"), "exec")
    assert of_error(caught.value, str(tmp_path / "a.py")) == Outcome(raised=words, line=2)
    assert of_error(caught.value, "another.py").raised == f"a.py, line 2: {words}"
