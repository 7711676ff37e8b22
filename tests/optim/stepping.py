"""A parameter of one number, moved by an optimiser."""

import numpy as np

from tinygrad_gru import nn


def after(make, gradients, x=1.0):
    """One number, moved by each of these gradients in turn."""
    p = nn.Parameter(np.array([x]))
    optimizer = make([p])
    for g in gradients:
        p.grad = np.array([g])
        optimizer.step()
    return p.item()
