"""A run whose weights come from elsewhere is a run as any other."""

import json
from pathlib import Path

import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Checkpoint, Config, find_run, load_checkpoint, read_facts
from tinygrad_gru.training.runs.imported import write_imported_run


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A model that was trained for seven updates, somewhere."""
    monkeypatch.chdir(tmp_path)
    with tg.seed(7):
        return Checkpoint(TASKS["adding"].build("gru", 4, {}), Config.of("adding", "gru", hidden=4), {}, 7)


def test_it_has_the_weights_the_settings_and_no_update_of_ours(checkpoint):
    run = write_imported_run(checkpoint, {"imported": "model.npz"}, None)
    assert str(run) == "runs/adding-0001" and find_run("last") == run
    again = load_checkpoint(run / "best.npz")
    assert (again.update, again.config) == (0, checkpoint.config)
    ours, theirs = checkpoint.model.state_dict(), again.model.state_dict()
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


def test_the_facts_are_in_run_json_and_the_run_is_listed(checkpoint):
    run = write_imported_run(checkpoint, {"imported": "model.npz", "dialect": "keras"}, None)
    facts = json.loads((run / "run.json").read_text())
    assert (facts["imported"], facts["dialect"]) == ("model.npz", "keras")
    assert read_facts(run).as_row()["cell"] == "gru"


def test_a_folder_that_is_not_empty_is_refused_and_kept(checkpoint, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/note").write_text("mine")
    with pytest.raises(ConfigError, match="out: mine is not empty, wanted a new folder"):
        write_imported_run(checkpoint, {}, Path("mine"))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["note"]
