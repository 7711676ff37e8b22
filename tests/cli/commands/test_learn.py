"""`tinygrad-gru learn`: from an empty folder to an exercise done, in words that fit any terminal."""

import os
import signal
import time

import pytest

from tests.cli.command import start
from tinygrad_gru.cli import main
from tinygrad_gru.learn.exercises import ORDER

RIGHT = "import math\ndef slopes(w, x, b):\n    d = 1 - math.tanh(w * x + b) ** 2\n    return d * x, d * w, d\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "learn"


def learn(capsys, *words):
    code = main(["learn", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_list_names_all_exercises_and_what_comes_next(capsys):
    code, out, err = learn(capsys)
    assert code == 0 and [line.split()[-8:] for line in out.splitlines()[-1:]]
    assert all(f" {name}" in out for name in ORDER)
    assert out.splitlines()[-1].startswith("0 of 16 done") and err == "next: tinygrad-gru learn start slopes\n"


@pytest.mark.parametrize("columns", ["40", "80"])
def test_no_line_is_wider_than_the_terminal(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    for words in ((), ("start", "gru_step"), ("hint", "gru_step")):
        _, out, _ = learn(capsys, *words)
        wide = [line for line in out.splitlines() if len(line) > int(columns) and not line.startswith(" ")]
        assert wide == [], words


def test_the_whole_way_of_an_exercise(folder, capsys):
    code, out, err = learn(capsys, "start")
    path = folder / "01_slopes.py"
    assert code == 0 and path.is_file() and out.endswith("01_slopes.py\n")
    assert err == "edit it, then: tinygrad-gru learn check slopes\n"

    assert learn(capsys, "check")[:2] == (1, "Nothing yet: write your code in the place of the dots.\n")

    path.write_text(RIGHT.replace("d * x, d * w", "d * w, d * x"))
    code, out, err = learn(capsys, "check")
    assert code == 1 and out.startswith("To each factor the OTHER one")
    assert "wanted (3,)" in out and "got (3,)" in out and "<" in out
    assert err == "stuck? tinygrad-gru learn hint slopes\n"
    assert learn(capsys, "hint")[1].startswith("hint 1 of 3: ")

    path.write_text(RIGHT)
    code, out, err = learn(capsys, "check")
    assert code == 0 and out.startswith("slopes: right, in 3 cases.\n")
    assert "return g * (1 - out * out)" in out and "PyTorch\n    torch.autograd.grad" in out
    assert err == "next: tinygrad-gru learn start accumulate\n"
    assert learn(capsys)[1].splitlines()[0].startswith("[x]  1 slopes")


def test_a_solution_is_seen_and_an_exercise_can_be_skipped_and_begun_anew(folder, capsys):
    code, out, _ = learn(capsys, "solution", "slopes")
    assert code == 0 and "def slopes" in out
    assert learn(capsys, "skip", "accumulate")[2].startswith("accumulate is skipped. next: ")
    marks = [line[:3] for line in learn(capsys)[1].splitlines()[:3]]
    assert marks == ["[o]", "[-]", "[ ]"]
    assert learn(capsys, "reset", "slopes")[0] == learn(capsys, "reset", "accumulate")[0] == 0
    assert [line[:3] for line in learn(capsys)[1].splitlines()[:3]] == ["[o]", "[>]", "[ ]"]  # seen stays seen


def test_another_folder_is_named_in_what_to_do_next(tmp_path, capsys):
    _, _, err = learn(capsys, "start", "--folder", "mine")
    assert err == "edit it, then: tinygrad-gru learn check slopes --folder mine\n"
    assert (tmp_path / "mine" / "01_slopes.py").is_file()


@pytest.mark.parametrize(
    "words, message",
    [
        (
            ["chek"],
            "action: got 'chek', wanted list, start, check, hint, solution, skip, reset or watch. did you mean check?",
        ),
        (["check", "slops"], "learn: there is no exercise 'slops'. did you mean slopes?"),
        (
            ["check", "slopes"],
            "learn: learn/01_slopes.py is not there. "
            "try: tinygrad-gru learn start slopes, or the folder that your files are in",
        ),
    ],
)
def test_bad_words_are_one_line_and_exit_code_2(words, message, capsys):
    assert learn(capsys, *words) == (2, "", f"error: {message}\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_watching_checks_what_is_saved_and_never_moves_on(folder):
    with start("learn", "watch", "slopes", cwd=folder.parent) as watching:
        assert watching.stdout.readline().startswith("--- ")
        assert watching.stdout.readline() == "Nothing yet: write your code in the place of the dots.\n"
        time.sleep(0.5)
        (folder / "01_slopes.py").write_text(RIGHT)
        assert watching.stdout.readline().startswith("--- ")
        assert watching.stdout.readline() == "slopes: right, in 3 cases.\n"
        time.sleep(0.5)
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=20)
    assert watching.returncode == 130 and "---" not in out
    assert not (folder / "02_accumulate.py").exists() and "watching learn/01_slopes.py; Ctrl-C ends it" in err


def test_of_what_a_file_prints_the_last_lines_are_shown(folder, capsys):
    learn(capsys, "start")
    (folder / "01_slopes.py").write_text("print('x' * 100_000)\nprint('end')\n" + RIGHT)
    _, out, _ = learn(capsys, "check")
    assert len(out) < 5000 and out.startswith("  | … x") and "  | end\n" in out
