"""A bar on a terminal that moves with each update, and figures beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn

__all__ = ["bar"]


@contextmanager
def bar(console: Console, total: int, *columns: str | ProgressColumn) -> Iterator[Callable[[int, str], None]]:
    """Inside, a function `show(update, figures)` that moves the bar; the figures stand behind Rich's `columns`."""
    from rich.progress import Progress, TextColumn

    with Progress(*columns, TextColumn("{task.fields[figures]}", markup=False), console=console) as progress:
        task = progress.add_task("", total=total, figures="")
        yield lambda update, figures: progress.update(task, completed=update, figures=figures)
