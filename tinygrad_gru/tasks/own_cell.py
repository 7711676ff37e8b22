"""A cell of the user's own, named as FILE.py:CLASS: the file is run as a module, and what it raises told in a line."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn
from ..core.support.modes import no_grad
from ..errors import ConfigError, TinygradError

__all__ = ["errors_of_users_code", "fingerprint_of", "is_own", "own_cell"]

OWN_CELL = "own_cell"  # the module that the user's file becomes


def is_own(cell: str) -> bool:
    """Whether the name of a cell is that of a class in a file."""
    return cell.rpartition(":")[0].endswith(".py")


def own_cell(name: str, input_size: int, hidden_size: int) -> nn.Cell:
    """A cell of the class that FILE.py:CLASS names; ConfigError if there is none, or its own code fails."""
    file, _, class_name = name.rpartition(":")
    cell_class = _class_of_file(file, class_name)
    with errors_of_users_code(f"{class_name}(input_size, hidden_size)"):
        return cell_class(input_size, hidden_size)


def tried(cell: nn.Cell) -> nn.Cell:
    """The cell, after one step on zeros: a mistake in it is told before training."""
    state = [np.zeros((1, size), np.float32) for size in cell.state_sizes]
    with errors_of_users_code(f"{type(cell).__name__}.step"), no_grad():
        nn.Recurrent(cell)(np.zeros((1, 1, cell.input_size), cell.dtype), _alone([part[None] for part in state]))
    return cell


def _alone(states: list[Any]) -> Any:
    return states[0] if len(states) == 1 else tuple(states)


def fingerprint_of(name: str) -> str:
    """The SHA-256 of the file of a cell; ConfigError if it cannot be read."""
    file = name.rpartition(":")[0]
    try:
        return sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"cell: cannot read {file}: {error.strerror}. try: the file as it was in training") from None


def _class_of_file(file: str, class_name: str) -> type[nn.Cell]:
    """The class of a cell in a file, which is run as a module."""
    spec = importlib.util.spec_from_file_location(OWN_CELL, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"cell: {file} cannot be imported. try: a file of Python")
    if not Path(file).is_file():
        raise ConfigError(f"cell: there is no file {file}. try: the path of a file of Python")
    module = importlib.util.module_from_spec(spec)
    with errors_of_users_code(file):
        spec.loader.exec_module(module)
    cell_class = getattr(module, class_name, None) if class_name else None
    if cell_class is None:
        raise ConfigError(
            f"cell: there is no {class_name or 'class'} in {file}. try: {file}:{_first_class(module) or 'CLASS'}"
        )
    if not (isinstance(cell_class, type) and issubclass(cell_class, nn.Cell)):
        raise ConfigError(f"cell: {class_name} in {file} is no cell. try: class {class_name or 'Mine'}(tg.nn.Cell)")
    return cell_class


def _first_class(module: Any) -> str | None:
    """The name of the first class that the module defines itself."""
    classes = (name for name, value in vars(module).items() if isinstance(value, type) and value.__module__ == OWN_CELL)
    return next(classes, None)


@contextmanager
def errors_of_users_code(where: str) -> Iterator[None]:
    """Turn what the user's own code raises into a ConfigError that names its line; --debug shows the traceback."""
    try:
        yield
    except TinygradError:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        in_a_file_of_theirs = frame.filename != __file__ and "<" not in frame.filename
        line = f" at {Path(frame.filename).name}:{frame.lineno}" if in_a_file_of_theirs else ""
        raise ConfigError(f"cell: {where}: {type(error).__name__}: {error}{line}. try: --debug") from error
