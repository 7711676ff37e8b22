"""A bar that moves with each update, and figures beside it: on a terminal, or below the cell of a notebook."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn

__all__ = ["bar", "notebook_bar"]


PER_SECOND = 4  # how often it is drawn: each time takes about a millisecond

Show = Callable[[int, Callable[[], str]], None]


@contextmanager
def bar(console: Console, total: int, *columns: str | ProgressColumn) -> Iterator[Show]:
    """Inside, a function `show(update, figures)` that moves the bar; the figures stand behind Rich's `columns`.

    `figures()` is asked for only when the bar is drawn, and at the end, which is always shown.
    """
    from rich.progress import Progress, TextColumn

    columns = (*columns, TextColumn("{task.fields[figures]}", markup=False))
    with Progress(*columns, console=console, refresh_per_second=PER_SECOND) as progress:
        task = progress.add_task("", total=total, figures="")
        with _now_and_then(lambda update, figures: progress.update(task, completed=update, figures=figures)) as show:
            yield show


@contextmanager
def notebook_bar(total: int, title: str = "") -> Iterator[Show]:
    """The same in a notebook: the bar stays below its cell, with the last figures."""
    from IPython.display import HTML, display

    def html(update: int, words: str) -> Any:
        style = "vertical-align: middle; width: 14em"
        drawn = f'<progress style="{style}" max="{total}" value="{update}" aria-label="training"></progress>'
        return HTML(f'<div style="font-variant-numeric: tabular-nums">{drawn} {escape(words)}</div>')

    handle: Any = display(html(0, title), display_id=True)
    before = f"{title} · " if title else ""
    with _now_and_then(lambda update, figures: handle.update(html(update, before + figures))) as show:
        yield show


@contextmanager
def _now_and_then(draw: Callable[[int, str], object]) -> Iterator[Show]:
    """Inside, a function that draws a few times in a second, whenever it is called; at the end the last is drawn."""
    latest: tuple[int, Callable[[], str]] = 0, str  # str() is ""
    due = time.monotonic()

    def show(update: int, figures: Callable[[], str]) -> None:
        nonlocal latest, due
        latest = update, figures
        if (now := time.monotonic()) >= due:
            due = now + 1 / PER_SECOND
            draw(update, figures())

    try:
        yield show
    finally:
        update, figures = latest
        draw(update, figures())
