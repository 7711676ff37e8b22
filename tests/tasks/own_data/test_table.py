"""The user's own table: windows and groups against their definition, the split, the baselines, and what is refused."""

import json

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import CheckpointError, ConfigError, DataError
from tinygrad_gru.tasks import Table
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.own_data.forecasting import Forecast
from tinygrad_gru.tasks.own_data.sequence_classification import Groups


def series(n=100):
    """Rows whose values tell where they stand: a = i, b = 1000 + 2 i."""
    return Source("in", "day,a,b\n" + "".join(f"d{i},{i},{1000 + 2 * i}\n" for i in range(n)), "csv")


def groups(n=20, rows=3):
    lines = [f"g{g},{g + i},{'odd' if g % 2 else 'even'}" for g in range(n) for i in range(rows)]
    return Source("in", "id,x,label\n" + "\n".join(lines) + "\n", "csv")


class Same:
    """Says no change: with the last row added, it is the last row again."""

    def __init__(self, outputs):
        self.outputs = outputs

    def __call__(self, x, lengths=None):
        return np.zeros((x.shape[1], self.outputs), np.float32)


def unscaled(task, z, column):
    place = task.scaling.columns.index(column)
    return np.rint(z * task.scaling.spread[place] + task.scaling.mean[place]).astype(int)


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
    assert seen == set(range(80))
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


def test_a_group_is_a_sequence_and_none_is_on_both_sides():
    task = Groups(groups(), 10, "label", "id")
    assert (task.labels, task.scaling.columns, len(task._held_out)) == (["even", "odd"], ["x"], 4)
    assert not set(task._known) & set(task._held_out)
    x, y, lengths = next(task.batches(np.random.default_rng(0), 40))
    assert x.shape == (3, 40, 1) and (lengths == 3).all()
    for b in range(40):
        values = unscaled(task, x[:, b, 0], "x")
        assert values.tolist() == [values[0], values[0] + 1, values[0] + 2]
        assert y[b] == values[0] % 2 and values[0] in task._known


def test_groups_of_different_lengths_are_read_to_their_ends():
    text = "group,x,label\n" + "".join(f"g{g},{i},{'ab'[g % 2]}\n" for g in range(12) for i in range(1 + g % 4))
    task = Groups(Source("in", text, "csv"), 3, "label", "group")
    _, _, lengths = task._batch(np.arange(12))
    assert lengths.tolist() == [1, 2, 3, 3] * 3  # the last three of four
    with tg.seed(0):
        model = task.model("lstm", 4)
    rows = list(Table.predict(model, task.facts, Source("in", text, "csv")))
    assert [row["group"] for row in rows] == [f"g{g}" for g in range(12)]
    said = [task.labels[k] for k in task._said(model, np.arange(12))]
    assert [row["predicted"] for row in rows] == said


def test_what_a_table_is_for_is_told_by_its_columns(tmp_path):
    (tmp_path / "s.csv").write_text(series().text)
    (tmp_path / "g.csv").write_text(groups().text)
    assert isinstance(Table.create(4, tmp_path / "s.csv"), Forecast)
    task = Table.create(4, tmp_path / "g.csv")
    assert isinstance(task, Groups)
    again = Table.again(4, tmp_path / "g.csv", task.facts)
    np.testing.assert_array_equal(again._held_out, task._held_out)
    (tmp_path / "other.csv").write_text(groups(5).text)
    assert len(Table.again(4, tmp_path / "other.csv", task.facts)._held_out) == 5
    assert Table.create(4, tmp_path / "s.csv", targets=["a"], horizon=2).facts["targets"] == ["a"]


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
    ("text", "complaint"),
    [
        ("id,x,label\ng,1,a\ng,2,b\n", "in, line 3: label is 'b', but 'a' before in id 'g'"),
        ("id,x,label\ng,1,\n", "in, line 2: label is missing"),
        ("id,x,label\n,1,a\n", "in, line 2: id is missing"),
        ("id,x,label\ng,1,a\nh,2,b\n", "in holds 2 groups with 2 different labels"),
        ("x,label\n1,a\n", "in, line 1: no column 'id'"),
    ],
)
def test_groups_that_cannot_be_used_are_refused(text, complaint):
    with pytest.raises(DataError) as told:
        Groups(Source("in", text, "csv"), 4, "label", "id")
    assert str(told.value).startswith(complaint)


def test_options_that_make_no_sense_are_refused(tmp_path):
    (tmp_path / "s.csv").write_text(series().text)
    for options, complaint in [
        ({"targets": ["day"]}, "column: got 'day', wanted a column of numbers: a, b"),
        ({"horizon": 0}, "horizon: got 0"),
        ({"label": "a", "horizon": 2}, "label: groups are not forecast"),
    ]:
        with pytest.raises(ConfigError, match=complaint):
            Table.create(4, tmp_path / "s.csv", **options)
    with pytest.raises(ConfigError, match="table needs a CSV file"):
        Table.create(4)


@pytest.mark.parametrize(
    "change",
    [{"columns": ["a"]}, {"spread": [0.0, 1.0]}, {"mean": [float("nan"), 1.0]}, {"horizon": 10**9}, {"targets": ["c"]}],
)
def test_facts_that_cannot_be_used_are_refused(change):
    facts = Forecast(series(), length=4, horizon=1).facts | change
    with pytest.raises(CheckpointError, match="the checkpoint's .* cannot be used"):
        Table.build("gru", 4, facts)
