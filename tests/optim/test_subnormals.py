"""Moments that are about to become subnormal."""

import numpy as np

from tinygrad_gru import nn, optim
from tinygrad_gru.optim import subnormals


def test_tiny_moments_are_cleared_now_and_then():
    p, q = nn.Parameter(np.ones(2, np.float32)), nn.Parameter(np.ones(1))
    optimizer = optim.Adam([p, q])
    for n in range(subnormals.SWEEP):
        p.grad, q.grad = np.array([1.0, 1e-25 if n == 0 else 0.0], np.float32), np.array([1e-40])
        before = optimizer.state[0]["m"][1]
        optimizer.step()

    assert before > 0 and optimizer.state[0]["m"][1] == 0  # 1e-26 · 0.9ⁿ is on its way down
    assert optimizer.state[0]["m"][0] != 0 and optimizer.state[1]["m"][0] > 0  # doubles have far to go
