"""What a trained network reads to be looked at: a batch or a sequence of its task, or a text in its vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.backward import toposort
from ...core.support.modes import record
from ...core.tensor import Tensor
from ...errors import ConfigError
from .checkpoint import Checkpoint
from .data import task_of

__all__ = ["common_sequences", "recorded_loss", "sequence_of_task"]

Labelled = tuple[Any, list[str]]  # an input of a model, (T, 1, ...), and a label for each of its steps


def recorded_loss(checkpoint: Checkpoint, length: int, seed: int) -> Tensor:
    """The loss L of a run's network on one batch of its task, drawn from the seed, with the graph of the network."""
    task = task_of(checkpoint, length)
    batch = next(task.batches(np.random.default_rng(seed), 1))
    loss: Tensor
    with record():
        loss, _ = task.loss(checkpoint.model, batch)
    if loss.name is None and loss.op is not None:
        loss.name = "L"
    for t in toposort(
        [loss], everything=True
    ):  # all that was computed is recorded: what has no name yet is of the batch
        if t.op is None and t.name is None and t.size > 1:
            t.name = "data"
    return loss


def sequence_of_task(checkpoint: Checkpoint, seed: int, longest: int, length: int | None = None) -> Labelled:
    """A sequence of a run's task, drawn from the seed and cut after `longest` steps, as the run's model takes it."""
    return task_of(checkpoint, length).one_sequence(np.random.default_rng(seed), longest)


def common_sequences(
    checkpoints: Sequence[Checkpoint], text: str, length: int | None, seed: int, longest: int
) -> tuple[list[Labelled], int]:
    """One sequence as the model of each run takes it, and how many steps it had before it was cut after `longest`.

    Runs of chars read the text, or else their vocabulary over and over; others a sequence of their task, drawn from the
    seed. Raises ConfigError for runs of different tasks or data.
    """
    first = checkpoints[0].config
    for checkpoint in checkpoints[1:]:
        if checkpoint.config.task != first.task:
            got = f"{first.task} and {checkpoint.config.task}"
            raise ConfigError(f"runs: got {got}, wanted one task, for all to read the same. try: runs of {first.task}")
    steps = first.length if length is None else length
    if first.task == "chars":
        steps = len(text) or steps
        kept = min(steps, longest)
        letters = (text or checkpoints[0].facts["vocabulary"] * kept)[:kept]
        return [_encoded(checkpoint, letters) for checkpoint in checkpoints], steps
    if text:
        raise ConfigError(f"text: a run of {first.task} reads no text. try: without --text")
    sequences = [sequence_of_task(checkpoint, seed, longest, min(steps, longest)) for checkpoint in checkpoints]
    if any(labels != sequences[0][1] for _, labels in sequences):
        raise ConfigError("runs: they read different data. try: runs of the same file and length")
    return sequences, steps


def _encoded(checkpoint: Checkpoint, text: str) -> Labelled:
    """A text in the vocabulary of a network."""
    vocabulary = checkpoint.facts["vocabulary"]
    if unknown := sorted({c for c in text if c not in vocabulary}):
        raise ConfigError(f"text: the network has never seen {unknown[0]!r}. try: --text with other letters")
    return np.array([[vocabulary.index(c)] for c in text]), list(text)  # (T, 1)
