"""What commands load: the checkpoint of a run, and a cell or a layer by its name or from a file of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..nn import Cell, Recurrent
    from ..training import Checkpoint

__all__ = ["cell_named", "checkpoint_of_run", "checkpoint_path", "counted_steps", "layer_named", "title_of"]

CELLS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}  # of nn


def checkpoint_path(run: str) -> Path:
    """The checkpoint that RUN stands for: an npz file itself, or the best one of a run."""
    from ..training import checkpoint_of, find_run

    return Path(run) if Path(run).suffix == ".npz" else checkpoint_of(find_run(run))


def checkpoint_of_run(run: str) -> Checkpoint:
    """The model of RUN with its settings and facts; see checkpoint_path."""
    from ..training import load_checkpoint

    return load_checkpoint(checkpoint_path(run))


def layer_named(cell: str, input_size: int, hidden_size: int, reset_after: bool) -> Recurrent:
    """A recurrent layer of one of our cells, or of the user's: FILE.py:CLASS.

    ConfigError if there is none, or if `reset_after` is asked of a cell without a reset gate.
    """
    from .. import nn
    from ..tasks.own_cell import tried

    options = _options(cell, reset_after)
    if cell not in CELLS:
        return nn.Recurrent(tried(cell_named(cell, input_size, hidden_size, reset_after)))
    layer: Recurrent = getattr(nn, CELLS[cell])(input_size, hidden_size, **options)
    return layer


def title_of(cell: str) -> str:
    """A cell for people: GRU, or the name of a class of the user's own."""
    from ..tasks.own_cell import is_own

    return cell.rpartition(":")[2] if is_own(cell) else cell.upper()


def cell_named(name: str, input_size: int, hidden_size: int, reset_after: bool) -> Cell:
    """A cell by its name, or of a class in the user's file: FILE.py:CLASS. ConfigError if there is none."""
    from .. import nn
    from ..errors import ConfigError, did_you_mean
    from ..tasks.own_cell import is_own, own_cell

    options = _options(name, reset_after)
    if is_own(name):
        return own_cell(name, input_size, hidden_size)
    if name not in CELLS:
        raise ConfigError(f"cell: got {name!r}, wanted rnn, gru, lstm or FILE.py:CLASS. {did_you_mean(name, CELLS)}")
    cell: Cell = getattr(nn, f"{CELLS[name]}Cell")(input_size, hidden_size, **options)
    return cell


def counted_steps(steps: int) -> str:
    """1 step, 3 steps."""
    return "1 step" if steps == 1 else f"{steps} steps"


def _options(cell: str, reset_after: bool) -> dict[str, bool]:
    from ..errors import ConfigError

    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    return {"reset_after": True} if reset_after else {}
