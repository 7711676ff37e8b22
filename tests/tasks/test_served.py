"""Runs taken away: an ONNX file of each task takes the user's own units, and says what `predict` says, on new data."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

from tests.faults.session import good_run
from tests.nn.reference import error
from tests.tasks.own_data.tables import groups
from tinygrad_gru.cli import main
from tinygrad_gru.interop import export_onnx
from tinygrad_gru.tasks import TASKS, Source, review
from tinygrad_gru.tasks.data.tokens import words_of
from tinygrad_gru.tasks.models import coded
from tinygrad_gru.training import load_checkpoint

LINES = {  # new data of each task that reads a line
    "adding": ["0.5 0.31* 0.7 0.2*", "0.1* 0.2* 0.3 0.4 0.5 0.6"],
    "order": ["BabXdcacYbE", "BXdYE"],
    "copy": ["31572", "88888"],
    "parity": ["0110100", "1"],
    "reber": ["BTBPVV", "BPBT"],
    "sine": ["0.1 0.35 0.6 0.79", "0.5 0.25 0 -0.3 -0.6"],
    "addition": ["16+35", "99+1"],
    "sentiment": ["the plot was not bad at all", "the cast was stupid"],
}
NUMBERS = 1e9 + np.array([[1.0, 0.001], [1.5, 0.002], [2.5, 0.0005]])  # far from 0, and of small spread


def run_of(task, folder, cell="gru"):
    """A run of this task, and new data for it as a Source."""
    rng = np.random.default_rng(0)
    if task == "chars":
        (folder / "text.txt").write_text("she sells sea shells by the sea shore. " * 30)
        return good_run(folder / "run", "chars", cell=cell, file="text.txt"), Source("new", "the shore\nsea")
    if task == "labelled":
        rows = [review(rng) for _ in range(60)]
        (folder / "r.csv").write_text("text,label\n" + "".join(f'"{t} no {i}",{k}\n' for i, (t, k) in enumerate(rows)))
        lines = "the plot was bad\nthe cast was anything but dull , although the music felt odd to me\nnew"
        return good_run(folder / "run", "labelled", cell=cell, file="r.csv", length=7), Source("new", lines)
    if task == "forecast":
        (folder / "t.csv").write_text("a,b,c\n" + "".join(f"{1e9 + i % 7},{i % 5 / 1000},{i % 3}\n" for i in range(90)))
        run = good_run(folder / "run", "table", cell=cell, file="t.csv", targets=["b", "a"], horizon=3)
        new = "a,b,c\n" + "".join(f"{1e9 + i % 4},{i % 3 / 1000},{i % 2}\n" for i in range(20))
        return run, Source("new", new, "csv")
    if task == "groups":
        (folder / "g.csv").write_text(groups(30, 4).text)
        return good_run(folder / "run", "table", cell=cell, file="g.csv"), Source("new", groups(7, 3).text, "csv")
    sizes = {"copy": 10, "sine": 24, "order": 12, "addition": 2, "reber": 12}
    run = good_run(folder / "run", task, cell=cell, length=sizes.get(task, 6))
    return run, Source("new", "\n".join(LINES[task]))


def inputs_of(task, facts, source):
    """New data as arrays that the file takes, and the first axis of them that belongs to each answer."""
    if task == "chars":
        for _, line in source.lines():
            yield {"x": np.array([[facts["vocabulary"].index(c)] for c in "\n" * ("\n" in facts["vocabulary"]) + line])}
    elif task in ("labelled", "sentiment"):
        places = {word: i for i, word in enumerate(facts["words"])}
        for _, line in source.lines():
            x, lengths = coded([words_of(line)], places, facts["length"] if task == "labelled" else 1000)
            yield {"x": x, "lengths": lengths}
    elif task == "forecast":
        rows = np.array([[float(record.fields[name]) for name in facts["columns"]] for record in source.records([])])
        yield {"x": rows[-facts["length"] :, None]}
    elif task == "groups":
        records = list(source.records([]))
        for name in dict.fromkeys(record.fields["id"] for record in records):
            rows = [[float(record.fields["x"])] for record in records if record.fields["id"] == name]
            yield {"x": np.array(rows)[:, None], "lengths": np.array([len(rows)])}
    else:
        for _, line in source.lines():
            x = TASKS[task].read(line, facts)
            yield {"x": x, "lengths": np.array([len(x)])}


def agree(task, row, values, labels):
    """Whether a row of `predict` says what the numbers of the file say."""
    if task == "forecast":
        return True  # compared as numbers
    if task == "adding":
        assert abs(values[0, 0] - row["predicted"]) < 1e-4
    elif task == "sine":  # it goes on by itself; the first value is that of the file
        assert f"{values[-1, 0, 0]:.2f}" == row["predicted"].split()[0]
    elif task == "parity":
        assert [labels.index("odd") if c == "1" else 0 for c in row["at each step"]] == values[:, 0].argmax(-1).tolist()
    elif task == "addition":
        digits = values[:, 0].argmax(-1)[-3:]
        assert row["predicted"] == int((10 ** np.arange(3)) @ digits)
    elif task == "copy":
        assert row["predicted"] == "".join(labels[k] for k in values[-5:, 0].argmax(-1))
    elif task == "reber":
        assert [row[f"p({c})"] for c in labels] == pytest.approx(values[-1, 0].tolist(), abs=6e-5)
    elif task == "chars":
        assert row["next"][0] == labels[values[-1, 0].argmax()]
    else:
        assert row["predicted"] == labels[values[0].argmax()]
        assert row["probability"] == pytest.approx(values[0].max(), abs=6e-5)
    return True


KINDS = [name for name in TASKS if name != "table"] + ["forecast", "groups"]


@pytest.mark.parametrize("cell", ["gru", "gru-after", "lstm", "rnn"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_a_run_says_what_predict_says_on_new_data(kind, cell, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run, source = run_of(kind, tmp_path, cell)
    assert main(["export", str(run), "-o", "model.onnx", "--quiet"]) == 0
    checkpoint = load_checkpoint(run / "best.npz")
    task = TASKS[checkpoint.config.task]
    served = task.served(checkpoint.model, checkpoint.facts)
    session = onnxruntime.InferenceSession("model.onnx")
    has_states = tuple(map(int, onnx.__version__.split(".")[:2])) >= (1, 23)  # before, an LSTM has no Y_c there
    evaluator = ReferenceEvaluator("model.onnx") if cell != "lstm" or has_states else None
    told = {p.key: p.value for p in onnx.load("model.onnx").metadata_props}
    labels = json.loads(told.get("labels", "[]"))
    rows = list(task.predict(checkpoint.model, checkpoint.facts, source))
    arrays = list(inputs_of(kind, checkpoint.facts, source))
    if kind == "forecast":
        (got,) = session.run(None, arrays[0])  # (1, horizon, C')
        wanted = np.array([[row[name] for name in ("b", "a")] for row in rows])
        assert all(error(got[0, :, k], wanted[:, k]) < 1e-5 for k in range(2))
    for inputs, row in zip(arrays, rows, strict=kind != "forecast"):
        (got,) = session.run(None, inputs)
        ours = served.module(**inputs)
        assert error(got, ours.data if hasattr(ours, "data") else ours) < 1e-5
        if evaluator is not None:
            assert error(evaluator.run(None, inputs)[0], got) < 1e-5
        assert agree(kind, row, got, labels)
        if kind == "forecast":
            break


@pytest.mark.parametrize("kind", ["groups", "labelled", "order"])
def test_sequences_side_by_side_are_each_read_to_their_end(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run, source = run_of(kind, tmp_path)
    assert main(["export", str(run), "-o", "model.onnx", "--quiet"]) == 0
    checkpoint = load_checkpoint(run / "best.npz")
    session = onnxruntime.InferenceSession("model.onnx")
    alone = list(inputs_of(kind, checkpoint.facts, source))
    longest = max(len(each["x"]) for each in alone)
    x = np.zeros((longest, len(alone), *alone[0]["x"].shape[2:]), alone[0]["x"].dtype)
    for b, each in enumerate(alone):
        x[: len(each["x"]), b] = each["x"][:, 0]
    (together,) = session.run(None, {"x": x, "lengths": np.array([len(each["x"]) for each in alone])})
    for row, each in zip(together, alone, strict=True):
        assert error(row, session.run(None, each)[0][0]) < 1e-5


def test_the_names_that_go_with_the_numbers_are_the_metadata(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run, _ = run_of("labelled", tmp_path)
    main(["export", str(run), "-o", "model.onnx", "--quiet"])
    told = {p.key: p.value for p in onnx.load("model.onnx").metadata_props}
    facts = load_checkpoint(run / "best.npz").facts
    assert json.loads(told["vocabulary"]) == facts["words"] and json.loads(told["labels"]) == facts["labels"]
    assert json.loads(told["tokeniser"])["normal form"] == "NFC" and json.loads(told["length"]) == 7
    assert told["tinygrad_gru"] == "1" and json.loads(told["task"]) == "labelled"

    lines = "".join(f"{i % 7},5 €;{i % 5}\n" for i in range(60))
    (tmp_path / "e.csv").write_text("Preis;Menge\n" + lines)
    run = good_run(tmp_path / "euro", "table", file="e.csv", targets=["Preis"], horizon=2)
    main(["export", str(run), "-o", "euro.onnx", "--quiet"])
    told = {p.key: json.loads(p.value) for p in onnx.load("euro.onnx").metadata_props}
    assert (told["columns"], told["targets"], told["horizon"]) == (["Preis", "Menge"], ["Preis"], 2)
    assert told["units"] == {"Preis": "€"}


def test_numbers_far_from_0_keep_their_digits(tmp_path):
    from tinygrad_gru.tasks import Forecast

    text = "a,b\n" + "".join(f"{1e9 + i % 7},{1e-6 * (i % 5)}\n" for i in range(80))
    task = Forecast(Source("in", text, "csv"), 5)
    model = task.model("gru", 4)
    served = task.served(model, task.facts)
    export_onnx(served.module, served.example, tmp_path / "m.onnx")
    x = np.array([[[1e9 + i, 1e-6 * i]] for i in range(5)])
    (got,) = onnxruntime.InferenceSession(str(tmp_path / "m.onnx")).run(None, {"x": x})
    z = (x - task.scaling.mean) / task.scaling.spread
    change = np.asarray(model(z.astype(np.float32)).data, np.float64) * task.scaling.spread
    assert np.abs(got[0, 0] - (x[-1, 0] + change[0])).max() < 1e-6  # in float32, 1e9 has steps of 64


def test_the_file_of_a_forecast_reads_windows_shorter_than_its_linear_forecast_looks_back(tmp_path):
    from tinygrad_gru.tasks import Forecast

    waves = "a,b\n" + "".join(f"{50 + i % 7},{i % 5}\n" for i in range(200))
    task = Forecast(Source("in", waves, "csv"), 12)
    assert len(task._linear.weights) == 12 * 2 + 1
    model = task.model("gru", 4)
    served = task.served(model, task.facts)
    export_onnx(served.module, served.example, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    for rows in (1, 2, 5, 11, 12, 30):
        x = 50 + np.random.default_rng(rows).normal(size=(rows, 6, 2))
        assert error(session.run(None, {"x": x})[0], served.module(x).data) < 1e-5
