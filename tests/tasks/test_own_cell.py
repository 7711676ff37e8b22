"""A cell of the user's own, by FILE.py:CLASS, in every command that takes a cell; and the run that remembers it."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import tinygrad_gru as tg
from tests.faults.session import complaint, good_run
from tests.nn.reference import error
from tinygrad_gru.cli import main
from tinygrad_gru.errors import ArgumentError, CheckpointError, ConfigError, ShapeError
from tinygrad_gru.tasks import recurrent
from tinygrad_gru.tasks.own_cell import errors_of_users_code, fingerprint_of, is_own, own_cell, tried
from tinygrad_gru.training import Config, load_checkpoint, read_facts, resume_run, train_run

MINE = '''
import numpy as np
import tinygrad_gru as tg


class Mine(tg.nn.Cell):
    """h = (1 − f) ⊙ h + f ⊙ tanh(h + f)."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        numbers = np.random.default_rng(0).normal(size=(hidden_size + input_size, hidden_size)) / 3
        self.W = tg.nn.Parameter(numbers.astype(np.float32))

    def step(self, x, h):
        f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W)
        return ((1 - f) * h + f * tg.tanh(h + f),)


class Bad(tg.nn.Cell):
    def step(self, x, h):
        return h @ x
'''
CELL = "mine.py:Mine"


@pytest.fixture(autouse=True)
def _with_a_cell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE, encoding="utf-8")


def test_the_name_of_a_class_in_a_file_is_told_from_that_of_a_cell():
    assert is_own("mine.py:Mine") and is_own("C:/x/mine.py:Mine") and is_own("mine.py:")
    assert not any(map(is_own, ["gru", "gru-after", "mine.py", "mine.txt:Mine", ""]))


def test_a_layer_of_it_computes_what_its_step_says():
    layer = recurrent(CELL, 2, 3)
    x = np.random.default_rng(1).normal(size=(4, 2, 2)).astype(np.float32)
    W, h = layer.cell.W.data, np.zeros((2, 3))
    for x_t in x:
        f = 1 / (1 + np.exp(-np.concatenate([h, x_t], axis=1) @ W))
        h = (1 - f) * h + f * np.tanh(h + f)
    assert error(layer(x)[0].data[-1], h) < 1e-6


def test_a_mistake_in_it_is_told_before_training():
    with pytest.raises(ShapeError, match=r"inner sizes differ: h \(1, 3\) @ x \(1, 2\) in step 1, at mine.py:21"):
        tried(own_cell("mine.py:Bad", 2, 3))
    with pytest.raises(ArgumentError, match="keep_bias: a cell of one's own sets its biases itself"):
        recurrent(CELL, 2, 3, keep_bias=2.0)
    with pytest.raises(ConfigError, match="keep_bias: a cell of one's own"):
        Config.of("adding", CELL, keep_bias=2.0)
    with pytest.raises(ConfigError, match="cell: cannot read gone.py: No such file"):
        fingerprint_of("gone.py:Mine")


def test_errors_of_ours_in_the_users_code_stay_what_they_are():
    with pytest.raises(ArgumentError, match="^as it is$"), errors_of_users_code("Mine.step"):
        raise ArgumentError("as it is")
    at = "cell: Mine.step: ZeroDivisionError: .* at test_own_cell.py:[0-9]+. try: --de"
    with pytest.raises(ConfigError, match=at), errors_of_users_code("Mine.step"):
        _ = 1 / 0


def test_every_command_that_takes_a_cell_takes_it(tmp_path, capsys):
    sizes = ["--length", "5", "--hidden", "3", "--batch", "2", "--updates", "4"]
    assert main(["train", "adding", "--cell", CELL, *sizes]) == 0
    assert "· Mine, hidden 3," in capsys.readouterr().err
    for words in (
        ["eval", "last"], ["show", "last"], ["sample", "last"], ["runs"], ["resume", "last"],
        ["inspect", "last", "-o", "insides.html"], ["graph", "--run", "last", "--length", "2", "-o", "run.txt"],
        ["graph", "--cell", CELL, "-o", "graph.txt"], ["play", "--cell", CELL, "-o", "play.html"],
        ["export", "last", "-o", "model.onnx"],
        ["compare", "adding", "--cells", f"gru,{CELL}", *sizes, "--seeds", "1", "--jobs", "1", "--out", "compared"],
        ["sweep", "adding", "--param", f"cell=gru,{CELL}", "--param", "updates=2", "--param", "length=4",
         "--trials", "2", "--jobs", "1", "--out", "swept"],
    ):  # fmt: skip
        code = main(words)
        assert code == (2 if words[0] == "resume" else 0), (words, capsys.readouterr().err)  # it is at its end
    out = capsys.readouterr().out
    assert "Mine on adding" in out and "| Mine |" in out
    assert sorted(path.name for path in Path("compared").iterdir() if path.is_dir())[0].startswith("Mine-")
    assert Path("graph.txt").read_text(encoding="utf-8").startswith("Mine, unrolled for 3 steps")
    assert "is at its end" in complaint(capsys, 2, "resume", "last")


def test_its_run_as_onnx_says_the_same_for_sequences_of_its_length(tmp_path):
    run = good_run(tmp_path / "run", "order", cell=CELL, length=12)
    assert main(["export", str(run), "-o", "model.onnx", "--quiet"]) == 0
    model = load_checkpoint(run / "best.npz").model
    x = np.random.default_rng(0).integers(8, size=(12, 5))
    (got,) = onnxruntime.InferenceSession("model.onnx").run(None, {"x": x})
    assert error(got, tg.softmax(model(np.eye(8, dtype=np.float32)[x])).data) < 1e-5


def test_a_run_remembers_the_file_and_refuses_another_one(tmp_path, capsys, monkeypatch):
    run = good_run(tmp_path / "run", cell=CELL)
    config = load_checkpoint(run / "best.npz").config
    assert config.cell == f"{tmp_path}/mine.py:Mine" and (config.cell_name, config.cell_title) == ("Mine", "Mine")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["eval", str(run)]) == 0
    capsys.readouterr()
    (tmp_path / "mine.py").write_text(MINE.replace("h + f", "h - f"), encoding="utf-8")
    assert "is not as it was when" in complaint(capsys, 1, "eval", run)
    with pytest.raises(CheckpointError, match="try: the file as it was"):
        load_checkpoint(run / "last.npz")
    (tmp_path / "mine.py").unlink()
    assert "cell: cannot read" in complaint(capsys, 2, "eval", run)


WIDE = """
import numpy as np
import tinygrad_gru as tg


class Wide(tg.nn.Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size, ("h", "m", "n"))
        self.state_sizes = (hidden_size, 2 * hidden_size, 1)
        self.W = tg.nn.Parameter(np.full((input_size, hidden_size), 0.1, np.float32))

    def step(self, x, h, m, n):
        h = tg.tanh(h + x @ self.W)
        return h, tg.concat([h, h], axis=-1) + 0.5 * m, n + 1
"""


def test_states_of_other_sizes_are_carried_on_and_come_back(tmp_path):
    (tmp_path / "wide.py").write_text(WIDE)
    (tmp_path / "text.txt").write_text("she sells sea shells by the sea shore. " * 30)
    run = good_run(tmp_path / "run", "chars", cell="wide.py:Wide", file="text.txt")
    training = load_checkpoint(run / "last.npz").training
    assert [array.shape for array in training.carried] == [(1, 2, 4), (1, 2, 8), (1, 2, 1)]


def test_two_classes_of_one_name_are_not_compared(capsys):
    Path("other.py").write_text(MINE, encoding="utf-8")
    line = complaint(capsys, 2, "compare", "adding", "--cells", f"{CELL},other.py:Mine", "--length", "5")
    assert "cells: got Mine,Mine, wanted different names" in line


# --- dropout ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["adding", "parity", "sentiment"])
def test_dropout_masks_in_training_and_not_when_measured(task, tmp_path):
    config = Config.of(task, dropout=0.5, hidden=4, length=6, updates=4, batch=2, every=2)
    plain = Config.of(task, hidden=4, length=6, updates=4, batch=2, every=2)
    result = train_run(config, tmp_path / "run", quiet=True)
    checkpoint = load_checkpoint(tmp_path / "run/last.npz")
    assert checkpoint.config.dropout == 0.5
    assert result.task.evaluate(checkpoint.model) == pytest.approx(read_facts(tmp_path / "run").curve[-1][1], rel=1e-5)
    train_run(plain, tmp_path / "plain", quiet=True)
    without = load_checkpoint(tmp_path / "plain/last.npz").model.state_dict()
    assert any(not np.array_equal(a, without[name]) for name, a in checkpoint.model.state_dict().items())


def test_a_run_with_dropout_that_was_stopped_draws_the_same_masks(tmp_path):
    config = Config.of("adding", dropout=0.3, hidden=4, length=6, updates=6, batch=2, every=2)
    train_run(config, tmp_path / "whole", quiet=True)

    def stop(progress, signal):
        if progress.update == 3:
            signal.signal = 15

    assert train_run(config, tmp_path / "stopped", quiet=True, watch=stop).stopped
    resume_run(tmp_path / "stopped", quiet=True)
    whole, again = (load_checkpoint(tmp_path / name / "last.npz").model.state_dict() for name in ("whole", "stopped"))
    assert all(np.array_equal(array, again[name]) for name, array in whole.items())


def test_the_setting_is_told_in_the_folder_of_the_run(tmp_path, capsys):
    assert main(["train", "adding", "--dropout", "0.2", "--length", "5", "--updates", "2", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["dropout"] == 0.2
    assert "dropout: got 1, wanted a number from 0 to 0.95" in complaint(capsys, 2, "train", "adding", "--dropout=1")
