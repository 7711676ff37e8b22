"""Temporal order: the sequences against their definition, a wrong rule caught, and what is read and shown."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import Order
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.synthetic.temporal_order import ALPHABET, CLASSES, order_batch


class Rule:
    """Looks for the signals, and answers their order; or, planted, the order turned around."""

    def __init__(self, turned=False):
        self.turned = turned

    def __call__(self, x, lengths=None):
        codes = x.data.argmax(-1)
        found = []
        for b in range(codes.shape[1]):
            signals = [ALPHABET[i] for i in codes[:, b] if ALPHABET[i] in "XY"]
            found.append(CLASSES.index("".join(signals[::-1] if self.turned else signals)))
        return np.eye(4)[found]


def test_a_sequence_has_two_signals_in_their_places_between_noise():
    x, y, lengths = order_batch(np.random.default_rng(0), length=100, batch=300)
    assert lengths.min() == 100 and lengths.max() == 110 and len(x) == 110
    for b in range(300):
        text = "".join(ALPHABET[i] for i in x[: lengths[b], b])
        assert text[0] == "B" and text[-1] == "E" and set(text[1:-1]) <= set("abcdXY")
        first, second = (t for t, c in enumerate(text) if c in "XY")
        assert 10 <= first <= 20 and 50 <= second <= 60
        assert CLASSES[y[b]] == text[first] + text[second]
        assert (x[lengths[b] :, b] == -1).all()


def test_the_classes_are_equally_frequent():
    _, y, _ = order_batch(np.random.default_rng(1), length=10, batch=8000)
    np.testing.assert_allclose(np.bincount(y) / 8000, 1 / 4, atol=0.02)


def test_the_rule_is_never_wrong_and_its_reverse_half_of_the_time():
    task = Order(length=30)
    assert task.evaluate(Rule()) == 0
    assert task.evaluate(Rule(turned=True)) == pytest.approx(1 / 2, abs=0.1)
    rows = task.tables(Rule())["confusion"]
    assert [row[f"said {row['true']}"] for row in rows] == np.bincount(task._test.y).tolist()
    assert sum(n for row in rows for name, n in row.items() if name != "true") == 500


def test_what_stands_behind_the_end_is_not_read():
    task = Order(length=20)
    with tg.seed(0):
        model = task.model("gru", 4)
    x, y, lengths = task.make(np.random.default_rng(0), 16)
    spoilt = np.where(x < 0, 3, x)
    losses = [float(task.loss(model, type(task._test)(codes, y, lengths))[0]) for codes in (x, spoilt)]
    assert losses[0] == losses[1]


def test_lines_are_answered_and_wrong_symbols_named():
    (row,) = Order.predict(Rule(), {}, Source("in", "BabYddXE\n"))
    assert row["input"] == "BabYddXE" and row["predicted"] == "YX"
    with pytest.raises(DataError, match="in, line 1: got 'Q', wanted symbols of a b c d X Y B E"):
        list(Order.predict(Rule(), {}, Source("in", "BQ")))
