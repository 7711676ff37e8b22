"""Checkpoints come back as they were; what is damaged or made up is one CheckpointError."""

from dataclasses import replace

import numpy as np
import pytest

import tinygrad_gru.training.runs.checkpoint as checkpoint_module
from tinygrad_gru.errors import CheckpointError, DivergedError
from tinygrad_gru.nn.files import write_arrays
from tinygrad_gru.tasks import Adding, Chars
from tinygrad_gru.training import Checkpoint, Config, load_checkpoint, new_model, save_checkpoint

TEXT = "to be, or not to be. " * 30


@pytest.fixture(params=["adding", "chars"])
def checkpoint(request):
    task = Adding(5) if request.param == "adding" else Chars(TEXT, 5)
    config = Config.of(request.param, "lstm", hidden=4)
    return Checkpoint(new_model(config, task), config, task.facts, 17)


@pytest.fixture
def meta(checkpoint, tmp_path):
    """What is written beside the weights, to be changed and written again."""
    return {"format": 2, "config": checkpoint.config.as_dict(), "facts": checkpoint.facts, "update": 17}


def test_a_checkpoint_comes_back_as_it_was(checkpoint, tmp_path):
    save_checkpoint(tmp_path / "c.npz", checkpoint)
    back = load_checkpoint(tmp_path / "c.npz")
    assert (back.config, back.facts, back.update) == (checkpoint.config, checkpoint.facts, 17)
    was, now = checkpoint.model.state_dict(), back.model.state_dict()
    assert list(was) == list(now)
    assert all(np.array_equal(was[name], now[name]) for name in was)


def test_numpy_alone_can_read_the_weights(checkpoint, tmp_path):
    save_checkpoint(tmp_path / "c.npz", checkpoint)
    with np.load(tmp_path / "c.npz") as file:
        assert np.array_equal(file["output.b"], checkpoint.model.state_dict()["output.b"])


def test_the_same_checkpoint_is_the_same_file(checkpoint, tmp_path):
    for name in ("a.npz", "b.npz"):
        save_checkpoint(tmp_path / name, checkpoint)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_weights_that_are_not_finite_never_replace_a_good_file(checkpoint, tmp_path):
    save_checkpoint(tmp_path / "c.npz", checkpoint)
    good = (tmp_path / "c.npz").read_bytes()
    bias = checkpoint.model.output.b
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(DivergedError, match=r"output.b are not finite"):
        save_checkpoint(tmp_path / "c.npz", checkpoint)
    assert (tmp_path / "c.npz").read_bytes() == good
    assert [path.name for path in tmp_path.iterdir()] == ["c.npz"]


@pytest.mark.parametrize(
    "change",
    [
        {"format": 3},
        {"config": "gru"},
        {"config": {"task": "adding"}},
        {"facts": [1]},
        {"facts": {"vocabulary": "aa"}},
        {"facts": {"vocabulary": 3}},
        {"update": "17"},
        {"more": 1},
    ],
)
def test_facts_that_make_no_sense_are_refused(checkpoint, meta, change, tmp_path):
    write_arrays(tmp_path / "c.npz", checkpoint.model.state_dict(), {**meta, **change})
    with pytest.raises(CheckpointError, match=r"c\.npz"):
        load_checkpoint(tmp_path / "c.npz")


@pytest.mark.parametrize("change", [{"hidden": 5}, {"hidden": 10**9}, {"cell": "gru"}, {"cell": "os.system"}, {"x": 1}])
def test_settings_that_do_not_fit_the_weights_are_refused(checkpoint, meta, change, tmp_path):
    meta["config"] |= change
    write_arrays(tmp_path / "c.npz", checkpoint.model.state_dict(), meta)
    with pytest.raises(CheckpointError, match=r"c\.npz"):
        load_checkpoint(tmp_path / "c.npz")


def test_a_vocabulary_of_another_size_does_not_fit(tmp_path):
    task = Chars(TEXT, 5)
    config = Config.of("chars", hidden=4)
    save_checkpoint(tmp_path / "c.npz", Checkpoint(new_model(config, task), config, {"vocabulary": "ab"}, 1))
    with pytest.raises(CheckpointError, match="embedding.W"):
        load_checkpoint(tmp_path / "c.npz")


def test_a_file_cut_short_at_any_place_is_refused(checkpoint, tmp_path):
    save_checkpoint(tmp_path / "c.npz", checkpoint)
    whole = (tmp_path / "c.npz").read_bytes()
    for size in range(0, len(whole), 97):
        (tmp_path / "cut.npz").write_bytes(whole[:size])
        with pytest.raises(CheckpointError):
            load_checkpoint(tmp_path / "cut.npz")


def test_what_is_no_checkpoint_at_all_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "folder.npz").mkdir()
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    for name in ("text.npz", "folder.npz", "other.npz", "missing.npz"):
        with pytest.raises(CheckpointError):
            load_checkpoint(tmp_path / name)


def test_a_checkpoint_that_training_replaces_meanwhile_is_read_again(checkpoint, tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    save_checkpoint(path, checkpoint)
    read, times = checkpoint_module.read_arrays, []

    def replaced_first(*args):
        times.append(1)
        if len(times) == 1:
            save_checkpoint(path, replace(checkpoint, update=18))
        return read(*args)

    monkeypatch.setattr(checkpoint_module, "read_arrays", replaced_first)
    assert (load_checkpoint(path).update, len(times)) == (18, 2)


def test_what_cannot_be_loaded_says_what_to_try(checkpoint, tmp_path):
    (tmp_path / "best.npz").write_bytes(b"")
    with pytest.raises(CheckpointError, match="try: another run, or tinygrad-gru train for a new one$"):
        load_checkpoint(tmp_path / "best.npz")
    save_checkpoint(tmp_path / "last.npz", checkpoint)
    with pytest.raises(CheckpointError, match="try: tinygrad-gru eval .*last.npz$"):
        load_checkpoint(tmp_path / "best.npz")
