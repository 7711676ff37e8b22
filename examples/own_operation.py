"""An operation of one's own: two methods, and a check that its derivative is right, to second order.

python examples/own_operation.py
"""

import numpy as np

import tinygrad_gru as tg


class Softsign(tg.Op):
    """y = x / (1 + |x|);  ∂y/∂x = 1 / (1 + |x|)²."""

    symbol = "softsign"

    def forward(self, x):
        return x / (1 + np.abs(x))

    def vjp(self, g, out, x):
        return g / (1 + tg.abs(x)) ** 2


softsign = Softsign()
points = np.array([-2.0, 0.5, 3.0])
print("right:", tg.gradcheck(softsign, points))

x = tg.Tensor(points, requires_grad=True, name="x")
slope = tg.grad(softsign(x).sum(), x, create_graph=True)
print("first derivative: ", slope.data.round(4))
print("second derivative:", tg.grad(slope.sum(), x).round(4))


class Wrong(Softsign):
    def vjp(self, g, out, x):
        return g / (1 + tg.abs(x))  # without the square


try:
    tg.gradcheck(Wrong(), points)
except tg.errors.GradcheckError as error:
    print(error)
