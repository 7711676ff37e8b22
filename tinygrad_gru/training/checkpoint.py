"""Checkpoints: the weights of a model with all that is needed to build it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn
from ..errors import CheckpointError, ConfigError, DivergedError
from ..nn.files import read_arrays, read_meta, write_arrays
from ..tasks import TASKS
from .config import Config

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """A model as it was after `update` updates, and what it was made for."""

    model: nn.Module
    config: Config
    facts: dict[str, Any]  # what the task knows of its data, such as the vocabulary
    update: int


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically: after a crash there is the old one or the new one."""
    arrays = checkpoint.model.state_dict()
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise DivergedError(f"the weights {name} are not finite after update {checkpoint.update}, so not saved")
    meta = {
        "format": FORMAT,
        "config": checkpoint.config.as_dict(),
        "facts": checkpoint.facts,
        "update": checkpoint.update,
    }
    write_arrays(path, arrays, meta)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint back; raises CheckpointError unless all of it is as `save_checkpoint` writes it."""
    meta = read_meta(path)
    if not isinstance(meta, dict) or set(meta) != {"format", "config", "facts", "update"}:
        raise CheckpointError(f"{path} is no checkpoint of a run. try: the best.npz of a run")
    if meta["format"] != FORMAT:
        raise CheckpointError(f"{path} has format {meta['format']}, wanted {FORMAT}. try: a newer tinygrad_gru")
    try:
        config = Config(**meta["config"])
    except (ConfigError, TypeError) as error:
        raise CheckpointError(f"{path} holds settings that cannot be used: {error}") from None
    facts, update = meta["facts"], meta["update"]
    if not isinstance(facts, dict) or not _vocabulary_is_sound(facts) or type(update) is not int:
        raise CheckpointError(f"{path} holds facts about its data that cannot be used. try: another checkpoint")
    if 4 * config.hidden**2 > path.stat().st_size:  # before memory is taken for as many weights
        raise CheckpointError(f"{path} is too small to hold the weights of {config.hidden} hidden units")

    with np.errstate(all="ignore"):
        model = TASKS[config.task].build(config.cell, config.hidden, facts)
    expected = {name: (p.shape, p.dtype) for name, p in model.named_parameters()}
    model.load_state_dict(read_arrays(path, expected))
    return Checkpoint(model, config, facts, update)


def _vocabulary_is_sound(facts: dict[str, Any]) -> bool:
    vocabulary = facts.get("vocabulary", "ab")
    return isinstance(vocabulary, str) and 2 <= len(vocabulary) == len(set(vocabulary))
