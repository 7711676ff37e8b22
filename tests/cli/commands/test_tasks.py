"""`tasks`, `predict`, `eval` and `sample` on runs of every task, from outside."""

import csv
import io
import json

import numpy as np
import pytest

from tests.cli.command import complaint, run
from tests.cli.terminal import Terminal
from tinygrad_gru.cli import main
from tinygrad_gru.tasks import TASKS, review
from tinygrad_gru.training import load_checkpoint

SMALL = ["--hidden", "4", "--updates", "2", "--batch", "2", "--quiet"]
LENGTHS = {"addition": 2, "reber": 20, "sine": 24, "table": 3, "order": 10}
INPUTS = {
    "adding": "0.5 0.31* 0.7 0.2*",
    "order": "BabXdcacYbE",
    "copy": "31572",
    "parity": "0110",
    "reber": "BTBPVV",
    "sine": "0.1 0.4 0.6",
    "addition": "3+4",
    "sentiment": "the plot was not bad at all",
    "labelled": "the plot was not bad at all",
    "table": "a,b\n1,2\n2,3\n3,5\n",
    "chars": "sea shells",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a text, labelled texts, a table, and a run of every task, named by the task."""
    place = tmp_path_factory.mktemp("tasks")
    rng = np.random.default_rng(0)
    (place / "chars.txt").write_text("she sells sea shells by the sea shore. " * 40)
    with (place / "labelled.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *(review(rng) for _ in range(60))])
    (place / "table.csv").write_text("a,b\n" + "".join(f"{i % 7},{i}\n" for i in range(80)))
    files = {"chars": "chars.txt", "labelled": "labelled.csv", "table": "table.csv"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name in TASKS:
            file = ["--file", files[name]] if name in files else []
            length = ["--length", str(LENGTHS.get(name, 6))]
            assert main(["train", name, "--out", name, *length, *file, *SMALL]) == 0
    return place


def test_every_task_has_inputs_here():
    assert set(INPUTS) == set(TASKS)


def test_the_tasks_are_listed_with_what_each_teaches(capsys):
    assert main(["tasks"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, task in TASKS.items():
        assert (
            f"{name} teaches {task.teaches} metric {task.metric} baseline {task.compare} expect {task.expect}" in text
        )


def test_the_list_as_json_and_one_task_alone(capsys):
    assert main(["tasks", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(TASKS)
    assert all(set(row) == set(rows[0]) and all(row.values()) for row in rows)
    assert main(["tasks", "reber"]) == 0
    assert capsys.readouterr().out.startswith("reber\n  teaches   a state can follow a grammar")


def test_lines_fit_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout", stream := Terminal())
    main(["tasks"])
    lines = stream.getvalue().splitlines()
    assert len(lines) > 100 and max(map(len, lines)) <= 40


@pytest.mark.parametrize("name", TASKS)
def test_a_run_is_measured_shown_and_asked(name, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["eval", name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    kept = [json.loads(line) for line in (folder / name / "metrics.jsonl").read_text().splitlines()]
    assert found["value"] == pytest.approx(min(line["test"] for line in kept if "test" in line))
    assert found["metric"] == TASKS[name].metric or name == "table"
    assert found["baselines"] and found["tables"]

    assert main(["eval", name]) == 0
    text = capsys.readouterr().out
    assert all(title in text for title in [*found["baselines"], *found["tables"]])

    if name == "chars":
        assert main(["sample", name, "--length", "5"]) == 0
        assert len(capsys.readouterr().out) == 6
    else:
        assert main(["sample", name, "--count", "3"]) == 0
        assert len(capsys.readouterr().out.splitlines()) >= 4

    (folder / "in").write_text(INPUTS[name])
    assert main(["predict", name, "in", "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 1 and len(rows[0]) >= 2
    assert main(["predict", name, "in"]) == 0
    (as_csv,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert as_csv == {key: str(value) for key, value in rows[0].items()}


@pytest.mark.parametrize("name", TASKS)
def test_what_a_model_is_fed_has_a_label_for_each_step(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    checkpoint = load_checkpoint(folder / name / "best.npz")
    task = TASKS[name].again(checkpoint.config.length, checkpoint.config.path, checkpoint.facts)
    x = next(task.batches(np.random.default_rng(0), 2)).x
    labels = task.step_labels(x, checkpoint.facts)
    assert len(labels) == len(x) and all(isinstance(label, str) for label in labels)
    said = checkpoint.model(task.model_input(x))
    assert 2 in (said[0] if isinstance(said, tuple) else said).shape


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"chars", "labelled", "sentiment"}))
def test_a_wrong_line_is_one_line_and_nothing_is_written(name, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "wrong").write_text(f"{INPUTS[name]}\n§ 9 §\n")
    assert main(["predict", name, "wrong", "-o", "out.csv"]) == 1
    told = capsys.readouterr()
    assert told.out == "" and not (folder / "out.csv").exists()
    (line,) = told.err.splitlines()
    assert line.startswith(f"error: wrong, line {INPUTS[name].count(chr(10)) + 2}: ")


def test_stdin_is_read_and_files_are_written_and_not_written_over(folder):
    done = run("predict", "parity", "-o", "said.jsonl", cwd=folder)  # stdin is empty here
    assert complaint(done, code=1).startswith("error: stdin is empty")
    (folder / "bits").write_text("01\n11\n")
    assert run("predict", "parity", "bits", "-o", "said.jsonl", cwd=folder).returncode == 0
    rows = [json.loads(line) for line in (folder / "said.jsonl").read_text().splitlines()]
    assert [row["input"] for row in rows] == ["01", "11"]
    line = complaint(run("predict", "parity", "bits", "-o", "said.jsonl", cwd=folder), code=2)
    assert line == "error: output: said.jsonl is there already. try: another name, or --force"
    assert run("predict", "parity", "bits", "-o", "said.jsonl", "--force", cwd=folder).returncode == 0


def test_what_is_used_and_left_out_is_told_before_training(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{2000 + i}-01-01,{i % 7},{i}\n" for i in range(80))
    (tmp_path / "t.csv").write_text("day,a,b\n" + rows)
    words = ["train", "table", "--file", "t.csv", "--targets", "a", "--length", "3", "--updates", "2", "--hidden", "4"]
    told = "data: 80 rows; the last 16 are held out · columns: a, b · forecast: a · left out: day (gives the order)"
    assert main([*words, "--dry-run"]) == 0
    assert f"# {told}" in capsys.readouterr().out.splitlines()
    assert main([*words, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"] == told.removeprefix("data: ")
    assert main([*words, "--no-report"]) == 0
    lines = capsys.readouterr().err.splitlines()
    (place,) = (i for i, line in enumerate(lines) if line == told)
    assert not any(line.startswith(("update", "finished")) for line in lines[:place])
    assert main([*words, "--quiet", "--no-report"]) == 0
    assert capsys.readouterr().err == ""


def test_lines_come_out_as_they_went_in(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    lines = ["  sea  ", "sea shells", " by"]
    (folder / "lines").write_text("\n".join(lines) + "\n")
    for name, column in [("chars", "input"), ("labelled", "text"), ("sentiment", "text")]:
        assert main(["predict", name, "lines", "--format", "jsonl"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [row[column] for row in rows] == lines


def test_other_data_is_measured_in_the_terms_of_the_run(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "other.csv").write_text("text,label\nnot bad,1\nbad,0\n")
    assert main(["eval", "labelled", "--file", "other.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] in (0, 0.5, 1)
    (folder / "strange.csv").write_text("text,label\nnot bad,fine\n")
    assert main(["eval", "labelled", "--file", "strange.csv"]) == 1
    assert "line 2: label 'fine' was never seen in training" in capsys.readouterr().err
    (folder / "other.txt").write_text("she sells shells. " * 20)
    assert main(["eval", "chars", "--file", "other.txt"]) == 0
    (folder / "cyrillic.txt").write_text("шла Саша по шоссе " * 20)
    assert main(["eval", "chars", "--file", "cyrillic.txt"]) == 1
    assert "never seen in training" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (["tasks", "parrity"], "error: task: there is no 'parrity'. did you mean parity?"),
        (["predict", "parity", "--as", "xml"], "error: as: got 'xml', wanted lines, csv or jsonl."),
        (["predict", "parity", "--format", "xml"], "error: format: got 'xml', wanted csv or jsonl."),
        (["eval", "parity", "--file", "x"], "error: file: parity makes its own data, got x."),
        (["eval", "parity", "--length", "0"], "error: length: got 0, wanted a whole number of at least 1."),
        (["sample", "parity", "--count", "0"], "error: count: got 0, wanted a whole number from 1 to 100000."),
        (["train", "labelled"], "error: file: labelled needs texts. try: --file reviews.csv"),
        (["train", "table"], "error: file: table needs a CSV file."),
    ],
)
def test_wrong_usage_is_one_line(line, want, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(line) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith(want)
