"""A run that is stopped, killed or torn goes on, and ends bit for bit as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tinygrad_gru.errors import CheckpointError, ConfigError, FileError
from tinygrad_gru.nn.files import read_meta, write_arrays
from tinygrad_gru.training import Config, StopOnSignal, load_checkpoint, loop, resume_run, train_run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("to be, or not to be, that is the question. " * 40)
    return path


def settings(task, text, **options):
    given = {"hidden": 6, "updates": 60, "batch": 4, "length": 8} | options
    return Config.of(task, file=text if task == "chars" else None, **given)


def weights(run):
    return {name: a.tobytes() for name, a in load_checkpoint(run / "last.npz").model.state_dict().items()}


def figures(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if not k.startswith("se")} for line in lines]  # without the times


def stopped_at(update, monkeypatch):
    """Ctrl-C in the middle of this update."""

    class Stop(StopOnSignal):
        @property
        def signal(self):
            return signal.SIGINT if self.count >= update else None

        @signal.setter
        def signal(self, value):
            self.count = 0

    stop = Stop()
    counted = loop.take_step

    def counting(*args):
        stop.count += 1
        return counted(*args)

    monkeypatch.setattr(loop, "take_step", counting)
    monkeypatch.setattr("tinygrad_gru.training.session.StopOnSignal", lambda: stop)


@pytest.mark.parametrize("task", ["adding", "chars"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("update", [1, 7, 30, 59])
def test_stopped_at_any_update_and_resumed_equals_never_stopped(task, cell, update, text, tmp_path, monkeypatch):
    config = settings(task, text, cell=cell)
    whole = train_run(config, tmp_path / "whole", quiet=True)
    with monkeypatch.context() as patched:
        stopped_at(update, patched)
        assert train_run(config, tmp_path / "parts", quiet=True).stopped == signal.SIGINT
    assert load_checkpoint(tmp_path / "parts" / "last.npz").update == update

    resumed = resume_run(tmp_path / "parts", quiet=True)

    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert (resumed.best, resumed.updates) == (whole.best, whole.updates)
    assert figures(tmp_path / "parts") == figures(tmp_path / "whole")
    assert (tmp_path / "parts" / "best.npz").read_bytes() == (tmp_path / "whole" / "best.npz").read_bytes()


def test_a_torn_line_and_lines_of_updates_that_happen_again_are_written_once(text, tmp_path, monkeypatch):
    config = settings("adding", text)
    train_run(config, tmp_path / "whole", quiet=True)
    with monkeypatch.context() as patched:
        stopped_at(31, patched)
        train_run(config, tmp_path / "parts", quiet=True)
    with (tmp_path / "parts" / "metrics.jsonl").open("a") as file:
        file.write('{"update": 40, "loss": 1.0}\n{"update": 50, "lo')

    resume_run(tmp_path / "parts", quiet=True)

    assert figures(tmp_path / "parts") == figures(tmp_path / "whole")


def test_killed_at_any_moment_there_is_a_checkpoint_to_go_on_from(tmp_path, soak_size):
    config = ["adding", "--hidden", "6", "--updates", "1500", "--batch", "4", "--length", "8", "--quiet", "--out"]
    command = [sys.executable, "-m", "tinygrad_gru"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    rng = np.random.default_rng(0)
    kills = soak_size(200)
    run = tmp_path / "run"
    words = ["train", *config, str(run)]
    killed = 0
    while killed < kills:
        process = subprocess.Popen([*command, *words], env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (run / "last.npz").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(float(rng.uniform(0, 0.6)) + (0.5 if killed else 0))
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            break  # it had come to its end
        killed += 1
        assert load_checkpoint(run / "last.npz").update % 100 == 0
        words = ["resume", str(run), "--quiet"]
    assert killed > 0
    subprocess.run(
        [*command, "resume", str(run), "--quiet"], env=environment, capture_output=True
    )  # or it is at its end
    train_run(Config.of("adding", hidden=6, updates=1500, batch=4, length=8), tmp_path / "whole", quiet=True)
    assert weights(run) == weights(tmp_path / "whole")


def test_what_cannot_be_resumed_says_why(text, tmp_path, monkeypatch):
    config = settings("chars", text, updates=20)
    train_run(config, tmp_path / "done", quiet=True)
    with pytest.raises(ConfigError, match="is at its end: 20 updates. try: tinygrad-gru train, with more --updates"):
        resume_run(tmp_path / "done", quiet=True)
    with pytest.raises(CheckpointError, match="there is no such file"):
        resume_run(tmp_path, quiet=True)
    with monkeypatch.context() as patched:
        stopped_at(5, patched)
        train_run(config, tmp_path / "parts", quiet=True)
    text.write_text("another text altogether " * 100)
    with pytest.raises((ConfigError, FileError), match="the data of chars are not those it was trained on"):
        resume_run(tmp_path / "parts", quiet=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.update(carried=[[10**9, 10**9, 10**9]]),
        lambda t: t.update(carried=7),
        lambda t: t.update(best="x"),
        lambda t: t.pop("best"),
        lambda t: t.update(evil=1),
    ],
)
def test_a_made_up_state_of_training_is_refused(text, tmp_path, monkeypatch, change):
    with monkeypatch.context() as patched:
        stopped_at(3, patched)
        train_run(settings("chars", text), tmp_path / "run", quiet=True)
    path = tmp_path / "run" / "last.npz"
    meta = read_meta(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "meta.json"}
    change(meta["training"])
    write_arrays(path, arrays, meta)
    with pytest.raises(CheckpointError, match="holds a state of training that cannot be used|does not fit"):
        load_checkpoint(path)
