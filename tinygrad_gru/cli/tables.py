"""Tables of aligned columns: on a terminal folded to its width, in a file or a pipe as wide as what is in them."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

from ..terminal import visible

__all__ = ["as_definitions", "as_table"]

GAP = 2  # spaces between two columns
INDENT = "  "
READABLE = 120  # characters of a line of prose on a terminal
WORD = 20  # letters of a word that is never cut: longer ones are paths and the like


def as_table(rows: Sequence[Mapping[str, Any]], formats: Mapping[str, str] | None = None) -> str:
    """Rows with the same keys as lines of text, numbers to the right; None is an empty cell.

    A float has four significant digits, or what `formats` says of its column. Where a terminal is too narrow for the
    columns, each row is a paragraph, with a line for each column.
    """
    if not rows:
        return "nothing"
    formats = formats or {}
    columns = [[name, *(_text(row[name], formats.get(name, ".4g")) for row in rows)] for name in rows[0]]
    to_the_right = [any(isinstance(row[name], int | float) for row in rows) for name in rows[0]]
    width = _terminal_width()
    if width is not None and len(columns) > 1 and not _fits(columns, width):  # a row is a paragraph then
        paragraphs = [[[*rows[0]], [column[i] for column in columns]] for i in range(1, len(rows) + 1)]
        return "\n\n".join(_lines(paragraph, [False, False], width) for paragraph in paragraphs)
    return _lines(columns, to_the_right, width)


def as_definitions(texts: Mapping[str, str]) -> str:
    """Each title with its text beside it, indented; without the titles whose text is empty."""
    entries = {title: text for title, text in texts.items() if text}
    columns = [[*entries], [_text(text) for text in entries.values()]]
    terminal = _terminal_width()
    width = None if terminal is None else min(terminal, READABLE) - len(INDENT)
    return indent(_lines(columns, [False, False], width), INDENT)


def _text(value: Any, form: str = "") -> str:
    if isinstance(value, float):
        return f"{value:{form}}"
    return "" if value is None else visible(str(value)).replace("\n", "⏎")


def _terminal_width() -> int | None:
    """How many characters fit into a line of stdout; None for a file or a pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    from rich.console import Console

    return Console().width


def _lines(columns: Sequence[Sequence[str]], to_the_right: Sequence[bool], width: int | None) -> str:
    """The columns as lines of text, without colours: a terminal is shown an escape, and does not obey it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    widths = _widths(columns, width)
    table = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for column_width, right in zip(widths, to_the_right, strict=True):
        table.add_column(justify="right" if right else "left", width=column_width, overflow="fold")
    for row in zip(*columns, strict=True):
        table.add_row(*map(Text, row))
    console = Console(file=io.StringIO(), width=sum(widths) + GAP * len(widths), color_system=None)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().split("\n"))


def _least(columns: Sequence[Sequence[str]]) -> list[int]:
    """How narrow each column may be: as its longest word, if that is not a path or the like."""
    from rich.cells import cell_len

    words = [[word for text in column for word in text.split()] for column in columns]
    return [min(WORD, max(map(cell_len, each), default=0)) for each in words]


def _fits(columns: Sequence[Sequence[str]], room: int) -> bool:
    return sum(_least(columns)) + GAP * (len(columns) - 1) <= room


def _widths(columns: Sequence[Sequence[str]], room: int | None) -> list[int]:
    """The widths of the columns: the widest shrink until all fit, but cut no word. If they cannot fit, none shrinks."""
    from rich.cells import cell_len

    natural = [max(map(cell_len, column)) for column in columns]
    if room is None or not _fits(columns, room):
        return natural
    least = _least(columns)
    widths = list(natural)
    while sum(widths) + GAP * (len(columns) - 1) > room:
        _, widest = max((width, i) for i, width in enumerate(widths) if width > least[i])
        widths[widest] -= 1
    return widths
