"""`tinygrad-gru program`: what the compiler makes of a cell's equations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import Debug

__all__ = ["cell_named", "program", "users_own"]

CELLS = {"rnn": "RNNCell", "gru": "GRUCell", "lstm": "LSTMCell"}


def program(
    cell: Annotated[str, typer.Option(help="rnn, gru, lstm, or FILE.py:CLASS for a cell of your own.")] = "gru",
    hidden: Annotated[int, typer.Option(help="Numbers in the state.")] = 64,
    inputs: Annotated[int, typer.Option(help="Numbers in the input of a step.")] = 32,
    backward: Annotated[bool, typer.Option("--backward", help="The way back, instead of the way forward.")] = False,
    stage: Annotated[int | None, typer.Option(help="The equations after so many passes, as a list of lines.")] = None,
    jit: Annotated[bool, typer.Option("--jit", help="The loop over time as Numba compiles it, with [jit].")] = False,
    why: Annotated[bool, typer.Option("--why", help="Whether the cell can be compiled, and if not, why.")] = False,
    reset_after: Annotated[bool, typer.Option("--reset-after", help="The GRU of PyTorch and Keras.")] = False,
    debug: Debug = False,
) -> None:
    """Print the NumPy program that a cell's equations become: the one that compiled layers run."""
    from ... import compiler
    from ...errors import ConfigError

    for name, size in (("hidden", hidden), ("inputs", inputs)):
        if size < 1:
            raise ConfigError(f"{name}: got {size}, wanted a whole number above 0. try: --{name} 4")
    if reset_after and cell != "gru":
        raise ConfigError(f"reset-after: only a gru has a reset gate, got --cell {cell}. try: --cell gru")
    if stage is not None and not 0 <= stage <= len(compiler.PASSES):
        raise ConfigError(f"stage: got {stage}, wanted 0 to {len(compiler.PASSES)}, as many passes. try: --stage 1")
    made = cell_named(cell, inputs, hidden, reset_after)
    if why:
        reason = compiler.why(made)
        kind = type(made).__name__
        streams.write(f"{kind} cannot be compiled: {reason}" if reason else f"{kind} can be compiled")
    elif stage is not None:
        done = " | ".join(name for name, _ in compiler.PASSES[:stage]) or "as recorded"
        streams.write(f"# {done}\n{compiler.program(made, stage)}")
    else:
        found = compiler.compiled(made)
        if isinstance(found, str):
            raise ConfigError(f"{type(made).__name__} cannot be compiled: {found}. try: --why")
        forward, back = found.code.loops() if jit else found.code.source.split("\n\n\n")[:2]
        streams.write(back if backward else forward)


def cell_named(name: str, inputs: int, hidden: int, reset_after: bool) -> Any:
    """A cell by its name, or of a class in a file of the user's."""
    from ... import nn
    from ...errors import ConfigError, did_you_mean

    file, colon, cls = name.rpartition(":")
    if colon and file.endswith(".py"):
        made = _own(file, cls)
        if not (isinstance(made, type) and issubclass(made, nn.Cell)):
            raise ConfigError(f"cell: {cls} in {file} is no cell. try: class {cls or 'Mine'}(tg.nn.Cell)")
        with users_own(f"{cls}(input_size, hidden_size)"):
            return made(inputs, hidden)
    if name not in CELLS:
        raise ConfigError(f"cell: got {name!r}, wanted rnn, gru, lstm or FILE.py:CLASS. {did_you_mean(name, CELLS)}")
    if reset_after:
        return nn.GRUCell(inputs, hidden, reset_after=True)
    return getattr(nn, CELLS[name])(inputs, hidden)


@contextmanager
def users_own(name: str) -> Iterator[None]:
    """What the user's own code raises is one line that says where; --debug shows all of it."""
    import traceback

    from ...errors import ConfigError, TinygradError

    try:
        yield
    except TinygradError:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = (
            ""
            if frame.filename == __file__ or "<" in frame.filename
            else f" at {Path(frame.filename).name}:{frame.lineno}"
        )
        raise ConfigError(f"cell: {name}: {type(error).__name__}: {error}{where}. try: --debug") from error


def _own(file: str, cls: str) -> Any:
    import importlib.util

    from ...errors import ConfigError

    spec = importlib.util.spec_from_file_location("own_cell", file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"cell: {file} cannot be imported. try: a file of Python")
    module = importlib.util.module_from_spec(spec)
    if not Path(file).is_file():
        raise ConfigError(f"cell: there is no file {file}. try: the path of a file of Python")
    with users_own(file):
        spec.loader.exec_module(module)
    found = getattr(module, cls, None) if cls else None
    if found is None:
        here = [name for name, made in vars(module).items() if isinstance(made, type) and made.__module__ == "own_cell"]
        raise ConfigError(f"cell: there is no {cls or 'class'} in {file}. try: {file}:{(here or ['CLASS'])[0]}")
    return found
