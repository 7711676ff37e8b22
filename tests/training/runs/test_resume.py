"""A run that is stopped, killed or torn goes on, and ends bit for bit as if nothing had happened."""

import json
import re
import shlex
import signal
import time

import numpy as np
import pytest

from tests.cli.command import environment
from tests.cli.forked import Started
from tinygrad_gru.errors import CheckpointError, ConfigError, FileError
from tinygrad_gru.nn.files import read_meta, write_arrays
from tinygrad_gru.training import Config, StopOnSignal, load_checkpoint, loop, read_facts, resume_run, train_run


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
    monkeypatch.setattr("tinygrad_gru.training.runs.session.StopOnSignal", lambda: stop)


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


def inode(path):
    """Which file it is; another one after it was replaced."""
    return path.stat().st_ino if path.exists() else 0


def everything(run):
    """Weights, settings, facts, metrics and report of a run, and what `runs` says of it, without the times."""
    names = ("best.npz", "last.npz", "config.toml", "run.json")
    page = re.sub(r"updates in \d+ s", "", (run / "report.html").read_text(encoding="utf-8"))
    row = read_facts(run).as_row() | {"seconds": 0}
    return {name: (run / name).read_bytes() for name in names} | {"metrics": figures(run), "page": page, "row": row}


def test_killed_at_random_moments_all_of_a_run_is_that_of_one_that_was_not(tmp_path, soak_size):
    """A run is killed and resumed until it is done, then the next one; points chosen on purpose are in tests/faults."""
    settings = {"hidden": 6, "updates": 1500, "batch": 4, "length": 8}
    options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    run = train_run(Config.of("adding", **settings), tmp_path / "whole" / "run", quiet=True, report=True).run
    whole = everything(run)
    rng, kills, killed, ended = np.random.default_rng(0), soak_size(200), 0, 0
    while killed < kills:
        run = tmp_path / str(ended) / "run"
        code = None
        while code not in (0, 2):  # 2: it was killed when there was nothing left to do
            resumed = (run / "config.toml").exists()
            words = ["resume", str(run)] if resumed else ["train", "adding", *options, "--out", str(run)]
            before = inode(run / "metrics.jsonl")
            process = Started([*words, "--quiet"], tmp_path, environment())
            while inode(run / "metrics.jsonl") == before and not process.poll():
                time.sleep(0.01)  # until it goes on
            if killed < kills:
                time.sleep(float(rng.uniform(0, 0.6)))
                process.kill()
            code = process.wait()
            assert code in (0, 2, -signal.SIGKILL)
            killed += code == -signal.SIGKILL
        assert everything(run) == whole
        ended += 1


@pytest.mark.parametrize("options", [{}, {"lr": 1e-12, "every": 5, "patience": 2}], ids=["all updates", "patience"])
def test_a_signal_in_the_last_update_stops_nothing(options, text, tmp_path, monkeypatch, capsys):
    config = settings("adding", text, **options)
    whole = train_run(config, tmp_path / "whole" / "run", quiet=True, report=True)
    run = tmp_path / "signalled" / "run"
    with monkeypatch.context() as patched:
        stopped_at(whole.updates, patched)
        result = train_run(config, run, report=True)
    assert (result.stopped, result.signal, result.updates) == (None, signal.SIGINT, whole.updates)
    assert "go on: " not in capsys.readouterr().err
    assert everything(run) == everything(whole.run)
    with pytest.raises(ConfigError, match="is at its end"):
        resume_run(run, quiet=True, report=True)


@pytest.mark.parametrize("lost", ["line", "best.npz", "report.html", "config.toml", "run.json", "all but last.npz"])
def test_what_a_run_with_all_its_updates_lacks_is_made_and_told(lost, text, tmp_path, capsys):
    config = settings("adding", text, lr=1e-5)
    whole = train_run(config, tmp_path / "run", quiet=True, report=True)
    assert load_checkpoint(whole.run / "last.npz").training.best_update == 60  # of which best.npz can be made
    before = everything(whole.run)
    if lost == "all but last.npz":
        for path in whole.run.iterdir():
            if path.name != "last.npz":
                path.unlink()
    elif lost == "line":  # as a kill left it in versions before 0.2
        lines = (whole.run / "metrics.jsonl").read_text().splitlines(keepends=True)
        (whole.run / "metrics.jsonl").write_text("".join(lines[:-1]))
        assert read_facts(whole.run).best == whole.best
    else:
        (whole.run / lost).unlink()
    states = {"report.html": "finished", "config.toml": "unreadable", "all but last.npz": "unreadable"}
    assert read_facts(whole.run).state == states.get(lost, "stopped")

    again = resume_run(whole.run, report=True)

    assert (again.updates, again.best) == (60, whole.best)
    assert f"has all its updates; making what it lacks: {'metrics.jsonl' if lost == 'line' else ''}" in (
        capsys.readouterr().err
    )
    after = everything(whole.run)
    assert {name: after[name] for name in ("best.npz", "last.npz", "config.toml", "run.json", "row")} == {
        name: before[name] for name in ("best.npz", "last.npz", "config.toml", "run.json", "row")
    }
    assert after["metrics"][-1]["test"] == before["metrics"][-1]["test"]
    with pytest.raises(ConfigError, match="is at its end"):
        resume_run(whole.run, report=True)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("metrics.jsonl", b"my thesis"),
        ("metrics.jsonl", b'{"update": 10, "test": 0.5}\n# the first that is good\n'),
        ("best.npz", b"PK my own archive"),
        ("best.npz", None),  # a folder
    ],
)
def test_what_is_only_called_like_a_file_of_the_run_is_kept_when_it_goes_on(
    name, data, text, tmp_path, monkeypatch, capsys
):
    config = settings("adding", text)
    whole = train_run(config, tmp_path / "whole", quiet=True)
    with monkeypatch.context() as patched:
        stopped_at(30, patched)
        run = train_run(config, tmp_path / "parts", quiet=True).run
    (run / name).unlink()
    if data is None:
        (run / name).mkdir()
    else:
        (run / name).write_bytes(data)
    resume_run(run, quiet=True)
    stem, suffix = name.split(".")
    kept = run / f"{stem}-before-1.{suffix}"
    assert kept.is_dir() if data is None else kept.read_bytes() == data
    assert f"{run / name} holds what is not of this run: it is kept as {kept.name}" in capsys.readouterr().err
    assert weights(run) == weights(whole.run)
    assert figures(run)[-1] == figures(whole.run)[-1]


def test_the_command_to_try_next_can_be_pasted_whatever_the_folder_is_called(text, tmp_path, monkeypatch, capsys):
    out = tmp_path / "it's my run"
    with monkeypatch.context() as patched:
        stopped_at(7, patched)
        train_run(settings("adding", text), out)
    resume_run(out)
    told = capsys.readouterr().err
    commands = re.findall(r"(?:go on|see): (.*)", told)
    assert [shlex.split(command) for command in commands] == [
        ["tinygrad-gru", "resume", str(out)],
        ["tinygrad-gru", "eval", str(out)],
    ]
    (out / "best.npz").write_bytes(b"damaged")
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(out / "best.npz")
    hint = str(error.value).partition("try: ")[2]
    assert shlex.split(hint) == ["tinygrad-gru", "eval", str(out / "last.npz")]


def test_killed_before_its_first_checkpoint_a_run_begins_again(text, tmp_path, monkeypatch):
    config = settings("adding", text)

    def killed(path, checkpoint):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(loop, "save_checkpoint", killed)
        train_run(config, tmp_path / "parts", quiet=True)
    assert read_facts(tmp_path / "parts").state == "stopped"
    resume_run(tmp_path / "parts", quiet=True)
    train_run(config, tmp_path / "whole", quiet=True)
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert figures(tmp_path / "parts") == figures(tmp_path / "whole")


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
