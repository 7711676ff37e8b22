"""FusedOp nodes: many operations recorded as one, and put in its place when somebody looks."""

import gc

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.core.op import apply
from tinygrad_gru.core.tools.fused import FusedOp, unfuse

X = np.array([0.5, -1.0, 2.0])


class Wave(FusedOp):
    """y = sin(x) · cos(x) + x, and as a second result y².  `log` counts how often it is replayed."""

    def __init__(self, log):
        super().__init__()
        self.log = log

    def forward(self, x):
        return np.sin(x) * np.cos(x) + x

    def fused_vjp(self, g, y, x):
        self.log.append("vjp")
        return g * (np.cos(2 * x) + 1)

    def replay(self, x):
        self.log.append("replay")
        with tg.scope("inside"):
            y = (tg.sin(x) * tg.cos(x) + x).named("y")
        return [y, tg.square(y)]


def wave(x, log):
    """Both results."""
    op = Wave(log)
    with tg.scope("wave") as op.scope:
        y = apply(op, x)
        z = tg.square(y)
    op.stands_for([y, z])
    return y, z


def leaf(data=X, name="x"):
    return tg.Tensor(np.array(data), requires_grad=True, name=name)


def names(*roots):
    return [t.op.name for t in toposort(roots, everything=True) if t.op]


def test_it_is_one_node_with_its_own_derivative():
    x, log = leaf(), []

    y, z = wave(x, log)
    tg.sum(z).backward()

    value = np.sin(X) * np.cos(X) + X
    assert names(y) == ["wave"] and log == ["vjp"]
    assert np.abs(x.grad - 2 * value * (np.cos(2 * X) + 1)).max() < 1e-15


def test_unfolding_puts_operations_in_its_place():
    x, log = leaf(), []
    y, z = wave(x, log)
    before = y.data

    assert unfuse([z]) is True

    assert sorted(names(y)) == ["add", "cos", "multiply", "sin"] and log == ["replay"]
    assert y.name == "y" and [s.title for s in y.scope.path] == ["inside"]
    assert y.data is before  # the numbers are not made again
    assert z.inputs[0] is y  # and the tensors are the same ones
    assert unfuse([z]) is False and log == ["replay"]


def test_the_order_of_making_stays_an_order():
    x, log = leaf(), []
    older = x * 2
    y, z = wave(x, log)
    younger = z + y + older

    unfuse([younger])

    for t in toposort([younger], everything=True):
        assert all(a.serial < t.serial for a in t.inputs)
    assert (
        older.serial < min(t.serial for t in toposort([y], everything=True) if t is not x) <= y.serial < younger.serial
    )


def test_gradients_after_unfolding_are_the_same():
    x, log = leaf(), []
    _, z = wave(x, log)
    folded = tg.grad(tg.sum(z), x)

    unfuse([z])

    assert np.abs(tg.grad(tg.sum(z), x) - folded).max() < 1e-14
    assert log == ["vjp", "replay"]


def test_second_derivatives_unfold_by_themselves():
    x, log = leaf(), []
    y, _ = wave(x, log)

    first = tg.grad(tg.sum(y), x, create_graph=True)
    second = tg.grad(tg.sum(first), x)

    assert np.abs(second - -2 * np.sin(2 * X)).max() < 1e-14
    assert log == ["replay"]


def test_folded_nodes_upon_folded_nodes():
    x, log = leaf(), []
    y, _ = wave(x, log)
    _, z = wave(y, log)

    unfuse([z])

    assert log == ["replay", "replay"] and "wave" not in names(z)
    got = tg.grad(tg.sum(z), x)
    inner = np.sin(X) * np.cos(X) + X
    outer = np.sin(inner) * np.cos(inner) + inner
    assert np.abs(got - 2 * outer * (np.cos(2 * inner) + 1) * (np.cos(2 * X) + 1)).max() < 1e-13


def test_a_folded_node_inside_a_folded_node():
    class Twice(Wave):
        def forward(self, x):
            return super().forward(super().forward(x))

        def replay(self, x):
            y, _ = wave(x, self.log)
            z, _ = wave(y, self.log)
            return [z]

    x, log = leaf(), []
    op = Twice(log)
    with tg.scope("twice") as op.scope:
        y = apply(op, x)
    op.stands_for([y])

    unfuse([y])

    assert names(y).count("sin") == 2 and "wave" not in names(y) and "twice" not in names(y)


def test_a_result_that_nobody_has_any_more():
    x, log = leaf(), []
    y, z = wave(x, log)
    del y
    gc.collect()

    unfuse([z])

    assert "wave" not in names(z) and names(z)[0] == "square"
    assert np.isfinite(tg.grad(tg.sum(z), x)).all()


def test_an_input_with_new_numbers_is_noticed():
    x, log = leaf(), []
    y, _ = wave(x, log)
    x.assign(X * 2)

    with pytest.raises(errors.StaleGraphError, match="x .* was given another array after wave used it"):
        unfuse([y])


def test_hooks_and_names_of_the_results_stay():
    x, log, seen = leaf(), [], []
    _, z = wave(x, log)
    z.named("mine").register_hook(lambda g: seen.append(g.shape))

    tg.grad(tg.sum(z), x, create_graph=True)

    assert z.name == "mine" and seen == [(3,)]


def test_a_subclass_without_replay_says_so():
    class Bare(FusedOp):
        def forward(self, x):
            return x

    op = Bare()
    y = apply(op, leaf())
    op.stands_for([y])

    with pytest.raises(NotImplementedError, match="Bare needs a replay"):
        unfuse([y])


def test_nothing_folded_is_nothing_to_do():
    assert unfuse([leaf() * 2]) is False
    assert unfuse([]) is False
