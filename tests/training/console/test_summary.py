"""What is said before the first update of a run and after its last."""

import dataclasses
import signal
from pathlib import Path

import pytest

from tinygrad_gru.training import Config, Result, StopOnSignal, new_model
from tinygrad_gru.training.console.summary import introduction, summary

CONFIG = Config.of("adding", length=5, hidden=8, updates=40)
TASK = CONFIG.create()
RESULT = Result(CONFIG, TASK, Path("runs/my run"), updates=40, best=0.25, seconds=3.2)


def test_before_a_run_it_is_said_what_is_trained_what_there_is_to_beat_and_where_it_goes():
    first, teaches, beat, where = introduction(CONFIG, TASK, new_model(CONFIG, TASK), Path("runs/adding-0001"))
    assert "adding, length 5 · GRU, hidden 8, 273 parameters · seed 0" in first
    assert teaches == f"it shows that {TASK.teaches}"
    assert beat == "baselines: 0.1667 (always answering 1) · goal: test MSE below 0.001"
    assert where == f"run: runs/adding-0001 · repeat it: {CONFIG.command}"


@pytest.mark.parametrize(("best", "reached"), [(0.25, "goal not reached"), (0.0005, "goal reached")])
def test_after_it_what_came_of_it_and_the_command_that_looks_at_it(best, reached):
    line = summary(dataclasses.replace(RESULT, best=best), StopOnSignal())
    assert line.startswith(f"test MSE {best:.4g} after 40 updates in 3 s · ") and reached in line
    assert line.endswith("see: tinygrad-gru eval 'runs/my run'")


def test_of_a_run_that_was_stopped_the_command_that_goes_on():
    stop = StopOnSignal()
    stop.signal = signal.SIGINT
    line = summary(dataclasses.replace(RESULT, updates=7, stopped=stop.signal), stop)
    assert line == (
        "stopped by Ctrl-C after 7 of 40 updates · saved in runs/my run · go on: tinygrad-gru resume 'runs/my run'"
    )


def test_a_run_that_ended_early_says_so():
    assert "updates in 3 s, early: nothing got better" in summary(
        dataclasses.replace(RESULT, early=True), StopOnSignal()
    )
