"""Parameters in one vector, against the same parameters moved one by one, and against plain loops."""

import math

import numpy as np
import pytest

from tinygrad_gru import nn, optim
from tinygrad_gru.optim import flat

SHAPES = [(3, 4), (4,), (), (0, 2), (2, 1, 3), (1,), (5, 2)]
KINDS = {
    "RMSprop": lambda ps: optim.RMSprop(ps, 0.1, weight_decay=0.1),
    "Adam": lambda ps: optim.Adam(ps, 0.1),
    "Adam, decay": lambda ps: optim.Adam(ps, 0.1, weight_decay=0.1),
    "AdamW": lambda ps: optim.AdamW(ps, 0.1),
}


def parameters(dtypes=(np.float32,)):
    """One of each shape and dtype."""
    rng = np.random.default_rng(0)
    return [nn.Parameter(rng.normal(size=shape).astype(dtype)) for shape in SHAPES for dtype in dtypes]


def set_gradients(params, n, share=1.0):
    """Random ones, for this share of the parameters."""
    rng = np.random.default_rng(n)
    for p in params:
        p.grad = (
            np.asarray(rng.normal(size=p.shape) * 10.0 ** rng.integers(-4, 2), p.dtype)
            if rng.random() < share
            else None
        )


def is_flat(optimizer):
    return [type(group) for group in optimizer._groups[1:]] == [flat.Flat] * (len(optimizer._groups) - 1) != []


def together_and_one_by_one(make, dtypes=(np.float32,)):
    """Two lists of equal parameters, an optimiser of all of the first, and one for each of the second."""
    ours, others = parameters(dtypes), parameters(dtypes)
    return ours, others, make(ours), [make([p]) for p in others]


def assert_same_bits(ours, others):
    for p, q in zip(ours, others, strict=True):
        assert p.data.tobytes() == q.data.tobytes() and p.data.shape == q.data.shape and p.dtype == q.dtype


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("dtypes", [(np.float32,), (np.float64,), (np.float32, np.float64)])
def test_parameters_in_a_vector_are_moved_to_the_same_bits_as_one_by_one(make, dtypes):
    ours, others, optimizer, each = together_and_one_by_one(make, dtypes)
    assert is_flat(optimizer) and not any(is_flat(o) for o in each)

    for n in range(20):
        share = 1.0 if n % 3 else 0.6  # those without a gradient are skipped, and their t is not counted on
        set_gradients(ours, n, share)
        set_gradients(others, n, share)
        optimizer.step()
        for o in each:
            o.step()
        assert_same_bits(ours, others)
        assert optimizer.counts == [o.counts[0] for o in each]
    for moments, o in zip(optimizer.state, each, strict=True):
        assert all((moments[name] == o.state[0][name]).all() for name in moments)


def test_adam_in_a_vector_is_adam_in_plain_loops():
    params = parameters((np.float64,))
    optimizer = optim.Adam(params, lr=0.1, betas=(0.8, 0.9), eps=1e-3)
    numbers = [[[theta, 0.0, 0.0] for theta in p.data.ravel().tolist()] for p in params]  # θ, m, v of each element
    for t in range(1, 6):
        set_gradients(params, t)
        optimizer.step()
        for p, elements in zip(params, numbers, strict=True):
            for element, g in zip(elements, p.grad.ravel().tolist(), strict=True):
                theta, m, v = element
                m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
                step = 0.1 * (m / (1 - 0.8**t)) / (math.sqrt(v / (1 - 0.9**t)) + 1e-3)
                element[:] = theta - step, m, v

    for p, elements in zip(params, numbers, strict=True):
        assert p.data.ravel().tolist() == pytest.approx([theta for theta, _, _ in elements], rel=1e-12)


class Centred(optim.Optimizer):
    """Not elementwise: the mean of the gradient is that of the parameter."""

    def update(self, new, theta, g, t):
        np.subtract(theta, self.lr * (g - g.mean()), out=new)


class Wrong(Centred, elementwise=True):
    """It says that it is."""


def test_an_update_that_is_said_to_be_elementwise_and_is_not_is_noticed_by_these_tests():
    for kind, same in ((Centred, True), (Wrong, False)):
        ours, others, optimizer, each = together_and_one_by_one(lambda ps, kind=kind: kind(ps, 0.1))
        set_gradients(ours, 0)
        set_gradients(others, 0)
        for p in (*ours, *others):
            if p.size == 0:
                p.grad = None  # the mean of nothing
        optimizer.step()
        for o in each:
            o.step()
        assert all((p.data == q.data).all() for p, q in zip(ours, others, strict=True)) is same


def test_each_parameter_gets_an_array_of_its_own_that_nobody_else_holds():
    params = parameters()
    optimizer = optim.Adam(params)
    before = [(p.data, p.data.copy()) for p in params]
    for n in range(3):
        set_gradients(params, n)
        arrays = [p.grad for p in params]
        copies = [g.copy() for g in arrays]
        optimizer.step()
        assert all(p.grad is g and (g == copy).all() for p, g, copy in zip(params, arrays, copies, strict=True))
        assert all(p.data.flags.owndata and not p.data.flags.writeable for p in params)

    assert all((old == copy).all() for old, copy in before)


def test_a_gradient_of_another_shape_is_refused_before_anything_is_moved():
    params = parameters()
    optimizer = optim.Adam(params)
    set_gradients(params, 0)
    params[-1].grad = params[-1].grad.T
    before = [p.data for p in params]

    with pytest.raises(ValueError, match=r"Adam: the gradient of tensor \(5, 2\) has shape \(2, 5\)"):
        optimizer.step()
    assert all(p.data is old for p, old in zip(params, before, strict=True))
    assert optimizer.counts == [0] * len(params)


def test_gradients_of_other_dtypes_are_cast():
    ours, others, optimizer, each = together_and_one_by_one(optim.Adam)
    for p, q in zip(ours, others, strict=True):
        p.grad = q.grad = np.ones(p.shape)
    optimizer.step()
    for o in each:
        o.step()
    assert_same_bits(ours, others)


def test_groups_hold_one_kind_and_what_is_large_is_alone():
    most = flat.MOST
    assert flat.grouped([], []) == []
    assert flat.grouped([1, 2, 3], "aab") == [[0, 1], [2]]
    assert flat.grouped([1, 2, 3, 0], "abab") == [[0, 2], [1, 3]]
    assert flat.grouped([most, 0, 1], "aaa") == [[0, 1], [2]]
    assert flat.grouped([most - 1, most + 1, 1, 1], "aaaa") == [[0], [1], [2, 3]]


def test_stretches_are_equal_neighbours():
    assert flat.stretches([7]) == [(7, 0, 1)]
    assert flat.stretches([7, 7, 7]) == [(7, 0, 3)]
    assert flat.stretches([None, 7, 7, 8, None]) == [(None, 0, 1), (7, 1, 3), (8, 3, 4), (None, 4, 5)]
