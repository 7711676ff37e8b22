"""The order of rows: newest first, no order, day or month first, columns of years, and what is said of each."""

import numpy as np
import pytest

from tests.tasks.own_data.tables import Same
from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks import Forecast
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.tables.form import Reading
from tinygrad_gru.tasks.data.tables.order import direction_of, order_of
from tinygrad_gru.tasks.data.tables.rows import table_of


def read(text, **reading):
    return table_of(Source("in", text, "csv", Reading(**reading)))


def days(cells, **reading):
    return read("day,a\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells)), **reading)


def test_newest_first_is_turned_round():
    rows = days(["2024-01-03", "2024-01-02", "2024-01-01"])
    assert rows.values.ravel().tolist() == [2, 1, 0]
    assert rows.order.words == "by day, newest first in the file, turned round, 1 day apart"
    assert rows.left_out == {"day": "gives the order"}


def test_rows_in_no_order_are_sorted_and_rows_in_order_stay():
    assert days(["2024-01-03", "2024-01-01", "2024-01-02"]).values.ravel().tolist() == [1, 2, 0]
    rows = days(["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-05"])
    assert rows.values.ravel().tolist() == [0, 1, 2, 3]
    assert rows.order.words == "by day, as in the file, 1 at the same time as the one before"
    rows = days(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05"])
    assert rows.order.words == "by day, as in the file, 1 day apart (1 of 3 otherwise)"


def test_a_few_missing_rows_are_told_with_their_remedy_and_many_as_weekends_of_prices_are_meant_so():
    month = [f"2024-01-{day:02}" for day in range(1, 31)]
    assert days([*month[:7], *month[8:]]).order.words.endswith(
        "1 day apart (1 of 28 otherwise: rows are missing, and shift a season. try: empty rows for them, and --fill)"
    )
    assert days([day for i, day in enumerate(month) if i % 7 < 5]).order.words.endswith(
        "1 day apart (4 of 21 otherwise)"
    )
    twice = days([*month[:20], month[19], *month[20:]]).order.words  # none is missing
    assert twice.endswith("1 day apart (1 of 30 otherwise), 1 at the same time as the one before")


def test_day_or_month_first_is_told_by_a_day_above_12_or_by_the_order():
    assert days(["1/2/2024", "13/2/2024"]).order.facts == {"column": "day", "order": "dmy"}
    assert days(["2/1/2024", "2/13/2024"]).order.facts == {"column": "day", "order": "mdy"}
    assert days(["1/2/2024", "2/2/2024", "1/3/2024"]).order.facts["order"] == "dmy"  # only so they are in order
    mixed = ["1/5/2024", "2/1/2024", "3/4/2024", "1/2/2024"]
    assert days(mixed).order.facts == {} and "--dates dmy or mdy tells" in days(mixed).order.words
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
    assert read(text).order.facts["column"] == "b"
    assert read(text, time="a").values.ravel().tolist() == [1, 0, 2]
    unordered = text.replace("2024-02-01", "2024-02-09")
    assert read(unordered).order.facts == {} and "a and b are dates" in read(unordered).order.words


@pytest.mark.parametrize(
    ("time", "why"), [("dat", "did you mean day"), ("a b c", "try: --time day"), ("name", "holds no")]
)
def test_a_time_that_is_none_is_refused(time, why):
    with pytest.raises(ConfigError, match=f"time: .*{why}"):
        read("day,a,name\n2024-01-01,1,x\n", time=time)


def test_a_run_that_was_ordered_by_years_is_so_with_other_data():
    text = "year,a\n" + "".join(f"{2000 - i},{i % 5}\n" for i in range(40))
    task = Forecast(Source("in", text, "csv"), length=3)
    again = Forecast(Source("in", text, "csv"), length=3, facts=task.facts)
    np.testing.assert_array_equal(again._train, task._train)
    other = Source("in", "a,year\n4,1999\n3,2000\n7,2001\n", "csv")
    rows = [list(Forecast.predict(Same(1), task.facts, source)) for source in (other, turned(other))]
    assert rows[0] == rows[1] == [{"rows ahead": 1, "a": pytest.approx(7)}]


def turned(source):
    """The same rows in the other order."""
    head, *rows = source.text.splitlines()
    return Source("in", "\n".join([head, *reversed(rows)]) + "\n", "csv")


def test_time_goes_on_or_back_or_neither_and_in_groups_within_each():
    none = np.zeros(0, np.int64)
    assert [direction_of(np.array(t), none) for t in ([1, 2, 2], [3, 3, 1], [1, 3, 2])] == [1, -1, 0]
    assert direction_of(np.array([1, 1]), none, strictly=True) == 0
    assert direction_of(np.array([5, 1, 6, 2]), np.array([0, 1, 0, 1])) == 1


def test_of_two_readings_that_are_both_in_order_nobody_knows_how_far_apart_the_rows_are():
    times = {("day", "dmy"): np.array([0.0, 86400.0]), ("day", "mdy"): np.array([0.0, 31 * 86400.0])}
    order = order_of(times, np.zeros(0, np.int64))
    assert (order.words, order.rows) == ("by day, as in the file", None)


def test_numbers_that_are_days_are_told_apart_as_days():
    days = np.array([20240125.0, 20240201.0, 20240208.0, 20240215.0, 20240222.0, 20240229.0, 20240307.0])
    assert order_of({("d", "number"): days}, np.zeros(0, np.int64)).words == "by d, as in the file, 7 days apart"
    assert order_of({("d", "number"): days + 70}, np.zeros(0, np.int64)).words.startswith(
        "by d, as in the file, 7 apart"
    )


def test_a_table_of_several_series_is_told():
    days = np.repeat([0.0, 86400.0, 2 * 86400.0], 5)
    words = order_of({("day", "ymd"): days}, np.zeros(0, np.int64)).words
    assert words.endswith(
        "12 at the same time as the one before: several series are forecast as one. try: a file for each"
    )
