"""Options that several commands share, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import ConfigError

__all__ = [
    "AsJson",
    "Backend",
    "Cell",
    "CellOrFile",
    "Debug",
    "Force",
    "Jobs",
    "Out",
    "Quiet",
    "ResetAfter",
    "Run",
    "RunOrFile",
    "Scheduler",
    "Seed",
    "Theme",
]


def _that_numpy_takes(seed: int | None) -> int | None:
    """A seed that NumPy's generators take; --help shows the range without this limit, which has 19 digits."""
    if seed is not None and seed >= 2**63:
        raise ConfigError(f"seed: got {seed}, wanted a whole number of at most {2**63 - 1}. try: --seed 0")
    return seed


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Backend = Annotated[
    str, typer.Option("--backend", help="Of joblib: loky (processes here), dask (a cluster), threading, sequential.")
]
Cell = Annotated[Literal["rnn", "gru", "lstm"], typer.Option("--cell", help="The kind of layer.")]
CellOrFile = Annotated[str, typer.Option("--cell", help="rnn, gru, lstm, or FILE.py:CLASS for a cell of your own.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
Jobs = Annotated[int, typer.Option("--jobs", help="Runs at the same time; -1: as many as there are cores.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run's folder, new or empty (otherwise runs/TASK-NNNN).")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on the way; errors are still shown.")]
ResetAfter = Annotated[bool, typer.Option("--reset-after", help="The GRU of PyTorch and Keras.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, or last.")]
RunOrFile = Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, last, or an npz of it.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="With --backend dask: its address, tcp://HOST:8786 say.")
]
Seed = Annotated[
    int, typer.Option("--seed", min=0, callback=_that_numpy_takes, help="The same seed gives the same numbers.")
]
Theme = Literal["light", "dark"]
