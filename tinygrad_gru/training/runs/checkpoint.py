"""Checkpoints: the weights of a model, all that is needed to build it again, and in last.npz to train on.

What a run needs to go on as if it had never been stopped are the weights, the optimiser's moments and counts, the state
that the task carries from batch to batch, and how many batches were drawn: the data follow from the seed.
"""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ... import nn, optim
from ...core.support.arguments import ShortRepr
from ...core.support.arrays import Array
from ...errors import CheckpointError, ConfigError, DivergedError, TinygradError
from ...nn.files import read_arrays, read_meta, write_arrays
from ...nn.files.formats import FORMATS, check_format
from ...nn.recurrent import compiling
from ...nn.support.limits import at_most
from ...tasks import TASKS
from ...tasks.own_cell import fingerprint_of, is_own
from ..config import SWITCHED_OFF, Config
from ..position import Position
from .small_files import is_number

__all__ = ["Checkpoint", "Training", "load_checkpoint", "read_position", "save_checkpoint", "update_of"]

MOST_UPDATES = 10**15
MOST_STATES = 64  # of a cell of one's own, and times `hidden` that one of them is


@dataclass(frozen=True, repr=False)
class Training(ShortRepr):
    """Where training stands, apart from the weights."""

    optimizer: dict[str, Array]  # as its state_dict
    carried: list[Array]  # the state that goes on to the next batch
    best: float  # the metric of the weights that are kept
    best_update: int = 0  # when it was measured
    validation: float | None = None  # what they were chosen by, where that is not the metric

    @property
    def arrays(self) -> dict[str, Array]:
        """All arrays by the names they have in the file."""
        moments = {f"optimizer.{name}": array for name, array in self.optimizer.items()}
        return moments | {f"carried.{i}": array for i, array in enumerate(self.carried)}


@dataclass(frozen=True, repr=False)
class Checkpoint(ShortRepr):
    """A model as it was after `update` updates, and what it was made for."""

    model: nn.Module
    config: Config
    facts: dict[str, Any]  # what the task knows of its data, such as the vocabulary
    update: int
    training: Training | None = None  # what it takes to train on, if it was kept


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically: after a crash there is the old one or the new one."""
    arrays = checkpoint.model.state_dict()
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise DivergedError(
                f"the weights {name} are not finite after update {checkpoint.update}, so not saved. try: a lower --lr"
            )
    meta: dict[str, Any] = {
        "format": FORMATS["checkpoint"],
        "config": checkpoint.config.as_dict(),
        "facts": checkpoint.facts,
        "update": checkpoint.update,
    }
    if is_own(checkpoint.config.cell):
        meta["cell"] = fingerprint_of(checkpoint.config.cell)
    if (training := checkpoint.training) is not None:
        arrays |= training.arrays
        shapes = [list(array.shape) for array in training.carried]
        best = training.best if math.isfinite(training.best) else None
        meta["training"] = {"carried": shapes, "best": best, "best_update": training.best_update}
        if training.validation is not None:
            meta["training"]["validation"] = training.validation
    write_arrays(path, arrays, meta)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint back; raises CheckpointError unless all of it is as `save_checkpoint` writes it."""
    try:
        return _read_whole(path)
    except CheckpointError as error:
        raise error if "try: " in str(error) else CheckpointError(f"{error}. try: {_other_than(path)}") from None


def read_position(path: Path) -> Position | None:
    """What a checkpoint says of itself, of its weights nothing is read; None if it is missing or cannot be read.

    Raises CheckpointError if a newer version of ours made it.
    """
    try:
        meta = read_meta(path)
    except CheckpointError:
        return None
    check_format("checkpoint", meta.get("format"), path)
    try:
        config, update = Config.of(**_with_none(meta["config"])), meta["update"]
        facts = meta["facts"]
        if not _is_count(update) or not isinstance(facts, dict):
            return None
        if "training" not in meta:
            return Position(config, update, facts=facts)
        training = _training(path, meta["training"], config)
    except (CheckpointError, ConfigError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return Position(config, update, training["best"], training["best_update"], facts)


def update_of(path: Path) -> int | None:
    """After which update a checkpoint was saved; None if it is missing or cannot be read."""
    position = read_position(path)
    return None if position is None else position.update


def _read_whole(path: Path) -> Checkpoint:
    """The checkpoint, read again if training put the next one there between the settings and the weights."""
    while True:
        meta = read_meta(path)
        try:
            checkpoint = _checkpoint(path, meta)
            if read_meta(path) == meta:
                return checkpoint
        except CheckpointError:
            if read_meta(path) == meta:
                raise


def _other_than(path: Path) -> str:
    """What to do if a checkpoint cannot be used."""
    for name in ("best.npz", "last.npz"):
        if path.name != name and (other := path.with_name(name)).exists():
            return f"tinygrad-gru eval {shlex.quote(str(other))}"
    return "another run, or tinygrad-gru train for a new one"


def _checkpoint(path: Path, meta: dict[str, Any]) -> Checkpoint:
    if type(meta.get("format")) is int:  # first: what else a newer one holds is not known here
        check_format("checkpoint", meta["format"], path)
    if set(meta) - {"training", "cell"} != {"format", "config", "facts", "update"} or type(meta["format"]) is not int:
        raise CheckpointError(f"{path} is no checkpoint of a run. try: the best.npz of a run")
    try:
        config = Config.of(**_with_none(meta["config"]))
        if _with_none(config.as_dict()) != _with_none(meta["config"]):
            raise ConfigError("some are missing")
    except (ConfigError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path} holds settings that cannot be used: {error}") from None
    facts, update = meta["facts"], meta["update"]
    if not isinstance(facts, dict) or not _vocabulary_is_sound(facts) or not _is_count(update):
        raise CheckpointError(f"{path} holds facts about its data that cannot be used. try: another checkpoint")
    _refuse_another_cell(path, config, meta.get("cell"))
    try:
        with np.errstate(all="ignore"), at_most(2 * path.stat().st_size):  # we do not compress; others may
            model = TASKS[config.task].build(config.cell, config.hidden, facts)
    except TinygradError as error:  # facts that are none, sizes that no layer can have
        reason = str(error).partition(" try: ")[0].rstrip(".")
        raise CheckpointError(f"{path} does not describe a model: {reason}. try: {_other_than(path)}") from None
    compiling.compile(model)
    expected = {name: (p.shape, p.dtype) for name, p in model.named_parameters()}
    if "training" not in meta:
        model.load_state_dict(read_arrays(path, expected))
        return Checkpoint(model, config, facts, update)
    position = _training(path, meta["training"], config)
    optimizer = optim.Adam(model.parameters(), config.lr).state_dict()
    carried = [np.empty(shape, np.float32) for shape in position["carried"]]
    wanted = Training(optimizer, carried, position["best"])
    arrays = read_arrays(path, expected | {name: (a.shape, a.dtype) for name, a in wanted.arrays.items()})
    model.load_state_dict({name: arrays[name] for name in expected})
    optimizer = {name: arrays[f"optimizer.{name}"] for name in optimizer}
    carried = [arrays[f"carried.{i}"] for i in range(len(wanted.carried))]
    training = Training(optimizer, carried, position["best"], position["best_update"], position.get("validation"))
    return Checkpoint(model, config, facts, update, training)


def _with_none(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of a checkpoint; what an earlier version did not know, a default of the task's since, it did without."""
    return dict.fromkeys(SWITCHED_OFF, 0) | settings


def _refuse_another_cell(path: Path, config: Config, fingerprint: Any) -> None:
    """CheckpointError if the file of a cell of one's own is not as it was: its weights would mean something else."""
    if is_own(config.cell) != (fingerprint is not None):
        raise CheckpointError(f"{path} does not say which cell of one's own it was trained with")
    if fingerprint is not None and fingerprint_of(config.cell) != fingerprint:
        raise CheckpointError(
            f"{config.cell.rpartition(':')[0]} is not as it was when {path} was trained. try: the file as it was"
        )


def _training(path: Path, meta: Any, config: Config) -> dict[str, Any]:
    """What the file says of where training stood; it may come from anywhere, so sizes are those that they must be."""
    shape = [1, config.batch, config.hidden]
    good = (
        isinstance(meta, dict)
        and set(meta) - {"validation"} == {"carried", "best", "best_update"}
        and isinstance(meta["carried"], list)
        and len(meta["carried"]) <= (MOST_STATES if is_own(config.cell) else 2)
        and all(_is_carried(sizes, shape, is_own(config.cell)) for sizes in meta["carried"])
        and (meta["best"] is None or is_number(meta["best"]))
        and _is_count(meta["best_update"])
        and is_number(meta.get("validation", 0))
    )
    if not good:
        raise CheckpointError(f"{path} holds a state of training that cannot be used. try: the best.npz of the run")
    known: dict[str, Any] = meta
    return known | {"best": math.inf if meta["best"] is None else float(meta["best"])}


def _is_carried(sizes: Any, shape: list[int], own: bool) -> bool:
    """Whether a state that is carried on has these sizes; those of a cell of one's own may be larger than `hidden`."""
    if not isinstance(sizes, list) or len(sizes) != 3 or not all(type(size) is int for size in sizes):
        return False
    return sizes == shape or (own and sizes[:2] == shape[:2] and 0 < sizes[2] <= MOST_STATES * shape[2])


def _is_count(value: Any) -> bool:
    """Whether this can be a number of updates; True is none, and neither is one of 400 digits."""
    return type(value) is int and 0 <= value < MOST_UPDATES


def _vocabulary_is_sound(facts: dict[str, Any]) -> bool:
    vocabulary = facts.get("vocabulary", "ab")
    return isinstance(vocabulary, str) and 2 <= len(vocabulary) == len(set(vocabulary))
