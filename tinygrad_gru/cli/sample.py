"""`tinygrad-gru sample`: text written by a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import streams
from .options import Debug, Seed

__all__ = ["sample"]


def sample(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run of chars: its folder, its number, or last.")
    ] = "last",
    length: Annotated[int, typer.Option(help="How many characters to write.")] = 300,
    temperature: Annotated[float, typer.Option(help="Below 1 bolder, above 1 wilder, 0 the likeliest.")] = 0.8,
    prompt: Annotated[str, typer.Option(help="The text to go on from.")] = "",
    seed: Seed = 0,
    debug: Debug = False,
) -> None:
    """Write text, character by character, with a model trained on chars."""
    import numpy as np

    from ..errors import ConfigError
    from ..tasks.chars import write_text
    from ..training import checkpoint_of, find_run, load_checkpoint

    if seed < 0:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at least 0. try: --seed 0")
    path = Path(run)
    checkpoint = load_checkpoint(path if path.suffix == ".npz" else checkpoint_of(find_run(run)))
    if checkpoint.config.task != "chars":
        got = checkpoint.config.task
        raise ConfigError(f"{run} is a run of {got}, wanted one of chars. try: tinygrad-gru train chars")
    vocabulary = checkpoint.facts["vocabulary"]
    rng = np.random.default_rng(seed)
    characters = write_text(checkpoint.model, vocabulary, length, rng, prompt, temperature)
    streams.write(prompt, end="")
    for character in characters:
        streams.write(character, end="")
    streams.write("")
