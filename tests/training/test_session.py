"""A run is finished from whatever there is of it; what is not of it is never removed, nor written over."""

import dataclasses
import json
import shutil
import signal
import subprocess
import time

import pytest

from tests.cli import command
from tinygrad_gru.errors import CheckpointError, ConfigError, FileError
from tinygrad_gru.training import Config, load_checkpoint, read_facts, subscribers, train_run
from tinygrad_gru.training.runs.lock import only_one_on
from tinygrad_gru.training.runs.own_files import remove_temporaries
from tinygrad_gru.training.session import finish_run, resume_run

CONFIG = Config.of("adding", hidden=4, updates=20, batch=2, length=5, every=5)


def tree(folder):
    """Everything in a folder with its content; of a link where it leads to."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else path.is_file() and path.read_bytes()
        for path in folder.rglob("*")
    }


def whole(folder, config=CONFIG):
    return train_run(config, folder, quiet=True).run


def weights(run, name="best.npz"):
    return {key: array.tobytes() for key, array in load_checkpoint(run / name).model.state_dict().items()}


def stopped_before_its_first_checkpoint(run, monkeypatch, *names):
    """A run that was killed in its first save; `names` had been saved by a version that did not begin with last.npz."""
    real = subscribers.save_checkpoint

    def dying(path, checkpoint):
        for name in names:
            real(path.with_name(name), dataclasses.replace(checkpoint, training=None))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(subscribers, "save_checkpoint", dying)
        whole(run)


def test_what_is_not_there_empty_stopped_or_finished_ends_alike(tmp_path):
    wanted = weights(whole(tmp_path / "whole"))
    (tmp_path / "empty").mkdir()
    for name in ("deep/none", "empty"):
        assert finish_run(CONFIG, tmp_path / name).updates == 20
        assert weights(tmp_path / name) == wanted

    def stop_at_7(progress, stop):
        if progress.update == 7:
            stop.signal = signal.SIGTERM

    assert finish_run(CONFIG, tmp_path / "stopped", stop_at_7).updates == 7
    assert finish_run(CONFIG, tmp_path / "stopped").updates == 20
    assert weights(tmp_path / "stopped") == wanted
    before = tree(tmp_path / "stopped")
    assert finish_run(CONFIG, tmp_path / "stopped") is None and tree(tmp_path / "stopped") == before


@pytest.mark.parametrize("saved", [(), ("best.npz",)])
def test_a_run_stopped_before_its_first_checkpoint_begins_anew_beside_what_is_not_of_it(saved, tmp_path, monkeypatch):
    run = tmp_path / "run"
    stopped_before_its_first_checkpoint(run, monkeypatch, *saved)
    assert sorted(p.name for p in run.iterdir()) == sorted([*saved, "config.toml", "metrics.jsonl", "run.json"])
    mine = {"thesis.txt": b"years", ".notes.tmp": b"x", ".last.npz.tmp": b"y", "best-old.npz": b"z"}
    for name, data in mine.items():
        (run / name).write_bytes(data)
    (run / "plots").mkdir()
    (run / "plots" / "a.png").write_bytes(b"p")
    (run / ".last.npz.0badcafe.tmp").write_bytes(b"half of it")
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"update": 5, "lo')

    assert finish_run(CONFIG, run).updates == 20

    assert {name: (run / name).read_bytes() for name in mine} == mine
    assert (run / "plots" / "a.png").read_bytes() == b"p"
    assert not (run / ".last.npz.0badcafe.tmp").exists()
    assert weights(run) == weights(whole(tmp_path / "whole"))
    assert not list(run.glob("*before*"))


@pytest.mark.parametrize("torn", ["config.toml", "run.json"])
def test_a_run_killed_while_its_facts_were_written_begins_anew(torn, tmp_path, monkeypatch):
    """As versions before 0.2 left it, which did not replace these files but wrote them."""
    run = tmp_path / "run"
    stopped_before_its_first_checkpoint(run, monkeypatch)
    text = (run / torn).read_text()
    for length in (0, 5, len(text) // 2):
        (run / torn).write_text(text[:length])
        for later in {"config.toml": ("run.json", "metrics.jsonl"), "run.json": ("metrics.jsonl",)}[torn]:
            (run / later).unlink(missing_ok=True)
        assert finish_run(CONFIG, run).updates == 20
        (run / "last.npz").unlink()
        (run / "best.npz").unlink()


FOREIGN = {
    "a text": {"thesis.txt": b"years of work"},
    "hidden": {".notes.tmp": b"x"},
    "a folder": {"plots/a.png": b"p"},
    "weights alone": {"best.npz": None},
    "metrics of another program": {"metrics.jsonl": b'{"step": 1}\n'},
    "settings of another": {"config.toml": b'task = "order"\n'},
    "no settings": {"config.toml": b"[tool]\nx = 1\n"},
    "notes as settings": {"config.toml": b"\xff\xfe"},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_folder_with_other_files_and_no_run_is_refused_and_stays(kind, tmp_path):
    run = tmp_path / "run"
    for name, data in FOREIGN[kind].items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(data or (whole(tmp_path / "other") / name).read_bytes())
    before = tree(run)
    with pytest.raises(ConfigError, match=r"/run.* try: --out with another folder$") as told:
        finish_run(CONFIG, run)
    assert "\n" not in str(told.value) and next(iter(FOREIGN[kind])).partition("/")[0] in str(told.value)
    assert tree(run) == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("config.toml", b'# mine\ntask = "order"\n'),
        ("run.json", b'{"scripts": {}}'),
        ("metrics.jsonl", b'{"update": 1}\nmy notes\n'),
        ("metrics.jsonl", b"my notes, without a newline"),
        ("best.npz", b"PK my own archive"),
    ],
)
def test_a_file_that_is_only_called_like_ours_is_not_written_over(name, data, tmp_path, monkeypatch):
    run = tmp_path / "run"
    stopped_before_its_first_checkpoint(run, monkeypatch)
    (run / name).write_bytes(data)
    before = tree(run)
    with pytest.raises(ConfigError, match=f"run/{name} is not of this run. try: --out with another folder"):
        finish_run(CONFIG, run)
    assert tree(run) == before


@pytest.mark.parametrize("name", ["config.toml", "run.json", "metrics.jsonl", "best.npz"])
def test_a_folder_that_is_called_like_ours_is_told(name, tmp_path, monkeypatch):
    run = tmp_path / "run"
    stopped_before_its_first_checkpoint(run, monkeypatch)
    (run / name).unlink(missing_ok=True)
    (run / name).mkdir()
    (run / name / "mine").write_text("x")
    with pytest.raises(ConfigError, match=f"run/{name} is not of this run"):
        finish_run(CONFIG, run)
    assert (run / name / "mine").read_text() == "x"


def test_a_run_without_its_last_npz_begins_anew_and_keeps_its_best(tmp_path, capsys):
    run = whole(tmp_path / "run")
    (run / "last.npz").unlink()
    best, metrics = weights(run), (run / "metrics.jsonl").read_text()
    assert finish_run(CONFIG, run).updates == 20
    assert weights(run) == weights(run, "best-before-1.npz") == best
    assert (run / "metrics-before-1.jsonl").read_text() == metrics
    assert "best.npz is kept as best-before-1.npz" in capsys.readouterr().err
    (run / "last.npz").unlink()
    finish_run(CONFIG, run)
    assert weights(run, "best-before-2.npz") == weights(run, "best-before-1.npz") == best


def test_an_imported_run_is_not_trained_over(tmp_path):
    run = whole(tmp_path / "run")
    (run / "last.npz").unlink()
    (run / "metrics.jsonl").unlink()
    (run / "run.json").write_text(json.dumps({"imported": "model.onnx"}, indent=2))
    before = tree(run)
    with pytest.raises(ConfigError, match="run.json is not of this run"):
        finish_run(CONFIG, run)
    assert tree(run) == before


def test_a_run_that_another_process_trains_is_left_to_it(tmp_path, monkeypatch):
    run = tmp_path / "run"
    stopped_before_its_first_checkpoint(run, monkeypatch, "best.npz")
    (run / ".last.npz.0badcafe.tmp").write_bytes(b"it is just writing this")
    before = tree(run)
    with only_one_on(run, print), pytest.raises(FileError, match="is being trained by another process"):
        finish_run(CONFIG, run)
    assert tree(run) == before


def test_a_run_that_another_process_has_finished_in_between_is_left_as_it_is(tmp_path):
    """Between the look at the folder and the lock."""
    run = whole(tmp_path / "run")
    before = tree(run)
    with pytest.raises(FileError, match="was trained by another process in the meantime. try: the same command again"):
        train_run(CONFIG, run, quiet=True, again=True)
    assert tree(run) == before


def test_a_last_npz_of_other_settings_or_of_somebody_else_is_refused(tmp_path):
    other = whole(tmp_path / "run", Config.of("adding", hidden=3, updates=2, batch=2, length=5))
    before = tree(other)
    with pytest.raises(ConfigError, match="holds a run with other settings"):
        finish_run(CONFIG, other)
    assert tree(other) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "last.npz").write_bytes(b"my own")
    with pytest.raises(CheckpointError):
        finish_run(CONFIG, tmp_path / "mine")
    assert tree(tmp_path / "mine") == {"last.npz": b"my own"}


def test_a_link_to_a_folder_of_the_users_is_treated_like_the_folder(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("years")
    (tmp_path / "run").symlink_to("thesis")
    with pytest.raises(ConfigError, match="run holds thesis.txt, and no run"):
        finish_run(CONFIG, tmp_path / "run")
    assert tree(tmp_path / "thesis") == {"thesis.txt": b"years"}


@pytest.mark.parametrize("make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("nowhere/at/all")])
def test_what_is_no_folder_is_told(make, tmp_path):
    make(tmp_path / "run")
    with pytest.raises(FileError, match="cannot make .*run: .*. try: --out with a folder of yours"):
        finish_run(CONFIG, tmp_path / "run")


def test_only_temporaries_of_ours_are_removed_when_a_run_goes_on(tmp_path):
    run = tmp_path / "run"
    finish_run(CONFIG, run, lambda progress, stop: setattr(stop, "signal", signal.SIGTERM))
    ours = [
        f".{name}.0123abcd.tmp"
        for name in ("config.toml", "run.json", "metrics.jsonl", "best.npz", "last.npz", "report.html")
    ]
    mine = [".notes.tmp", ".last.npz.tmp", ".last.npz.0123ABCD.tmp", ".last.npz.0123abcde.tmp",
            "last.npz.0123abcd.tmp", ".thesis.npz.0123abcd.tmp",
            ".last.npz.0123abcd.tmp~"]  # fmt: skip
    for name in [*ours, *mine]:
        (run / name).write_bytes(b"x")
    (run / ".best.npz.aaaaaaaa.tmp").mkdir()
    (run / ".best.npz.bbbbbbbb.tmp").symlink_to("thesis")
    assert resume_run(run, quiet=True).updates == 20
    left = {path.name for path in run.iterdir() if path.name.startswith(".")}
    assert left == {*mine, ".best.npz.aaaaaaaa.tmp", ".best.npz.bbbbbbbb.tmp"} - {"last.npz.0123abcd.tmp"}
    assert (run / "last.npz.0123abcd.tmp").exists()
    remove_temporaries(run)
    assert {path.name for path in run.iterdir() if path.name.startswith(".")} == left


# --- from outside ----------------------------------------------------------------------------------------------------

WORDS = ["compare", "adding", "--cells", "gru", "--seeds", "1", "--hidden", "4", "--length", "5", "--batch", "2"]


def compare(folder, *more, updates=20):
    return command.run(*WORDS, "--updates", updates, "--jobs", "1", "--out", "c", *more, cwd=folder)


def test_compare_does_not_touch_a_thesis(tmp_path):
    run = tmp_path / "c" / "gru-4-seed0"
    run.mkdir(parents=True)
    (run / "thesis.txt").write_text("years")
    done = compare(tmp_path, "--quiet")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2 and line.endswith("holds thesis.txt, and no run. try: --out with another folder")
    assert tree(tmp_path / "c") == {"gru-4-seed0": False, "gru-4-seed0/thesis.txt": b"years"}


def test_sweep_does_not_touch_a_thesis_and_goes_on_when_it_is_out_of_the_way(tmp_path):
    words = ["sweep", "adding", "--param", "lr=0.001:0.01", "--param", "hidden=2", "--param", "length=5",
             "--param", "batch=2", "--param", "updates=5", "--trials", "2", "--jobs", "1", "--out", "s"]  # fmt: skip
    run = tmp_path / "s" / "trial-0001"
    run.mkdir(parents=True)
    (run / "thesis.txt").write_text("years")
    done = command.run(*words, cwd=tmp_path)
    assert done.returncode == 2 and "trial-0001 holds thesis.txt, and no run" in done.stderr.splitlines()[-1]
    assert tree(run) == {"thesis.txt": b"years"}
    shutil.move(run, tmp_path / "away")
    done = command.run(*words, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"] == {"finished": 2}


def test_a_compare_does_not_disturb_another_one_and_goes_on_when_that_was_killed(tmp_path):
    words = [*command.COMMAND, *WORDS, "--updates", "4000", "--every", "2000", "--jobs", "1", "--quiet", "--out", "c"]
    process = subprocess.Popen(words, cwd=tmp_path, env=command.environment())
    run = tmp_path / "c" / "gru-4-seed0"
    try:
        deadline = time.monotonic() + 60
        while not (run / "metrics.jsonl").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        done = compare(tmp_path, "--every", "2000", "--quiet", updates=4000)
        assert done.returncode == 1 and "is being trained by another process" in done.stderr
        assert process.poll() is None and (run / "config.toml").exists()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (run / "last.npz").exists()  # it was before its first checkpoint
    done = compare(tmp_path, "--every", "2000", updates=4000)
    assert done.returncode == 0, done.stderr
    assert read_facts(run).state == "finished"


def test_the_tree_of_this_file_sees_a_file_that_is_gone(tmp_path):
    (tmp_path / "a").write_text("x")
    before = tree(tmp_path)
    (tmp_path / "a").write_text("")
    assert tree(tmp_path) != before
    (tmp_path / "a").unlink()
    assert tree(tmp_path) == {}
