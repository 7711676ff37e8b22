"""`tinygrad-gru sample`: text written by a trained model, or some of a task's questions and its answers."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from .. import streams
from ..arguments import Debug, Seed

__all__ = ["sample"]

MOST = 100_000  # examples at once


def sample(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, or last.")] = "last",
    length: Annotated[int, typer.Option(help="How many characters to write.")] = 300,
    temperature: Annotated[float, typer.Option(help="Below 1 bolder, above 1 wilder, 0 the likeliest.")] = 0.8,
    prompt: Annotated[str, typer.Option(help="The text to go on from.")] = "",
    count: Annotated[int, typer.Option(help="Of a task without text: how many examples.")] = 5,
    seed: Seed = 0,
    debug: Debug = False,
) -> None:
    """Write text with a model trained on chars; of any other run show examples: input, what is right, what it says."""
    import numpy as np

    from ...errors import ConfigError
    from ...tasks.own_data.char_lm import write_text
    from ...training import checkpoint_of, find_run, load_checkpoint
    from ...training.runs.data import task_of
    from .evaluate import as_table

    if seed < 0:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at least 0. try: --seed 0")
    path = Path(run)
    checkpoint = load_checkpoint(path if path.suffix == ".npz" else checkpoint_of(find_run(run)))
    rng = np.random.default_rng(seed)
    if checkpoint.config.task != "chars":
        if prompt:
            got, hint = checkpoint.config.task, f"tinygrad-gru predict {shlex.quote(run)}"
            raise ConfigError(f"prompt: {run} is a run of {got}, which writes no text. try: {hint}")
        if not 1 <= count <= MOST:
            raise ConfigError(f"count: got {count}, wanted a whole number from 1 to {MOST}. try: --count 5")
        streams.write(as_table(task_of(checkpoint).examples(checkpoint.model, rng, count)))
        return
    vocabulary = checkpoint.facts["vocabulary"]
    characters = write_text(checkpoint.model, vocabulary, length, rng, prompt, temperature)
    streams.write(prompt, end="")
    for character in characters:
        streams.write(character, end="")
    streams.write("")
