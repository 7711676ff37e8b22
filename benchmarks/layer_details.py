"""What else there is to know of a layer's speed: one step at a time, growth with T, compile time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .timing import side_by_side


def one_step(hidden: int) -> dict[str, Any]:
    """The latency of a step when sampling, batch 1, against GRUCell."""
    import torch

    import tinygrad_gru as tg

    stepper = tg.nn.Stepper(tg.nn.GRU(32, hidden, reset_after=True), batch=1)
    cell = torch.nn.GRUCell(32, hidden)
    x = np.zeros((1, 32), np.float32)
    given, h = torch.tensor(x), torch.zeros(1, hidden)

    def ours() -> None:
        for _ in range(200):
            stepper(x)

    def torchs() -> None:
        with torch.no_grad():
            for _ in range(200):
                cell(given, h)

    seconds = side_by_side({"ours": ours, "torch": torchs}, repeats=15)
    return {
        "what": f"one step, batch 1, input 32, hidden {hidden}, ms for 200",
        "ours": seconds["ours"] * 1e3,
        "theirs": seconds["torch"] * 1e3,
        "ours / theirs": seconds["ours"] / seconds["torch"],
        "at most": 0.3,
    }


def growth() -> dict[str, Any]:
    """Ten thousand steps against a hundred times a hundred; gradients fade away and become subnormal on the way."""
    import tinygrad_gru as tg

    def run(steps: int) -> Any:
        x = np.random.default_rng(0).standard_normal((steps, 8, 16)).astype(np.float32)
        layer = tg.compile(tg.nn.GRU(16, 64))

        def once() -> None:
            with tg.compiler.jit(False):
                out, _ = layer(tg.Tensor(x, requires_grad=True))
                out.sum().backward()

        return once

    few, many = run(100), run(10_000)
    seconds = side_by_side({"few": lambda: [few() for _ in range(100)], "many": many}, repeats=5, warm=1)
    return {
        "what": "10,000 steps, ms, and how much longer than 100 times 100 steps",
        "ours": seconds["many"] * 1e3,
        "theirs": None,
        "ours / theirs": seconds["many"] / seconds["few"],
        "at most": 1.1,
    }


def compile_time(kind: str) -> dict[str, Any]:
    """Recording, passes and text of a cell that was never seen before."""
    import tinygrad_gru as tg

    times = []
    for hidden in range(33, 42):
        layer = getattr(tg.nn, kind)(7, hidden)
        start = time.perf_counter()
        tg.compiler.compiled(layer.cell)
        times.append(time.perf_counter() - start)
    return {
        "what": f"compiling a {kind} cell, without Numba, ms",
        "ours": float(np.median(times)) * 1e3,
        "theirs": None,
        "ours / theirs": None,
        "at most": "300 ms",
    }


def main() -> list[dict[str, Any]]:
    """One row per question."""
    return [
        *[one_step(hidden) for hidden in (32, 128)],
        growth(),
        *[compile_time(kind) for kind in ("RNN", "GRU", "LSTM")],
    ]
