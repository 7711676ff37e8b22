"""A learner's folder: stubs that are never written over, files judged in a process of their own, progress as text."""

import pytest

from tinygrad_gru.errors import ConfigError, FileError
from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.workshop import Workshop

SLOPES = exercise("slopes")
DEF = "def slopes(w, x, b):\n"
RIGHT = "import math\ndef slopes(w, x, b):\n    d = 1 - math.tanh(w * x + b) ** 2\n    return d * x, d * w, d\n"


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path / "learn")


def checked(workshop, text, **options):
    path = workshop.start(SLOPES)
    path.write_text(text, encoding="utf-8")
    return workshop.check(SLOPES, **options)


def test_a_right_file_is_done_and_what_it_prints_is_kept(workshop):
    verdict, printed = checked(workshop, RIGHT.replace("return", "print('here')\n    return"))
    assert verdict.passed and printed == "here\n" * 3
    assert Workshop(workshop.folder).state(SLOPES) == "done"


@pytest.mark.parametrize(
    "text, words",
    [
        (f"{DEF}    return x, w, 1.0\n", "You stopped at the sum: tanh has a slope of its own, 1 − y²."),
        ("def slopes(w, x, b:\n    return 1\n", "Line 1: '(' was never closed."),
        ("def slope(w, x, b):\n    return 1\n", "There is no function slopes in it."),
        ("slopes = 3\n", "There is no function slopes in it."),
        ("import nothing_of_this_name\n", "Line 1: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        (f"{DEF}    y = w\n    return y[0]\n", "Line 3: TypeError: 'float' object is not subscriptable"),
        (f"{DEF}    return input()\n", "Line 2: EOFError: EOF when reading a line"),
        (f"import os\n{DEF}    os._exit(0)\n", "Your file ended Python before it was judged (exit code 0)."),
        ("import sys\nsys.exit(3)\n", "Your file ended Python before it was judged (exit code 3)."),
        ("", "There is no function slopes in it."),
        ("\x00", "source code string cannot contain null bytes."),
        (
            f"{DEF}    r = []\n    r.append(r)\n    return r\n",
            "It returns lists within lists within lists, wanted arrays.",
        ),
    ],
)
def test_whatever_is_wrong_has_its_own_words(workshop, text, words):
    verdict, _ = checked(workshop, text)
    assert (verdict.passed, verdict.message) == (False, words)


def test_an_endless_loop_is_ended_and_called_so(workshop):
    for line in ("pass", "__import__('time').sleep(1)"):  # computing, and waiting
        text = f"def slopes(w, x, b):\n    while True:\n        {line}\n"
        verdict, _ = checked(workshop, text, time_limit=0.7)
        assert verdict.message == "It never came back: an endless loop?"


def test_a_file_of_the_learner_is_never_written_over(workshop):
    path = workshop.start(SLOPES)
    path.write_text("mine")
    assert workshop.start(SLOPES).read_text() == "mine"
    workshop.reset(SLOPES)
    assert path.with_suffix(".py.old").read_text() == "mine" and "def slopes" in path.read_text()
    assert Workshop(workshop.folder).state(SLOPES) == "begun"


def test_a_second_reset_keeps_the_first_file_as_well_and_says_where(workshop):
    path = workshop.start(SLOPES)
    for text, name in (("first", "01_slopes.py.old"), ("second", "01_slopes.py.old2")):
        path.write_text(text)
        assert workshop.reset(SLOPES) == (path, workshop.folder / name)
        assert (workshop.folder / name).read_text() == text
    assert Workshop(workshop.folder / "new").reset(SLOPES)[1] is None


@pytest.mark.parametrize("action", ["skip", "reset", "start"])
def test_what_was_seen_stays_seen(action, workshop):
    workshop.show_solution(SLOPES)
    getattr(workshop, action)(SLOPES)
    checked(workshop, RIGHT)
    assert Workshop(workshop.folder).state(SLOPES) == "seen"


def test_what_is_done_is_not_skipped(workshop):
    checked(workshop, RIGHT)
    workshop.skip(SLOPES)
    assert Workshop(workshop.folder).state(SLOPES) == "done"


def test_a_reset_keeps_the_number_of_hints(workshop):
    for _ in range(2):
        workshop.next_hint(SLOPES)
    workshop.reset(SLOPES)
    assert Workshop(workshop.folder).hints_seen(SLOPES) == 2


def test_where_progress_cannot_be_written_all_the_rest_goes_on(workshop):
    path = workshop.start(SLOPES)
    (workshop.folder / "progress.txt").unlink()
    (workshop.folder / "progress.txt").mkdir()  # nothing can be written there
    path.write_text(RIGHT)
    assert workshop.unwritten == "" and workshop.check(SLOPES)[0].passed and "progress.txt" in workshop.unwritten
    assert workshop.next_hint(SLOPES)[0] == 1 and "def slopes" in workshop.show_solution(SLOPES)


def test_a_solution_that_was_seen_is_not_done(workshop):
    assert "def slopes" in workshop.show_solution(SLOPES)
    checked(workshop, RIGHT)
    assert workshop.state(SLOPES) == "seen"


def test_what_is_done_stays_done_when_the_solution_is_looked_at(workshop):
    checked(workshop, RIGHT)
    workshop.show_solution(SLOPES)
    assert workshop.state(SLOPES) == "done"


def test_hints_come_one_by_one_and_stay_known(workshop):
    assert [workshop.next_hint(SLOPES) for _ in range(2)] == [(1, SLOPES.hints[0]), (2, SLOPES.hints[1])]
    again = Workshop(workshop.folder)
    assert [again.next_hint(SLOPES)[0] for _ in range(3)] == [3, 3, 3]


def test_progress_is_plain_text_that_may_be_edited(workshop):
    workshop.folder.mkdir()
    (workshop.folder / "progress.txt").write_text("# mine\n\nslopes done\naccumulate skipped 2026-11-26 10:00 2\n")
    again = Workshop(workshop.folder)
    assert (again.state(SLOPES), again.state(exercise("accumulate"))) == ("done", "skipped")
    assert again.next_hint(exercise("accumulate"))[0] == 3


@pytest.mark.parametrize("line", ["slopes", "slopes finished", "\x1b[31m", "\x1b[31m done"])
def test_a_line_that_says_nothing_is_named(workshop, line):
    workshop.folder.mkdir()
    (workshop.folder / "progress.txt").write_text(f"accumulate done\n{line}\n")
    with pytest.raises(FileError, match="progress.txt, line 2: .*is no exercise with a state. try: slopes done"):
        Workshop(workshop.folder)


def test_an_exercise_of_another_course_asks_for_its_file(workshop):
    workshop.folder.mkdir()
    (workshop.folder / "progress.txt").write_text("slopes done\nleaky_step done 2026-11-27 13:30 0\n")
    with pytest.raises(FileError, match="line 2: there is no exercise 'leaky_step' in this course. try: --course with"):
        Workshop(workshop.folder)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 1_000_001])
def test_a_file_that_is_no_progress_is_refused_in_a_line(workshop, content):
    workshop.folder.mkdir()
    (workshop.folder / "progress.txt").write_bytes(content)
    with pytest.raises(FileError, match="try: another --folder, or remove it"):
        Workshop(workshop.folder)


def test_what_was_not_started_cannot_be_checked(workshop):
    with pytest.raises(
        ConfigError, match="01_slopes.py is not there. try: tinygrad-gru learn start slopes --folder .*, or the folder"
    ):
        workshop.check(SLOPES)


def test_a_folder_that_cannot_be_made_is_an_error_in_a_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot make .*try: --folder with one of yours"):
        Workshop(tmp_path / "file" / "learn").start(SLOPES)


def test_a_thread_that_was_left_is_not_waited_for(workshop):
    left = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n"
    assert checked(workshop, left + RIGHT)[0].passed


def test_a_folder_in_the_place_of_a_file_is_said_and_not_taken_for_yours(workshop):
    (workshop.folder / "01_slopes.py").mkdir(parents=True)
    with pytest.raises(FileError, match=r"01_slopes.py is a folder, in the place of your file. try: to move it away"):
        workshop.start(SLOPES)
    with pytest.raises(ConfigError, match=r"01_slopes.py is not a file. try: to move it away"):
        workshop.check(SLOPES)
    _, old = workshop.reset(SLOPES)
    assert old.is_dir() and workshop.file_of(SLOPES).is_file(), "reset moves it away"
