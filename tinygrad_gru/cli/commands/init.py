"""`tinygrad-gru init`: a file with all settings, to be changed and trained with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from .. import streams
from ..arguments import Debug, Force
from ..output import is_stdout, refuse_to_overwrite

__all__ = ["init"]


def init(
    task: Annotated[str, typer.Argument(metavar="TASK", help="What to learn: see tinygrad-gru tasks.")] = "adding",
    output: Annotated[Path, typer.Option("-o", "--output", help="The file; - is stdout.")] = Path("-"),
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Write the settings of a task as TOML, each with what it means, for `train --config`."""
    from ...nn.files import write_atomically
    from ...training import commented

    text = commented(task)
    if is_stdout(output):
        streams.write(text, end="")
        return
    refuse_to_overwrite(output, force, f"{task}.toml")
    with write_atomically(output) as file:
        file.write(text.encode())
    streams.talk(f"wrote {output} · train with it: tinygrad-gru train --config {shlex.quote(str(output))}")
    streams.write(str(output))
