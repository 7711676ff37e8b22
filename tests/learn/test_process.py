"""The parent's side of a check: whatever the learner's file leaves running or writes, there is a verdict in time."""

import json
import os
import sys
import threading
import time

import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.listing import listing
from tinygrad_gru.learn.process import end_all, run

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


def test_a_file_has_no_way_to_its_verdict_among_its_arguments(tmp_path):
    """Where the verdict goes is neither an argument, nor in the environment, nor left on stdin."""
    text = "import os, sys\nwords = [*sys.argv, *os.environ.values()]\n"
    text += "print([word for word in words if 'verdict.json' in word], sys.argv[1:])\n"
    _, printed = verdict_on(tmp_path, f"{text}try:\n    input()\nexcept EOFError:\n    print('nothing')\n{RIGHT}")
    assert printed == "[] []\nnothing\n"


def test_a_verdict_without_the_word_is_none(tmp_path):
    """A file that guesses the place, and writes a verdict of its own."""
    text = "import json, os, pathlib\nplace = pathlib.Path(os.readlink('/proc/self/fd/1')).with_name('verdict.json')\n"
    if not sys.platform.startswith("linux"):
        pytest.skip("the place is found in /proc")
    forged = json.dumps({"passed": True, "message": "right", "final": True})
    verdict, _ = verdict_on(tmp_path, f"{text}place.write_text('word\\n' + {forged!r})\nos._exit(0)\n")
    assert not verdict.passed and verdict.message.endswith(" it was judged (exit code 0).")


def test_a_helper_file_beside_it_can_be_imported(tmp_path):
    (tmp_path / "helper.py").write_text("from math import tanh\n")
    assert verdict_on(tmp_path, "from helper import tanh\n" + RIGHT.replace("math.tanh", "tanh"))[0].passed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the memory in use is read in /proc")
def test_too_much_memory_is_refused_and_called_so(tmp_path):
    verdict, _ = verdict_on(tmp_path, "def slopes(w, x, b):\n    return bytearray(6 * 2**30)\n")
    assert verdict.message == "Line 2: It takes more than 4 GB of memory: does a list grow without end, or an array?"


RECURSION = """
def accumulate(graph):
    def slope_of(node):
        if node == max(graph):
            return 1.0
        return sum(slope_of(n) * s for n in graph for t, s in zip(*graph[n]) if t == node)
    return [slope_of(node) for node in sorted(graph)]
"""


@pytest.mark.skipif(os.name == "nt", reason="resource is POSIX")
def test_a_sum_over_all_ways_does_not_come_back_from_the_diamonds_and_is_told_why(tmp_path):
    (tmp_path / "attempt.py").write_text(RECURSION)
    verdict, _ = run(exercise("accumulate"), tmp_path / "attempt.py", 2.0)
    assert verdict.message.startswith("Right where the graph is small. Through 60 diamonds in a row there are 2⁶⁰ ways")
    assert verdict.inputs == "60 diamonds in a row"


@pytest.mark.parametrize("name", ["accumulate", "toposort", "minimal_gated_unit"])
def test_a_solution_takes_a_moment(name, tmp_path):
    (tmp_path / "attempt.py").write_text(listing(exercise(name)))
    begun = time.monotonic()
    assert run(exercise(name), tmp_path / "attempt.py", 10.0)[0].passed
    assert time.monotonic() - begun < 15  # on a busy machine; alone, below a second, or two for what is compiled


def test_all_that_run_are_ended_at_once(tmp_path):
    (tmp_path / "attempt.py").write_text("import time\ntime.sleep(60)\n")
    threading.Timer(1.5, end_all).start()
    begun = time.monotonic()
    run(SLOPES, tmp_path / "attempt.py", 10.0)
    assert time.monotonic() - begun < 30
