"""What training adds to an update: the clock of the work, and medians of each kind of update by their shares."""

import pytest

from benchmarks import training_overhead as overhead
from tinygrad_gru.training import Config, Progress


def test_a_slow_moment_counts_for_nothing_and_each_kind_of_update_by_its_share(monkeypatch):
    monkeypatch.setattr(overhead, "WARM", 1)
    timed = overhead.Timed()
    timed(Progress(1), 1000.0)  # it compiles
    for update, seconds in enumerate([1.0, 1.0, 500.0, 1.0, 1.0, 1.0, 1.0, 1.0], start=2):
        timed(Progress(update), seconds)
    for update in (10, 11):
        timed(Progress(update, logged=True), 6.0)

    assert timed.per_update == pytest.approx((8 * 1.0 + 2 * 6.0) / 10)


def test_what_is_not_on_the_clock_is_not_counted(monkeypatch):
    ticks = iter(range(100))
    monkeypatch.setattr(overhead, "clock", lambda: next(ticks))
    work = overhead.Work()
    work.timed(lambda: next(ticks))()  # at 0, 1 and 2

    next(ticks)
    assert work.seconds == 2


def test_a_run_is_divided_into_its_pieces(monkeypatch, tmp_path):
    monkeypatch.setattr(overhead, "WARM", 5)
    config = Config.of("adding", length=5, hidden=4, batch=4, updates=30, every=10)
    seconds = overhead.pieces(config, tmp_path)

    assert set(seconds) == {"work", "loop", "log", "bar", "checkpoints"} and min(seconds.values()) > 0
    assert seconds["work"] > seconds["log"]
    assert (tmp_path / "last.npz").exists() and len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3
