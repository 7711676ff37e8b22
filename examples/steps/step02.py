"""Step 2. A number that remembers what it was made of, and how to hand its slope on."""

import itertools
import math

serials = itertools.count(1)  # every tensor is older than what is made of it


class Value:
    def __init__(self, data, inputs=(), vjp=None):
        self.data = data
        self.inputs = inputs
        self.vjp = vjp  # from the slope of this number to those of its inputs
        self.serial = next(serials)
        self.grad = 0.0

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    def tanh(self):
        out = math.tanh(self.data)
        return Value(out, (self,), lambda g: (g * (1 - out * out),))

    def backward(self):
        gradients = {self: 1.0}
        for node in toposort(self):
            g = gradients.pop(node)  # complete: all that was made of the node has handed its share in
            node.grad += g
            if node.vjp is None:
                continue
            contributions = node.vjp(g)
            for t, c in zip(node.inputs, contributions):
                gradients[t] = gradients[t] + c if t in gradients else c  # used twice: the sum of both


def toposort(root):
    """The root and all it was made of, each before its own inputs: the newest first."""
    seen, pending = {root}, [root]
    for node in pending:
        for t in node.inputs:
            if t not in seen:
                seen.add(t)
                pending.append(t)
    return sorted(seen, key=lambda t: t.serial, reverse=True)


if __name__ == "__main__":
    a = Value(3.0)
    b = a + a
    c = b * b  # c = 4a², so dc/da = 8a: both ways to a must have arrived before b hands on
    c.backward()
    print(f"dc/da = {a.grad}")
    w, x, b = Value(0.5), Value(2.0), Value(-0.3)
    (w * x + b).tanh().backward()
    print(f"dy/dw = {w.grad:.5f}, dy/dx = {x.grad:.5f}, dy/db = {b.grad:.5f}")
