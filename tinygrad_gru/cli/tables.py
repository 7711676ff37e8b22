"""Rows as a table of aligned columns: on a terminal as wide as it is, in a file or pipe as wide as the rows are."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..terminal import visible

__all__ = ["as_table"]

WIDEST = 1_000_000  # columns where there is no terminal: nothing is cut or folded


def as_table(rows: Sequence[Mapping[str, Any]], formats: Mapping[str, str] | None = None) -> str:
    """Rows with the same keys as lines of text, numbers to the right.

    A float has four significant digits, or what `formats` says of its column.
    """
    if not rows:
        return "nothing"
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name, value in rows[0].items():
        right = isinstance(value, int | float)
        table.add_column(Text(name), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value, (formats or {}).get(name, ".4g"))) for name, value in row.items()))
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    console = Console(file=io.StringIO(), width=None if on_terminal else WIDEST, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().split("\n"))


def _cell(value: Any, form: str) -> str:
    return f"{value:{form}}" if isinstance(value, float) else visible(str(value)).replace("\n", "⏎")
