"""A matrix that a walk needs more than once is handed to the vjp of a product in the order of its transpose."""

import gc
import weakref

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.core.support.transposes import COPIES, fast_operands, transposes_kept

TINY = np.full((2, 2), 1e-31, np.float32)


@fast_operands
def handed(self, g, out, x, y):
    return g, y


def orders(ys, g=None):
    """Whether the vjp is handed each of the matrices in column-major order, and as it is."""
    g = np.ones((2, 2), np.float32) if g is None else g
    got = [handed(None, g, None, None, y)[1] for y in ys]
    assert all((a == y).all() for a, y in zip(got, ys, strict=True))
    return [(not a.flags.c_contiguous, a is y) for a, y in zip(got, ys, strict=True)]


def test_from_the_second_use_in_a_walk_on_it_is_one_column_major_copy():
    W, V = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    with transposes_kept():
        assert orders([W, V, W, W]) == [(False, True), (False, True), (True, False), (True, False)]
        first, second = handed(None, V, None, None, W)[1], handed(None, V, None, None, W)[1]
        assert first is second
    assert orders([W, W]) == [(False, True), (False, True)]  # outside of a walk


def test_a_walk_within_a_walk_has_copies_of_its_own():
    W = np.ones((2, 3))
    with transposes_kept():
        orders([W, W])
        with transposes_kept():
            assert orders([W]) == [(False, True)]
        assert orders([W]) == [(True, False)]


def test_a_single_row_a_vector_and_a_stack_are_left_as_they_are():
    W, stack = np.ones((2, 3)), np.ones((2, 2, 3))
    with transposes_kept():
        assert orders([W, W], g=np.ones((1, 3))) == [(False, True)] * 2
        assert orders([W, W], g=np.ones(3)) == [(False, True)] * 2
        assert orders([stack, stack]) == [(False, True)] * 2


def test_matrices_that_come_and_go_are_not_taken_for_each_other():
    with transposes_kept():
        for n in range(100):  # each but the first might get the id, and the place in memory, of the one before
            W = np.full((2, 3), float(n))
            assert all((handed(None, W, None, None, W)[1] == n).all() for _ in range(3))
            del W


def test_a_tiny_gradient_becomes_zeros_and_a_tensor_goes_through():
    assert (handed(None, TINY, None, None, TINY)[0] == 0).all()
    with tg.flush_subnormals(False):
        assert handed(None, TINY, None, None, TINY)[0] is TINY
    g, W = tg.Tensor(TINY), tg.Tensor(TINY)
    with transposes_kept():
        assert all(handed(None, g, None, None, W) == (g, W) for _ in range(3))


def test_nothing_is_kept_after_a_walk_also_if_it_fails():
    W = tg.Tensor(np.ones((2, 2)), requires_grad=True)
    y = W
    for _ in range(3):
        y = y @ W
    y.sum().backward()
    assert COPIES.get() is None
    W.register_hook(lambda g: 1 / 0)
    for _ in range(3):
        y = y @ W
    try:
        y.sum().backward()
    except ZeroDivisionError:
        assert COPIES.get() is None
    array = weakref.ref(W.data)
    del W, y
    gc.collect()
    assert array() is None


def test_the_gradients_of_many_steps_are_those_of_each_step_alone():
    rng = np.random.default_rng(0)
    W = tg.Tensor(rng.normal(size=(5, 5)) / 3, requires_grad=True)
    x = rng.normal(size=(4, 5))
    h = tg.Tensor(x)
    for _ in range(6):
        h = tg.tanh(h @ W)
    got = tg.grad((h * h).sum(), W)

    states = [x]
    for _ in range(6):
        states.append(np.tanh(states[-1] @ W.data))
    g, total = 2 * states[-1], np.zeros((5, 5))
    for before, after in zip(states[-2::-1], states[:0:-1], strict=True):
        g = g * (1 - after * after)
        total += before.T @ g
        g = g @ W.data.T
    assert np.abs(got - total).max() < 1e-14 * np.abs(total).max()
