"""Step 5. What was broadcast on the way forward is summed on the way back."""

import itertools

import numpy as np

serials = itertools.count(1)  # every tensor is older than what is made of it


class Op:
    """An operation: `forward` computes out, `vjp` takes g = ∂L/∂out and returns ∂L/∂x for each input x."""

    def __call__(self, *inputs):
        return apply(self, *inputs)


def apply(op, *inputs):
    inputs = tuple(t if isinstance(t, Tensor) else Tensor(t) for t in inputs)
    return Tensor(op.forward(*[t.data for t in inputs]), op, inputs)


class Add(Op):
    def forward(self, x, y):
        return x + y

    def vjp(self, g, out, x, y):
        return g, g


class Subtract(Op):
    def forward(self, x, y):
        return x - y

    def vjp(self, g, out, x, y):
        return g, -g


class Multiply(Op):
    def forward(self, x, y):
        return x * y

    def vjp(self, g, out, x, y):
        return g * y, g * x


class Tanh(Op):
    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, out, x):
        return g * (1 - out * out)


class Sum(Op):
    def forward(self, x):
        return np.sum(x)

    def vjp(self, g, out, x):
        return np.broadcast_to(g, x.shape)


class Tensor:
    __array_ufunc__ = None  # an array on the left leaves the operation to the tensor

    def __init__(self, data, op=None, inputs=()):
        self.data = np.asarray(data, dtype=float)
        self.op = op  # None for a leaf: a tensor that no operation made
        self.inputs = inputs
        self.serial = next(serials)
        self.grad = 0.0

    def __add__(self, other):
        return Add()(self, other)

    def __mul__(self, other):
        return Multiply()(self, other)

    def __sub__(self, other):
        return Subtract()(self, other)

    def __radd__(self, other):
        return Add()(other, self)

    def __rmul__(self, other):
        return Multiply()(other, self)

    def __rsub__(self, other):
        return Subtract()(other, self)

    def sum(self):
        return Sum()(self)

    @property
    def shape(self):
        return self.data.shape

    def backward(self):
        gradients = {self: np.ones(self.shape)}
        for node in toposort(self):
            g = gradients.pop(node)  # complete: all that was made of the node has handed its share in
            node.grad += g
            if node.op is None:
                continue
            contributions = node.op.vjp(g, node.data, *[t.data for t in node.inputs])
            if len(node.inputs) == 1:
                contributions = (contributions,)
            for t, c in zip(node.inputs, contributions):
                c = unbroadcast(c, t.shape)
                gradients[t] = gradients[t] + c if t in gradients else c  # used twice: the sum of both


def unbroadcast(c, shape):
    """The contribution c, summed over the axes along which its tensor was broadcast."""
    while len(c.shape) > len(shape):
        c = c.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and c.shape[axis] != 1:
            c = c.sum(axis=axis, keepdims=True)
    return c


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
    x, b = Tensor(np.ones((4, 3))), Tensor(np.zeros(3))
    (x + b).sum().backward()
    print(f"b is {b.shape}, its gradient {b.grad.shape}: {b.grad}")
