"""The data of a run, met again: its own as they were, or others of which all are tested."""

import pytest

from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.training import Config, new_model
from tinygrad_gru.training.runs.checkpoint import Checkpoint
from tinygrad_gru.training.runs.data import refuse_changed_data, task_of

TEXT = "the quick brown fox jumps over the lazy dog. " * 60


@pytest.fixture
def checkpoint(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    config = Config.of("chars", cell="gru", hidden=4, updates=2, batch=2, length=5, file=str(tmp_path / "text.txt"))
    task = config.create()
    return Checkpoint(new_model(config, task), config, task.facts, update=2)


def test_the_runs_own_data_are_split_as_before(checkpoint):
    task = task_of(checkpoint)
    assert not task.all_held_out and task.facts == checkpoint.facts


def test_other_data_are_all_for_testing(checkpoint, tmp_path):
    (tmp_path / "other.txt").write_text("a lazy dog naps. " * 60)
    assert task_of(checkpoint, file=tmp_path / "other.txt").all_held_out


def test_data_that_changed_are_refused(checkpoint, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT + "!")
    with pytest.raises(DataError, match="the data are not those the run was trained on"):
        task_of(checkpoint)


def test_data_from_stdin_are_no_more(checkpoint):
    config = Config.of("chars", cell="gru", hidden=4, updates=2, batch=2, length=5, file="-")
    with pytest.raises(ConfigError, match="the run read its data from stdin"):
        task_of(Checkpoint(checkpoint.model, config, checkpoint.facts, update=2))


def test_a_task_that_makes_its_own_data_has_nothing_to_change():
    refuse_changed_data(Config.of("adding"), {})
