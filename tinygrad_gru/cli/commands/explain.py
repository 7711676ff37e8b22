"""`tinygrad-gru explain`: the equations of a cell, forward and backward, in letters or worked through in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import streams
from ..arguments import Debug, Force, Seed
from ..output import is_stdout, refuse_to_overwrite
from .graph import one_of
from .program import cell_named, users_own

__all__ = ["explain"]

FORMATS = ("unicode", "latex", "markdown")
LETTERS, NUMBERS = (3, 2, 4), (1, 3, 2)  # B, I and H: apart for letters, small for numbers


def explain(
    cell: Annotated[str, typer.Option(help="rnn, gru, lstm, or FILE.py:CLASS for a cell of your own.")] = "gru",
    reset_after: Annotated[bool, typer.Option("--reset-after", help="The GRU of PyTorch and Keras.")] = False,
    numbers: Annotated[bool, typer.Option("--numbers", help="One step worked through with small numbers.")] = False,
    form: Annotated[str, typer.Option("--format", help="unicode, latex or markdown.")] = "unicode",
    hidden: Annotated[int | None, typer.Option(help="Numbers in the state, with --numbers.")] = None,
    inputs: Annotated[int | None, typer.Option(help="Numbers in the input, with --numbers.")] = None,
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

    one_of("format", form, FORMATS)
    batch, I, H = NUMBERS if numbers else LETTERS
    for name, size in (("hidden", hidden), ("inputs", inputs)):
        if size is not None and not (numbers and 1 <= size <= 8):
            raise ConfigError(f"{name}: got {size}, wanted 1 to 8, and --numbers. try: --numbers --{name} 2")
    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    if output is not None and is_stdout(output):
        output = None
    if output is not None:
        refuse_to_overwrite(output, force, "gru.md")

    set_seed(seed)
    made = cell_named(cell, inputs or I, hidden or H, reset_after).astype(np.float64)
    rng = np.random.default_rng(seed)
    for p in made.parameters():
        p.assign(small_numbers(rng, p.shape))
    with users_own(f"{type(made).__name__}.step"):
        found = equations_of_cell(made, batch, lambda shape: small_numbers(rng, shape))
    text = found.text(form, numbers)
    if output is None:
        streams.write(text)
        return
    with write_atomically(output) as file:
        file.write((text + "\n").encode())
    streams.write(str(output))
