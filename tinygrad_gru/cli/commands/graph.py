"""`tinygrad-gru graph`: the unrolled computation graph of a cell, or of a trained network at work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ...terminal import say
from .. import streams
from ..arguments import CellOrFile, Debug, Force, Quiet, ResetAfter, Seed, Theme
from ..loading import checkpoint_of_run, counted_steps, layer_named, title_of
from ..output import is_stdout, refuse_to_draw_over

if TYPE_CHECKING:
    from ...diagram import Picture

__all__ = ["graph"]

OPTIONS = {
    "slide=False": "without --slide",
    "save('graph.html')": "-o graph.html",
    "width=1000": "--width 1000",
    "steps=None": "without --steps",
    "a sequence of one step": "--length 1",
    "direction='LR'": "--dir LR",
    "rolled=True without ": "--rolled without --",
    "backward=False": "without --backward",
}
TITLES = {"rnn": "An RNN", "gru": "A GRU", "gru-after": "A GRU", "lstm": "An LSTM"}


def graph(
    cell: CellOrFile = "gru",
    length: Annotated[  # more than a thousand steps cannot be laid out
        int | None, typer.Option(min=1, max=1000, help="Time steps: 3, or as many as RUN was trained on.")
    ] = None,
    hidden: Annotated[int, typer.Option(min=1, max=4096, help="Numbers in the state.")] = 4,
    inputs: Annotated[int, typer.Option(min=1, max=4096, help="Numbers in the input of a step.")] = 2,
    run: Annotated[
        str | None, typer.Option(help="Draw a run's trained network: its folder, its number, or last.")
    ] = None,
    level: Annotated[
        Literal["cell", "gate", "op", "auto"],
        typer.Option(
            help="cell: steps; gate: named tensors; op: every operation; auto: gate, or op of what has few names."
        ),
    ] = "gate",
    fold: Annotated[str, typer.Option(help="Equal steps: auto, none, or how many are kept at both ends.")] = "auto",
    steps: Annotated[str | None, typer.Option(help="Only these steps: 1-3, or 2,5-7.")] = None,
    params: Annotated[
        Literal["tag", "inline", "hide", "shared"] | None, typer.Option(help="How parameters are drawn.")
    ] = None,
    path: Annotated[str | None, typer.Option(help="Light the ways of the gradient to W_r@1: W_r in step 1.")] = None,
    backward: Annotated[bool, typer.Option("--backward", help="The graph of the way back.")] = False,
    heat: Annotated[
        bool | None, typer.Option("--heat/--no-heat", help="The gradient's size on the state line.")
    ] = None,
    values: Annotated[bool, typer.Option("--values/--no-values", help="Show the numbers as strips.")] = True,
    grads: Annotated[bool, typer.Option("--grads/--no-grads", help="Show the gradients.")] = True,
    theme: Annotated[Theme, typer.Option(help="The colours.")] = "light",
    direction: Annotated[Literal["LR", "TB"], typer.Option("--dir", help="Of time.")] = "LR",
    slide: Annotated[bool, typer.Option("--slide", help="16:9, in letters of 12 pt or more, steps in rows.")] = False,
    rolled: Annotated[
        bool, typer.Option("--rolled", help="One step for all of them, with an arrow back from its state.")
    ] = False,
    width: Annotated[
        str | None,
        typer.Option(help="Rows that fit so many pixels, or readme, notebook, page or slide, in letters of 9 or more."),
    ] = None,
    reset_after: ResetAfter = False,
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
    from ...errors import ArgumentError

    _refuse_output(output, force, show)
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
        "rolled": rolled and not output.lower().endswith(".html"),  # a page has every step
        "width": width,
    }
    try:
        if run is not None:
            picture, title = _of_run(run, length, seed, options)
        else:
            picture, title = _of_cell(cell, length or 3, hidden, inputs, reset_after, seed, options)
    except ArgumentError as error:
        raise ArgumentError(_as_options(str(error))) from None
    if is_stdout(output):
        streams.write(picture.text().rstrip("\n"))
        return
    written = picture.save(output)
    if not quiet:
        say(f"{title}, at level {picture.level}:")
        for remark in picture.remarks if written.suffix != ".html" else ():  # a page has all, and says what it has not
            say(_as_options(remark))
    streams.write(str(written))
    if show:
        import webbrowser

        webbrowser.open(written.absolute().as_uri())


def _refuse_output(output: str, force: bool, show: bool) -> None:
    """Refuse, before any work, a file that cannot or must not be written, or cannot be opened."""
    from ...diagram.render.graphviz_process import format_of
    from ...errors import ConfigError

    if not is_stdout(output):
        format_of(Path(output))
        refuse_to_draw_over(Path(output), force)
    elif show:
        raise ConfigError("open: there is no file to open with -o -. try: -o graph.svg")


def _of_cell(
    cell: str, length: int, hidden: int, inputs: int, reset_after: bool, seed: int, options: dict[str, Any]
) -> tuple[Picture, str]:
    """A new layer at work on random numbers."""
    import numpy as np

    from ...diagram import draw_layer

    layer = layer_named(cell, inputs, hidden, reset_after)
    x = np.random.default_rng(seed).standard_normal((length, 1, inputs), dtype=np.float32)  # (T, B, I)
    how = "rolled up:" if options["rolled"] else "unrolled for"
    title = f"{TITLES.get(cell) or title_of(cell)}, {how} {counted_steps(length)}"
    return draw_layer(layer, x, title=title, **options), title


def _of_run(run: str, length: int | None, seed: int, options: dict[str, Any]) -> tuple[Picture, str]:
    """The trained network of a run, and its loss on one sequence of its task."""
    from ...diagram import draw
    from ...training.runs.sequences import recorded_loss

    checkpoint = checkpoint_of_run(run)
    config = checkpoint.config
    steps = length or config.length
    loss = recorded_loss(checkpoint, steps, seed)
    name = TITLES.get(config.cell) or config.cell_title
    title = f"{name} trained on {config.task} for {checkpoint.update:,} updates, {counted_steps(steps)}"
    return draw(loss, title=title, **options), title


def _as_options(message: str) -> str:
    """The message with what to try as one types it: --steps 1-2 for steps='1-2'."""
    problem, tries, hint = message.partition(". try: ")
    for spelt, option in OPTIONS.items():
        hint = hint.replace(spelt, option)
    return problem + tries + re.sub(r"\b(steps|level|fold)='?([\w,-]+)'?", r"--\1 \2", hint)
