"""Many runs in one table while they train."""

import io
import json

import pytest
from rich.console import Console

from tests.training.runs.test_facts import short
from tinygrad_gru.training.console.live import live_table, table_of


def shown(table):
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_a_run_that_waits_and_one_that_is_done(tmp_path):
    head, done, waiting = shown(table_of([short(tmp_path / "gru-6-seed0"), tmp_path / "rnn[red]"], "test MSE"))
    assert head == ["run", "state", "updates", "test", "MSE", "curve"]
    assert done[:3] == ["gru-6-seed0", "finished", "20/20"] and len(done[-1]) == 10
    assert waiting == ["rnn[red]", "waiting"]  # a name is no markup


@pytest.mark.parametrize(("width", "columns"), [(80, 5), (52, 5), (51, 4), (40, 4), (39, 3), (30, 3), (29, 2), (5, 1)])
def test_a_narrow_terminal_gets_fewer_columns_and_no_half_words(width, columns, tmp_path):
    table = table_of([short(tmp_path / "gru-6-seed0"), tmp_path / "rnn"], "test MSE", width)
    assert [column.header for column in table.columns] == ["run", "state", "updates", "test MSE", "curve"][:columns]
    console = Console(file=io.StringIO(), width=max(width, 11))
    console.print(table)
    assert "…" not in console.file.getvalue()


def test_all_curves_of_a_table_are_on_one_scale(tmp_path):
    runs = [short(tmp_path / name) for name in ("learns", "nothing")]
    metrics = runs[1] / "metrics.jsonl"
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    metrics.write_text(
        "".join(json.dumps(line | ({"test": 1000.0} if "test" in line else {})) + "\n" for line in lines)
    )
    _, learns, nothing = shown(table_of(runs, "test MSE"))
    assert set(nothing[-1]) == {"█"} and "█" not in learns[-1]


def test_what_is_no_terminal_gets_no_table(tmp_path, capsys):
    with live_table([tmp_path], "test MSE") as live:
        assert live is False
    assert capsys.readouterr() == ("", "")
