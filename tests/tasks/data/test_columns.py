"""The columns of a table: which are meant as numbers, what is refused with its line, and what gives the order."""

import pytest

from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks.data.columns import numeric_columns, survey_of, table_of
from tinygrad_gru.tasks.data.form import Reading
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.own_data.forecasting import Forecast


def table(cells, header="x,y", **reading):
    """A table whose column x holds these cells, and whose column y counts the rows."""
    rows = "".join(f'"{cell}",{i}\n' for i, cell in enumerate(cells))
    return Source("in", f"{header}\n{rows}", "csv", Reading(**reading))


def read(text, **reading):
    return table_of(Source("in", text, "csv", Reading(**reading)))


# --- numbers and gaps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ["", " ", "NA", "n/a", "nan", "-", "?", "50%", "1,5", "1.2.3", "x", "inf", "1e40"])
@pytest.mark.parametrize("row", [0, 1, 39])
def test_a_column_of_numbers_is_not_dropped_for_one_cell_but_refused_with_its_line(odd, row):
    cells = [str(i % 7 + 0.5) for i in range(40)]
    cells[row] = odd
    with pytest.raises(DataError) as refused:
        Forecast(table(cells), length=3)
    shown = repr(odd) if odd.strip() else "missing"
    assert str(refused.value).startswith(f"in, line {row + 2}: x is {shown}, wanted a finite number")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1,200", 1200), ("50%", 50), ("$50", 50), ("-€1.200,50", -1200.5), ("1 200", 1200), ("(5)", -5), ("−5", -5)],
)
def test_a_column_that_is_written_for_people_is_read(cell, value):
    assert table_of(table([cell] * 4)).values[:, 0].tolist() == [value] * 4


def test_one_mark_holds_for_the_columns_that_do_not_tell():
    german = "preis;menge\n1,5;1.200\n2,25;1.300\n"
    assert read(german).values.tolist() == [[1.5, 1200], [2.25, 1300]]
    assert read(german, decimal="comma").values.tolist() == [[1.5, 1200], [2.25, 1300]]
    with pytest.raises(DataError, match="line 2: preis is '1,5', wanted a finite number"):
        read(german, decimal="point")


def test_semicolons_tell_that_the_comma_is_decimal_where_nothing_else_does():
    assert read("a;b\n1,234;x\n2,345;y\n").values.ravel().tolist() == [1.234, 2.345]
    assert read('a,b\n"1,234",x\n"2,345",y\n').values.ravel().tolist() == [1234, 2345]
    assert read("a;b\n1.234;x\n2.345;y\n").values.ravel().tolist() == [1.234, 2.345]


def test_marks_that_contradict_each_other_are_refused_with_the_option_that_decides():
    with pytest.raises(DataError, match="in: the numbers of x have commas and points.* try: --decimal point"):
        table_of(table(["1.234", "1,234"]))
    assert table_of(table(["1.234", "1,234"], decimal="point")).values[:, 0].tolist() == [1.234, 1234]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([f"{i % 28 + 1}.{i % 12 + 1}.24" for i in range(40)], "gives the order"),
        ([f"{i:03}h" for i in range(40)], "no numbers"),
        (["", "NA"] * 20, "empty"),
        (["7", *["Snow White"] * 39], "no numbers"),  # a name may be a number
    ],
    ids=["dates", "hours", "empty", "names"],
)
def test_what_holds_no_numbers_is_left_out_and_it_is_said_why(cells, why):
    task = Forecast(table(cells), length=3)
    assert task.scaling.columns == ["y"]
    assert task.data == f"40 rows; the last 8 are held out · columns: y · forecast: y · left out: x ({why})"


def test_a_column_is_meant_as_numbers_if_half_of_its_filled_cells_look_like_one():
    for cells, columns in [(["1", "b", "", ""], ["x", "y"]), (["1", "b", "c", ""], ["y"])]:
        source = table(cells)
        assert numeric_columns(survey_of(source), source) == columns


# --- bad lines --------------------------------------------------------------------------------------------------------


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


# --- the order --------------------------------------------------------------------------------------------------------


def days(cells, **reading):
    return read("day,a\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells)), **reading)


def test_newest_first_is_turned_round():
    rows = days(["2024-01-03", "2024-01-02", "2024-01-01"])
    assert rows.values.ravel().tolist() == [2, 1, 0]
    assert rows.order == "by day, newest first in the file, turned round, 1 day apart"
    assert rows.left_out == {"day": "gives the order"}


def test_rows_in_no_order_are_sorted_and_rows_in_order_stay():
    assert days(["2024-01-03", "2024-01-01", "2024-01-02"]).values.ravel().tolist() == [1, 2, 0]
    rows = days(["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-05"])
    assert rows.values.ravel().tolist() == [0, 1, 2, 3]
    assert (
        rows.order == "by day, as in the file, 1 day apart (2 of 3 otherwise), 1 at the same time as the one before"
        or (
            rows.order.startswith("by day, as in the file")
            and rows.order.endswith("1 at the same time as the one before")
        )
    )


def test_day_or_month_first_is_told_by_a_day_above_12_or_by_the_order():
    assert days(["1/2/2024", "13/2/2024"]).time == {"column": "day", "order": "dmy"}
    assert days(["2/1/2024", "2/13/2024"]).time == {"column": "day", "order": "mdy"}
    assert days(["1/2/2024", "2/2/2024", "1/3/2024"]).time["order"] == "dmy"  # only so they are in order
    mixed = ["1/5/2024", "2/1/2024", "3/4/2024", "1/2/2024"]
    assert days(mixed).time == {} and "--dates dmy or mdy sorts by it" in days(mixed).order
    assert days(mixed, dates="mdy").values.ravel().tolist() == [3, 0, 1, 2]


def test_a_column_of_years_gives_the_order_and_is_not_forecast():
    text = "Year,a\n" + "".join(f"{2000 - i},{i}\n" for i in range(5))
    rows = read(text)
    assert rows.columns == ["a"] and rows.values.ravel().tolist() == [4, 3, 2, 1, 0]
    assert read(text, time="none").columns == ["Year", "a"]
    assert read(text.replace("Year", "y"), time="y").columns == ["a"]
    assert read("year,a\n1,1\n1,2\n2,3\n").columns == ["year", "a"]  # a year that stands twice counts nothing


def test_a_column_of_which_a_cell_is_no_date_gives_no_order_unless_it_is_asked_for():
    dates = ["2024-01-03", "", "2024-01-01"]
    assert days(dates).values.ravel().tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="line 3: day is '', wanted a date or time"):
        days(dates, time="day")
    assert days(dates, time="day", skip_bad=True).values.ravel().tolist() == [2, 0]


def test_of_several_columns_of_dates_the_one_in_order_is_taken():
    text = "a,b,x\n2024-01-02,2024-02-01,0\n2024-01-01,2024-02-02,1\n2024-01-03,2024-02-03,2\n"
    assert read(text).time["column"] == "b"
    assert read(text, time="a").values.ravel().tolist() == [1, 0, 2]
    unordered = text.replace("2024-02-01", "2024-02-09")
    assert read(unordered).time == {} and "a and b are dates" in read(unordered).order


@pytest.mark.parametrize(
    ("time", "why"), [("dat", "did you mean day"), ("a b c", "try: --time day"), ("name", "holds no")]
)
def test_a_time_that_is_none_is_refused(time, why):
    with pytest.raises(ConfigError, match=f"time: .*{why}"):
        read("day,a,name\n2024-01-01,1,x\n", time=time)


# --- groups -----------------------------------------------------------------------------------------------------------


def test_labels_and_groups_that_look_the_same_are_one():
    text = "id,x,label\n" + "".join(f"{name},{i},{name}\n" for i, name in enumerate(["café", "cafe\u0301", "b"]))
    rows = table_of(Source("in", text, "csv"), [], "id", "label")
    assert (rows.groups, rows.labels, rows.codes.tolist()) == (["café", "b"], ["café", "b"], [0, 0, 1])


def test_the_rows_of_a_group_are_put_in_order_and_the_groups_stay_as_they_appear():
    text = "id,day,x\nb,2024-01-02,0\na,2024-01-05,1\nb,2024-01-01,2\na,2024-01-04,3\n"
    rows = table_of(Source("in", text, "csv"), [], "id")
    assert rows.groups == ["b", "a"] and rows.order == "by day, newest first in the file, turned round"
    assert [rows.values[rows.codes == k].ravel().tolist() for k in (0, 1)] == [[2, 0], [3, 1]]


def test_jsonl_is_a_table_too_with_null_for_a_gap():
    text = '{"a": 1, "b": "x"}\n{"a": null, "b": "y"}\n{"b": "z", "a": 2.5}\n'
    rows = table_of(Source("in", text, "jsonl", Reading(fill="zero")))
    assert rows.columns == ["a"] and rows.gaps == {"a": 1}
