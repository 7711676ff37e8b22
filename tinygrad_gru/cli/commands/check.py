"""`tinygrad-gru check`: every derivative against finite differences."""

from __future__ import annotations

import json
import math
from typing import Annotated

import typer

from .. import streams
from ..arguments import AsJson, Debug

__all__ = ["check"]


def check(
    operations: Annotated[
        list[str] | None, typer.Argument(metavar="OPERATION", help="Such as tanh or matmul (otherwise all of them).")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Check the first and second derivatives of the operations against finite differences, in float64."""
    from ...core.tools.op_samples import check_operations

    rows = check_operations(operations or None)
    if as_json:
        lines = [row._asdict() | {"errors": [e if math.isfinite(e) else None for e in row.errors]} for row in rows]
        streams.write(json.dumps(lines))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        table.add_column("operation", overflow="fold")
        for title in ("samples", "1st order", "2nd order", ""):
            table.add_column(title, justify="right")
        for row in rows:
            errors = [f"{error:.0e}" for error in row.errors]
            table.add_row(row.name, str(row.samples), *errors, "ok" if row.ok else "WRONG")
        console = Console()
        with console.capture() as captured:  # Rich would take a closed pipe for a failure
            console.print(table)
        streams.write(captured.get(), end="")

    wrong = [row for row in rows if not row.ok]
    for row in wrong:
        streams.talk(row.report)
    streams.talk(f"{len(rows) - len(wrong)} of {len(rows)} operations agree with finite differences to a millionth")
    if wrong:
        streams.flush()
        raise typer.Exit(1)
