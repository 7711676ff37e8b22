"""A chain of 100,000 scalar operations, built and differentiated."""

from __future__ import annotations

from typing import Any

from .timing import side_by_side

LENGTH = 100_000


def main() -> list[dict[str, Any]]:
    """Ours against PyTorch."""
    import torch

    import tinygrad_gru as tg

    def run(one: Any) -> Any:
        y = one
        for _ in range(LENGTH):
            y = y * 1.0000001
        y.backward()
        gradient = float(one.grad)
        one.grad = None
        return gradient

    x, t = tg.Tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    assert abs(run(x) - run(t)) < 1e-4
    seconds = side_by_side({"ours": lambda: run(x), "torch": lambda: run(t)}, repeats=7, warm=1)
    return [
        {
            "operations": LENGTH,
            "ours s": seconds["ours"],
            "torch s": seconds["torch"],
            "ours / torch": seconds["ours"] / seconds["torch"],
            "at most": 1.0,
        }
    ]
