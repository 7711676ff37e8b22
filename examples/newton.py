"""Newton's method without a Hessian: the step is found by products of the Hessian with vectors, two gradients each.

python examples/newton.py
"""

import numpy as np

import tinygrad_gru as tg


def rosenbrock(x):
    """A valley that bends, with its lowest point at (1, 1, …, 1)."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def solved(product, b, steps=50):
    """H⁻¹ b by conjugate gradients, where product(v) is H v."""
    x, r = np.zeros_like(b), b.copy()
    p = r.copy()
    for _ in range(steps):
        Hp = product(p)
        if p @ Hp <= 0 or r @ r < 1e-20:  # not curved upwards that way, or there
            break
        α = (r @ r) / (p @ Hp)
        x, before = x + α * p, r @ r
        r = r - α * Hp
        p = r + (r @ r) / before * p
    return x if x.any() else b


x = np.full(6, -0.5)
value_and_grad = tg.value_and_grad(rosenbrock)
steps, (value, g) = 0, value_and_grad(x)
while np.linalg.norm(g) > 1e-9:
    direction = solved(lambda v, x=x: np.asarray(tg.hvp(rosenbrock, x, v)), -np.asarray(g))
    length = 1.0
    while rosenbrock(x + length * direction) > value + 1e-4 * length * (g @ direction):
        length /= 2
    x = x + length * direction
    steps, (value, g) = steps + 1, value_and_grad(x)
print(f"after {steps} steps x = {x.round(6).tolist()}, f = {float(rosenbrock(x)):.1e}")
