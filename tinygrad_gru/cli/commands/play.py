"""`tinygrad-gru play`: a page that plays a cell forward and backward."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import streams
from ..arguments import Debug, Force, Quiet, Seed
from ..output import is_stdout, refuse_to_draw_over, tell, written_to

__all__ = ["play"]


def play(
    cell: Annotated[str, typer.Option(help="rnn, gru or lstm.")] = "gru",
    length: Annotated[int, typer.Option(help="Time steps.")] = 3,
    hidden: Annotated[int, typer.Option(help="Numbers in the state.")] = 4,
    inputs: Annotated[int, typer.Option(help="Numbers in the input of a step.")] = 2,
    reset_after: Annotated[bool, typer.Option("--reset-after", help="The GRU of PyTorch and Keras.")] = False,
    seed: Seed = 0,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page to write; - is stdout.")] = Path("play.html"),
    frames: Annotated[
        Path | None, typer.Option(help="Instead of the page, write its states as pictures into this new folder.")
    ] = None,
    frame_format: Annotated[str, typer.Option(help="Of the frames: svg or png.")] = "svg",
    frames_from: Annotated[int, typer.Option(help="The first event that gets a frame.")] = 1,
    frames_to: Annotated[
        int | None, typer.Option(help="The last event that gets a frame; else the last of all.")
    ] = None,
    theme: Annotated[str, typer.Option(help="Of the frames: light or dark. The page has both.")] = "light",
    force: Force = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a page that plays forward and then backward, step by step, with every number; it needs no network."""
    import numpy as np

    from ... import nn
    from ...core.support.random import seed as seeded
    from ...errors import ConfigError
    from ...nn.files import write_atomically
    from ...playback.frames import save_frames
    from ...playback.page import loss_of_layer, page_of_layer
    from .graph import one_of

    one_of("cell", cell, ("rnn", "gru", "lstm"))
    one_of("frame-format", frame_format, ("svg", "png"))
    one_of("theme", theme, ("light", "dark"))
    for name, value, most in (("length", length, 30), ("hidden", hidden, 64), ("inputs", inputs, 64)):
        if not 1 <= value <= most:
            raise ConfigError(f"{name}: got {value}, wanted a whole number from 1 to {most}. try: --{name} 3")
    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    if frames is None and not is_stdout(output):
        refuse_to_draw_over(output, force)
    options = {"reset_after": True} if reset_after else {}
    with seeded(seed):
        layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](inputs, hidden, **options)
    x = np.random.default_rng(seed).normal(size=(length, 1, inputs)).astype(np.float32)
    title = f"{cell.upper()}, {length} step{'s' if length > 1 else ''}: forward, then backward"
    if frames is not None:
        paths = save_frames(loss_of_layer(layer, x), frames, frame_format, theme, title, frames_from, frames_to)
        if not quiet:
            pictures = "1 picture" if len(paths) == 1 else f"{len(paths)} pictures"
            streams.talk(f"{pictures}, from {paths[0].name} to {paths[-1].name}")
        streams.write(str(frames))
        return
    page = page_of_layer(layer, x, title)
    with written_to(output) as path, write_atomically(path) as file:
        file.write(page.encode())
    if not quiet and not is_stdout(output):
        streams.talk(f"open {output} in a browser; {len(page) // 1000} kB, nothing is loaded from anywhere")
    tell(output)
