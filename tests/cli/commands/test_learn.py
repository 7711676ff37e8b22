"""`tinygrad-gru learn`: from an empty folder to an exercise done, in words that fit any terminal."""

import os
import signal
import sys
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
    assert learn(capsys)[1].splitlines()[0].startswith("[x] 1   slopes")


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
            "action: got 'chek', wanted list, start, check, hint, solution, skip, reset, watch, mark, report or "
            "rehearse. did you mean check?",
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
def test_from_a_folder_below_the_files_that_were_begun_are_found(folder, capsys, monkeypatch):
    learn(capsys, "start", "slopes")
    below = folder.parent / "examples" / "steps"
    below.mkdir(parents=True)
    for where, path, file in ((below, "../../learn", "../../learn/01_slopes.py"), (folder, ".", "01_slopes.py")):
        monkeypatch.chdir(where)
        assert learn(capsys)[2] == f"next: tinygrad-gru learn start slopes --folder {path}\n"
        assert learn(capsys, "start")[1].endswith(f"\n{file}\n")
        assert not (where / "learn").exists()
    monkeypatch.chdir(below)
    learn(capsys, "start", "--folder", "learn")  # who says so begins anew here, and then goes on here
    assert learn(capsys)[2] == "next: tinygrad-gru learn start slopes\n"


@pytest.mark.skipif(os.name == "nt", reason="owners of POSIX")
def test_what_another_user_began_above_is_not_gone_on_with(folder, capsys, monkeypatch):
    """In /tmp/mine that would be /tmp/learn, whose course.toml can bring exercises that are run."""
    learn(capsys, "start", "slopes")
    below = folder.parent / "mine"
    below.mkdir()
    monkeypatch.chdir(below)
    assert learn(capsys)[2] == "next: tinygrad-gru learn start slopes --folder ../learn\n"
    module = sys.modules["tinygrad_gru.cli.commands.learn"]
    monkeypatch.setattr(module, "_owner", lambda path: os.getuid() + (path.name == "learn"))
    assert learn(capsys)[2] == "next: tinygrad-gru learn start slopes\n"


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
    (folder / "01_slopes.py").write_text("for i in range(100): print('line', i)\n" + RIGHT)
    _, out, _ = learn(capsys, "check", "slopes")
    assert out.startswith("  | … 80 lines before\n  | line 80\n") and "  | line 99\nslopes: right" in out


def test_an_exercise_is_named_by_its_number_or_its_file_too(folder, capsys, monkeypatch):
    assert learn(capsys, "start", "3")[1].endswith("03_multiply_vjp.py\n")
    for words in (["03"], ["03_multiply_vjp.py"], ["learn/03_multiply_vjp.py"], [str(folder / "03_multiply_vjp.py")]):
        assert learn(capsys, "check", *words)[1].startswith("Nothing yet"), words
    monkeypatch.chdir(folder)
    code, out, err = learn(capsys, "check", "03_multiply_vjp.py")
    assert code == 1 and out.startswith("Nothing yet")
    assert err == "stuck? tinygrad-gru learn hint multiply_vjp --folder .\n"


def test_a_wrong_case_is_shown_with_its_inputs_also_where_an_error_was_raised(folder, capsys):
    learn(capsys, "start", "gru_step")
    (folder / "09_gru_step.py").write_text(
        "import numpy as np\ndef gru_step(x, h, *W):\n    return np.concatenate([h, x])\n"
    )
    out = " ".join(learn(capsys, "check", "gru_step")[1].split())
    assert "Line 3: ValueError: all the input" in out and "without axis=-1 it is one below the other" in out
    assert "case 1: x (1, 1), h (1, 2), W_r (3, 2)" in out.replace("x = [[", "x (")


def test_a_graph_is_shown_as_it_can_be_pasted(folder, capsys):
    learn(capsys, "start", "accumulate")
    (folder / "02_accumulate.py").write_text("def accumulate(graph):\n    return [1.0 for _ in graph]\n")
    out = learn(capsys, "check", "accumulate")[1]
    assert "case 1: graph = {\n    0: ((), ()),\n    1: ((0, 0), (1.0, 1.0)),\n    2: ((1, 1), (3.0, 3.0)),\n}\n" in out


def test_a_second_reset_names_the_file_in_which_yours_is_kept(folder, capsys):
    learn(capsys, "start", "slopes")
    kept = [learn(capsys, "reset", "slopes")[2].splitlines()[0] for _ in range(2)]
    assert kept == [f"yours is kept beside it, as 01_slopes.py.{end}" for end in ("old", "old2")]


def test_a_verdict_is_shown_though_it_cannot_be_noted(folder, capsys):
    learn(capsys, "start", "slopes")
    (folder / "01_slopes.py").write_text(RIGHT)
    (folder / "progress.txt").unlink()
    (folder / "progress.txt").mkdir()
    for words, begins in ((("check",), "slopes: right"), (("hint",), "hint 1 of 3"), (("solution",), "import math")):
        code, out, err = learn(capsys, *words, "slopes")
        assert (
            code == 0
            and out.startswith(begins)
            and "your progress is not noted: cannot write learn/progress.txt" in err
        )


def test_what_is_done_or_seen_is_not_skipped(folder, capsys):
    learn(capsys, "solution", "slopes")
    assert learn(capsys, "skip", "slopes")[2].startswith("slopes is seen, and stays so. next: ")


@pytest.mark.parametrize("columns", [40, 80])
def test_the_help_has_no_line_that_was_broken_twice(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    out = learn(capsys, "--help")[1]
    lines = [line.rstrip() for line in out.splitlines()]
    assert all(len(line) <= columns for line in lines)
    assert " check     is it right? if not, which" in lines and " reset     begins anew, keeps your file" in lines


# --- a class ---


@pytest.fixture
def room(folder):
    for who, text in (("anna", RIGHT), ("ben", "def slopes(w, x, b):\n    return x, w, 1.0\n")):
        (folder.parent / who).mkdir()
        (folder.parent / who / "01_slopes.py").write_text(text)
    return folder.parent


def test_a_class_is_marked_as_a_table_and_as_csv(room, capsys):
    code, out, err = learn(capsys, "mark", "anna", "ben", "--csv", "marks.csv")
    assert code == 0 and out.splitlines()[1].startswith("anna                  x  .") and "without_tanh" in out
    assert "ben: 0 right, 1 wrong (" in err and err.endswith(
        "marks.csv holds them, a line for each folder and exercise\n"
    )
    assert (room / "marks.csv").read_text().splitlines()[1] == "anna,1,slopes,right,,0,,"
    assert learn(capsys, "mark", "anna", "--csv", "marks.csv")[0] == 0  # a table of ours is written over
    (room / "marks.csv").write_text("mine")
    assert learn(capsys, "mark", "anna", "--csv", "marks.csv")[2].startswith("error: csv: marks.csv is there already")
    code, out, _ = learn(capsys, "mark", "ben", "--csv", "-")
    assert code == 0 and out.splitlines()[0].startswith("folder,chapter,exercise,") and len(out.splitlines()) == 17


def test_one_bad_folder_does_not_end_it(room, capsys):
    code, out, err = learn(capsys, "mark", "nobody", "anna")
    assert code == 1 and "anna " in out and err.startswith("left out: nobody is no folder")
    assert err.splitlines()[-1] == "error: learn: 1 of 2 folders could not be marked. try: the others alone"


@pytest.mark.parametrize(
    "words, message",
    [
        (["mark"], "learn: mark wants the folders of your learners. try: tinygrad-gru learn mark class/*"),
        (["check", "slopes", "adam"], "learn: check is for one exercise. try: tinygrad-gru learn check slopes"),
        (
            ["list", "--csv", "x"],
            "csv: only mark and report write a table. try: tinygrad-gru learn mark FOLDER --csv marks.csv",
        ),
        (
            ["mark", "ben", "--folder", "anna"],
            "folder: mark takes folders by their names. try: tinygrad-gru learn mark anna",
        ),
        (
            ["report", "ben", "--folder", "anna"],
            "folder: report takes folders by their names. try: tinygrad-gru learn report anna",
        ),
        (["mark", "anna", "--csv", "anna"], "csv: anna is a folder, wanted a file. try: --csv anna/marks.csv"),
    ],
)
def test_words_that_do_not_fit_are_refused(words, message, room, capsys):
    assert learn(capsys, *words) == (2, "", f"error: {message}\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_keeps_what_is_done(room):
    (room / "carla").mkdir()
    (room / "carla" / "01_slopes.py").write_text("import time\ntime.sleep(1000)\n")
    with start("learn", "mark", "anna", "ben", "carla", "--csv", "marks.csv", cwd=room) as marking:
        told = [marking.stderr.readline() for _ in range(2)]
        marking.send_signal(signal.SIGINT)
        out, _ = marking.communicate(timeout=30)
    assert marking.returncode == 130 and {line.split(":")[0] for line in told} == {"anna", "ben"}
    assert out.splitlines()[3].startswith("carla                 ?")
    assert "ben,1,slopes,wrong,without_tanh,0,," in (room / "marks.csv").read_text()


# --- a course ---


@pytest.fixture
def course(room):
    (room / "exercises").mkdir()
    (room / "exercises" / "twice.py").write_text(
        '"""Twice x."""\n\n\ndef twice(x):\n    """2·x."""\n    return 2 * x\n\n\ndef cases():\n    yield (3.0,)\n\n\n'
        'HINTS = ("Add it to itself.",)\n'
    )
    (room / "course.toml").write_text('title = "Week 1"\nexercises = ["gru_step", "twice"]\nfolder = "exercises"\n')
    return room / "course.toml"


def test_a_course_is_listed_and_an_exercise_of_ones_own_is_done(course, capsys):
    code, out, err = learn(capsys, "list", "--course", "course.toml")
    assert code == 0 and out.splitlines()[:3] == [
        "Week 1",
        "[ ] 9   gru_step           One step of a GRU: skim, draft, overwrite.",
        "[ ] 15  twice              Twice x.",
    ]
    assert err == "next: tinygrad-gru learn start gru_step --course course.toml\n"
    learn(capsys, "start", "twice", "--course", "course.toml")
    (course.parent / "learn" / "15_twice.py").write_text("def twice(x):\n    return x + x\n")
    code, out, _ = learn(capsys, "check", "twice", "--course", "course.toml")
    assert code == 0 and out == "twice: right, in 1 case.\n"
    code, out, err = learn(capsys, "report", "--course", "course.toml")
    assert code == 0 and [line.split(",")[:4] for line in out.splitlines()[1:]] == [
        ["learn", "9", "gru_step", ""],
        ["learn", "15", "twice", "done"],
    ]


def test_a_report_of_one_s_own_folder_is_of_its_course(course, capsys):
    (course.parent / "learn").mkdir(exist_ok=True)
    (course.parent / "learn" / "course.toml").write_text('exercises = ["gru_step", "slopes"]\n')
    for words in ([], ["--folder", "learn"]):
        _, out, _ = learn(capsys, "report", *words)
        assert [line.split(",")[2] for line in out.splitlines()[1:]] == ["gru_step", "slopes"]
    assert len(learn(capsys, "report", "learn")[1].splitlines()) == 17, "of a class it is not read"


def test_a_course_is_marked_and_the_one_in_a_learners_folder_is_not_read(course, capsys):
    (course.parent / "anna" / "course.toml").write_text("not TOML")
    code, out, _ = learn(capsys, "mark", "anna", "--course", "course.toml")
    assert code == 0 and out.splitlines()[0].split() == ["chapter", "9", "15", "right", "hints"]
    assert learn(capsys, "mark", "anna")[0] == 0


def test_a_report_is_written_into_a_file_and_over_none_that_is_something_else(room, capsys):
    (room / "ben" / "progress.txt").write_text("slopes done 2026-11-27 14:05 1\n")
    code, out, err = learn(capsys, "report", "anna", "ben", "--csv", "report.csv")
    assert (code, out) == (0, "") and err == "report.csv holds it, a line for each folder and exercise\n"
    assert "ben,1,slopes,done,2026-11-27 14:05,1" in (room / "report.csv").read_text().splitlines()
    (room / "report.csv").write_text("mine")
    assert learn(capsys, "report", "anna", "--csv", "report.csv")[2].startswith(
        "error: csv: report.csv is there already"
    )
    code, out, err = learn(capsys, "report", "nobody", "anna")
    assert code == 1 and out.startswith("folder,chapter,exercise,state,when,hints\nanna,1,slopes,,,0\n")
    assert err.splitlines()[-1] == "error: learn: 1 of 2 folders could not be read. try: the others alone"


def test_a_rehearsal_says_what_is_wrong_with_an_exercise(course, capsys):
    assert learn(capsys, "rehearse", "twice", "--course", "course.toml")[:2] == (
        0,
        "twice: sound, with 0 wrong twins\n",
    )
    path = course.parent / "exercises" / "twice.py"
    path.write_text(path.read_text() + '\ndef also(x):\n    """No."""\n    return x + x\n\n\nTWINS = (also,)\n')
    code, out, err = learn(capsys, "rehearse", "twice", "--course", "course.toml")
    assert code == 2 and out.startswith("twice: the twin also passes.")
    assert err == "error: learn: 1 fault in 1 exercise. try: mend it, and rehearse again\n"
