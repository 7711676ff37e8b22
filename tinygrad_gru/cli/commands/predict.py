"""`tinygrad-gru predict`: what a trained model says about the user's own inputs, with the run's own preprocessing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...training.config import READING
from .. import streams
from ..arguments import Debug, Force, RunOrFile
from ..loading import checkpoint_of_run
from ..options import options_of_settings
from ..output import is_stdout, refuse_to_overwrite

__all__ = ["predict"]


@options_of_settings(only=READING, after="kind")
def predict(
    run: RunOrFile,
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="What to predict; - is stdin.")] = Path("-"),
    kind: Annotated[
        Literal["lines", "csv", "jsonl"] | None,
        typer.Option("--as", help="How to read it; by itself as the name says."),
    ] = None,
    form: Annotated[
        Literal["csv", "jsonl"] | None, typer.Option("--format", help="What to write; by itself as -o says, or csv.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write; - is stdout.")] = Path("-"),
    force: Force = False,
    debug: Debug = False,
    **reading: Any,
) -> None:
    """Predict for each line, text, group or table of a file, and write CSV or JSONL.

    `tinygrad-gru tasks TASK` says what a task reads.
    """
    from ...nn.files import write_atomically
    from ...tasks import TASKS
    from ...tasks.data.reader import is_jsonl, read_source
    from ...tasks.data.tables.form import Reading
    from ...training.runs.data import facts_for_reading

    checkpoint = checkpoint_of_run(run)
    task = TASKS[checkpoint.config.task]
    if not is_stdout(output):
        refuse_to_overwrite(output, force, "predictions.csv")
    kind = kind or ("csv" if task.name == "table" and not is_jsonl(file) else None)
    facts = facts_for_reading(checkpoint, reading)
    source = read_source(file, kind, Reading.from_facts(facts))
    rows = list(task.predict(checkpoint.model, facts, source))  # a line that is wrong spoils no file
    text = _text(rows, form or ("jsonl" if is_jsonl(output) else "csv"))
    if is_stdout(output):
        streams.write(text, end="")
    else:
        with write_atomically(output) as target:
            target.write(text.encode("utf-8"))


def _text(rows: Sequence[dict[str, Any]], form: str) -> str:
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    written = io.StringIO()
    if rows:
        writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return written.getvalue()
