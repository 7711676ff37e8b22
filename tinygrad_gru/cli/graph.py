"""`tinygrad-gru graph`: the unrolled computation graph of a cell."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from . import streams
from .options import Debug, Quiet, Seed

__all__ = ["graph", "one_of"]

CELLS = ("rnn", "gru", "lstm")
TITLES = {"rnn": "An RNN", "gru": "A GRU", "lstm": "An LSTM"}
LEVELS = ("gate", "op")
MOST = {"length": 200, "hidden": 4096, "inputs": 4096}  # what can still be laid out, or shown at all


def graph(
    cell: Annotated[str, typer.Option(help="rnn, gru or lstm.")] = "gru",
    length: Annotated[int, typer.Option(help="Time steps.")] = 3,
    hidden: Annotated[int, typer.Option(help="Numbers in the state.")] = 4,
    inputs: Annotated[int, typer.Option(help="Numbers in the input of a step.")] = 2,
    level: Annotated[str, typer.Option(help="gate: named tensors; op: every operation.")] = "gate",
    values: Annotated[bool, typer.Option("--values/--no-values", help="Show the numbers as strips.")] = True,
    grads: Annotated[bool, typer.Option("--grads/--no-grads", help="Show the gradients.")] = True,
    reset_after: Annotated[bool, typer.Option("--reset-after", help="The GRU of PyTorch and Keras.")] = False,
    seed: Seed = 0,
    output: Annotated[str, typer.Option("-o", "--output", help="An svg, png, pdf or dot; - is DOT.")] = "graph.svg",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw a cell, unrolled over time, with its values and gradients on random input."""
    from pathlib import Path

    import numpy as np

    from .. import nn
    from ..core.random import seed as set_seed
    from ..errors import ConfigError
    from ..pictures import draw_layer
    from ..pictures.render import format_of

    one_of("cell", cell, CELLS)
    one_of("level", level, LEVELS)
    for name, size in (("length", length), ("hidden", hidden), ("inputs", inputs)):
        if not 1 <= size <= MOST[name]:
            wanted = f"a whole number from 1 to {MOST[name]}"
            raise ConfigError(f"{name}: got {size}, wanted {wanted}. try: --{name} 3")
    if seed < 0:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at least 0. try: --seed 0")
    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    if output != "-":
        format_of(Path(output))  # before any work

    set_seed(seed)
    layers = {"rnn": nn.RNN, "lstm": nn.LSTM}
    layer = nn.GRU(inputs, hidden, reset_after=reset_after) if cell == "gru" else layers[cell](inputs, hidden)
    x = np.random.default_rng(seed).standard_normal((length, 1, inputs), dtype=np.float32)  # (T, B, I)
    steps = "1 step" if length == 1 else f"{length} steps"
    title = f"{TITLES[cell]}, unrolled for {steps}"
    picture = draw_layer(layer, x, level=level, values=values, grads=grads, title=title)
    if output == "-":
        streams.write(picture.dot.rstrip("\n"))
        return
    written = picture.save(output)
    if not quiet:
        streams.talk(f"{title}, at level {level}:")
    streams.write(str(written))


def one_of(name: str, got: str, wanted: tuple[str, ...]) -> None:
    """Refuse what is not among the names wanted, and say which was meant."""
    from ..errors import ConfigError

    if got not in wanted:
        near = difflib.get_close_matches(got, wanted, n=1)
        hint = f"did you mean {near[0]}?" if near else f"try: --{name} {wanted[0]}"
        raise ConfigError(f"{name}: got {got!r}, wanted {', '.join(wanted[:-1])} or {wanted[-1]}. {hint}")
