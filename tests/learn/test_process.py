"""The parent's side of a check: whatever the learner's file leaves running or writes, there is a verdict in time."""

import os
import time

import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.process import run

SLOPES = exercise("slopes")
RIGHT = "import math\ndef slopes(w, x, b):\n    d = 1 - math.tanh(w * x + b) ** 2\n    return d * x, d * w, d\n"


def verdict_on(tmp_path, text, time_limit=5.0):
    (tmp_path / "attempt.py").write_text(text, encoding="utf-8")
    return run(SLOPES, tmp_path / "attempt.py", time_limit)


@pytest.mark.skipif(os.name == "nt", reason="sleep is POSIX")
def test_a_process_that_the_file_left_running_is_not_waited_for(tmp_path):
    begun = time.monotonic()
    verdict, _ = verdict_on(tmp_path, f"import subprocess\nsubprocess.Popen(['sleep', '30'])\n{RIGHT}")
    assert verdict.passed and time.monotonic() - begun < 25


def test_a_thread_that_never_ends_does_not_take_the_verdict_away(tmp_path):
    forever = "import threading, time\nthreading.Thread(target=lambda: time.sleep(1e6)).start()\n"
    assert verdict_on(tmp_path, forever + RIGHT, time_limit=0.5)[0].passed


@pytest.mark.skipif(os.name == "nt", reason="resource is POSIX")
def test_a_file_that_prints_without_end_is_stopped(tmp_path):
    verdict, printed = verdict_on(tmp_path, "while True:\n    print('x' * 1_000_000)\n")
    assert not verdict.passed and len(printed) <= 50_000_000
