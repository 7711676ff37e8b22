"""`tinygrad-gru inspect`: a trained network's insides, on a page and as a picture."""

import json
import re

import pytest

from tinygrad_gru.cli import main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Short runs: of adding with three cells, of chars, and of chars with other letters."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "text.txt").write_text("the cat sat on the mat. " * 40)
    common = ["--length", "10", "--hidden", "8", "--updates", "5", "--quiet", "--out"]
    assert main(["train", "adding", *common, str(folder / "adding")]) == 0
    assert main(["train", "chars", "--file", str(folder / "text.txt"), *common, str(folder / "chars")]) == 0
    (folder / "other.txt").write_text("a quick brown fox jumps over it. " * 40)
    assert main(["train", "chars", "--file", str(folder / "other.txt"), *common, str(folder / "other")]) == 0
    for cell in ("rnn", "lstm"):
        assert main(["train", "adding", "--cell", cell, *common, str(folder / cell)]) == 0
    return {name: folder / name for name in ("adding", "chars", "other", "rnn", "lstm")}


@pytest.mark.parametrize("suffix", [".html", ".png", ".svg"])
def test_it_writes_a_page_or_a_picture_and_prints_the_gates(runs, tmp_path, capsys, suffix):
    target = tmp_path / f"insides{suffix}"
    assert main(["inspect", str(runs["adding"]), "-o", str(target)]) == 0
    printed = capsys.readouterr().out
    assert target.stat().st_size > 5_000
    assert [line.split()[0] for line in printed.splitlines()] == ["gate", "r", "z", "candidate", "h", "wrote"]


def test_text_of_ones_own_is_read(runs, tmp_path, capsys):
    target = tmp_path / "insides.html"
    assert main(["inspect", str(runs["chars"]), "--text", "the mat", "-o", str(target)]) == 0
    assert '"labels": ["t", "h", "e", " ", "m", "a", "t"]' in target.read_text()


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_several_runs_of_any_cells_read_the_same_and_stand_side_by_side(runs, tmp_path, capsys, suffix):
    target = tmp_path / f"side{suffix}"
    three = [str(runs[name]) for name in ("rnn", "adding", "lstm")]
    assert main(["inspect", *three, "--at", "4", "--theme", "dark", "-o", str(target)]) == 0
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert [word for word in printed if len(word) < 10] == [
        "gate", "h", "gate", "r", "z", "candidate", "h", "gate", "i", "f", "g", "o", "h", "wrote",
    ]  # fmt: skip
    if suffix == ".html":
        text = target.read_text()
        data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
        assert [run["title"] for run in data["runs"]] == [
            "rnn: rnn, 8 units", "adding: gru, 8 units", "lstm: lstm, 8 units",
        ]  # fmt: skip
        assert data["title"] == "3 runs on adding, 10 steps" and data["at"] == 3 and 'data-theme="dark"' in text


def test_two_texts_in_the_letters_that_both_know(runs, tmp_path, capsys):
    target = tmp_path / "two.html"
    both = ["inspect", str(runs["chars"]), str(runs["other"]), "-o", str(target)]
    assert main([*both, "--text", "tom at tea"]) == 0  # the letters have other numbers in each
    assert '"labels": ["t", "o", "m"' in target.read_text()
    assert main([*both, "--text", "quick"]) == 2
    assert "text: the network has never seen 'i'" in capsys.readouterr().err


def test_the_same_command_makes_the_same_file(runs, tmp_path):
    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for file in files:
        assert main(["inspect", str(runs["adding"]), "--seed", "3", "-o", str(file)]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_long_sequence_is_cut_and_it_says_so(runs, tmp_path, capsys):
    assert main(["inspect", str(runs["adding"]), "--length", "130", "-o", str(tmp_path / "long.html")]) == 0
    assert capsys.readouterr().err == "showing the first 120 of 130 steps\n"


def test_runs_of_different_tasks_are_not_compared(runs, capsys):
    assert main(["inspect", str(runs["adding"]), str(runs["chars"])]) == 2
    assert capsys.readouterr().err.startswith("error: runs: got adding and chars, wanted one task")
    assert main(["inspect", *[str(runs["adding"])] * 7]) == 2
    assert capsys.readouterr().err.startswith("error: runs: got 7, wanted at most 6")


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("chars", ["--text", "thé"], "text: the network has never seen 'é'"),
        ("adding", ["--text", "abc"], "text: a run of adding reads no text"),
        ("adding", ["-o", "x.doc"], "output: got x.doc, wanted .html, .png, .svg or .pdf"),
        ("adding", ["--length", "0"], "length: got 0"),
        ("adding", ["--at", "11"], "at: got 11, wanted a step from 1 to 10. try: --at 10"),
        ("adding", ["--theme", "blue"], "theme: got 'blue', wanted light or dark"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(runs, tmp_path, capsys, monkeypatch, name, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", str(runs[name]), *words]) == 2
    assert message in capsys.readouterr().err
