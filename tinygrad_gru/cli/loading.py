"""What commands load: the checkpoint of a run, and a cell or a layer by its name or from a file of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..nn import Cell, Recurrent
    from ..training import Checkpoint

__all__ = ["cell_named", "checkpoint_of_run", "checkpoint_path", "errors_of_users_code", "layer_named"]

CELLS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}  # of nn
OWN_CELL = "own_cell"  # the module that the user's file becomes


def checkpoint_path(run: str) -> Path:
    """The checkpoint that RUN stands for: an npz file itself, or the best one of a run."""
    from ..training import checkpoint_of, find_run

    return Path(run) if Path(run).suffix == ".npz" else checkpoint_of(find_run(run))


def checkpoint_of_run(run: str) -> Checkpoint:
    """The model of RUN with its settings and facts; see checkpoint_path."""
    from ..training import load_checkpoint

    return load_checkpoint(checkpoint_path(run))


def layer_named(cell: str, input_size: int, hidden_size: int, reset_after: bool) -> Recurrent:
    """A recurrent layer of one of our cells; ConfigError if `reset_after` is asked of a cell without a reset gate."""
    from .. import nn

    layer: Recurrent = getattr(nn, CELLS[cell])(input_size, hidden_size, **_options(cell, reset_after))
    return layer


def cell_named(name: str, input_size: int, hidden_size: int, reset_after: bool) -> Cell:
    """A cell by its name, or of a class in the user's file: FILE.py:CLASS. ConfigError if there is none."""
    from .. import nn
    from ..errors import ConfigError, did_you_mean

    options = _options(name, reset_after)
    file, colon, class_name = name.rpartition(":")
    if colon and file.endswith(".py"):
        cell_class = _class_of_file(file, class_name)
        with errors_of_users_code(f"{class_name}(input_size, hidden_size)"):
            return cell_class(input_size, hidden_size)
    if name not in CELLS:
        raise ConfigError(f"cell: got {name!r}, wanted rnn, gru, lstm or FILE.py:CLASS. {did_you_mean(name, CELLS)}")
    cell: Cell = getattr(nn, f"{CELLS[name]}Cell")(input_size, hidden_size, **options)
    return cell


def _options(cell: str, reset_after: bool) -> dict[str, bool]:
    from ..errors import ConfigError

    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    return {"reset_after": True} if reset_after else {}


def _class_of_file(file: str, class_name: str) -> type[Cell]:
    """The class of a cell in a file, which is run as a module."""
    import importlib.util

    from .. import nn
    from ..errors import ConfigError

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
    import traceback

    from ..errors import ConfigError, TinygradError

    try:
        yield
    except TinygradError:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        in_a_file_of_theirs = frame.filename != __file__ and "<" not in frame.filename
        line = f" at {Path(frame.filename).name}:{frame.lineno}" if in_a_file_of_theirs else ""
        raise ConfigError(f"cell: {where}: {type(error).__name__}: {error}{line}. try: --debug") from error
