"""Whether machine code pays for a run: by a fixed rule, so that the same settings run the same program everywhere.

Numba takes some seconds to compile the loops of a cell, once on each machine. A native loop saves a few microseconds a
step, and more for larger states and batches. What a run saves is computed from its sizes, never measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..compiler import jit
from ..compiler.code.native.announce import announced_by
from ..compiler.code.native.machine_code import native_by_default
from ..nn.module import Module
from ..nn.recurrent.compiling import compile_natively
from ..nn.recurrent.layer import Recurrent

__all__ = ["pays", "suited"]

# Seconds, measured on one thread of an Intel Xeon (Emerald Rapids).
TO_COMPILE = 5.0  # the loops of one cell
SAVED_A_STEP = 7e-6
SAVED_A_NUMBER = 7.5e-9  # of the state of a batch, at each step


def pays(model: Module, updates: int, steps: int, batch: int) -> bool:
    """Whether native loops save more than their compilation takes, in so many updates of so many steps."""
    cells = [cell for layer in model.modules() if isinstance(layer, Recurrent) for cells in layer.layers
             for cell in cells.values()]  # fmt: skip
    kinds = {type(cell) for cell in cells}
    saved = sum(SAVED_A_STEP + SAVED_A_NUMBER * batch * cell.hidden_size for cell in cells)
    return updates * steps * saved > TO_COMPILE * len(kinds)


@contextmanager
def suited(
    model: Module, updates: int, steps: int, batch: int, say: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Native loops within, compiled before the block begins, if they pay; NumPy programs otherwise.

    Whoever asks for either, by `jit` or TINYGRAD_GRU_JIT, gets it. `say` is told while something is compiled; without
    it a terminal is.
    """
    if not native_by_default():
        yield
    elif not pays(model, updates, steps, batch):
        with jit(False):
            yield
    else:
        if say is None:
            compile_natively(model)
        else:
            with announced_by(say):
                compile_natively(model)
        yield
