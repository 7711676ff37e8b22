"""Addition: questions against their definition, sums that are never trained on, and what is read and shown."""

import numpy as np
import pytest

from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks import Addition
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.synthetic.addition import ALPHABET, addition_batch, held_out


class Calculator:
    """Reads the question and adds; or, planted, forgets to carry."""

    def __init__(self, carries=True):
        self.carries = carries

    def __call__(self, x):
        logits = np.zeros((*x.shape[:2], 10), np.float32)
        digits = x.shape[0] // 3 - 1
        for b in range(x.shape[1]):
            text = "".join(ALPHABET[i] for i in x.data[:, b].argmax(-1))
            first, second = (part[::-1] for part in text.rstrip(" ").removesuffix("=").split("+"))
            if self.carries:
                said = int(first) + int(second)
            else:
                places = zip(f"{int(first):0{digits}}", f"{int(second):0{digits}}", strict=True)
                said = int("".join(str((int(p) + int(q)) % 10) for p, q in places))
            for k in range(digits + 1):
                logits[-digits - 1 + k, b, said // 10**k % 10] = 1
        return logits


def test_a_question_is_two_numbers_backwards_and_its_answer_their_sum_backwards():
    (x, y), numbers = addition_batch(np.random.default_rng(0), digits=3, batch=200)
    assert x.shape == y.shape == (12, 200)
    for b, (first, second) in enumerate(numbers.T.tolist()):
        text = "".join(ALPHABET[i] for i in x[:, b])
        left, right = text[:8].removesuffix("=").split("+")
        assert (int(left[::-1]), int(right[::-1]), text[8:]) == (first, second, "    ")
        assert (y[:8, b] == -1).all()
        assert int("".join(map(str, y[:7:-1, b]))) == first + second


def test_what_is_asked_in_tests_is_never_trained_on():
    rng = np.random.default_rng(0)
    _, known = addition_batch(rng, 2, 3000)
    _, asked = addition_batch(rng, 2, 300, test=True)
    pairs = [{tuple(sorted(pair)) for pair in numbers.T.tolist()} for numbers in (known, asked)]
    assert not pairs[0] & pairs[1]
    a, b = np.mgrid[:100, :100]
    assert held_out(a, b).mean() == pytest.approx(0.1, abs=0.02)
    np.testing.assert_array_equal(held_out(a, b), held_out(b, a))


def test_who_adds_is_never_wrong_and_the_baseline_is_who_forgets_to_carry():
    task = Addition(length=2)
    assert task.evaluate(Calculator()) == 0
    forgetful = Calculator(carries=False)
    assert task.evaluate(forgetful) == task.baselines["adding without carrying"] > 0.4
    rows = task.tables(forgetful)["by carries"]
    assert [row["wrong"] for row in rows] == [0, 1, 1] and sum(row["sums"] for row in rows) == 500
    assert task.tables(forgetful)["by digit"][0]["wrong"] == 0


def test_sums_are_answered_and_what_is_none_is_named():
    facts = Addition(length=2).facts
    rows = list(Addition.predict(Calculator(), facts, Source("in", "16+35\n007 + 8=\n")))
    assert [row["predicted"] for row in rows] == [51, 15]
    for line, complaint in [
        ("16", "wanted a sum"),
        ("1+2+3", "wanted a sum"),
        ("1+²", "wanted"),
        ("100+1", "at most 2"),
    ]:
        with pytest.raises(DataError, match=f"in, line 1: .*{complaint}"):
            list(Addition.predict(Calculator(), facts, Source("in", line)))


def test_numbers_of_seven_digits_are_too_long():
    with pytest.raises(ConfigError, match="up to 6 digits, got 7"):
        Addition(length=7)
