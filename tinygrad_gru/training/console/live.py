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
GAP = 2  # spaces between two columns


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

    def drawn() -> Table:
        return table_of(runs, metric, console.width)

    with Live(console=console, refresh_per_second=PER_SECOND, get_renderable=drawn):
        yield True


def table_of(runs: Sequence[Path], metric: str, width: int = 80) -> Table:
    """A row for each run: how far it is, how good so far, and its curve, all of them on one scale.

    What does not fit into the width of a terminal is left out from the right, whole columns and no halves of words.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    all_facts = [(run.name, read_facts(run)) for run in runs]
    among = [test for _, facts in all_facts if facts.config is not None for _, test in facts.curve]
    columns: dict[str, list[str]] = {name: [] for name in ("run", "state", "updates", metric, "curve")}
    for name, facts in all_facts:
        row = [name, "waiting", "", "", ""]
        if facts.config is not None:
            best = f"{facts.best:.4g}" if facts.curve else ""
            curve = sparkline([test for _, test in facts.curve], among=among)
            row = [name, str(facts.state), f"{facts.updates}/{facts.config.updates}", best, curve]
        for column, cell in zip(columns.values(), row, strict=True):
            column.append(cell)
    table = Table(box=None, pad_edge=False)
    shown: list[list[str]] = []
    for name, cells in columns.items():
        width -= max(map(cell_len, [name, *cells])) + GAP
        if shown and width < -GAP:  # the last one has no space behind it
            break
        table.add_column(name, justify="right" if name in ("updates", metric) else "left", no_wrap=True)
        shown.append(cells)
    for line in zip(*shown, strict=True):
        table.add_row(*map(Text, line))
    return table
