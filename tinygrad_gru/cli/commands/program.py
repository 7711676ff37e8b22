"""`tinygrad-gru program`: what the compiler makes of a cell's equations."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import streams
from ..arguments import CellOrFile, Debug, ResetAfter
from ..loading import cell_named

__all__ = ["program"]


def program(
    cell: CellOrFile = "gru",
    hidden: Annotated[int, typer.Option(min=1, help="Numbers in the state.")] = 64,
    inputs: Annotated[int, typer.Option(min=1, help="Numbers in the input of a step.")] = 32,
    backward: Annotated[bool, typer.Option("--backward", help="The way back, instead of the way forward.")] = False,
    stage: Annotated[
        int | None, typer.Option(min=0, help="The equations after so many passes, as a list of lines.")
    ] = None,
    jit: Annotated[bool, typer.Option("--jit", help="The loop over time as Numba compiles it (extra jit).")] = False,
    why: Annotated[bool, typer.Option("--why", help="Whether the cell can be compiled, and if not, why.")] = False,
    reset_after: ResetAfter = False,
    debug: Debug = False,
) -> None:
    """Print the NumPy program that a cell's equations become: the one that compiled layers run."""
    from ... import compiler
    from ...errors import ConfigError

    if stage is not None and stage > len(compiler.PASSES):
        raise ConfigError(f"stage: got {stage}, wanted 0 to {len(compiler.PASSES)}, as many passes. try: --stage 1")
    instance = cell_named(cell, inputs, hidden, reset_after)
    kind = type(instance).__name__
    if why:
        reason = compiler.why(instance)
        streams.write(f"{kind} cannot be compiled: {reason}" if reason else f"{kind} can be compiled")
    elif stage is not None:
        passes = " | ".join(name for name, _ in compiler.PASSES[:stage]) or "as recorded"
        streams.write(f"# {passes}\n{compiler.program(instance, stage)}")
    else:
        compiled = compiler.compiled(instance)
        if isinstance(compiled, str):
            raise ConfigError(f"{kind} cannot be compiled: {compiled}. try: --why")
        forward, back = compiled.code.loops() if jit else compiled.code.source.split("\n\n\n")[:2]
        streams.write(back if backward else forward)
