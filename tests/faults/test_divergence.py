"""Fault 63: a run that diverges is exit code 1; it names the first bad operation, and keeps what was good."""

import json
import warnings

import numpy as np
import pytest

from tests.faults.session import SIZES, complaint, still_good
from tinygrad_gru.training import load_checkpoint, trainer

WORDS = ["train", "adding", *SIZES, "--quiet", "--out", "run"]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_run_that_diverges_names_the_first_bad_operation(cell, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        line = complaint(capsys, 1, *WORDS, "--cell", cell, "--updates", "20", "--lr", "1e30")
    assert "the run diverged at update " in line and "the first was where " in line
    assert "run keeps " in line and "try: --lr 0.0" in line and "--clip" in line
    last = json.loads((tmp_path / "run/metrics.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "diverged"


def test_what_was_saved_before_is_kept(tmp_path, monkeypatch, capsys):
    """A weight becomes infinite at update 15, after a checkpoint at update 10."""
    monkeypatch.chdir(tmp_path)
    real, updates = trainer.take_step, []

    def infinite(loss, parameters, *args):
        updates.append(1)
        step = real(loss, parameters, *args)
        if len(updates) == 14:
            parameters[0].assign(np.full(parameters[0].shape, np.inf))
        return step

    monkeypatch.setattr(trainer, "take_step", infinite)
    line = complaint(capsys, 1, *WORDS, "--updates", "40", "--every", "10")
    assert "run keeps best.npz and last.npz" in line
    still_good(tmp_path / "run")
    assert load_checkpoint(tmp_path / "run/last.npz").update == 10
