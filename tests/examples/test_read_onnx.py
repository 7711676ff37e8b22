"""The example that reads an exported run without this framework says what `predict` says."""

import csv
import json
import subprocess
import sys

import pytest

from tests.cli.command import ROOT
from tests.faults.session import good_run
from tinygrad_gru.cli import main
from tinygrad_gru.tasks import review


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def said(capsys, *words):
    assert main([*map(str, words)]) == 0
    return capsys.readouterr().out


def reader(file, wrong=False):
    """What the example prints; it must not need this framework, so it runs where that cannot be imported."""
    without = (
        "import runpy, sys; sys.modules['tinygrad_gru'] = None; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    )
    words = [sys.executable, "-c", without, str(ROOT / "examples" / "read_onnx.py"), "model.onnx", file]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "") or wrong
    return done.stderr if wrong else done.stdout.splitlines()


def test_texts_get_the_labels_and_probabilities_of_predict(tmp_path, capsys):
    import numpy as np

    rng = np.random.default_rng(0)
    rows = [review(rng) for _ in range(60)]
    text = "Text,Label\n" + "".join(f'"{t} हिन्दी {i}",{k}\n' for i, (t, k) in enumerate(rows))
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    run = good_run(tmp_path / "run", "labelled", file="r.csv", length=9, updates=20)
    (tmp_path / "new.txt").write_text("The plot was NOT bad हिन्दी\nso dull , cafe\u0301 我爱\n", encoding="utf-8")
    said(capsys, "export", run, "-o", "model.onnx", "--quiet")
    rows = [json.loads(line) for line in said(capsys, "predict", run, "new.txt", "--format", "jsonl").splitlines()]
    lines = reader("new.txt")
    assert len(lines) == len(rows) == 2
    for line, row in zip(lines, rows, strict=True):
        label, _, rest = line.partition(" (")
        assert label == row["predicted"] and float(rest[:6]) == pytest.approx(row["probability"], abs=1.01e-4)
        assert line.endswith(row[next(iter(row))])


def test_rows_go_on_as_predict_says_in_the_units_of_their_columns(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a,price\n" + "".join(f"{i % 7},{i % 5}.5 €\n" for i in range(90)))
    run = good_run(tmp_path / "run", "table", file="t.csv", horizon=2, updates=20)
    (tmp_path / "new.csv").write_text("a,price\n" + "".join(f"{i % 4},{i % 3}.25\n" for i in range(20)))
    said(capsys, "export", run, "-o", "model.onnx", "--quiet")
    rows = list(csv.DictReader(said(capsys, "predict", run, "new.csv").splitlines()))
    lines = reader("new.csv")
    assert len(lines) == len(rows) == 2
    for line, row in zip(lines, rows, strict=True):
        a, price = line.split(", ")
        assert float(a.removeprefix("a ")) == pytest.approx(float(row["a"]), rel=1e-5)
        assert float(price.removeprefix("price ").removesuffix(" €")) == pytest.approx(float(row["price"]), rel=1e-5)
    semicolons = (tmp_path / "new.csv").read_text().replace(",", ";").replace(".", ",")
    (tmp_path / "german.csv").write_text(semicolons)
    assert reader("german.csv") == lines
    (tmp_path / "other.csv").write_text("a;cost\n1;2\n")
    assert reader("other.csv", wrong=True) == "no column 'price', got a;cost. try: a header row with a, price\n"
    (tmp_path / "thousands.csv").write_text('a,price\n1,"1,234"\n')
    assert "could not convert string to float: '1,234'. try: tinygrad-gru predict" in reader(
        "thousands.csv", wrong=True
    )
