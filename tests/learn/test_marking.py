"""A class: every file of every folder is judged, the folders stay as they are, and no folder ends it."""

import csv
import importlib.util

import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.exercises import ORDER
from tinygrad_gru.learn.listing import listing
from tinygrad_gru.learn.marking import COLUMNS, Mark, as_csv, as_tables, in_order, marks, workshops_in
from tinygrad_gru.learn.workshop import Workshop

SLOPES, SUM = exercise("slopes"), exercise("accumulate")
WITHOUT_TANH = "def slopes(w, x, b):\n    open('here.txt', 'w').write('mine')\n    return x, w, 1.0\n"


@pytest.fixture
def room(tmp_path):
    """Anna has one right and one wrong, Ben has seen a solution and left a stub."""
    anna, ben = Workshop(tmp_path / "anna"), Workshop(tmp_path / "ben" / "learn")
    anna.start(SLOPES).write_text(WITHOUT_TANH)
    anna.start(SUM).write_text(listing(SUM))
    anna.next_hint(SUM)
    ben.start(SLOPES).write_text(listing(SLOPES))
    ben.show_solution(SLOPES)
    ben.start(SUM)
    return tmp_path


def files_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def marked(room):
    workshops = workshops_in([room / "anna", room / "ben"], lambda reason: pytest.fail(reason))
    return in_order(marks(workshops), workshops)


@pytest.mark.parametrize("with_joblib", [True, False])
def test_each_folder_and_exercise_has_a_mark_and_the_folders_stay_as_they_are(with_joblib, room, monkeypatch):
    if not with_joblib:
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *more: (name != "joblib" and find(name, *more)) or None
        )
    before = files_in(room)
    results = {(mark.folder.rpartition("/")[2], mark.exercise): mark for mark in marked(room)}
    assert files_in(room) == before and len(results) == 2 * len(ORDER)
    wrong, right, seen, stub = [results[who, name] for who in ("anna", "ben") for name in ("slopes", "accumulate")]
    assert (wrong.result, wrong.mistake, wrong.message) == (
        "wrong", "without_tanh", "You stopped at the sum: tanh has a slope of its own, 1 − y².",
    )  # fmt: skip
    assert (right.result, right.hints, right.noted, right.message) == ("right", 1, "begun", "")
    assert (seen.result, seen.noted) == ("seen", "seen") and (stub.result, stub.noted) == ("missing", "begun")
    assert {mark.result for (_, name), mark in results.items() if name not in ("slopes", "accumulate")} == {"missing"}


def test_the_folder_of_a_whole_class_is_no_learner_who_wrote_nothing(room):
    told = []
    assert workshops_in([room], told.append) == {}
    assert told == [f"{room} holds folders of learners, and no files of one. try: {room / '*'}"]


def test_folders_are_used_as_they_were_named_and_what_is_none_is_told(room):
    told = []
    (room / "carla" / "learn").mkdir(parents=True)
    (room / "carla" / "learn" / "progress.txt").write_text("nonsense\n")
    (room / "file").write_text("")
    paths = [room / name for name in ("anna", "ben", "carla", "file", "nobody")]
    workshops = workshops_in(paths, told.append)
    assert [*workshops] == [str(room / "anna"), str(room / "ben")]
    assert [w.folder.name for w in workshops.values()] == ["anna", "learn"]
    assert len(told) == 3 and all("try: " in reason for reason in told)


def mark(folder, name, result="wrong", mistake="", message="", hints=0):
    return Mark(folder, exercise(name).chapter, name, result, mistake, hints, "", message)


def test_the_columns_of_the_csv_are_the_same_whatever_came_of_it():
    assert COLUMNS == ["folder", "chapter", "exercise", "result", "mistake", "hints", "noted", "message"]
    lines = [mark("a", "slopes", message='"x", y'), mark("b", "gru_back", "right")]
    rows = list(csv.DictReader(as_csv(lines).splitlines()))
    assert [row["message"] for row in rows] == ['"x", y', ""] and list(rows[0]) == COLUMNS


def test_the_tables_are_at_most_80_columns_wide_and_name_who_made_which_mistake():
    folders = [f"class-of-2026/{who}/learn" for who in ("anna", "ben", "somebody-whose-name-is-long" * 2)]
    lines = [mark(folder, name, "right", hints=3) for folder in folders for name in ORDER[2:]]
    lines += [mark(folder, "slopes", "wrong", "own_factor") for folder in folders]
    lines += [mark(folders[0], "accumulate", "wrong", "", "Line 3: NameError: name 'x' is not defined " + "x" * 99)]
    overview, mistakes = as_tables(lines, folders).split("\n\n")
    assert all(len(line) <= 80 for line in (overview + "\n" + mistakes).splitlines())
    assert overview.splitlines()[1].split() == ["anna", "w", "w", *["x"] * 14, "14", "42"]
    assert overview.splitlines()[2].split() == ["ben", "w", "?", *["x"] * 14, "14", "42"]
    assert overview.endswith("? not checked")
    assert mistakes.splitlines()[1].split()[:5] == ["slopes", "own_factor", "3", "anna,", "ben,"]
    assert mistakes.splitlines()[2].startswith("accumulate         “NameError: name 'x' is n…”")


def test_where_nothing_is_wrong_there_is_one_table_and_a_folder_alone_keeps_its_name():
    assert as_tables([mark("class/anna/learn", "slopes", "right")], ["class/anna/learn"]).count("\n\n") == 0
    assert "class/anna/learn" in as_tables([], ["class/anna/learn"])
