"""A GRU from PyTorch: its weights, here, give the same numbers. Needs nothing of PyTorch but what it would hand over.

python examples/from_pytorch.py
"""

import numpy as np

import tinygrad_gru as tg


def torch_gru(x, weights):
    """torch.nn.GRU as its documentation has it, in NumPy: x (T, B, I) to the last state (B, H)."""
    W_x, W_h, b_x, b_h = weights.values()
    h = np.zeros((x.shape[1], W_h.shape[1]))
    for x_t in x:
        x_r, x_z, x_n = np.split(x_t @ W_x.T + b_x, 3, axis=-1)
        h_r, h_z, h_n = np.split(h @ W_h.T + b_h, 3, axis=-1)
        r, z = 1 / (1 + np.exp(-x_r - h_r)), 1 / (1 + np.exp(-x_z - h_z))
        h = (1 - z) * np.tanh(x_n + r * h_n) + z * h
    return h


rng = np.random.default_rng(0)
# With PyTorch: weights = torch.nn.GRU(3, 4).state_dict()
shapes = {"weight_ih_l0": (12, 3), "weight_hh_l0": (12, 4), "bias_ih_l0": (12,), "bias_hh_l0": (12,)}
weights = {name: rng.uniform(-0.5, 0.5, shape) for name, shape in shapes.items()}

gru = tg.interop.from_torch(tg.nn.GRU(3, 4, reset_after=True), weights)  # the dialect that PyTorch has
x = rng.normal(size=(10, 2, 3))
_, h_n = gru(x)
print("the largest difference:", f"{np.abs(h_n.data[0] - torch_gru(x, weights)).max():.0e}")

back = tg.interop.to_torch(gru)
print("and back, to the last bit:", all(np.array_equal(back[name], weights[name]) for name in weights))
