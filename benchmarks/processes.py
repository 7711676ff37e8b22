"""Processes of one's own for a measurement: libraries read the number of threads when they are loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "TINYGRAD_GRU_THREADS")


def environment(threads: int) -> dict[str, str]:
    """The environment of a process with so many threads."""
    return os.environ | dict.fromkeys(VARIABLES, str(threads)) | {"JAX_PLATFORMS": "cpu"}


def output(code: str, *arguments: str, **variables: str) -> list[str]:
    """The words that a Python program prints, run with one thread in a process of its own."""
    surroundings = environment(1) | variables
    surroundings.pop("NUMBA_CACHE_DIR", None)  # Numba's files lie beside the program's own
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, env=surroundings, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
