"""`tinygrad-gru play`: a page that plays a cell forward and backward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ...terminal import say
from .. import streams
from ..arguments import CellOrFile, Debug, Force, Quiet, ResetAfter, Seed, Theme
from ..loading import checkpoint_of_run, counted_steps, layer_named, title_of
from ..output import is_stdout, refuse_to_draw_over, write_path, written_to

if TYPE_CHECKING:
    from ...core.tensor import Tensor

__all__ = ["play"]

LAST = 100_000  # no cell of thirty steps has so many events


def play(
    cell: CellOrFile = "gru",
    length: Annotated[
        int | None, typer.Option(min=1, max=30, help="Time steps: 3, or the fewest that RUN's task has.")
    ] = None,
    hidden: Annotated[int, typer.Option(min=1, max=64, help="Numbers in the state.")] = 4,
    inputs: Annotated[int, typer.Option(min=1, max=64, help="Numbers in the input of a step.")] = 2,
    run: Annotated[
        str | None, typer.Option(help="Play a run's trained network: its folder, its number, or last.")
    ] = None,
    reset_after: ResetAfter = False,
    seed: Seed = 0,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page to write; - is stdout.")] = Path("play.html"),
    frames: Annotated[
        Path | None, typer.Option(help="Instead of the page, write its states as pictures into this new folder.")
    ] = None,
    frame_format: Annotated[Literal["svg", "png"], typer.Option(help="Of the frames.")] = "svg",
    frames_from: Annotated[int, typer.Option(min=1, max=LAST, help="The first event that gets a frame.")] = 1,
    frames_to: Annotated[
        int | None, typer.Option(min=1, max=LAST, help="The last event that gets a frame; else the last of all.")
    ] = None,
    theme: Annotated[Theme, typer.Option(help="Of the frames; the page has both.")] = "light",
    force: Force = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a page that plays forward and then backward, step by step, with every number; it needs no network.

    With --run, a trained network and its loss on one sequence of its task instead of a new cell.
    """
    from ...errors import ArgumentError
    from ...nn.files import write_atomically
    from ...playback.frames import save_frames
    from ...playback.page import player

    if frames is None and not is_stdout(output):
        refuse_to_draw_over(output, force)
    if run is not None:
        loss, influences, title = _of_run(run, length, seed)
    else:
        loss, influences, title = _of_cell(cell, length or 3, hidden, inputs, reset_after, seed)
    title += ": forward, then backward"
    if frames is not None:
        try:
            paths = save_frames(loss, frames, frame_format, theme, title, frames_from, frames_to)
        except ArgumentError as error:  # which names the arguments of the function
            hint = str(error).replace("first=", "--frames-from ").replace(", last=", " --frames-to ")
            raise ArgumentError(hint) from None
        if not quiet:
            pictures = "1 picture" if len(paths) == 1 else f"{len(paths)} pictures"
            say(f"{pictures}, from {paths[0].name} to {paths[-1].name}")
        streams.write(str(frames))
        return
    page = player(loss, title, influences)
    with written_to(output) as path, write_atomically(path) as file:
        file.write(page.encode())
    if not quiet and not is_stdout(output):
        say(f"open {output} in a browser; {len(page) // 1000} kB, nothing is loaded from anywhere")
    write_path(output)


def _of_cell(
    cell: str, length: int, hidden: int, inputs: int, reset_after: bool, seed: int
) -> tuple[Tensor, list[list[float]], str]:
    """The loss ½ Σ h² of a new layer on random numbers, who influences whom in it, and what it is."""
    import numpy as np

    from ...core.support.random import seed as seeded
    from ...diagram.api import loss_of_layer
    from ...playback.page import influences_of

    with seeded(seed):
        layer = layer_named(cell, inputs, hidden, reset_after)
    x = np.random.default_rng(seed).normal(size=(length, 1, inputs)).astype(np.float32)
    return loss_of_layer(layer, x), influences_of(layer, x), f"{title_of(cell)}, {counted_steps(length)}"


def _of_run(run: str, length: int | None, seed: int) -> tuple[Tensor, None, str]:
    """The loss of a trained network on one sequence of its task, and what it is."""
    from ...tasks import TASKS
    from ...training.runs.sequences import recorded_loss

    checkpoint = checkpoint_of_run(run)
    config = checkpoint.config
    steps = length or max(3, getattr(TASKS[config.task], "shortest", 1))
    return recorded_loss(checkpoint, steps, seed), None, f"{config.cell_title} on {config.task}, {counted_steps(steps)}"
