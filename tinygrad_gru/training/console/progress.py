"""Progress for people, on stderr: a bar on a terminal, now and then a plain line anywhere else."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from ...notebook import is_notebook
from ...terminal import say
from ...updates.bar import bar, notebook_bar
from ..trainer import Progress
from .sparkline import sparkline

__all__ = ["plain_lines", "say", "shown_progress"]

SECONDS = 10.0  # the longest silence between plain lines
WIDE = 110  # columns of a terminal on which there is room for a bar beside the figures


@contextmanager
def shown_progress(updates: int, quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """A function to call after each update, which shows where the run stands."""
    if quiet:
        yield lambda progress: None
        return
    if is_notebook():
        with notebook_bar(updates) as move:
            yield lambda progress: move(progress.update, lambda: _figures(progress, updates, True))
        return
    from rich.console import Console

    console = Console(stderr=True)
    if sys.stderr is not None and sys.stderr.isatty() and not console.is_dumb_terminal:
        from rich.progress import BarColumn

        columns = [BarColumn(bar_width=20)] if console.width >= WIDE else []
        with bar(console, updates, *columns) as move:
            yield lambda progress: move(progress.update, lambda: _figures(progress, updates, True))
    else:
        yield plain_lines(updates)


def plain_lines(updates: int) -> Callable[[Progress], None]:
    """A function that prints a line when the metric was measured, and after ten seconds without one."""
    printed = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal printed
        now = time.monotonic()
        if progress.measured or now - printed >= SECONDS:
            printed = now
            say(_figures(progress, updates))

    return show


def _figures(progress: Progress, updates: int, drawn: bool = False) -> str:
    """`step 340/1000 · ETA 0:00:14 · loss 0.0213 (best 0.0201) · |g| 0.8 · 1,200 seq/s`; best is measured on test data.

    What matters most comes first: a narrow terminal cuts the rest off.
    """
    eta = timedelta(seconds=round(progress.seconds / progress.update * (updates - progress.update)))
    best = f" (best {progress.best:.4g})" if math.isfinite(progress.best) else ""
    test = f" test {progress.test:.4g}" if progress.measured else ""
    speed = f"{progress.sequences_per_second:,.0f} seq/s"
    curve = f" {sparkline(progress.curve, 10)}" if drawn and len(progress.curve) > 1 else ""
    return (
        f"step {progress.update}/{updates} · ETA {eta} · loss {progress.loss:.4g}{test}{best}{curve} "
        f"· |g| {progress.norm:.2g} · {speed}"
    )
