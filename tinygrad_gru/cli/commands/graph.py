"""`tinygrad-gru graph`: the unrolled computation graph of a cell, or of a trained network at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import Debug, Force, Quiet, Seed
from ..output import is_stdout, refuse_to_draw_over

__all__ = ["graph", "one_of"]

CELLS = ("rnn", "gru", "lstm")
TITLES = {"rnn": "An RNN", "gru": "A GRU", "gru-after": "A GRU", "lstm": "An LSTM"}
LEVELS = ("cell", "gate", "op")
MOST = {"length": 1000, "hidden": 4096, "inputs": 4096}  # what can still be laid out, or shown at all


def graph(
    cell: Annotated[str, typer.Option(help="rnn, gru or lstm.")] = "gru",
    length: Annotated[int | None, typer.Option(help="Time steps: 3, or as many as RUN was trained on.")] = None,
    hidden: Annotated[int, typer.Option(help="Numbers in the state.")] = 4,
    inputs: Annotated[int, typer.Option(help="Numbers in the input of a step.")] = 2,
    run: Annotated[
        str | None, typer.Option(help="Draw a run's trained network: its folder, its number, or last.")
    ] = None,
    level: Annotated[str, typer.Option(help="cell: steps; gate: named tensors; op: every operation.")] = "gate",
    fold: Annotated[str, typer.Option(help="Equal steps: auto, none, or how many are kept at both ends.")] = "auto",
    steps: Annotated[str | None, typer.Option(help="Only these steps: 1-3, or 2,5-7.")] = None,
    params: Annotated[str | None, typer.Option(help="Parameters: tag, inline, hide or shared.")] = None,
    path: Annotated[str | None, typer.Option(help="Light the ways of the gradient to W_r@1: W_r in step 1.")] = None,
    backward: Annotated[bool, typer.Option("--backward", help="The graph of the way back.")] = False,
    heat: Annotated[
        bool | None, typer.Option("--heat/--no-heat", help="The gradient's size on the state line.")
    ] = None,
    values: Annotated[bool, typer.Option("--values/--no-values", help="Show the numbers as strips.")] = True,
    grads: Annotated[bool, typer.Option("--grads/--no-grads", help="Show the gradients.")] = True,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    direction: Annotated[str, typer.Option("--dir", help="Of time: LR or TB.")] = "LR",
    slide: Annotated[bool, typer.Option("--slide", help="16:9, in letters of 12 pt or more, steps in rows.")] = False,
    reset_after: Annotated[bool, typer.Option("--reset-after", help="The GRU of PyTorch and Keras.")] = False,
    seed: Seed = 0,
    output: Annotated[
        str, typer.Option("-o", "--output", help="An svg, png, pdf, dot, html or txt; - is text, here.")
    ] = "graph.svg",
    force: Force = False,
    show: Annotated[bool, typer.Option("--open", help="Open the picture when it is written.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw a cell, unrolled over time, with its values and gradients on random input.

    With --run, a trained network with an input of its task instead.
    """
    from ...core.support.random import seed as set_seed
    from ...diagram.render.graphviz_process import format_of
    from ...errors import ConfigError

    one_of("cell", cell, CELLS)
    one_of("level", level, LEVELS)
    for name, size in (("length", length), ("hidden", hidden), ("inputs", inputs)):
        if size is not None and not 1 <= size <= MOST[name]:
            wanted = f"a whole number from 1 to {MOST[name]}"
            raise ConfigError(f"{name}: got {size}, wanted {wanted}. try: --{name} 3")
    if seed < 0:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at least 0. try: --seed 0")
    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    here = is_stdout(output)
    if not here:
        format_of(Path(output))  # before any work
        refuse_to_draw_over(Path(output), force)
    elif show:
        raise ConfigError("open: there is no file to open with -o -. try: -o graph.svg")

    set_seed(seed)
    options: dict[str, Any] = {
        "level": level,
        "values": values,
        "grads": grads,
        "fold": fold,
        "steps": steps,
        "params": params,
        "path": path,
        "backward": backward,
        "heat": heat,
        "theme": theme,
        "direction": direction,
        "slide": slide,
    }
    if run is not None:
        picture, title = _of_run(run, length, seed, options)
    else:
        picture, title = _of_cell(cell, length or 3, hidden, inputs, reset_after, seed, options)
    if here:
        streams.write(picture.text().rstrip("\n"))
        return
    written = picture.save(output)
    if not quiet:
        streams.talk(f"{title}, at level {picture.level}:")
        for remark in picture.remarks:
            streams.talk(remark)
    streams.write(str(written))
    if show:
        import webbrowser

        webbrowser.open(written.absolute().as_uri())


def _of_cell(
    cell: str, length: int, hidden: int, inputs: int, reset_after: bool, seed: int, options: dict[str, Any]
) -> tuple[Any, str]:
    """A new layer at work on random numbers."""
    import numpy as np

    from ... import nn
    from ...diagram import draw_layer

    layers = {"rnn": nn.RNN, "lstm": nn.LSTM}
    layer = nn.GRU(inputs, hidden, reset_after=reset_after) if cell == "gru" else layers[cell](inputs, hidden)
    x = np.random.default_rng(seed).standard_normal((length, 1, inputs), dtype=np.float32)  # (T, B, I)
    title = f"{TITLES[cell]}, unrolled for {_steps(length)}"
    return draw_layer(layer, x, title=title, **options), title


def _of_run(run: str, length: int | None, seed: int, options: dict[str, Any]) -> tuple[Any, str]:
    """The trained network of a run, and its loss on one sequence of its task."""
    import numpy as np

    from ...core.support.modes import record
    from ...diagram import draw
    from ...training import checkpoint_of, find_run, load_checkpoint
    from ...training.runs.data import task_of

    file = Path(run)
    checkpoint = load_checkpoint(file if file.suffix == ".npz" else checkpoint_of(find_run(run)))
    config = checkpoint.config
    steps = length or config.length
    task = task_of(checkpoint, steps)
    batch = next(task.batches(np.random.default_rng(seed), 1))
    with record():
        loss, _ = task.loss(checkpoint.model, batch)
    if loss.name is None and loss.op is not None:
        loss.name = "L"
    title = f"{TITLES[config.cell]} trained on {config.task} for {checkpoint.update:,} updates, {_steps(steps)}"
    return draw(loss, title=title, **options), title


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"


def one_of(name: str, got: str, wanted: tuple[str, ...]) -> None:
    """Refuse what is not among the names wanted, and say which was meant."""
    from ...errors import ConfigError, did_you_mean

    if got not in wanted:
        hint = did_you_mean(got, wanted, f"try: --{name} {wanted[0]}")
        raise ConfigError(f"{name}: got {got!r}, wanted {', '.join(wanted[:-1])} or {wanted[-1]}. {hint}")
