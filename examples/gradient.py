"""A gradient: how a result changes with each number that it was made of.

python examples/gradient.py
"""

import numpy as np

import tinygrad_gru as tg

x = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
W = tg.Tensor([[0.5], [-0.25]], requires_grad=True, name="W")

y = tg.tanh(x @ W).sum()
y.backward()  # adds to .grad of every leaf

print("y =", y.item())
print("∂y/∂x =", x.grad.tolist())
print("∂y/∂W =", W.grad.tolist())

# The same by wiggling: turn one number of W by a hair, and look.
moved = W.data.copy()
moved[0, 0] += 1e-3
print("wiggled:", round((np.tanh(x.data @ moved).item() - y.item()) / 1e-3, 3))
