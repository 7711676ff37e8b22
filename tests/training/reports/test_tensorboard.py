"""Metrics as TensorBoard reads them: its own reader, not our writer's, opens the file."""

import sys

import pytest

from tinygrad_gru.errors import FileError, MissingExtraError
from tinygrad_gru.training import Config, read_metrics, train_run
from tinygrad_gru.training.reports.tensorboard import write_events


def test_its_own_reader_finds_every_number(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    train_run(Config.of("adding", length=5, hidden=4, updates=20, batch=2), run, quiet=True)
    folder = write_events(run, tmp_path / "events")
    events = EventAccumulator(str(folder))
    events.Reload()
    lines = read_metrics(run)
    for tag, name in (("loss", "loss"), ("metric/test", "test"), ("update/ratio", "update_ratio")):
        told = [(line["update"], line[name], line["seconds"]) for line in lines if name in line]
        found = [(e.step, e.value, e.wall_time) for e in events.Scalars(tag)]
        assert len(found) == 10 and found == [pytest.approx(t, rel=1e-6) for t in told]
    assert [path.name[:6] for path in folder.iterdir()] == ["events"] and len(list(folder.parent.iterdir())) == 1
    with pytest.raises(FileError, match="holds events already"):
        write_events(run, tmp_path / "events")


def test_a_run_without_metrics_is_refused(tmp_path):
    with pytest.raises(FileError, match="has no metrics yet"):
        write_events(tmp_path, tmp_path / "events")


def test_without_the_package_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_gru\[tensorboard\]"'):
        write_events(tmp_path, tmp_path)
