"""Step 1. The chain rule, by hand: the slopes of y = tanh(w·x + b), and the same by wiggling each input."""

import math


def forward(w, x, b):
    a = w * x
    s = a + b
    y = math.tanh(s)
    return a, s, y


def backward(w, x, b):
    a, s, y = forward(w, x, b)
    dy = 1.0  # dy/dy: where every backward pass begins
    ds = dy * (1 - y * y)  # tanh′ = 1 − tanh²
    da, db = ds, ds  # a sum hands its slope on to both
    dw, dx = da * x, da * w  # a product: to each, times the other
    return dw, dx, db


def wiggled(w, x, b, eps=1e-6):
    y = forward(w, x, b)[-1]
    return [(forward(*moved)[-1] - y) / eps for moved in [(w + eps, x, b), (w, x + eps, b), (w, x, b + eps)]]


if __name__ == "__main__":
    w, x, b = 0.5, 2.0, -0.3
    for name, slope, wiggle in zip("wxb", backward(w, x, b), wiggled(w, x, b)):
        print(f"dy/d{name} = {slope:.5f}, by wiggling {wiggle:.5f}")
