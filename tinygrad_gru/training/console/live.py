"""Many runs on a terminal while they train: a table that follows what each of them writes down."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..runs.facts import read_facts
from .sparkline import sparkline

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["live_table", "table_of"]

PER_SECOND = 2  # how often it is drawn


@contextmanager
def live_table(runs: Sequence[Path], metric: str, quiet: bool = False) -> Iterator[bool]:
    """Inside, a table of the runs follows them, if stderr is a terminal; tells whether it does.

    It reads their metrics, so it does not matter in which process, or on which machine, they are trained.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield False
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield False
        return
    with Live(console=console, refresh_per_second=PER_SECOND, get_renderable=lambda: table_of(runs, metric)):
        yield True


def table_of(runs: Sequence[Path], metric: str) -> Table:
    """A row for each run: how far it is, and how good so far."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("run", "state", "updates", metric, "curve"):
        table.add_column(name, justify="right" if name in ("updates", metric) else "left", no_wrap=True)
    for run in runs:
        facts = read_facts(run)
        if facts.config is None:
            table.add_row(Text(run.name), "waiting", "", "", "")
            continue
        best = f"{facts.best:.4g}" if facts.curve else ""
        updates = f"{facts.updates}/{facts.config.updates}"
        table.add_row(Text(run.name), facts.state, updates, best, sparkline([test for _, test in facts.curve]))
    return table
