"""Step 3. One small class for each operation: its forward and its derivative side by side."""

import itertools
import math

serials = itertools.count(1)  # every tensor is older than what is made of it


class Op:
    """An operation: `forward` computes out, `vjp` takes g = ∂L/∂out and returns ∂L/∂x for each input x."""

    def __call__(self, *inputs):
        return apply(self, *inputs)


def apply(op, *inputs):
    return Tensor(op.forward(*[t.data for t in inputs]), op, inputs)


class Add(Op):
    def forward(self, x, y):
        return x + y

    def vjp(self, g, out, x, y):
        return g, g


class Multiply(Op):
    def forward(self, x, y):
        return x * y

    def vjp(self, g, out, x, y):
        return g * y, g * x


class Tanh(Op):
    def forward(self, x):
        return math.tanh(x)

    def vjp(self, g, out, x):
        return g * (1 - out * out)


class Tensor:
    def __init__(self, data, op=None, inputs=()):
        self.data = data
        self.op = op  # None for a leaf: a tensor that no operation made
        self.inputs = inputs
        self.serial = next(serials)
        self.grad = 0.0

    def __add__(self, other):
        return Add()(self, other)

    def __mul__(self, other):
        return Multiply()(self, other)

    def backward(self):
        gradients = {self: 1.0}
        for node in toposort(self):
            g = gradients.pop(node)  # complete: all that was made of the node has handed its share in
            node.grad += g
            if node.op is None:
                continue
            contributions = node.op.vjp(g, node.data, *[t.data for t in node.inputs])
            if len(node.inputs) == 1:
                contributions = (contributions,)
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
    w, x, b = Tensor(0.5), Tensor(2.0), Tensor(-0.3)
    Tanh()(w * x + b).backward()
    print(f"dy/dw = {w.grad:.5f}, dy/dx = {x.grad:.5f}, dy/db = {b.grad:.5f}")
