"""Many runs in one table while they train."""

import io

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


def test_what_is_no_terminal_gets_no_table(tmp_path, capsys):
    with live_table([tmp_path], "test MSE") as live:
        assert live is False
    assert capsys.readouterr() == ("", "")
