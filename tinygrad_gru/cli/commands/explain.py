"""`tinygrad-gru explain`: the equations of a cell, forward and backward, in letters or worked through in numbers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import streams
from ..arguments import CellOrFile, Debug, Force, ResetAfter, Seed
from ..loading import cell_named
from ..output import is_stdout, refuse_to_overwrite

__all__ = ["explain"]

LETTERS, NUMBERS = (3, 2, 4), (1, 3, 2)  # B, I and H: apart for letters, small for numbers


def explain(
    cell: CellOrFile = "gru",
    reset_after: ResetAfter = False,
    numbers: Annotated[bool, typer.Option("--numbers", help="One step worked through with small numbers.")] = False,
    form: Annotated[
        Literal["unicode", "latex", "markdown"] | None,
        typer.Option("--format", help="How the equations are written.", show_default="unicode"),
    ] = None,
    snippet: Annotated[
        bool, typer.Option("--snippet", help="A program of NumPy that computes them, to run and to change.")
    ] = False,
    hidden: Annotated[int | None, typer.Option(min=1, max=8, help="Numbers in the state, with --numbers.")] = None,
    inputs: Annotated[int | None, typer.Option(min=1, max=8, help="Numbers in the input, with --numbers.")] = None,
    seed: Seed = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file; by itself, and as -, stdout.")] = None,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Print the equations of one step of a cell, and those of all its gradients, derived from the code that runs."""
    import numpy as np

    from ...core.support.random import seed as set_seed
    from ...errors import ConfigError
    from ...nn.files import write_atomically
    from ...symbolic.api import equations_of_cell, small_numbers
    from ...tasks.own_cell import errors_of_users_code

    batch, I, H = NUMBERS if numbers else LETTERS
    for name, size in (("hidden", hidden), ("inputs", inputs)):
        if size is not None and not numbers:
            raise ConfigError(f"{name}: got {size} without --numbers. try: --numbers --{name} {size}")
    if snippet and form is not None:
        raise ConfigError(f"snippet: a program is no {form}. try: --snippet without --format")
    if output is not None and is_stdout(output):
        output = None
    if output is not None:
        refuse_to_overwrite(output, force, "gru.py" if snippet else "gru.md")

    set_seed(seed)
    instance = cell_named(cell, inputs or I, hidden or H, reset_after).astype(np.float64)
    rng = np.random.default_rng(seed)
    for p in instance.parameters():
        p.assign(small_numbers(rng, p.shape))
    with errors_of_users_code(f"{type(instance).__name__}.step"):
        equations = equations_of_cell(instance, batch, lambda shape: small_numbers(rng, shape))
    if snippet:
        text = equations.snippet(numbers).rstrip("\n")
    else:
        text = equations.text(form or "unicode", numbers, _width() if output is None else None)
    if output is None:
        streams.write(text)
        return
    with write_atomically(output) as file:
        file.write((text + "\n").encode())
    streams.write(str(output))


def _width() -> int | None:
    """The columns of the terminal, if there is one."""
    return shutil.get_terminal_size((0, 0)).columns or None
