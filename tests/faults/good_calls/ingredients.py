"""What good calls are made of: arrays of no special numbers, and names of files that nobody has."""

import tempfile
from pathlib import Path

import numpy as np

F = np.float32


def x(*shape: int) -> np.ndarray:
    """Numbers that are neither 0 nor all alike."""
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=F).reshape(shape)


def path(name: str) -> Path:
    """A file in a new folder."""
    return Path(tempfile.mkdtemp()) / name
