"""Forecasting: windows against their definition, the split, the baselines, and tables that are refused."""

import json

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.tasks.own_data.tables import Same, series, unscaled
from tinygrad_gru.errors import CheckpointError, DataError
from tinygrad_gru.tasks import Forecast, Source, Table


def test_a_window_is_followed_by_its_targets():
    task = Forecast(series(), length=4, targets=["b"], horizon=3)
    assert task.scaling.columns == ["a", "b"]  # the day is no number
    x, y = next(task.batches(np.random.default_rng(0), 50))
    assert x.shape == (4, 50, 2) and y.shape == (50, 3)
    for b in range(50):
        rows = unscaled(task, x[:, b, 0], "a")
        assert (np.diff(rows) == 1).all()
        assert unscaled(task, y[b], "b").tolist() == [1000 + 2 * (rows[-1] + k) for k in (1, 2, 3)]


def test_no_window_of_training_reaches_into_the_held_out_rows_nor_the_other_way():
    task = Forecast(series(), length=4, horizon=2)
    x, y = next(task.batches(np.random.default_rng(0), 3000))
    seen = {*unscaled(task, x[:, :, 0], "a").ravel(), *unscaled(task, y[:, 0], "a"), *unscaled(task, y[:, 2], "a")}
    assert seen == set(range(72))
    chosen = task._validation  # the last tenth of the rows to train on is asked for, and not trained on
    assert {*unscaled(task, chosen.y[:, 0], "a"), *unscaled(task, chosen.y[:, 2], "a")} == set(range(72, 80))
    asked = {*unscaled(task, task._test.x[:, :, 0], "a").ravel(), *unscaled(task, task._test.y[:, 2], "a")}
    assert asked == set(range(80, 100))


def test_means_and_spreads_are_those_of_the_rows_to_train_on():
    task = Forecast(series(), length=4)
    assert task.scaling.mean == pytest.approx([39.5, 1079])
    assert task.scaling.spread == pytest.approx([np.arange(80).std(), 2 * np.arange(80).std()])


def test_the_baselines_are_what_they_say():
    task = Forecast(series(), length=4)
    assert task.evaluate(Same(2)) == pytest.approx(task.baselines["the last row again"], rel=1e-6)
    assert task.baselines["the last row again"] == pytest.approx(1 / np.arange(80).std(), rel=1e-4)
    assert task.baselines["a linear forecast"] < task.baselines["the last row again"] < task.baselines["the mean"]
    column = task.tables(Same(2))["per column, in its own unit"][1]
    assert column == {
        "column": "b",
        "RMSE": pytest.approx(2, rel=1e-3),
        "the last row again": pytest.approx(2, rel=1e-3),
    }


def test_the_rows_after_the_last_are_predicted_in_their_own_unit():
    task = Forecast(series(), length=4, targets=["b"], horizon=2)
    rows = list(Table.predict(Same(2), json.loads(json.dumps(task.facts)), series(30)))
    assert rows == [{"rows ahead": 1, "b": pytest.approx(1058)}, {"rows ahead": 2, "b": pytest.approx(1058)}]
    with pytest.raises(DataError, match="in has 3 rows, wanted 4 or more"):
        list(Table.predict(Same(2), task.facts, series(3)))
    with pytest.raises(DataError, match="in, line 1: no column 'b', got a"):
        list(Table.predict(Same(2), task.facts, Source("in", "a\n1\n", "csv")))


def test_a_column_that_never_changes_is_no_division_by_zero():
    text = "a,c\n" + "".join(f"{i},5\n" for i in range(60))
    task = Forecast(Source("in", text, "csv"), length=3)
    assert task.scaling.spread[1] == 1 and np.isfinite(task.baselines["a linear forecast"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a\n" + "1\n" * 10 + "nan\n" + "1\n" * 50, "in, line 12: a is 'nan', wanted a finite number"),
        ("a,b\n" + "1,2\n" * 10 + "1\n", "in, line 12: got 1 fields, wanted 2"),
        ("a,b\nx,y\n", "in, line 2: no column holds numbers"),
        ("a\n" + "1\n" * 20, "in has 20 rows, wanted 25 or more for windows of 4 and 1 ahead"),
        ("a\n", "in holds no rows"),
    ],
)
def test_a_table_that_cannot_be_forecast_is_refused(text, complaint):
    with pytest.raises(DataError) as told:
        Forecast(Source("in", text, "csv"), length=4)
    assert str(told.value).startswith(complaint)


@pytest.mark.parametrize(
    "change",
    [{"columns": ["a"]}, {"spread": [0.0, 1.0]}, {"mean": [float("nan"), 1.0]}, {"horizon": 10**9}, {"targets": ["c"]}],
)
def test_facts_that_cannot_be_used_are_refused(change):
    facts = Forecast(series(), length=4, horizon=1).facts | change
    with pytest.raises(CheckpointError, match="the checkpoint's .* cannot be used"):
        Table.build("gru", 4, facts)


def waves(rows=120):
    """A season of six rows on a slope, and a column that the forecast does not need."""
    return Source("in", "a,b\n" + "".join(f"{10 * (i % 6) ** 2 + i},{i * i % 7}\n" for i in range(rows)), "csv")


def test_a_season_is_found_said_and_asked_for_otherwise():
    task = Forecast(waves(), length=8, targets=["a"], horizon=8)
    assert task.season == 6 and "found in the rows to train on (--season says otherwise" in task.report[-3]
    x, y = task._test
    before = unscaled(task, x[:, :, 0], "a")
    wanted = np.array([[before[2 + k % 6, b] for k in range(8)] for b in range(x.shape[1])])  # the last six rows, again
    error = np.sqrt(((wanted - unscaled(task, y, "a")) ** 2).mean()) / task.scaling.spread[0]
    assert task.baselines["one season ago"] == pytest.approx(error, rel=1e-2)
    assert "one season ago" not in Forecast(waves(), length=8, season=0).baselines
    longer = Forecast(waves(), length=4, targets=["a"])  # a window does not hold it
    assert "one season ago" not in longer.baselines and "try: --length 7" in longer.report[-3]


def test_an_interval_is_as_wide_as_the_error_that_nine_in_ten_stay_below():
    task = Forecast(series(200), length=4, targets=["b"])
    assert task.measured == {}

    class Off:
        """The change is wrong by 1, 2, 3 … scaled units, one more in each window."""

        def __call__(self, x, lengths=None):
            return np.arange(1, x.shape[1] + 1, dtype=np.float32)[:, None] + 2 / np.float32(task.scaling.spread[1])

    task.evaluate(Off())
    n = len(task._validation.y)
    assert n == 16 and task.measured["errors"] == [[pytest.approx(np.ceil(0.9 * 17), rel=1e-4)]]
    facts = json.loads(json.dumps(task.facts | task.measured))
    (row,) = Table.predict(Same(1), facts, series(30))
    half = np.ceil(0.9 * 17) * task.scaling.spread[1]
    assert row == {
        "rows ahead": 1, "b": pytest.approx(1058), "b from": pytest.approx(1058 - half, rel=1e-4),
        "b to": pytest.approx(1058 + half, rel=1e-4),
    }  # fmt: skip
    again = Forecast(series(200), 4, facts=facts)
    assert 0 <= again.tables(Same(1))["per row ahead, in standard deviations"][0]["inside the interval"] <= 1
    for wrong in ([], [[1, 2]], [[-1]], "x", [["x"]]):
        with pytest.raises(CheckpointError, match="the checkpoint's errors cannot be used"):
            list(Table.predict(Same(1), facts | {"errors": wrong}, series(30)))


def noise(rows, columns, seed):
    """A table of nothing but noise: the linear forecast learns by heart what it can."""
    values = np.random.default_rng(seed).normal(size=(rows, columns))
    return Source("in", "a,b,c\n" + "".join(",".join(map(str, row)) + "\n" for row in values), "csv")


def test_nine_in_ten_new_rows_lie_in_the_interval_though_the_linear_forecast_has_seen_all_rows():
    """Of 40 tables with 10 rows for validation: the errors on these are smaller than those on new ones."""
    inside, of_seen = [], []
    for seed in range(40):
        task = Forecast(noise(125, 3, seed), length=12, season=0)
        if task._linear is None:  # it errs more than the last row again
            continue
        task.evaluate(task._linear)
        (row,) = task.tables(task._linear)["per row ahead, in standard deviations"]
        inside.append(row["inside the interval"])
        task._linear_of_train = task._linear
        task.evaluate(task._linear)
        of_seen.append(task.tables(task._linear)["per row ahead, in standard deviations"][0]["inside the interval"])
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04) and np.mean(of_seen) < 0.83


def test_fewer_than_nine_rows_for_validation_tell_no_interval():
    for rows, wanted in ((111, 8), (112, 9)):
        task = Forecast(noise(rows, 3, 0), length=12)
        task.evaluate(Same(3))
        assert len(task._validation.y) == wanted and ("errors" in task.measured) == (wanted == 9)
        (row,) = task.tables(Same(3))["per row ahead, in standard deviations"]
        assert ("inside the interval" in row) == (wanted == 9)


def test_a_linear_forecast_that_errs_more_than_the_last_row_is_no_start():
    walks = np.random.default_rng(0).normal(size=(100, 20)).cumsum(axis=0)
    header = ",".join(f"c{i}" for i in range(20))
    text = "\n".join([header, *(",".join(map(str, row)) for row in walks)]) + "\n"
    task = Forecast(Source("in", text, "csv"), length=8, season=0)
    last = task.baselines["the last row again"]
    assert task.baselines["a linear forecast"] > 2 * last and "linear" not in task.facts
    with tg.seed(0):
        assert task.evaluate(task.model("gru", 4)) < 1.7 * last
    again = Forecast(Source("in", text, "csv"), length=8, facts=json.loads(json.dumps(task.facts)))
    assert again._linear is None and "linear" in Forecast(series(200), length=4).facts


def test_few_rows_of_many_columns_are_no_linear_start_though_none_are_left_to_try_it_on():
    """30 rows: six are held out, and of fewer than 40 none choose the weights."""
    rng = np.random.default_rng(0)

    def table(columns):
        rows = rng.normal(size=(30, columns)).round(4)
        names = ",".join(f"c{k}" for k in range(columns))
        return Source("in", "\n".join([names, *(",".join(map(str, row)) for row in rows)]) + "\n", "csv")

    wide, narrow = Forecast(table(10), length=3), Forecast(table(2), length=3)
    assert wide._validation is None and wide._linear is None and "linear" not in wide.facts
    why = (
        "start: the last row again, and no linear forecast: 21 windows of 10 columns are too few, and no rows are left"
    )
    assert any(line.startswith(why) for line in wide.report)
    assert narrow._validation is None and narrow._linear is not None
    assert not any(line.startswith("start:") for line in narrow.report)


def test_before_any_training_the_forecast_is_close_to_the_linear_one():
    task = Forecast(waves(), length=8, targets=["a"])
    with tg.seed(0):
        error = task.evaluate(task.model("gru", 4))
    assert task.baselines["a linear forecast"] < 0.01 < error < 0.1 < 1 < task.baselines["the last row again"]


def test_what_a_baseline_errs_more_stands_beside_its_standard_error():
    """Two rows ahead, so that of two windows, which share a row, one is counted."""
    task = Forecast(
        Source("in", "a\n" + "".join(f"{v}\n" for v in np.random.default_rng(0).normal(size=200)), "csv"),
        4,
        horizon=2,
        season=0,
    )
    rows = {row["baseline"]: row for row in task.tables(Same(2))["squared error that a baseline has more"]}
    assert list(rows) == list(task.baselines)
    assert rows["the last row again"]["more"] == rows["the last row again"]["±"] == 0  # it is what Same says
    x, y = task._test
    d = (y**2).mean(axis=1) - ((y - x[-1][:, [0, 0]]) ** 2).mean(axis=1)  # the mean is 0
    assert rows["the mean"]["more"] == pytest.approx(d.mean(), rel=1e-5)
    assert rows["the mean"]["more"] == pytest.approx(
        task.baselines["the mean"] ** 2 - task.baselines["the last row again"] ** 2, rel=1e-5
    )
    assert rows["the mean"]["±"] == pytest.approx(d.std(ddof=1) / np.sqrt(len(d) / 2), rel=1e-5)


def test_the_lines_of_a_picture_are_the_last_rows_held_out_in_their_own_units():
    lines = Forecast(series(), length=4).lines(Same(2))  # 20 rows are held out, and 4 of them are read first
    assert list(lines) == ["a", "b"]
    assert lines["b"]["true"] == [(row, pytest.approx(1000 + 2 * (83 + row), rel=1e-5)) for row in range(1, 17)]
    assert lines["b"]["forecast"] == [(row, pytest.approx(1000 + 2 * (82 + row), rel=1e-5)) for row in range(1, 17)]
    long = Forecast(series(500), length=4, targets=["b"]).lines(Same(1))
    assert list(long) == ["b"] and len(long["b"]["true"]) == 60
    assert long["b"]["true"][-1] == (60, pytest.approx(1000 + 2 * 499, rel=1e-5))
