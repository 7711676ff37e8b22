"""Runs that die, or get a signal, wherever something is written: what comes out is what would have come out.

See deaths.py and dying.py. In a process of its own, because it forks.
"""

import json
import signal
import sys

import pytest

from tests.cli.command import ROOT
from tests.conftest import SOAK
from tests.faults.session import process

# scenario, what happens, and how many points are stepped over outside of the soak
DEATHS = [
    ("adding", "kill", 4),
    ("adding", "power", 4),
    ("adding", signal.SIGTERM, 8),
    ("reported", "kill", 5),
    ("reported", signal.SIGINT, 8),
    ("patience", "power", 9),
    ("chars", "kill", 9),
    ("diverging", "kill", 9),
    ("compare", "kill", 12),
    ("compare", signal.SIGINT, 30),
    ("sweep", "kill", 20),
    ("sweep", signal.SIGTERM, 40),
]


def deaths(scenario, act, first, step, *faults, cwd):
    words = ["-m", "tests.faults.deaths", scenario, int(act) if isinstance(act, int) else act, first, step, *faults]
    done = process(sys.executable, *words, cwd=cwd, env={"PYTHONPATH": str(ROOT)}, timeout=1800)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("scenario", "act", "step"), DEATHS, ids=lambda value: str(getattr(value, "name", value)))
def test_whenever_it_dies_it_ends_as_if_nothing_had_happened(scenario, act, step, tmp_path):
    step = 1 if SOAK else step
    told = deaths(scenario, act, 1, step, cwd=tmp_path)
    assert told["wrong"] == []
    assert told["points"] * step >= 20


@pytest.mark.parametrize(("fault", "act"), [("late lines", "kill"), ("unsynced lines", "power")])
def test_a_fault_in_the_order_of_writes_is_found(fault, act, tmp_path):
    """Lines of metrics that come after the checkpoint, as they once did, and lines that a power cut takes away."""
    told = deaths("adding", act, 30, 4, fault, cwd=tmp_path)
    assert any("metrics.jsonl" in each for each in told["wrong"]), told
