"""Operations in random company: what each does alone must hold when they share, repeat and break up their inputs."""

import numpy as np
import pytest

import tinygrad_gru as tg

UNARY = [
    lambda t, axis, rng: tg.tanh(t),
    lambda t, axis, rng: t * t,
    lambda t, axis, rng: tg.sin(t)[..., None],
    lambda t, axis, rng: t.reshape(-1),
    lambda t, axis, rng: tg.where(rng.random(t.shape) < 0.5, t, tg.cos(t)),
]
ALONG = [  # these want at least one axis
    lambda t, axis, rng: tg.sum(t, axis=axis, keepdims=True),
    lambda t, axis, rng: tg.mean(t, axis=axis),
    lambda t, axis, rng: tg.logsumexp(t, axis=axis),
    lambda t, axis, rng: tg.softmax(t, axis=axis),
    lambda t, axis, rng: tg.vector_norm(t, axis=axis) + 1,
    lambda t, axis, rng: tg.cumulative_sum(t, axis=axis),
    lambda t, axis, rng: tg.cumulative_prod(tg.tanh(t), axis=axis),
    lambda t, axis, rng: tg.flip(t, axis=axis),
    lambda t, axis, rng: tg.concat([t, t * 2], axis=axis),
    lambda t, axis, rng: tg.pad(t, 1),
    lambda t, axis, rng: tg.take(t, rng.integers(-t.shape[axis], t.shape[axis], 2), axis=axis),
    lambda t, axis, rng: t[rng.integers(0, len(t), 3)],
    lambda t, axis, rng: t[int(rng.integers(0, len(t)))],
    lambda t, axis, rng: t[::-1],
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b,
    lambda a, b: a / (b * b + 1),
    lambda a, b: tg.outer(a.reshape(-1)[:3], b.reshape(-1)[:2]),
]


def composed(seed):
    """A function of four arrays, made of a few random operations on them and on each other's results, and of the sum
    of each, so that none is without a part in it."""

    def f(*xs):
        rng = np.random.default_rng(seed)
        pool = list(xs)
        for _ in range(rng.integers(3, 9)):
            a, b = pool[rng.integers(len(pool))], pool[rng.integers(len(pool))]
            kinds = UNARY + ALONG if a.ndim else UNARY
            if rng.random() < 0.6:
                axis = int(rng.integers(-a.ndim, a.ndim)) if a.ndim else 0
                t = kinds[rng.integers(len(kinds))](a, axis, rng)
            else:
                fit = all(m == n or 1 in (m, n) for m, n in zip(a.shape[::-1], b.shape[::-1], strict=False))
                t = BINARY[rng.integers(4) if fit else 4](a, b)
            if t.size <= 64:
                pool.append(t)
        return *pool[-2:], sum(tg.sum(x) for x in xs)

    return f


@pytest.mark.parametrize("batch", range(10))
def test_a_random_composition_has_the_right_derivatives_however_they_are_asked_for(batch, soak_size):
    n = soak_size(100)
    for seed in range(batch * n, (batch + 1) * n):
        rng = np.random.default_rng(seed)
        xs = [np.asarray(rng.standard_normal(shape)) for shape in [(2, 3), (3,), (), (3, 2)]]
        f = composed(seed)
        assert tg.gradcheck(f, *xs, rtol=1e-5, atol=1e-6), seed

        leaves = [tg.Tensor(x, requires_grad=True) for x in xs]
        y = sum(t.sum() for t in f(*leaves))
        as_arrays, as_tensors = tg.grad(y, leaves), tg.grad(y, leaves, create_graph=True)
        y.backward()
        for g, t, leaf in zip(as_arrays, as_tensors, leaves, strict=True):
            assert (g is None) == (t is None) == (leaf.grad is None), seed
            if g is not None:
                assert np.allclose(t.data, g, rtol=1e-12, atol=1e-12) and np.array_equal(leaf.grad, g), seed
