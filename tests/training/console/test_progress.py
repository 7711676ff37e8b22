"""What is said on the way: a plain line where there is no terminal, a bar where there is one, nothing when quiet."""

import os
import pty
import select
import sys

import pytest

from tinygrad_gru.training import Progress
from tinygrad_gru.training.console import progress as module
from tinygrad_gru.training.console.progress import plain_lines, say, shown_progress


def at(update, measured=False, **figures):
    return Progress(update, 0.25, 1.5, 0.2, 0.2, seconds=update * 0.1, sequences_per_second=320, measured=measured)


def test_a_measurement_is_one_plain_line(capsys):
    show = plain_lines(updates=100)
    for update in range(1, 41):
        show(at(update, measured=update % 20 == 0))
    assert capsys.readouterr() == (
        "",
        "step 20/100 · ETA 0:00:08 · loss 0.25 test 0.2 (best 0.2) · |g| 1.5 · 320 seq/s\n"
        "step 40/100 · ETA 0:00:06 · loss 0.25 test 0.2 (best 0.2) · |g| 1.5 · 320 seq/s\n",
    )


def test_ten_seconds_of_silence_are_enough(capsys, monkeypatch):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    show = plain_lines(updates=100)
    for update in range(1, 10):  # at 4, 8, 12, 16, ... seconds
        show(at(update))
    told = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert told == ["3/100", "6/100", "9/100"]


def test_before_the_first_measurement_there_is_no_best(capsys):
    plain_lines(updates=2)(Progress(1, 0.25, 1.5, seconds=1.0, measured=False))
    show = plain_lines(updates=2)
    show(Progress(1, 0.25, 1.5, test=0.3, seconds=1.0, measured=True))
    assert "best" not in capsys.readouterr().err


def test_quiet_says_nothing(capsys):
    with shown_progress(10, quiet=True) as show:
        show(at(10, measured=True))
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_has_gone_away_does_not_stop_the_run(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        plain_lines(updates=2)(at(1, measured=True))
        monkeypatch.undo()
        with pytest.raises(BrokenPipeError):
            gone.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), gone.fileno())  # so that closing it does not fail


def on_a_terminal(monkeypatch, **environment):
    """What a terminal is sent while the bar is at half."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with shown_progress(100) as show:
            show(at(50, measured=True))
        monkeypatch.undo()
        told = b""
        while select.select([master], [], [], 0.2)[0]:
            told += os.read(master, 100_000)
    os.close(master)
    return told.decode("utf-8")


@pytest.mark.parametrize(("columns", "bar"), [("120", True), ("80", False), ("40", False)])
def test_on_a_terminal_it_is_one_line_that_moves(columns, bar, monkeypatch):
    told = on_a_terminal(monkeypatch, TERM="xterm", COLUMNS=columns)
    assert "step 50/100 · ETA 0:00:05" in told
    assert ("━" in told) == bar


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    told = on_a_terminal(monkeypatch, TERM="dumb")
    assert told == "step 50/100 · ETA 0:00:05 · loss 0.25 test 0.2 (best 0.2) · |g| 1.5 · 320 seq/s\r\n"


def test_what_is_said_is_one_line_without_escapes(capsys):
    say("run: \x1b[31mred\x07\u202e\nerror: b\r")
    assert capsys.readouterr().err == "run: \\x1b[31mred\\x07\\u202e\\nerror: b\\r\n"
