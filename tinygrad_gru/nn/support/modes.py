"""Training or evaluation mode, for the duration of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..module import Module

__all__ = ["in_mode"]


@contextmanager
def in_mode(module: Module, training: bool | list[bool] | tuple[bool, ...] | None) -> Iterator[None]:
    """Set the mode of the module and its submodules in the block, and restore it afterwards.

    A list has the mode of each of `module.modules()`; None changes nothing.
    """
    if training is None:
        yield
        return
    before, modes = module.training, [(part, part.training) for part in module.modules()]
    try:
        if isinstance(training, list | tuple):
            for (part, _), mode in zip(modes, training, strict=False):
                part.training = mode
        else:
            module.train(training)
        yield
    finally:
        for part in module.modules():  # those that were made within are as the module was
            part.training = before
        for part, mode in modes:
            part.training = mode
