"""Copy memory: the sequences against their definition, the baseline, and what is read and shown."""

import math

import numpy as np
import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import CopyMemory
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.synthetic.copy_memory import SYMBOLS, copy_batch


class Perfect:
    """Says the five symbols at the end."""

    def __call__(self, x, lengths=None):
        codes = x.data.argmax(-1)
        said = np.zeros_like(codes)
        said[-5:] = codes[:5]
        return np.eye(9, dtype=np.float32)[said]


class Blank:
    """Knows when to be silent, and guesses evenly: the baseline of the loss."""

    def __call__(self, x):
        logits = np.full((*x.shape[:2], 9), -60.0, np.float32)
        logits[:-5, :, 0] = 60
        logits[-5:, :, 1:] = 0
        return logits


def test_symbols_blanks_markers_and_the_symbols_again():
    x, y = copy_batch(np.random.default_rng(0), blanks=7, batch=40)
    assert x.shape == y.shape == (17, 40)
    for b in range(40):
        text, wanted = ("".join(SYMBOLS[i] for i in codes[:, b]) for codes in (x, y))
        assert set(text[:5]) <= set("12345678")
        assert text[5:] == "_" * 6 + "?" * 6
        assert wanted == "_" * 12 + text[:5]


def test_who_guesses_the_symbols_is_wrong_in_seven_of_eight():
    task = CopyMemory(length=10)
    y = task._test.y
    guesses = np.full_like(y[-5:], 3)
    assert (guesses != y[-5:]).mean() == pytest.approx(task.baselines["guessing the symbols"], abs=0.02)
    loss, _ = task.loss(Blank(), task._test)
    assert float(loss) == pytest.approx(5 * math.log(8) / (10 + 10), rel=1e-5)


def test_who_recalls_all_is_never_wrong_after_any_blank():
    task = CopyMemory(length=4)
    assert task.evaluate(Perfect()) == 0
    tables = task.tables(Perfect())
    assert [row["recall"] for row in tables["recall per symbol"]] == [1] * 5
    assert {row["blank"]: row["recall"] for row in tables["recall per lag"]} == {2: 1, 4: 1, 6: 1, 8: 1}


def test_five_symbols_or_a_whole_sequence_are_answered():
    source = Source("in", "31572\n12345__??????\n")
    assert [row["predicted"] for row in CopyMemory.predict(Perfect(), {}, source)] == ["31572", "12345"]


@pytest.mark.parametrize("line", ["3157", "3157_", "12345_____", "9", "31572x"])
def test_any_other_line_is_refused(line):
    with pytest.raises(DataError, match="in, line 1: got "):
        list(CopyMemory.predict(Perfect(), {}, Source("in", line)))
