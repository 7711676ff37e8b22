"""`tinygrad-gru program`: what the compiler makes of a cell's equations."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from .. import streams
from ..arguments import CellOrFile, Debug, ResetAfter
from ..loading import cell_named

if TYPE_CHECKING:
    from ...nn import Cell

__all__ = ["program"]


def program(
    cell: CellOrFile = "gru",
    hidden: Annotated[int, typer.Option(min=1, help="Numbers in the state.")] = 64,
    inputs: Annotated[int, typer.Option(min=1, help="Numbers in the input of a step.")] = 32,
    backward: Annotated[bool, typer.Option("--backward", help="The way back, instead of the way forward.")] = False,
    stage: Annotated[
        int | None,
        typer.Option(min=0, help="The equations after so many passes, and each rule that the last of them applied."),
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
        streams.write("\n".join(_stage(instance, stage)))
    else:
        compiled = compiler.compiled(instance)
        if isinstance(compiled, str):
            raise ConfigError(f"{kind} cannot be compiled: {compiled}. try: --why")
        if jit:
            streams.write(compiled.code.loops()[backward])
        else:
            functions = ("prepare_back", "backward") if backward else ("prepare", "forward")
            streams.write("\n\n\n".join(compiled.code.texts[name] for name in functions))


def _stage(cell: Cell, stage: int) -> Iterator[str]:
    """What the rules of a pass did, as comments, and the program after it."""
    from ... import compiler

    firings: list[compiler.Firing] = []
    after = compiler.program(cell, stage, firings)
    if stage == 0:
        yield "# as recorded"
    else:
        each = compiler.PASSES[stage - 1]
        yield f"# stage {stage} of {len(compiler.PASSES)}, {each.name}"
        yield from textwrap.wrap(each.note, 78, initial_indent="# ", subsequent_indent="# ")
    for rule, fired in itertools.groupby(sorted(firings, key=lambda f: f.rule), key=lambda f: f.rule):
        yield f"#\n#   {rule}"
        yield from (f"#       {f.name}:  {f.before}  →  {f.after}" for f in fired)
    yield str(after) if stage == 0 else f"\n{after}"
