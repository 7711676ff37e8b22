"""Options that several commands share, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError

__all__ = ["AsJson", "Backend", "Debug", "Force", "Jobs", "Out", "Quiet", "Scheduler", "Seed", "checked_seed"]

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Backend = Annotated[
    str, typer.Option("--backend", help="Of joblib: loky (processes here), dask (a cluster), threading, sequential.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
Jobs = Annotated[int, typer.Option("--jobs", help="Runs at the same time; -1: as many as there are cores.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run's folder, new or empty (otherwise runs/TASK-NNNN).")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on the way; errors are still shown.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="With --backend dask: its address, tcp://HOST:8786 say.")
]


def checked_seed(seed: int | None) -> int | None:
    """A seed that NumPy's generators take, or none; otherwise ConfigError."""
    if seed is None:
        return None
    if seed < 0:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at least 0. try: --seed 0")
    if seed >= 2**63:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at most {2**63 - 1}. try: --seed 0")
    return seed


Seed = Annotated[int, typer.Option("--seed", callback=checked_seed, help="The same seed gives the same numbers.")]
