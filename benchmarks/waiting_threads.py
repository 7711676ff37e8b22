"""Native loops beside NumPy's products, on two threads: how long OpenBLAS's threads look for work after a product.

They do for 2ⁿ cycles, n from OPENBLAS_THREAD_TIMEOUT, which is read when NumPy is loaded; 28 is a tenth of a second.
The step is one of training a compiled GRU with a linear layer, whose products are NumPy's.
"""

from __future__ import annotations

import time
from typing import Any

from .layers import SHAPES
from .processes import VARIABLES, output
from .progress import steps

WAITING = ("", "20")  # "": as OpenBLAS has it by itself
THREADS = dict.fromkeys(VARIABLES, "2")


def milliseconds(rounds: int = 15, row: int = 3) -> float:
    """The median of a training step, by the clock on the wall."""
    import statistics

    import numpy as np

    import tinygrad_gru as tg

    batch, length, inputs, hidden = SHAPES[row]
    tg.seed(0)
    layer, head = tg.compile(tg.nn.GRU(inputs, hidden)), tg.nn.Linear(hidden, hidden)
    x = np.random.default_rng(0).standard_normal((length, batch, inputs)).astype(np.float32)  # (T, B, I)
    parameters = [*layer.parameters(), *head.parameters()]
    seconds = []
    with tg.compiler.jit(True):
        for _ in range(3 + rounds):
            start = time.perf_counter()
            out, _ = layer(x)
            tg.grad(tg.mean(head(out) ** 2), parameters)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[3:]) * 1e3


def main() -> list[dict[str, Any]]:
    """A row for each time of waiting, each in a process of its own."""
    rows = []
    code = "from benchmarks.waiting_threads import milliseconds; print(milliseconds())"
    with steps(len(WAITING)) as show:
        for waiting in WAITING:
            show(f"OPENBLAS_THREAD_TIMEOUT={waiting}")
            (ms,) = output(code, **THREADS, **({"OPENBLAS_THREAD_TIMEOUT": waiting} if waiting else {}))
            rows.append({"OPENBLAS_THREAD_TIMEOUT": waiting or "not set", "ms a step": float(ms)})
    return rows
