"""`tg.compile`: the recurrent layers inside a module run as one program each, instead of step by step."""

from __future__ import annotations

import warnings
from typing import TypeVar

from ...compiler import compiled
from ...core.support.arguments import kind_of
from ...core.support.hints import in_our_words
from ...errors import ArgumentError, NotCompiledWarning
from ..module import Module
from ..support.modes import in_mode
from .layer import Recurrent, check_engine

__all__ = ["compile", "compile_natively", "compile_what_can", "why_not"]

M = TypeVar("M", bound=Module)


@in_our_words
def compile(module: M, engine: str = "compiled") -> M:
    """Switch every recurrent layer inside a module to its compiled program, and return the module.

    The results are the same up to rounding, and faster; `engine="eager"` switches back to running step by step. It may
    be called before or after weights are loaded, in training or evaluation, and counts until it is called again; the
    repr of a layer says `engine='compiled'`. A layer that cannot be compiled stays eager: a NotCompiledWarning says
    which and why, or, if that leaves none, an ArgumentError.

    >>> import tinygrad_gru as tg
    >>> tg.compile(tg.nn.RNN(2, 3))
    RNN(2, 3, engine='compiled')         18 parameters
    └── layers.0.forward: RNNCell(2, 3)  18
        ├── W_h (5, 3)                   15
        └── b_h (3,)                      3
    """
    check_engine("compile", engine)
    if not isinstance(module, Module):
        raise ArgumentError(f"compile: got {kind_of(module)}, wanted a module. try: tg.compile(tg.nn.GRU(2, 3))")
    if engine == "eager":
        for layer in _recurrent_layers(module).values():
            layer.engine = engine
        return module
    if not _recurrent_layers(module):
        raise ArgumentError(
            f"compile: {type(module).__name__} has no recurrent layer, and nothing else is compiled. "
            "try: tg.nn.Recurrent(cell) for a cell, or leave it out"
        )
    reasons = compile_what_can(module)
    if len(reasons) == len(_recurrent_layers(module)):
        raise ArgumentError(f"compile: {'; '.join(reasons)}")
    for reason in reasons:
        warnings.warn(
            f"compile: {reason}; this layer stays eager", NotCompiledWarning, stacklevel=3
        )  # beyond the wrapper
    return module


def compile_what_can(module: Module) -> list[str]:
    """Compile the recurrent layers that can be; returns the reason for each of the others."""
    reasons = []
    for key, layer in _recurrent_layers(module).items():
        reason = why_not(layer)
        layer.engine = "eager" if reason else "compiled"
        if reason:
            reasons.append(f"{key + ': ' if key else ''}{reason}")
    return reasons


def why_not(layer: Recurrent) -> str:
    """The reason that a layer cannot be compiled, in training or evaluation mode; "" if it can."""
    for cells in layer.layers:
        for cell in cells.values():
            for training in (True, False):
                with in_mode(cell, training):
                    program = compiled(cell, masked=bool(layer.recurrent_dropout) and training)
                if isinstance(program, str):
                    return f"{type(cell).__name__} cannot be compiled: {program}"
    return ""


def compile_natively(module: Module) -> None:
    """Compile the loops of all compiled layers to machine code now, in training and evaluation mode."""
    for layer in _recurrent_layers(module).values():
        if layer.engine != "compiled":
            continue
        for cell in (cell for cells in layer.layers for cell in cells.values()):
            for training in (True, False):
                with in_mode(cell, training):
                    program = compiled(cell, masked=bool(layer.recurrent_dropout) and training)
                if not isinstance(program, str):
                    program.code.directions()


def _recurrent_layers(module: Module) -> dict[str, Recurrent]:
    """The recurrent layers of a module, itself included, by key."""
    return {key: layer for key, layer in module.named_modules() if isinstance(layer, Recurrent)}
