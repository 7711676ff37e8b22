"""What all tasks on a table have in common."""

import pytest

from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import Forecast, Groups, Table
from tinygrad_gru.tasks.own_data.table_task import TableTask, read_table


def test_the_tasks_on_a_table_have_one_name_one_input_and_the_same_defaults():
    for task in (Forecast, Groups, Table):
        assert issubclass(task, TableTask) and task.name == "table"
        assert (task.accepts, task.defaults) == (TableTask.accepts, TableTask.defaults)


def test_a_table_is_read_as_csv_whatever_its_name(tmp_path):
    (tmp_path / "t.txt").write_text("a,b\n1,2\n")
    assert read_table(tmp_path / "t.txt").header() == ["a", "b"]


@pytest.mark.parametrize("task", [Forecast, Groups, Table])
def test_without_a_file_there_is_no_table(task):
    with pytest.raises(ConfigError, match=r"file: table needs a CSV file. try: --file FILE.csv"):
        task.create(4)
