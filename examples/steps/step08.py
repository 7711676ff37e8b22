"""Step 8. Sigmoid, and a check for every derivative: finite differences in random directions."""

import itertools

import numpy as np

serials = itertools.count(1)  # every tensor is older than what is made of it


class Op:
    """An operation: `forward` computes out, `vjp` takes g = ∂L/∂out and returns ∂L/∂x for each input x."""

    def __call__(self, *inputs):
        return apply(self, *inputs)


def apply(op, *inputs):
    inputs = tuple(t if isinstance(t, Tensor) else Tensor(t) for t in inputs)
    out = op.forward(*[t.data for t in inputs])
    return Tensor(out, any(t.requires_grad for t in inputs), op, inputs)


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


class Sigmoid(Op):
    def forward(self, x):
        return 0.5 * np.tanh(0.5 * x) + 0.5  # 1/(1 + e⁻ˣ), and never overflows

    def vjp(self, g, out, x):
        return g * out * (1 - out)


class Sum(Op):
    def forward(self, x):
        return np.sum(x)

    def vjp(self, g, out, x):
        return np.broadcast_to(g, x.shape)


class Matmul(Op):
    def forward(self, x, y):
        return x @ y

    def vjp(self, g, out, x, y):
        return g @ y.T, x.T @ g


class Tensor:
    __array_ufunc__ = None  # an array on the left leaves the operation to the tensor

    def __init__(self, data, requires_grad=False, op=None, inputs=()):
        self.data = np.asarray(data, dtype=float)
        self.requires_grad = requires_grad
        self.op = op  # None for a leaf: a tensor that no operation made
        self.inputs = inputs
        self.serial = next(serials)
        self.grad = None

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

    def __matmul__(self, other):
        return Matmul()(self, other)

    def sum(self):
        return Sum()(self)

    @property
    def shape(self):
        return self.data.shape

    def backward(self):
        """Add ∂self/∂leaf to the grad of every leaf that requires one."""
        for leaf, g in backward_pass(self, np.ones(self.shape)).items():
            leaf.grad = g if leaf.grad is None else leaf.grad + g


def backward_pass(output, g):
    """∂L/∂leaf for every leaf that requires one, from g = ∂L/∂output."""
    gradients, leaves = {output: g}, {}
    for node in toposort(output):
        g = gradients.pop(node)  # complete: whatever was made of the node is newer
        if node.op is None:
            leaves[node] = g
            continue
        contributions = node.op.vjp(g, node.data, *[t.data for t in node.inputs])
        if len(node.inputs) == 1:
            contributions = (contributions,)
        for t, c in zip(node.inputs, contributions):
            if t.requires_grad:
                c = unbroadcast(c, t.shape)
                gradients[t] = gradients[t] + c if t in gradients else c  # used twice: the sum of both
    return leaves


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
            if t.requires_grad and t not in seen:
                seen.add(t)
                pending.append(t)
    return sorted(seen, key=lambda t: t.serial, reverse=True)


def gradcheck(f, *arrays, eps=1e-6):
    """How far ⟨u, J v⟩ by a difference of f is from ⟨uᵀJ, v⟩ by the vjps, relative, for random u and v."""
    rng = np.random.default_rng(0)
    xs = [Tensor(x, requires_grad=True) for x in arrays]
    y = f(*xs)
    u, vs = rng.standard_normal(y.shape), [rng.standard_normal(x.shape) for x in xs]
    after = f(*[Tensor(x.data + eps * v, True) for x, v in zip(xs, vs)])
    before = f(*[Tensor(x.data - eps * v, True) for x, v in zip(xs, vs)])
    pushed = np.sum(u * (after.data - before.data)) / (2 * eps)
    gradients = backward_pass(y, u)
    pulled = sum(np.sum(gradients[x] * v) for x, v in zip(xs, vs))
    return abs(pushed - pulled) / abs(pushed)


if __name__ == "__main__":
    x, y = np.random.default_rng(1).standard_normal((2, 3, 4))
    for op, arrays in [
        (Add(), (x, y[0])),
        (Subtract(), (x, y)),
        (Multiply(), (x, y[:, :1])),
        (Matmul(), (x, y.T)),
        (Tanh(), (x,)),
        (Sigmoid(), (x,)),
    ]:
        print(f"{type(op).__name__:9} {'right' if gradcheck(op, *arrays) < 1e-7 else 'wrong'}")
    Tanh.vjp = lambda self, g, out, x: g * (1.001 - out * out)  # a mistake of 0.1 %, planted
    print(f"and off by 0.001: {'right' if gradcheck(Tanh(), x) < 1e-7 else 'wrong'}")
