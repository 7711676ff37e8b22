"""`tinygrad-gru check`: every derivative against finite differences."""

from __future__ import annotations

import json
import math
from typing import Annotated

import typer

from ...terminal import say
from .. import streams
from ..arguments import AsJson, Debug
from ..tables import as_table

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
        table = []
        for row in rows:
            first, second = row.errors
            verdict = "ok" if row.ok else "WRONG"
            table.append(
                {"operation": row.name, "samples": row.samples, "1st order": first, "2nd order": second, "": verdict}
            )
        streams.write(as_table(table, {"1st order": ".0e", "2nd order": ".0e"}))

    wrong = [row for row in rows if not row.ok]
    for row in wrong:
        say(row.report)
    say(f"{len(rows) - len(wrong)} of {len(rows)} operations agree with finite differences to a millionth")
    if wrong:
        streams.flush()
        raise typer.Exit(1)
