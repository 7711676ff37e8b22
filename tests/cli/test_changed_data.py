"""Data that changed since a run was trained on them: noticed wherever they are read, and never tested in silence."""

import csv
import json

import numpy as np
import pytest

from tests.faults.session import complaint, good_run
from tinygrad_gru.cli import main
from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import review
from tinygrad_gru.tasks.data.split import stratified
from tinygrad_gru.training import load_checkpoint
from tinygrad_gru.training.runs.data import task_of

KINDS = ["chars", "labelled", "forecast", "groups"]


def written(kind, rows=60):
    """The data of each kind, as CSV or text; more rows go on where fewer end."""
    if kind == "chars":
        return "she sells sea shells by the sea shore.\n" * rows
    if kind == "labelled":
        rng = np.random.default_rng(0)
        lines = [review(rng) for _ in range(rows)]
        return "text,label\n" + "".join(f'"{text} no {i}",{label}\n' for i, (text, label) in enumerate(lines))
    if kind == "forecast":
        return "day,a,b\n" + "".join(f"d{i},{i % 7},{i}\n" for i in range(rows))
    return "group,x,label\n" + "".join(f"g{i // 3},{i},{'ab'[i // 3 % 2]}\n" for i in range(rows))


@pytest.fixture(params=KINDS)
def run_of(request, tmp_path, monkeypatch):
    """A run of each kind of data, in the folder that the commands run in."""
    monkeypatch.chdir(tmp_path)
    kind = request.param
    (tmp_path / "data.csv").write_text(written(kind))
    good_run(tmp_path / "run", {"forecast": "table", "groups": "table"}.get(kind, kind), file="data.csv")
    return kind, tmp_path


COMMANDS = [("eval", "run"), ("graph", "--run", "run", "--length", "3"), ("inspect", "run"), ("sample", "run")]


def test_a_row_appended_is_noticed_by_all_that_read_the_data_of_the_run(run_of, capsys):
    kind, folder = run_of
    (folder / "data.csv").write_text(written(kind, 61))
    for words in COMMANDS:
        if kind == "chars" and words[0] in ("inspect", "sample"):
            assert main(list(words)) == 0  # they read no data: the vocabulary is in the checkpoint
            capsys.readouterr()
            continue
        line = complaint(capsys, 1, *words)
        assert line.startswith("error: data.csv: the data are not those the run was trained on"), words
    assert main(["show", "run", "--html"]) == 0
    page = (folder / "run/report.html").read_text()
    assert "Not shown: data.csv: the data are not those the run was trained on" in page
    assert "Traceback" not in capsys.readouterr().err


def test_data_that_did_not_change_are_read_by_all(run_of, capsys):
    _, folder = run_of
    for words in COMMANDS:
        assert main(list(words)) == 0
        assert "not the data of the run" not in capsys.readouterr().err
    assert main(["show", "run", "--html"]) == 0
    assert "Not shown" not in (folder / "run/report.html").read_text()


OVERLAP = {
    "chars": "its first 1,287 characters were trained on and are tested too",  # 33 lines of 39
    "labelled": "of its 33 texts were trained on and are left out",
    "forecast": "its first 33 rows were trained on and are tested too",
    "groups": "of its 11 groups were trained on and are left out",
}


def test_another_file_is_tested_where_it_was_not_trained_on_and_it_is_said(run_of, capsys):
    kind, folder = run_of
    (folder / "other.csv").write_text(written(kind, 33))
    assert main(["eval", "run", "--file", "other.csv", "--json"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("other.csv is not the data of the run: ") and OVERLAP[kind] in told.err
    found = json.loads(told.out)
    assert found["baselines"] and np.isfinite([found["value"], *found["baselines"].values()]).all()
    assert main(["eval", "run", "--file", "other.csv"]) == 0


def test_the_data_of_the_run_under_another_name_have_the_split_of_the_run(run_of, capsys):
    _, folder = run_of
    assert main(["eval", "run", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)["value"]
    (folder / "data.csv").rename(folder / "moved.csv")
    assert main(["eval", "run", "--file", "moved.csv", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["value"] == value and told.err == ""


def test_the_texts_that_are_tested_are_those_the_run_held_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(written("labelled"))
    run = good_run(tmp_path / "run", "labelled", file="data.csv")
    rows = sorted((row["text"], row["label"]) for row in csv.DictReader(written("labelled").splitlines()))
    _, places = stratified(np.array([label for _, label in rows]))
    task = task_of(load_checkpoint(run / "best.npz"))
    assert {task.texts[i] for i in task._held_out} == {rows[i][0] for i in places} and len(places) == 12


def test_the_errors_of_a_forecast_of_another_table_are_those_of_plain_numpy(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(written("forecast"))
    run = good_run(tmp_path / "run", "table", file="data.csv")
    (tmp_path / "other.csv").write_text(written("forecast", 20))
    assert main(["eval", "run", "--file", "other.csv", "--json"]) == 0
    baselines = json.loads(capsys.readouterr().out)["baselines"]
    facts = load_checkpoint(run / "best.npz").facts
    rows = np.array([[i % 7, i] for i in range(20)])
    z = (rows - facts["mean"]) / facts["spread"]  # in windows of five, the first row that is forecast is the sixth
    assert set(baselines) == {"the last row again", "the mean"}  # no rows that least squares may learn from
    assert baselines == {
        "the last row again": pytest.approx(np.sqrt(np.mean((z[5:] - z[4:-1]) ** 2)), rel=1e-5),
        "the mean": pytest.approx(np.sqrt(np.mean(z[5:] ** 2)), rel=1e-5),
    }


def test_a_run_from_stdin_asks_for_its_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(written("forecast"))
    with (tmp_path / "data.csv").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        good_run(tmp_path / "run", "table", file="-")
        for words in COMMANDS:
            assert "stdin" in complaint(capsys, 2, *words)
    assert main(["eval", "run", "--file", "data.csv"]) == 0


def test_data_that_are_all_held_out_are_not_trained_on(run_of):
    kind, folder = run_of
    (folder / "other.csv").write_text(written(kind, 33))
    task = task_of(load_checkpoint(folder / "run/best.npz"), file=folder / "other.csv")
    with pytest.raises(DataError, match="tested, not trained on"):
        next(task.batches(np.random.default_rng(0), 2))


def test_of_the_runs_own_texts_and_new_ones_those_held_out_and_the_new_ones_are_tested(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(written("labelled"))
    run = good_run(tmp_path / "run", "labelled", file="data.csv")
    more = written("labelled") + "a new one,0\nanother new one,1\n"
    (tmp_path / "more.csv").write_text(more)
    checkpoint = load_checkpoint(run / "best.npz")
    own, task = task_of(checkpoint), task_of(checkpoint, file=tmp_path / "more.csv")
    held_out = {own.texts[i] for i in own._held_out}
    assert {task.texts[i] for i in task._held_out} == held_out | {"a new one", "another new one"}
    assert main(["eval", "run", "--file", "more.csv"]) == 0
    assert "48 of its 62 texts were trained on and are left out" in capsys.readouterr().err
    trained = [line for line in more.splitlines()[1:] if not any(text in line for text in held_out)][:-2]
    (tmp_path / "trained.csv").write_text("\n".join(["text,label", *trained]) + "\n")
    line = complaint(capsys, 1, "eval", "run", "--file", "trained.csv")
    assert "all 48 texts were trained on: nothing is left to test. try: " in line
    (tmp_path / "data.csv").unlink()  # then nobody can tell
    assert main(["eval", "run", "--file", "more.csv"]) == 0
    assert "all of it is tested, what was trained on too if it holds any" in capsys.readouterr().err


def test_of_a_table_that_goes_on_the_rows_that_were_trained_on_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(written("forecast"))
    good_run(tmp_path / "run", "table", file="data.csv")
    (tmp_path / "more.csv").write_text(written("forecast", 70))
    assert main(["eval", "run", "--file", "more.csv"]) == 0
    assert "its first 48 rows were trained on and are tested too" in capsys.readouterr().err


COMPARE = "compare table --file data.csv --cells gru --seeds 1 --jobs 1 --updates 2 --length 5 --hidden 4 --batch 2"
SWEEP = (
    "sweep table --param file=data.csv --param updates=2,3 --param length=5 --param hidden=4 --param batch=2 --jobs 1"
)


@pytest.mark.parametrize("words", [COMPARE, SWEEP], ids=["compare", "sweep"])
def test_what_goes_on_with_finished_runs_notices_that_their_data_changed(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    again = ["--out", "new", "--quiet"] + (["--trials", "1"] if words == SWEEP else [])
    (tmp_path / "data.csv").write_text(written("forecast"))
    assert main([*words.split(), *again]) == 0
    assert main([*words.split(), *again]) == 0  # nothing has changed
    capsys.readouterr()
    (tmp_path / "data.csv").write_text(written("forecast", 61))
    line = complaint(capsys, 1, *words.split(), *again)
    assert "data.csv: the data are not those the run was trained on" in line and "try: " in line
