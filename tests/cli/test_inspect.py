"""`tinygrad-gru inspect`: a trained network's insides, on a page and as a picture."""

import pytest

from tinygrad_gru.cli import main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A short run of adding and one of chars."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "text.txt").write_text("the cat sat on the mat. " * 40)
    common = ["--length", "10", "--hidden", "8", "--updates", "5", "--quiet", "--out"]
    assert main(["train", "adding", *common, str(folder / "adding")]) == 0
    assert main(["train", "chars", "--file", str(folder / "text.txt"), *common, str(folder / "chars")]) == 0
    return {name: folder / name for name in ("adding", "chars")}


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


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("chars", ["--text", "thé"], "text: the network has never seen 'é'"),
        ("adding", ["--text", "abc"], "text: a run of adding reads no text"),
        ("adding", ["-o", "x.doc"], "output: got x.doc, wanted .html, .png, .svg or .pdf"),
        ("adding", ["--length", "0"], "length: got 0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(runs, tmp_path, capsys, monkeypatch, name, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", str(runs[name]), *words]) == 2
    assert message in capsys.readouterr().err
