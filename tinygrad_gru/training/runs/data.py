"""The data of a run, met again: its own as they were, with the run's own split, or others, all of which are tested."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError, DataError
from ...tasks import TASKS, Task
from ...tasks.data.tables.form import Reading
from ...tasks.data.text import read_text, sha256
from ..config import SETTINGS, Config, refuse_unknown
from .checkpoint import Checkpoint

__all__ = ["facts_for_reading", "refuse_changed_data", "task_of"]


def task_of(
    checkpoint: Checkpoint,
    length: int | None = None,
    file: Path | None = None,
    reading: Mapping[str, Any] | None = None,
) -> Task:
    """The task of a run on its own data, or on those of another file, in the words, columns and means of the run.

    `reading` holds settings of how the other file is to be read.

    Raises DataError if the run's own data are not what they were: of changed data nobody can tell which were trained
    on. Raises ConfigError if they came from stdin.
    """
    config = checkpoint.config
    if file is None:
        if config.file == "-":
            raise ConfigError(
                "file: the run read its data from stdin, where it is no more. try: eval --file with the same data"
            )
        refuse_changed_data(config, checkpoint.facts)
    facts = facts_for_reading(checkpoint, reading or {})
    task = TASKS[config.task].again(length or config.length, file or config.path, facts)
    if task.all_held_out and (own := _own(checkpoint)) is not None:
        task.tell_apart(own)
    return task


def facts_for_reading(checkpoint: Checkpoint, reading: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a run, for a file to be read by these settings; ConfigError for one that its task does not know."""
    asked = {name: value for name, value in reading.items() if value is not None}
    for name, value in asked.items():
        SETTINGS[name].check(value)
        refuse_unknown(name, checkpoint.config.task)
    return Reading.otherwise(checkpoint.facts, asked) if asked else checkpoint.facts


def _own(checkpoint: Checkpoint) -> Task | None:
    """The task of a run on its own data, if they are still there as they were."""
    config = checkpoint.config
    if config.file == "-":
        return None
    try:
        refuse_changed_data(config, checkpoint.facts)
        return TASKS[config.task].again(config.length, config.path, checkpoint.facts)
    except DataError:  # they are gone, or others
        return None


def refuse_changed_data(config: Config, facts: Mapping[str, Any]) -> None:
    """The fingerprint in a checkpoint must be that of the file; a task that makes its own data has none."""
    fingerprint = facts.get("sha256")
    if config.path is None and fingerprint is None:
        return
    if sha256(read_text(config.path, config.encoding)) != fingerprint:
        name = "Python's help texts" if config.path is None else config.file
        raise DataError(
            f"{name}: the data are not those the run was trained on, so what was held out is not known. "
            "try: the file as it was, or eval RUN --file with data of which none was trained on"
        )
