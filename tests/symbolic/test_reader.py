"""Tensors read as expressions: broadcasting and shapes are left unsaid where nothing is lost."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.symbolic.expression import named
from tinygrad_gru.symbolic.printer import written
from tinygrad_gru.symbolic.reader import Reader


def text_of(make, sizes=None):
    """What is read of make(x, W), x of shape (2, 3) and W of shape (3, 3)."""
    x, W = tg.Tensor(np.ones((2, 3)), name="x"), tg.Tensor(np.ones((3, 3)), name="W")
    with tg.record():
        y = make(x, W)
    return written(Reader({x: named("x"), W: named("W")}, sizes or {})(y))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x, W: x @ W, "x W"),
        (lambda x, W: x @ W.mT, "x Wᵀ"),
        (lambda x, W: 2 * x - x, "x"),
        (lambda x, W: x[:, :2], "x[:, :2]"),
        (lambda x, W: tg.concat([x, x], axis=-1), "[x, x]"),
        (lambda x, W: tg.concat([x, x], axis=0), "[x; x]"),
        (lambda x, W: tg.stack([x, W[:2]])[0], "x"),
        (lambda x, W: tg.sum(x, axis=0), "Σ_0 x"),
        (lambda x, W: tg.mean(x), "mean(x)"),
        (lambda x, W: tg.max(x, axis=1), "max_1(x)"),
        (lambda x, W: tg.softmax(x, axis=-1), "softmax(x)"),
        (lambda x, W: tg.softmax(x, axis=0), "softmax_0(x)"),
        (lambda x, W: tg.concat([tg.stack([x, x * 2]), tg.stack([x, x])], axis=-1)[1], "[2 x, x]"),
        (lambda x, W: tg.expand_dims(x, axis=0)[0], "x"),
        (lambda x, W: tg.permute_dims(tg.stack([W, W]), (0, 2, 1)), "stack(W, W)ᵀ"),
        (lambda x, W: 0.5 * tg.sum(tg.square(x)), "½ Σ x²"),
        (lambda x, W: tg.sum(tg.square(tg.expand_dims(x, axis=0))), "Σ x²"),
        (lambda x, W: tg.sum(tg.broadcast_to(x, (2, 2, 3))), "2 Σ x"),
    ],
)
def test_an_operation_is_read_as_mathematics(make, text):
    assert text_of(make) == text


def test_sizes_are_written_as_letters():
    assert text_of(lambda x, W: tg.sum(x, axis=0), {2: "B"}) == "Σ_B x"
    assert Reader({}, {2: "B"}).shape(tg.Tensor(np.ones((2, 3)))) == "(B, 3)"


def test_a_long_chain_is_read_without_recursion():
    y = tg.Tensor(np.ones(2), name="x")
    with tg.record():
        for _ in range(3000):
            y = tg.sin(y)
    assert Reader({}, {})(y).size == 3001
