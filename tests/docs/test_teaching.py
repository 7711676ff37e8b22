"""The page for teachers: its parts take 90 minutes, and its homework is that of the path."""

import re
from pathlib import Path

from tests.docs.pictures import PICTURES
from tests.docs.tables import with_table
from tests.docs.teaching import HEAD, table
from tinygrad_gru.learn.exercise import exercises

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "teaching.md").read_text(encoding="utf-8")
INDEX = (DOCS / "learn" / "README.md").read_text(encoding="utf-8")
PARTS = re.findall(
    r"^\| (\d+) \| \[([^\]]+)\]\(learn/(\S+)\) \| (.+\?) \| \[.+\]\(pictures/(\S+)\.svg\) \|", PAGE, flags=re.M
)


def test_the_parts_are_chapters_in_order_and_take_ninety_minutes():
    assert sum(int(minutes) for minutes, *_ in PARTS) == 90
    assert [int(file[:2]) for _, _, file, *_ in PARTS] == [1, 2, 3, 5, 6, 8, 9, 10]
    assert all(f"[{title}]({file})" in INDEX for _, title, file, *_ in PARTS)


def test_each_part_shows_the_picture_of_its_chapter():
    for _, _, file, _, picture in PARTS:
        assert picture in PICTURES and f"(../pictures/{picture}.svg)" in (DOCS / "learn" / file).read_text("utf-8")


def test_the_homework_has_the_chapters_and_the_minutes_of_the_path():
    chapters = {task.name: task.chapter for task in exercises()}
    homework = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \|", PAGE, flags=re.M)
    assert [name for name, *_ in homework] == ["slopes", "gru_step", "gru_back"]
    for name, chapter, minutes in homework:
        assert chapters[name] == int(chapter)
        assert re.search(rf"`{name}` \| {minutes} \|$", INDEX, flags=re.M)


def test_the_table_of_exercises_is_that_of_the_code():
    assert with_table(PAGE, table()) == PAGE, "an exercise has changed. try: make teaching"


def test_the_table_has_all_exercises_their_minutes_and_what_they_catch():
    rows = table().removeprefix(HEAD).splitlines()
    assert [row.split("`")[1] for row in rows] == [task.name for task in exercises()]
    assert rows[0].startswith("| `slopes` | [1](learn/01-one-slope-on-paper.md) | 20 | without tanh, own factor, ")
    assert rows[6].startswith("| `matmul_vjp` | [6b](learn/06-five-rules.md) |  | ")
    assert sum(int(row.split(" | ")[2] or 0) for row in rows) == 652
    assert with_table(PAGE.replace("without tanh", "with tanh"), table()) == PAGE
