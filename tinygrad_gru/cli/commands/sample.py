"""`tinygrad-gru sample`: text written by a trained model, or some of a task's questions and its answers."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from .. import streams
from ..arguments import Debug, RunOrFile, Seed
from ..loading import checkpoint_of_run
from ..tables import as_table

__all__ = ["sample"]


def sample(
    run: RunOrFile = "last",
    length: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many characters to write.")] = 300,
    temperature: Annotated[float, typer.Option(min=0, help="Below 1 bolder, above 1 wilder, 0 the likeliest.")] = 0.8,
    prompt: Annotated[str, typer.Option(help="The text to go on from.")] = "",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Of a task without text: how many examples.")] = 5,
    seed: Seed = 0,
    debug: Debug = False,
) -> None:
    """Write text with a model trained on chars; of any other run show examples: input, what is right, what it says."""
    import numpy as np

    from ...errors import ConfigError
    from ...tasks.own_data.char_lm import write_text
    from ...training.runs.data import task_of

    checkpoint = checkpoint_of_run(run)
    rng = np.random.default_rng(seed)
    if checkpoint.config.task != "chars":
        if prompt:
            got, hint = checkpoint.config.task, f"tinygrad-gru predict {shlex.quote(run)}"
            raise ConfigError(f"prompt: {run} is a run of {got}, which writes no text. try: {hint}")
        streams.write(as_table(task_of(checkpoint).examples(checkpoint.model, rng, count)))
        return
    vocabulary = checkpoint.facts["vocabulary"]
    characters = write_text(checkpoint.model, vocabulary, length, rng, prompt, temperature)
    streams.write(prompt, end="")
    for character in characters:
        streams.write(character, end="")
    streams.write("")
