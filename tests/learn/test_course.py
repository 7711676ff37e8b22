"""A course: exercises in another order, or some of them, or a teacher's own, as a file of TOML says."""

import pytest

from tinygrad_gru.errors import ArgumentError, ConfigError
from tinygrad_gru.learn.course import USUAL, course_in, own_exercise, read_course
from tinygrad_gru.learn.exercises import ORDER
from tinygrad_gru.learn.listing import listing
from tinygrad_gru.learn.workshop import Workshop

SOFTSIGN = '''"""The slope of x / (1 + |x|).

Softsign is a tanh without an exponential.
"""

import numpy as np


def softsign_slope(x):
    """dy/dx."""
    return 1 / (1 + np.abs(x)) ** 2


def cases():
    yield (np.array([0.0, 0.5, -2.0]),)


HINTS = ("Take x > 0 first, where |x| = x.",)


def not_squared(x):
    """The slope of a fraction has the SQUARE of what it is divided by."""
    return 1 / (1 + np.abs(x))


TWINS = (not_squared,)
'''


def text_in(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def own(tmp_path):
    """The file of an exercise of one's own."""
    return text_in(tmp_path / "exercises" / "softsign_slope.py", SOFTSIGN)


def test_without_a_file_it_is_all_of_ours(tmp_path):
    assert course_in(tmp_path) is USUAL and USUAL.names == ORDER


def test_a_file_says_which_and_in_which_order(tmp_path):
    course = read_course(text_in(tmp_path / "course.toml", 'title = "Week 1"\nexercises = ["gru_step", "matmul_vjp"]'))
    assert course.title == "Week 1" and course.names == ("gru_step", "matmul_vjp")
    assert [task.number for task in course.tasks] == ["9", "6b"], "the names of the files stay as they were"
    assert course.exercise("6b").name == course.exercise("06b_matmul_vjp.py").name == "matmul_vjp"
    with pytest.raises(ArgumentError, match="there is no exercise 'slopes' in Week 1"):
        course.exercise("slopes")


def test_the_course_of_a_folder_is_read_and_progress_of_other_exercises_is_kept(tmp_path):
    Workshop(tmp_path).start(USUAL.exercise("slopes"))
    text_in(tmp_path / "course.toml", 'exercises = ["gru_step"]')
    workshop = Workshop(tmp_path)
    workshop.start(workshop.course.exercise("gru_step"))
    lines = (tmp_path / "progress.txt").read_text().splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [["gru_step", "begun"], ["slopes", "begun"]]
    assert workshop.command("check", workshop.course.tasks[0]).endswith(f"learn check gru_step --folder {tmp_path}")


def test_a_course_from_elsewhere_is_named_in_what_one_types(tmp_path):
    path = text_in(tmp_path / "course.toml", 'exercises = ["gru_step"]')
    workshop = Workshop(tmp_path / "learn", read_course(path))
    assert workshop.command("check", workshop.course.tasks[0]).endswith(f" --course {path}")


def test_an_exercise_of_ones_own_is_started_checked_and_noted(own, tmp_path):
    course = read_course(
        text_in(tmp_path / "course.toml", 'exercises = ["slopes", "softsign_slope"]\nfolder = "exercises"')
    )
    task = course.exercise("softsign_slope")
    assert (task.number, task.chapter, task.title) == ("15", 15, "The slope of x / (1 + |x|).")
    workshop = Workshop(tmp_path / "learn", course)
    path = workshop.start(task)
    assert path.name == "15_softsign_slope.py" and "def softsign_slope(x):" in path.read_text()
    path.write_text(SOFTSIGN.replace(" ** 2", ""))
    verdict, _ = workshop.check(task)
    assert (verdict.passed, verdict.twin) == (False, "not_squared")
    path.write_text(listing(task))
    assert workshop.check(task)[0].passed and workshop.state(task) == "done"
    assert Workshop(tmp_path / "learn", course).state(task) == "done"


def test_without_a_list_ours_come_first_and_ones_own_behind_them(own, tmp_path):
    course = read_course(text_in(tmp_path / "course.toml", 'folder = "exercises"'))
    assert course.names == (*ORDER, "softsign_slope")


def test_several_of_a_chapter_have_the_next_free_letters(own, tmp_path):
    for name in ("second", "third"):
        text_in(own.with_name(f"{name}.py"), f"CHAPTER = 6\n{SOFTSIGN.replace('softsign_slope', name)}".replace(
            'CHAPTER = 6\n"""', '"""', 1).replace("HINTS =", "CHAPTER = 6\nHINTS ="))  # fmt: skip
    course = read_course(text_in(tmp_path / "course.toml", 'folder = "exercises"'))
    assert [task.number for task in course.tasks[-3:]] == ["6c", "15", "6d"] or [
        (task.name, task.number) for task in course.tasks[-3:]
    ] == [("second", "6c"), ("softsign_slope", "15"), ("third", "6d")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exercises = [", "is no TOML: "),
        ("exercises = []", r"exercises: got \[\], wanted names in a list. try: exercises = "),
        ("exercises = 3", "exercises: got 3, wanted names in a list"),
        ('exercises = ["slops"]', "there is no exercise 'slops'. did you mean slopes"),
        ('exercises = ["slopes", "slopes"]', "slopes is there 2 times. try: leave it there once"),
        ("exercise = []", "no such setting: exercise. did you mean exercises"),
        ("title = 3", "title: got 3, wanted text"),
        ("folder = 3", "folder: got 3, wanted a path"),
        ('folder = "nothing"', "nothing is no folder. try: the path of one, as seen from course.toml"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_try(text, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        read_course(text_in(tmp_path / "course.toml", text))


def test_a_file_that_is_not_there_or_has_no_end_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot read .*nothing.toml: .* try: --course with its path"):
        read_course(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="larger than a course can be"):
        read_course(text_in(tmp_path / "course.toml", "#" * 1_000_001))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("HINTS = (", "TIPS = ("), "wanted HINTS, one at least"),
        (("def softsign_slope", "def softsign"), "wanted a function or class softsign_slope"),
        (("def cases", "def case"), "wanted a function cases"),
        (('"""The slope of x', 'TASK = """The slope of x'), "wanted a docstring, the task"),
        (("HINTS =", "CHAPTER = 0\nHINTS ="), "wanted a whole number as CHAPTER, from 1 to 99"),
        (("import numpy", "import nothing_of_the_kind"), "ModuleNotFoundError: .* try: python "),
    ],
)
def test_a_file_that_is_no_exercise_is_refused_with_what_it_lacks(change, message, own):
    own.write_text(SOFTSIGN.replace(*change))
    with pytest.raises(ConfigError, match=message):
        own_exercise(own)


def test_a_file_with_the_name_of_one_of_ours_is_refused(own, tmp_path):
    own.rename(own.with_name("slopes.py"))
    with pytest.raises(ConfigError, match=r"slopes.py: slopes is one of ours. try: another name for yours"):
        read_course(text_in(tmp_path / "course.toml", 'folder = "exercises"'))
