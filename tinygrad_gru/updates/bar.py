"""A bar on a terminal that moves with each update, and figures beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn

__all__ = ["bar"]


PER_SECOND = 4  # how often it is drawn: each time takes about a millisecond


@contextmanager
def bar(
    console: Console, total: int, *columns: str | ProgressColumn
) -> Iterator[Callable[[int, Callable[[], str]], None]]:
    """Inside, a function `show(update, figures)` that moves the bar; the figures stand behind Rich's `columns`.

    `figures()` is asked for only when the bar is drawn, and at the end, which is always shown.
    """
    from rich.progress import Progress, TextColumn

    columns = (*columns, TextColumn("{task.fields[figures]}", markup=False))
    with Progress(*columns, console=console, refresh_per_second=PER_SECOND) as progress:
        task = progress.add_task("", total=total, figures="")
        latest: tuple[int, Callable[[], str]] = 0, str  # str() is ""
        due = time.monotonic()

        def draw() -> None:
            update, figures = latest
            progress.update(task, completed=update, figures=figures())

        def show(update: int, figures: Callable[[], str]) -> None:
            nonlocal latest, due
            latest = update, figures
            if (now := time.monotonic()) >= due:
                due = now + 1 / PER_SECOND
                draw()

        try:
            yield show
        finally:
            draw()
