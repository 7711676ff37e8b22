"""The rows of a table: all bad lines at once, gaps, and groups; what stands in another order is put right."""

import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.tables.form import Reading
from tinygrad_gru.tasks.data.tables.rows import table_of


def read(text, **reading):
    return table_of(Source("in", text, "csv", Reading(**reading)))


def test_all_bad_lines_are_told_at_once_and_no_more_than_twenty():
    rows = "".join(f"{i},{'' if i % 2 else i}\n" for i in range(60))
    with pytest.raises(DataError) as refused:
        read(f"a,b\n{rows}7\n")
    assert str(refused.value).startswith(
        "in, line 3: b is missing, wanted a finite number and 30 more lines. try: --fill"
    )
    notes = refused.value.__notes__
    assert notes[0] == "in, 31 lines:" and len(notes) == 22 and notes[-1] == "and 11 more"
    assert notes[1:3] == [f"line {line}: b is missing, wanted a finite number" for line in (3, 5)]


def test_bad_lines_can_be_skipped_and_it_is_said_which():
    rows = read("a,b\n1,2\n3\n4,x\n5,\n6,7\n", skip_bad=True)
    assert rows.values.tolist() == [[1, 2], [6, 7]]
    assert rows.bad.words == "3 bad rows left out, on lines 3, 4, 5"
    with pytest.raises(DataError, match="in holds no rows that can be used"):
        read("a,b\n1,\n2,\n3,\n,1\n,2\n,3\n", skip_bad=True)


def test_gaps_stay_gaps_where_they_are_to_be_filled_and_what_is_no_number_stays_bad():
    rows = read("a,b\n1,\nNA,2\n3,4\n", fill="mean")
    assert rows.gaps == {"a": 1, "b": 1} and str(rows.values.tolist()) == "[[1.0, nan], [nan, 2.0], [3.0, 4.0]]"
    with pytest.raises(DataError, match="line 3: a is 'x'"):
        read("a,b\n1,\nx,2\n3,4\n4,4\n", fill="mean")


def test_labels_and_groups_that_look_the_same_are_one():
    text = "id,x,label\n" + "".join(f"{name},{i},{name}\n" for i, name in enumerate(["café", "cafe\u0301", "b"]))
    rows = table_of(Source("in", text, "csv"), [], "id", "label")
    assert (rows.groups, rows.labels, rows.codes.tolist()) == (["café", "b"], ["café", "b"], [0, 0, 1])


def test_the_rows_of_a_group_are_put_in_order_and_the_groups_stay_as_they_appear():
    text = "id,day,x\nb,2024-01-02,0\na,2024-01-05,1\nb,2024-01-01,2\na,2024-01-04,3\n"
    rows = table_of(Source("in", text, "csv"), [], "id")
    assert rows.groups == ["b", "a"] and rows.order.words == "by day, newest first in the file, turned round"
    assert [rows.values[rows.codes == k].ravel().tolist() for k in (0, 1)] == [[2, 0], [3, 1]]


def test_a_column_without_a_name_that_counts_the_rows_is_none():
    text = ",a,b\n" + "".join(f"{i},{i % 3},{i % 5}\n" for i in range(9))
    rows = table_of(Source("in", text, "csv"))
    assert rows.columns == ["a", "b"] and rows.left_out == {"column 1": "has no name, and counts the rows"}
    odd = Source("in", text.replace("8,2,3", "0,2,3"), "csv")
    assert table_of(odd).columns == ["column 1", "a", "b"]
    facts = {"columns": ["column 1", "b"], "written": {}}  # of a run that was trained on it
    assert table_of(Source("in", text, "csv"), facts=facts).columns == ["column 1", "b"]


def test_jsonl_is_a_table_too_with_null_for_a_gap():
    text = '{"a": 1, "b": "x"}\n{"a": null, "b": "y"}\n{"b": "z", "a": 2.5}\n'
    rows = table_of(Source("in", text, "jsonl", Reading(fill="zero")))
    assert rows.columns == ["a"] and rows.gaps == {"a": 1}
