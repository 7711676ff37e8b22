"""What is measured at the moment: a bar on a terminal, a line each in a log. It is talk, so it goes to stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """Inside, a function to be called before each of the steps with what comes now."""
    console = Console(stderr=True)
    columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("", total=total)
        begun = 0

        def show(text: str) -> None:
            nonlocal begun
            begun += 1
            progress.update(task, completed=begun - 1, description=text)
            if not console.is_terminal:
                console.print(f"{begun}/{total}  {text}", markup=False, highlight=False, soft_wrap=True)

        yield show
