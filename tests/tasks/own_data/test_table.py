"""The task table: a forecast or groups, as the columns or the facts of a run say."""

import numpy as np
import pytest

from tests.tasks.own_data.tables import groups, series
from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import Forecast, Groups, Table
from tinygrad_gru.tasks.own_data.table import kind_of


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


def test_the_facts_of_a_run_say_which_task_it_was_and_those_of_0_1_0_without_a_kind_of_ours_are_a_forecast():
    assert kind_of({"kind": "groups"}) is Groups
    assert kind_of({"kind": "forecast"}) is kind_of({"kind": "other"}) is Forecast


def test_a_table_is_never_made_only_one_of_its_kinds():
    with pytest.raises(TypeError, match="abstract"):
        Table()
    assert (Forecast.name, Groups.name, Table.name) == ("table",) * 3
