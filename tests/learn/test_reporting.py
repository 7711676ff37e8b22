"""What learners have done, from their own notes: a line for each exercise, nothing checked, nothing written."""

import csv
import io

from tinygrad_gru.learn.course import USUAL, Course
from tinygrad_gru.learn.reporting import COLUMNS, as_csv, report
from tinygrad_gru.learn.workshop import Workshop


def test_the_lines_are_those_of_the_progress_file(tmp_path):
    (tmp_path / "progress.txt").write_text("# head\nslopes done 2026-11-27 14:05 2\naccumulate seen\n")
    lines = list(report({"anna": Workshop(tmp_path)}))
    assert len(lines) == 16 and (tmp_path / "progress.txt").read_text().startswith("# head\nslopes")
    assert vars(lines[0]) == {
        "folder": "anna", "chapter": 1, "exercise": "slopes", "state": "done", "when": "2026-11-27 14:05", "hints": 2,
    }  # fmt: skip
    assert [(line.state, line.when) for line in lines[1:3]] == [("seen", ""), ("", "")]


def test_a_course_chooses_the_lines(tmp_path):
    course = Course(USUAL.tasks[3:5])
    lines = list(report({name: Workshop(tmp_path, course) for name in ("anna", "ben")}))
    assert [(line.folder, line.exercise) for line in lines] == [
        ("anna", "unbroadcast"), ("anna", "toposort"), ("ben", "unbroadcast"), ("ben", "toposort"),
    ]  # fmt: skip


def test_the_table_can_be_read_back(tmp_path):
    text = as_csv(list(report({'a "b", c': Workshop(tmp_path)})))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == COLUMNS and rows[0]["folder"] == 'a "b", c' and len(rows) == 16


def test_a_spreadsheet_has_nothing_to_compute(tmp_path):
    """Neither in what a learner wrote for a time, nor in the name of a folder."""
    (tmp_path / "progress.txt").write_text(
        "slopes done =HYPERLINK(1) 1\naccumulate done @SUM\ntoposort seen 2026-11-27\n"
    )
    text = as_csv(list(report({"=1+1": Workshop(tmp_path), "-x": Workshop(tmp_path)})))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["state"], row["when"]) for row in rows[:2]] == [("done", ""), ("done", "")]
    assert [row["when"] for row in rows if row["exercise"] == "toposort"] == ["2026-11-27"] * 2
    assert {row["folder"] for row in rows} == {"./=1+1", "./-x"}
