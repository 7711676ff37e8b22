"""Step 11. Adam, and the norm of the gradient held."""

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


class Concat(Op):
    """Side by side along the last axis; each input gets its own slice of the gradient back."""

    def forward(self, *xs):
        return np.concatenate(xs, axis=-1)

    def vjp(self, g, out, *xs):
        stops = list(itertools.accumulate(x.shape[-1] for x in xs))
        return tuple(g[..., stop - x.shape[-1] : stop] for x, stop in zip(xs, stops))


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


def backward_pass(output, g, watch=None):
    """∂L/∂leaf for every leaf that requires one, from g = ∂L/∂output."""
    gradients, leaves = {output: g}, {}
    for node in toposort(output):
        g = gradients.pop(node)  # complete: whatever was made of the node is newer
        if watch is not None:
            watch(node, g)
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


def weights(rng, *shape):
    return Tensor(rng.uniform(-1, 1, shape) / np.sqrt(shape[-1]), requires_grad=True)


class RNNCell:
    def __init__(self, rng, inputs, hidden):
        self.W_h, self.b_h = weights(rng, hidden + inputs, hidden), weights(rng, hidden)  # (H+I, H), (H,)
        self.parameters = [self.W_h, self.b_h]

    def step(self, x, h):
        return Tanh()(Concat()(h, x) @ self.W_h + self.b_h)  # (B, H)


class GRUCell:
    def __init__(self, rng, inputs, hidden):
        self.W_r, self.W_z, self.W_h = [weights(rng, hidden + inputs, hidden) for _ in "rzh"]  # (H+I, H)
        self.b_r, self.b_z, self.b_h = [weights(rng, hidden) for _ in "rzh"]  # (H,)
        self.parameters = [self.W_r, self.W_z, self.W_h, self.b_r, self.b_z, self.b_h]

    def step(self, x, h):
        hx = Concat()(h, x)  # (B, H+I)
        r = Sigmoid()(hx @ self.W_r + self.b_r)  # (B, H): which part of the past the draft sees
        z = Sigmoid()(hx @ self.W_z + self.b_z)  # (B, H): how much of the draft is taken
        candidate = Tanh()(Concat()(r * h, x) @ self.W_h + self.b_h)  # (B, H)
        return (1 - z) * h + z * candidate  # (B, H)


def unroll(cell, x, h):
    """The states (B, H) after each step of x (T, B, I), from h (B, H)."""
    states = []
    for x_t in x:
        h = cell.step(x_t, h)
        states.append(h)
    return states


class Adam:
    """θ ← θ − lr·m̂ / (√v̂ + ε), with m and v the running means of the gradient and of its square."""

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps, self.updates = parameters, lr, betas, eps, 0
        self.m = [np.zeros(p.shape) for p in parameters]
        self.v = [np.zeros(p.shape) for p in parameters]

    def step(self):
        self.updates += 1
        β1, β2 = self.betas
        for p, m, v in zip(self.parameters, self.m, self.v):
            m += (1 - β1) * (p.grad - m)
            v += (1 - β2) * (p.grad**2 - v)
            m_hat, v_hat = m / (1 - β1**self.updates), v / (1 - β2**self.updates)
            p.data = p.data - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
            p.grad = None


def clip_grad_norm(parameters, most):
    """Shorten the whole gradient to the norm `most`, in the same direction."""
    norm = np.sqrt(sum(np.sum(p.grad**2) for p in parameters))
    for p in parameters:
        p.grad = p.grad * min(1.0, most / norm)
    return norm


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    cell, x = GRUCell(rng, 2, 8), rng.standard_normal((5, 16, 2))
    optimizer = Adam(cell.parameters, lr=1e-2)
    for update in range(101):
        error = unroll(cell, x, np.zeros((16, 8)))[-1] - 0.5
        loss = (error * error).sum() * (1 / error.data.size)
        loss.backward()
        norm = clip_grad_norm(cell.parameters, 1.0)
        optimizer.step()
        if update % 50 == 0:
            print(f"after {update:3} updates: loss {loss.data:.4f}, norm of the gradient {norm:.3f}")
