"""The columns of a table: which are meant as numbers, what is refused with its line, and what gives the order."""

import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.tables.columns import numeric_columns, survey_of
from tinygrad_gru.tasks.data.tables.form import Reading
from tinygrad_gru.tasks.data.tables.rows import table_of
from tinygrad_gru.tasks.own_data.forecasting import Forecast


def table(cells, header="x,y", **reading):
    """A table whose column x holds these cells, and whose column y counts the rows."""
    rows = "".join(f'"{cell}",{i}\n' for i, cell in enumerate(cells))
    return Source("in", f"{header}\n{rows}", "csv", Reading(**reading))


def read(text, **reading):
    return table_of(Source("in", text, "csv", Reading(**reading)))


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
