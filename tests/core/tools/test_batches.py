"""Batches of examples."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError

x, y = np.arange(7), np.arange(7) * 10


def test_in_order_the_last_batch_is_what_is_left():
    batches = tg.batches(x, y, batch_size=3)
    assert [(a.tolist(), b.tolist()) for a, b in batches] == [
        ([0, 1, 2], [0, 10, 20]), ([3, 4, 5], [30, 40, 50]), ([6], [60]),
    ]  # fmt: skip
    assert len(batches) == 3 and len(tg.batches(x, batch_size=3, drop_last=True)) == 2
    assert [a.tolist() for a in tg.batches(x, batch_size=3, drop_last=True)] == [[0, 1, 2], [3, 4, 5]]
    assert len(tg.batches(x)) == 1 and list(tg.batches(np.empty((0, 2)))) == []


def test_shuffled_each_pass_has_each_example_once_in_another_order_and_pairs_stay_pairs():
    with tg.seed(0):
        batches = tg.batches(x, y, batch_size=3, shuffle=True)
        passes = [[(int(i), int(j)) for a, b in batches for i, j in zip(a, b, strict=True)] for _ in range(3)]
    with tg.seed(0):
        again = [int(i) for a, _ in tg.batches(x, y, batch_size=3, shuffle=True) for i in a]
    assert all(sorted(one) == [(i, 10 * i) for i in range(7)] for one in passes)
    assert passes[0] != passes[1] != passes[2] and again == [i for i, _ in passes[0]]


def test_sequences_have_their_examples_on_the_second_axis():
    sequences = np.arange(2 * 5 * 3).reshape(2, 5, 3)  # (T, B, I)
    parts = [(s.shape, labels.tolist()) for s, labels in tg.batches(sequences, x[:5], batch_size=2, axis=(1, 0))]
    assert parts == [((2, 2, 3), [0, 1]), ((2, 2, 3), [2, 3]), ((2, 1, 3), [4])]
    first, _ = next(iter(tg.batches(sequences, sequences, batch_size=2, axis=1)))
    assert np.array_equal(first, sequences[:, :2])


def test_gradients_pass_through_batches_of_a_tensor():
    t = tg.Tensor(np.ones((4, 2)), requires_grad=True)
    for part in tg.batches(t, batch_size=3):
        (part * 2).sum().backward()
    assert (t.grad == 2).all()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: tg.batches(), ArgumentError, "got nothing, wanted arrays or tensors"),
        (lambda: tg.batches([1, 2]), ArgumentError, r"wanted arrays or tensors. try: np.array\(x\)"),
        (lambda: tg.batches(x, y[:3]), ShapeError, "the arrays hold 7, 3 examples"),
        (lambda: tg.batches(x, axis=1), ShapeError, "batches: axis 1 is not an axis"),
        (lambda: tg.batches(x, axis=(0, 0)), ArgumentError, "2 axes for 1 arrays"),
        (lambda: tg.batches(x, batch_size=0), ArgumentError, "batch_size must be a whole number from 1 up"),
        (lambda: tg.batches(np.array(1.0)), ShapeError, "axis 0 is not an axis"),
    ],
)
def test_what_makes_no_batches_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
