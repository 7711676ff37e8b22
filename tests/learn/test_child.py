"""The process that judges a learner's file."""

import json

import numpy as np
import pytest

from tinygrad_gru.learn.child import as_json, main, verdict_on
from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.judging.judge import Verdict

SLOPES = exercise("slopes")
RIGHT = "import math\ndef slopes(w, x, b):\n    d = 1 - math.tanh(w * x + b) ** 2\n    return d * x, d * w, d\n"


@pytest.mark.parametrize(
    "text, passed",
    [(RIGHT, True), (RIGHT.replace("d * x, d * w", "d * w, d * x"), False), ("nonsense", False), ("1 +", False)],
)
def test_the_verdict_is_written_as_json(text, passed, tmp_path):
    (tmp_path / "file.py").write_text(text)
    main("slopes", str(tmp_path / "file.py"), str(tmp_path / "answer"), "word")
    head, text = (tmp_path / "answer").read_text().split("\n")
    fields = json.loads(text)
    assert head == "word" and fields["passed"] is passed and fields["final"] and isinstance(fields["message"], str)


def test_a_file_saved_again_is_read_again(tmp_path):
    path = tmp_path / "file.py"
    path.write_text(RIGHT.replace("d * x, d * w", "d * w, d * x"))
    assert not verdict_on(SLOPES, path).passed
    path.write_text(RIGHT)  # as long as before, and within the same second
    assert verdict_on(SLOPES, path).passed


def test_a_file_that_imports_the_solution_is_refused(tmp_path):
    (tmp_path / "file.py").write_text("from tinygrad_gru.learn.exercises.slopes import slopes\n")
    verdict = verdict_on(SLOPES, tmp_path / "file.py")
    assert not verdict.passed and verdict.message.startswith("It imports the solution, from tinygrad_gru.learn")


def test_what_is_kept_between_calls_is_said_and_printed_once(tmp_path, capsys):
    """A fresh import is right in the case in which the attempt, called before, was wrong."""
    kept = RIGHT.replace("def slopes(w, x, b):", "print('loaded')\ndef slopes(w, x, b, calls=[]):\n    calls.append(1)")
    (tmp_path / "file.py").write_text(kept.replace("return d * x", "return d * x * len(calls)"))
    verdict = verdict_on(SLOPES, tmp_path / "file.py")
    assert verdict.message.startswith("Right if it is called once, and wrong in a later call") and verdict.case == 2
    assert capsys.readouterr().out == "loaded\n"


def test_a_verdict_is_there_before_a_large_case_is_tried(tmp_path):
    from tinygrad_gru.learn.listing import listing

    task, before = exercise("accumulate"), []
    (tmp_path / "file.py").write_text(listing(task))
    assert verdict_on(task, tmp_path / "file.py", before.append).passed
    (verdict,) = before
    assert not verdict.passed and "2⁶⁰" in verdict.message and verdict.inputs == "60 diamonds in a row"


def test_a_result_that_nobody_could_look_at_is_not_handed_on():
    verdict = Verdict(False, "too large", got=(np.zeros(100_000),), wanted=(np.zeros(2),))
    fields = json.loads(as_json(verdict))
    assert (fields["got"], fields["wanted"]) == ([], [[0.0, 0.0]])
