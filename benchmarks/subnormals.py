"""A tanh RNN over 300 steps with its initial weights: on the way back the gradient shrinks to subnormal numbers.

The ordinary step has the same sizes and a gradient that does not vanish, since every state adds to the loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .timing import side_by_side

BATCH, STEPS, INPUTS, HIDDEN = 32, 300, 2, 64


def main() -> list[dict[str, Any]]:
    """The step whose gradient vanishes against the step whose gradient does not, with and without flushing."""
    import tinygrad_gru as tg

    with tg.seed(0):
        rnn = tg.compile(tg.nn.RNN(INPUTS, HIDDEN))
    x = tg.Tensor(np.random.default_rng(1).standard_normal((STEPS, BATCH, INPUTS)).astype(np.float32))

    def step(vanishing: bool) -> None:
        states, _ = rnn(x)
        (states[-1] if vanishing else states).sum().backward()
        rnn.zero_grad()

    def unflushed() -> None:
        with tg.flush_subnormals(False):
            step(True)

    seconds = side_by_side(
        {"ordinary": lambda: step(False), "vanishing": lambda: step(True), "vanishing, not flushed": unflushed},
        repeats=9,
    )
    return [
        {
            "gradients": name,
            "ms": s * 1e3,
            "/ ordinary": s / seconds["ordinary"],
            "at most": 1.3 if name == "vanishing" else None,
        }
        for name, s in seconds.items()
    ]
