"""`tinygrad-gru predict`: what a trained model says about the user's own inputs, with the run's own preprocessing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import Debug, Force
from ..output import is_stdout, refuse_to_overwrite

__all__ = ["predict"]

FORMATS = ("csv", "jsonl")
KINDS = ("lines", "csv", "jsonl")


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, last, or an npz of it.")],
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="What to predict; - is stdin.")] = Path("-"),
    kind: Annotated[
        str | None, typer.Option("--as", help="How to read it: lines, csv or jsonl; by itself as the name says.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="What to write: csv or jsonl; by itself as -o says, or csv.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write; - is stdout.")] = Path("-"),
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Predict for each line, text, group or table of a file, and write CSV or JSONL.

    `tinygrad-gru tasks TASK` says what a task reads.
    """
    from ...errors import ConfigError
    from ...nn.files import write_atomically
    from ...tasks import TASKS
    from ...tasks.data.reader import read_source
    from ...training import load_checkpoint
    from .export import checkpoint_path

    for name, got, known in (("as", kind, KINDS), ("format", form, FORMATS)):
        if got is not None and got not in known:
            raise ConfigError(f"{name}: got {got!r}, wanted {', '.join(known)}. try: --{name} {known[-1]}")
    checkpoint = load_checkpoint(checkpoint_path(run))
    task = TASKS[checkpoint.config.task]
    if not is_stdout(output):
        refuse_to_overwrite(output, force, "predictions.csv")
    source = read_source(file, kind or ("csv" if task.name == "table" else None))
    rows = list(task.predict(checkpoint.model, checkpoint.facts, source))  # a line that is wrong spoils no file
    text = _text(rows, form or ("jsonl" if output.suffix.lower() in (".jsonl", ".ndjson") else "csv"))
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
