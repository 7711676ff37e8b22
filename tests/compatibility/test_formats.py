"""Every format that the package writes has a version, and does not change without it."""

import json
import shutil
import tomllib
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors import safe_open

import tinygrad_gru as tg
from tests.compatibility.test_files_of_0_1_0 import FIXTURES
from tests.faults.session import complaint
from tinygrad_gru.cli import main
from tinygrad_gru.errors import CheckpointError, TinygradError
from tinygrad_gru.interop import export_onnx, from_onnx, read_safetensors, save_safetensors, to_torch
from tinygrad_gru.keras import layers as k
from tinygrad_gru.keras.models import Sequential, load_model, saving
from tinygrad_gru.nn.files import read_arrays, write_arrays
from tinygrad_gru.nn.files.formats import FORMATS, check_format, check_mark, check_title
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config, load_checkpoint, read_facts, resume_run, settled, train_run
from tinygrad_gru.training.config import SETTINGS
from tinygrad_gru.training.experiments.optuna_study import open_study, remembered
from tinygrad_gru.training.experiments.search_space import read_space
from tinygrad_gru.training.runs import checkpoint
from tinygrad_gru.training.session import finish_run

KEYS = json.loads(Path(__file__).with_name("keys.json").read_text(encoding="utf-8"))
SMALL = {"hidden": 3, "updates": 10, "batch": 2, "every": 5}


def newer(kind):
    """The end of the line that refuses a file of the next version."""
    n = FORMATS[kind]
    return (
        f"was made by a newer tinygrad_gru (format {n + 1}, wanted up to {n}). try: pip install --upgrade tinygrad_gru"
    )


# --- a file of each format, as it is written today -------------------------------------------------------------------


class Everything(tg.nn.Module):
    """A layer of each kind: the names of their parameters are what tg.save writes."""

    def __init__(self):
        self.embedding, self.linear, self.norm = tg.nn.Embedding(3, 2), tg.nn.Linear(2, 2), tg.nn.LayerNorm(2)
        self.rnn, self.gru, self.lstm = tg.nn.RNN(2, 2), tg.nn.GRU(2, 2, num_layers=2), tg.nn.LSTM(2, 2)
        self.after = tg.nn.GRU(2, 2, bidirectional=True, reset_after=True)
        self.chain = tg.nn.Sequential(tg.nn.GRUCell(2, 2), tg.nn.Linear(2, 2))


def a_run(folder):
    """A run with all settings, whose state is carried: of chars."""
    options = {"length": 8, "file": str(FIXTURES / "data" / "text.txt"), "keep_bias": 2.0, "patience": 9}
    return train_run(Config.of("chars", "lstm", **SMALL, **options), folder / "run", quiet=True).run


def write_npz(folder):
    write_arrays(folder / "it.npz", {"a": np.zeros(2)}, {"b": 1})
    return folder / "it.npz"


def write_module(folder):
    tg.save(Everything(), folder / "it.npz")
    return folder / "it.npz"


def write_model(folder):
    model = Sequential(
        [k.Embedding(4, 2, mask_zero=True), k.Bidirectional(k.GRU(2)), k.Dropout(0.1), k.Dense(1, name="top")]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.build((None, 3))
    model.save(folder / "it.npz")
    return folder / "it.npz"


def write_checkpoint(folder):
    return a_run(folder) / "last.npz"


def write_settings(folder):
    return a_run(folder) / "config.toml"


def write_run(folder):
    return a_run(folder) / "run.json"


def write_metrics(folder):
    return a_run(folder) / "metrics.jsonl"


def write_sweep(folder):
    space = read_space("adding", ["hidden=2:4", "updates=5"])
    with closing(open_study(folder, space=space, seed=1)):
        return folder


def write_safetensors(folder):
    save_safetensors(folder / "it.safetensors", to_torch(tg.nn.LSTM(2, 2)))
    return folder / "it.safetensors"


def write_onnx(folder):
    export_onnx(tg.nn.GRU(2, 2), {"x": np.zeros((3, 2, 2), np.float32)}, folder / "it.onnx")
    return folder / "it.onnx"


def written(kind, folder):
    """A file of this format, in the folder."""
    return globals()[f"write_{kind}"](folder)


# --- what is in them -------------------------------------------------------------------------------------------------


def paths(value, start=""):
    """The keys in JSON, those of dictionaries within after their own; of lists the elements have no numbers."""
    if isinstance(value, dict):
        return sorted(
            {path for key in value for path in paths(value[key], f"{start}.{key}" if start else key)} | {start} - {""}
        )
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return sorted({path for each in value for path in paths(each, start)})
    return [start]


def keys(kind, path):
    """What a file holds: the names of all that is read from it again."""
    if kind == "npz":
        with zipfile.ZipFile(path) as archive:
            comment = archive.comment.decode().split()
            return [*archive.namelist(), f"comment: {comment[0]}, {len(comment[1])} digits"]
    if kind in ("module", "model", "checkpoint"):
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("meta.json")) if kind != "module" else {}
            names = sorted(set(archive.namelist()) - {"meta.json"})
        facts = [f"facts of {name}" for name in facts_of_tasks()] if kind == "checkpoint" else []
        return paths(meta) + names + facts
    if kind == "settings":
        options = sorted(name for name, setting in SETTINGS.items() if setting.tasks)
        return list(tomllib.loads(path.read_text())) + [f"option {name}" for name in options]
    if kind == "run":
        return paths(json.loads(path.read_text()) | {"baselines": {}})  # whose names are for people
    if kind == "metrics":
        return sorted({key for line in path.read_text().splitlines() for key in json.loads(line)})
    if kind == "sweep":
        with closing(open_study(path)) as study:
            return paths(json.loads(study.optuna.user_attrs["sweep"]))
    if kind == "safetensors":
        with safe_open(path, "numpy") as file:
            return [*sorted(file.keys()), *(f"metadata: {key}" for key in file.metadata())]
    model = onnx.load(path)
    stored = [array.name for array in model.graph.initializer if not array.name.startswith("constant")]
    return [*stored, *(f"metadata: {p.key}" for p in model.metadata_props)]


def facts_of_tasks():
    """What a checkpoint holds of the data of each task."""
    files = {"labelled": "labelled.csv", "table": "table.csv", "chars": "text.txt"}
    lengths = {"sine": 24, "labelled": 4, "table": 4, "chars": 8, "order": 12, "reber": 12, "addition": 2}
    for task in TASKS:
        file = str(FIXTURES / "data" / files[task]) if task in files else None
        yield from (f"{task}: {key}" for key in Config.of(task, file=file, length=lengths.get(task, 6)).create().facts)
    groups = {"file": str(FIXTURES / "data" / "groups.csv"), "label": "kind", "group": "id", "length": 3}
    yield from (f"table of groups: {key}" for key in Config.of("table", **groups).create().facts)


def unlike(kind, path):
    """How a file differs from what its version holds."""
    got, wanted = keys(kind, path), KEYS[f"{kind} {FORMATS[kind]}"]
    return [f"+ {key}" for key in got if key not in wanted] + [f"- {key}" for key in wanted if key not in got]


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_written_has_the_keys_of_its_version(kind, tmp_path):
    advice = "raise its number in nn/files/formats.py, read the older one too, and add its keys to keys.json"
    assert unlike(kind, written(kind, tmp_path)) == [], advice


@pytest.mark.parametrize(("kind", "module"), [("checkpoint", checkpoint), ("model", saving)])
def test_a_change_of_what_is_written_without_another_version_is_caught(kind, module, tmp_path, monkeypatch):
    def other(path, arrays, meta):
        first = next(iter(arrays))
        write_arrays(path, {f"{name}s" if name == first else name: arrays[name] for name in arrays}, meta | {"more": 1})

    monkeypatch.setattr(module, "write_arrays", other)
    found = unlike(kind, written(kind, tmp_path))
    assert found[0] == "+ more" and len(found) == 3 and found[1][2:-5] == found[2][2:-4]  # x.npy became xs.npy


def test_the_versions_are_these():
    kinds = ("npz", "module", "model", "checkpoint", "settings", "run", "metrics", "sweep", "safetensors", "onnx")
    assert dict.fromkeys(kinds, 1) | {"checkpoint": 2, "settings": 2} == FORMATS
    assert sorted(KEYS) == sorted(f"{kind} {n}" for kind in FORMATS for n in range(1, FORMATS[kind] + 1))


# --- files of a newer version ----------------------------------------------------------------------------------------


def read_npz(path):
    assert read_arrays(path, {"a": ((2,), np.float64)})["a"].tolist() == [0, 0]


def read_module(path):
    tg.load(Everything(), path)


def read_metrics(path):
    read_facts(path.parent)


def read_sweep(path):
    remembered(path, None, "adding")


READERS = {
    "npz": read_npz,
    "module": read_module,
    "model": load_model,
    "checkpoint": load_checkpoint,
    "settings": settled,
    "run": read_metrics,  # both are in the folder of a run
    "metrics": read_metrics,
    "sweep": read_sweep,
    "safetensors": read_safetensors,
    "onnx": from_onnx,
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_newer_version_is_refused_in_a_line_that_says_so(kind, tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        later.setitem(FORMATS, kind, FORMATS[kind] + 1)
        path = written(kind, tmp_path)
        READERS[kind](path)  # that version itself can read it
    with pytest.raises(TinygradError) as raised:
        READERS[kind](path)
    assert str(raised.value).endswith(newer(kind)) and "\n" not in str(raised.value)
    assert str(path) in str(raised.value) or kind == "onnx"


@pytest.mark.parametrize("kind", ["checkpoint", "settings", "run", "metrics"])
def test_nothing_in_the_folder_of_a_newer_run_is_touched(kind, tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        later.setitem(FORMATS, kind, FORMATS[kind] + 1)
        run = written(kind, tmp_path).parent
    before = {path: path.read_bytes() for path in run.iterdir()}
    config = load_checkpoint(run / "best.npz").config if kind != "checkpoint" else Config.of("adding")
    for touch in (lambda: resume_run(run, quiet=True), lambda: finish_run(config, run)):
        with pytest.raises(TinygradError) as raised:
            touch()
        assert str(raised.value).endswith(newer(kind))
    assert {path: path.read_bytes() for path in run.iterdir()} == before


def test_the_command_line_says_it_in_one_line_and_lists_the_other_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FIXTURES / "runs" / "adding-0001", "runs/adding-0001")
    shutil.copytree(FIXTURES / "runs" / "copy-0003", "runs/copy-0003")
    facts = json.loads(Path("runs/copy-0003/run.json").read_text())
    Path("runs/copy-0003/run.json").write_text(json.dumps(facts | {"format": 2}))
    assert complaint(capsys, 1, "show", "3") == f"error: runs/copy-0003/run.json {newer('run')}"
    Path("newer.toml").write_text(f'format = {FORMATS["settings"] + 1}\ntask = "adding"\n')
    assert complaint(capsys, 2, "train", "--config", "newer.toml") == f"error: config: newer.toml {newer('settings')}"
    assert main(["runs", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [row["run"] for row in json.loads(out)] == ["adding-0001"]
    assert err == f"not listed: runs/copy-0003/run.json {newer('run')}\n"


def test_a_version_that_is_missing_is_1_and_one_that_is_no_number_is_refused():
    check_format("run", None, "run.json")
    check_format("run", 1, "run.json")
    for wrong in (0, -1, True, 1.0, "1", [1]):
        with pytest.raises(CheckpointError, match="run.json has format .*, wanted a number up to 1. try: another file"):
            check_format("run", wrong, "run.json")
    for mark in ("two", "", "²", "0"):
        with pytest.raises(CheckpointError, match="it has format .*, wanted a number up to 1"):
            check_mark("onnx", {"tinygrad_gru": mark}, "it")
    check_mark("onnx", {"others": "2"}, "it")


def test_words_that_name_no_format_of_ours_are_left_to_the_reader():
    assert check_title("tinygrad_gru model 1", "it") == "model"
    for other in ("tinygrad_gru modell 1", "pt", 1, None, ["tinygrad_gru model 1"]):
        assert check_title(other, "it") is None


def test_settings_with_their_version_are_the_same_settings(tmp_path):
    path = written("settings", tmp_path)
    assert settled(path).cell == "lstm" and path.read_text().startswith("format = 2\ntask = ")
    assert read_facts(path.parent).config == settled(path)


def test_versions_in_the_comment_of_an_npz_are_checked_with_its_sha256(tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        later.setitem(FORMATS, "npz", 2)
        later.setitem(FORMATS, "module", 3)
        tg.save(tg.nn.Linear(2, 2), tmp_path / "it.npz")
        tg.load(tg.nn.Linear(2, 2), tmp_path / "it.npz")
        with zipfile.ZipFile(tmp_path / "it.npz", "a") as archive:
            assert archive.comment.startswith(b"npz 2 module 3 sha256 ")
            archive.comment = archive.comment.replace(b"module 3", b"madule 3")
        with pytest.raises(CheckpointError, match="SHA-256"):
            tg.load(tg.nn.Linear(2, 2), tmp_path / "it.npz")


def test_what_tg_save_writes_is_read_by_numpy_as_arrays_and_nothing_else(tmp_path):
    tg.save(tg.nn.Linear(2, 1), tmp_path / "it.npz")
    with np.load(tmp_path / "it.npz") as arrays:
        assert {name: array.shape for name, array in arrays.items()} == {"W": (2, 1), "b": (1,)}
