"""The process that judges a learner's file."""

import json

import pytest

from tinygrad_gru.learn.child import main, verdict_on
from tinygrad_gru.learn.exercise import exercise

SLOPES = exercise("slopes")
RIGHT = "import math\ndef slopes(w, x, b):\n    d = 1 - math.tanh(w * x + b) ** 2\n    return d * x, d * w, d\n"


@pytest.mark.parametrize(
    "text, passed",
    [(RIGHT, True), (RIGHT.replace("d * x, d * w", "d * w, d * x"), False), ("nonsense", False), ("1 +", False)],
)
def test_the_verdict_is_written_as_json(text, passed, tmp_path):
    (tmp_path / "file.py").write_text(text)
    main("slopes", str(tmp_path / "file.py"), str(tmp_path / "answer.json"))
    fields = json.loads((tmp_path / "answer.json").read_text())
    assert fields["passed"] is passed and isinstance(fields["message"], str)


def test_a_file_saved_again_is_read_again(tmp_path):
    path = tmp_path / "file.py"
    path.write_text(RIGHT.replace("d * x, d * w", "d * w, d * x"))
    assert not verdict_on(SLOPES, path).passed
    path.write_text(RIGHT)  # as long as before, and within the same second
    assert verdict_on(SLOPES, path).passed
