"""Training or not, for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..module import Module

__all__ = ["in_mode", "in_modes"]


@contextmanager
def in_mode(module: Module, training: bool | None) -> Iterator[None]:
    """Within, the module and those in it are in training, or not, and afterwards as before; None changes nothing."""
    if training is None:
        yield
        return
    before, modes = module.training, [(part, part.training) for part in module.modules()]
    try:
        module.train(training)
        yield
    finally:
        for part in module.modules():  # those that were made within are as the module was
            part.training = before
        for part, mode in modes:
            part.training = mode


@contextmanager
def in_modes(module: Module, modes: Sequence[bool]) -> Iterator[None]:
    """Within, the module and those in it are in training as `modes` says of each, and afterwards as before."""
    parts = module.modules()
    before = [part.training for part in parts]
    try:
        for part, mode in zip(parts, modes, strict=False):
            part.training = mode
        yield
    finally:
        for part, mode in zip(parts, before, strict=True):
            part.training = mode
