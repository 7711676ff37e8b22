"""When a run is at its end: one rule."""

import dataclasses

from tinygrad_gru.training import Config
from tinygrad_gru.training.position import Position

CONFIG = Config.of("adding", updates=12, every=5)


def test_a_run_ends_with_its_updates():
    assert [Position(CONFIG, update).ended_by for update in (0, 11, 12, 13)] == ["", "", "updates", "updates"]


def test_or_when_so_many_measurements_brought_nothing_better():
    patient = dataclasses.replace(CONFIG, updates=100, patience=3)
    ends = [Position(patient, update, best_update=10).ended_by for update in (20, 24, 25, 30)]
    assert ends == ["", "", "patience", "patience"]


def test_it_is_measured_now_and_then_and_at_the_end():
    assert [update for update in range(14) if Position(CONFIG, update).is_measured] == [5, 10, 12]
