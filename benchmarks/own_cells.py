"""Cells of one's own beside the GRU: the time of a training step against that of its matrix products alone.

The floor is what NumPy's BLAS takes for the products of the step and of its gradients, each once over all steps: no
loop can be that fast, since a state must be there before it is multiplied. A cell for which the compiler knows nothing
special is as near to its floor as the GRU is to its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_gru as tg

from .layers import SHAPES
from .layers.contestants import sequence
from .progress import steps
from .timing import side_by_side

ROWS = (1, 2, 3)


class MinimalGatedUnit(tg.nn.Cell):
    """One gate in the place of the GRU's two: Zhou et al. 2016, arXiv 1603.09420."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W_f, self.W_h = (_weights(hidden_size + input_size, hidden_size) for _ in range(2))
        self.b_f, self.b_h = (_weights(hidden_size) for _ in range(2))

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W_f + self.b_f)  # (B, H)
        candidate = tg.tanh(tg.concat([f * h, x], axis=-1) @ self.W_h + self.b_h)  # (B, H)
        return ((1 - f) * h + f * candidate,)


class ProjectedLSTM(tg.nn.Cell):
    """An LSTM whose output h has half the size of its memory c: Sak et al. 2014, arXiv 1402.1128."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size // 2, states=("h", "c"))
        self.state_sizes = (hidden_size // 2, hidden_size)
        self.W_i, self.W_f, self.W_o, self.W_g = (
            _weights(hidden_size // 2 + input_size, hidden_size) for _ in range(4)
        )
        self.P = _weights(hidden_size, hidden_size // 2)

    def step(self, x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        hx = tg.concat([h, x], axis=-1)  # (B, H/2 + I)
        i, f, o = (tg.sigmoid(hx @ W) for W in (self.W_i, self.W_f, self.W_o))  # (B, H)
        c = f * c + i * tg.tanh(hx @ self.W_g)  # (B, H)
        return (o * tg.tanh(c)) @ self.P, c


CELLS: dict[str, Callable[[int, int], Any]] = {
    "GRU": tg.nn.GRUCell,
    "minimal gated unit": MinimalGatedUnit,
    "LSTM with a projection, states of H/2 and H": ProjectedLSTM,
}


def _weights(*shape: int) -> Any:
    return tg.nn.Parameter(tg.generator().uniform(-0.1, 0.1, shape).astype(np.float32))


def training(cell: Any, x: np.ndarray) -> Callable[[], Any]:
    """A training step: the gradients of x and of all parameters."""
    layer = tg.compile(tg.nn.Recurrent(cell))

    def run() -> Any:
        with tg.compiler.jit(True):
            tensor = tg.Tensor(x, requires_grad=True)
            out, _ = layer(tensor)
            return tg.grad(out.sum(), [tensor, *layer.parameters()])

    return run


def products(cell: Any, rows: int) -> Callable[[], None]:
    """For each matrix W of the cell A W, G Wᵀ and Aᵀ G, with all steps and sequences in `rows` rows."""
    rng = np.random.default_rng(0)
    matrices = [p.data for p in cell.parameters() if p.ndim == 2]
    factors = [
        (rng.random((rows, W.shape[0]), np.float32), W, rng.random((rows, W.shape[1]), np.float32)) for W in matrices
    ]

    def run() -> None:
        for A, W, G in factors:
            A @ W, G @ W.T, A.T @ G

    return run


def main() -> list[dict[str, Any]]:
    """A row for each cell and shape."""
    rows: list[dict[str, Any]] = []
    with steps(len(ROWS) * len(CELLS)) as show:
        for row in ROWS:
            batch, length, inputs, hidden = SHAPES[row]
            of_gru = None
            for name, kind in CELLS.items():
                show(f"{name}, {SHAPES[row]}")
                tg.seed(0)
                cell = kind(inputs, hidden)
                x = sequence(SHAPES[row])
                seconds = side_by_side({"step": training(cell, x), "products": products(cell, batch * length)})
                fraction = seconds["products"] / seconds["step"]
                of_gru = of_gru or fraction
                rows.append({
                    "batch, steps, input, hidden": SHAPES[row], "cell": name, "ms": seconds["step"] * 1e3,
                    "products alone, ms": seconds["products"] * 1e3, "of its floor": fraction,
                    "beside the GRU": fraction / of_gru,
                })  # fmt: skip
    return rows
