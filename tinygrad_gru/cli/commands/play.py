"""`tinygrad-gru play`: a page that plays a cell forward and backward."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ...terminal import say
from .. import streams
from ..arguments import CellOrFile, Debug, Force, Quiet, ResetAfter, Seed, Theme
from ..loading import layer_named, title_of
from ..output import is_stdout, refuse_to_draw_over, write_path, written_to

__all__ = ["play"]

LAST = 100_000  # no cell of thirty steps has so many events


def play(
    cell: CellOrFile = "gru",
    length: Annotated[int, typer.Option(min=1, max=30, help="Time steps.")] = 3,
    hidden: Annotated[int, typer.Option(min=1, max=64, help="Numbers in the state.")] = 4,
    inputs: Annotated[int, typer.Option(min=1, max=64, help="Numbers in the input of a step.")] = 2,
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
    """Write a page that plays forward and then backward, step by step, with every number; it needs no network."""
    import numpy as np

    from ...core.support.random import seed as seeded
    from ...diagram.api import loss_of_layer
    from ...nn.files import write_atomically
    from ...playback.frames import save_frames
    from ...playback.page import page_of_layer

    if frames is None and not is_stdout(output):
        refuse_to_draw_over(output, force)
    with seeded(seed):
        layer = layer_named(cell, inputs, hidden, reset_after)
    x = np.random.default_rng(seed).normal(size=(length, 1, inputs)).astype(np.float32)
    title = f"{title_of(cell)}, {length} step{'s' if length > 1 else ''}: forward, then backward"
    if frames is not None:
        paths = save_frames(loss_of_layer(layer, x), frames, frame_format, theme, title, frames_from, frames_to)
        if not quiet:
            pictures = "1 picture" if len(paths) == 1 else f"{len(paths)} pictures"
            say(f"{pictures}, from {paths[0].name} to {paths[-1].name}")
        streams.write(str(frames))
        return
    page = page_of_layer(layer, x, title)
    with written_to(output) as path, write_atomically(path) as file:
        file.write(page.encode())
    if not quiet and not is_stdout(output):
        say(f"open {output} in a browser; {len(page) // 1000} kB, nothing is loaded from anywhere")
    write_path(output)
