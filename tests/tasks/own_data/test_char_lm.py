"""The character model's data, its yardsticks, and the text it writes."""

from itertools import islice, pairwise

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DataError
from tinygrad_gru.tasks import Chars
from tinygrad_gru.tasks.baselines import bits_per_character
from tinygrad_gru.tasks.own_data.char_lm import draw, write_text

TEXT = "abcdefghij" * 200


class Successor:
    """A model that knows that the next character of a cyclic text is the next one of the vocabulary."""

    def __init__(self, symbols, certainty=50.0):
        self.symbols = symbols
        self.certainty = certainty

    def __call__(self, codes, state):
        logits = self.certainty * np.eye(self.symbols, dtype=np.float32)[(codes + 1) % self.symbols]
        return tg.Tensor(logits), tg.Tensor(np.zeros(1))


def test_the_last_twentieth_is_held_out():
    task = Chars(TEXT, length=8)
    assert (len(task.known), len(task.held_out)) == (1900, 100)
    assert "".join(task.vocabulary[i] for i in [*task.known, *task.held_out]) == TEXT


def test_targets_are_the_inputs_one_character_on():
    x, y = next(Chars(TEXT, length=8).batches(np.random.default_rng(0), batch=3))
    assert x.shape == y.shape == (8, 3)
    np.testing.assert_array_equal(y, (x + 1) % 10)


def test_each_batch_goes_on_where_the_last_one_stopped():
    batches = Chars(TEXT, length=8).batches(np.random.default_rng(0), batch=3)
    for before, after in pairwise(islice(batches, 500)):  # twice through the text, past its end
        np.testing.assert_array_equal(before.y[-1], after.x[0])


def test_readers_pass_over_the_whole_of_the_known_text_and_nothing_else():
    text = "".join(chr(0x4E00 + i) for i in range(1000))  # each character once
    task = Chars(text, length=8)
    batches = task.batches(np.random.default_rng(5), batch=3)
    seen = {int(i) for _ in range(60) for i in next(batches).x.ravel()}
    assert seen == set(task.known.tolist())
    assert not seen & set(task.held_out.tolist())


def test_who_knows_the_rule_needs_no_bits():
    task = Chars(TEXT, length=8)
    assert task.evaluate(Successor(10)) == pytest.approx(0, abs=1e-6)


def test_who_knows_nothing_needs_the_logarithm_of_the_vocabulary():
    task = Chars(TEXT, length=8)
    assert task.evaluate(Successor(10, certainty=0.0)) == pytest.approx(np.log2(10), rel=1e-6)


def test_baselines_are_measured_on_the_same_held_out_characters():
    task = Chars(TEXT + "zz" * 20, length=8)
    codes = np.concatenate([task.known, task.held_out])
    start = len(task.known) + 1
    for order in (0, 2):
        want = bits_per_character(codes[:start], codes[start:], len(task.vocabulary), order)
        assert task.baselines[f"order-{order} counts"] == want
    assert task.goal == task.baselines["order-2 counts"] < task.baselines["order-0 counts"]


def test_the_goal_is_the_best_of_the_counts_where_no_character_tells_the_next():
    letters = "".join(np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), 4000))
    task = Chars(letters, length=8)
    assert task.goal == task.baselines["order-0 counts"] < task.baselines["order-2 counts"]


def test_no_gradient_reaches_back_into_an_earlier_batch():
    task = Chars(TEXT, length=4)
    model = task.model("lstm", hidden=3)
    batches = task.batches(np.random.default_rng(0), batch=2)
    _, state = task.loss(model, next(batches))
    assert [s.op for s in state] == [None, None]
    assert not any(s.requires_grad for s in state)


def test_the_state_is_carried_from_piece_to_piece():
    task = Chars(TEXT, length=4)
    with tg.seed(0):
        model = task.model("gru", hidden=3)
    x = task.known[:8, None]
    whole, _ = model(x)
    first, state = model(x[:4])
    second, _ = model(x[4:], state)
    np.testing.assert_allclose(np.concatenate([first.data, second.data]), whole.data, rtol=1e-5, atol=1e-6)


def test_a_text_too_short_for_its_sequences_is_refused():
    with pytest.raises(DataError, match="has 100 characters, wanted at least 180 for sequences of 8"):
        Chars("ab" * 50, length=8)


def test_a_text_of_one_character_over_and_over_is_refused():
    with pytest.raises(DataError, match="nothing to predict"):
        Chars("a" * 1000, length=8)


def written(length=12, prompt="a", temperature=1.0, seed=0, model=None):
    rng = np.random.default_rng(seed)
    return "".join(write_text(model or Successor(10), "abcdefghij", length, rng, prompt, temperature))


def test_writing_goes_on_from_the_prompt():
    assert written(prompt="a") == "bcdefghijabc"
    assert written(prompt="ccc", length=3) == "def"
    assert written(length=0) == ""


def test_the_same_seed_writes_the_same():
    vague = Successor(10, certainty=1.0)
    assert written(model=vague, seed=1) == written(model=vague, seed=1) != written(model=vague, seed=2)


def test_temperature_0_takes_the_likeliest_and_so_does_a_tiny_one():
    vague = Successor(10, certainty=0.1)
    assert written(model=vague, temperature=0) == written(model=vague, temperature=1e-300) == "bcdefghijabc"


def test_drawing_follows_the_probabilities_and_temperature_flattens_them():
    logits = np.log(np.array([0.7, 0.2, 0.1], np.float32))
    rng = np.random.default_rng(0)
    for temperature, want in [(1, [0.7, 0.2, 0.1]), (2, np.sqrt([0.7, 0.2, 0.1]))]:
        draws = [draw(logits, temperature, rng) for _ in range(4000)]
        np.testing.assert_allclose(np.bincount(draws) / 4000, want / np.sum(want), atol=0.03)


@pytest.mark.parametrize("temperature", [-1.0, float("nan"), float("inf")])
def test_a_temperature_that_makes_no_sense_is_refused(temperature):
    with pytest.raises(ArgumentError, match="temperature: got .*, wanted a number of at least 0"):
        written(temperature=temperature)


def test_a_character_never_seen_in_training_is_named():
    with pytest.raises(ArgumentError, match="prompt: 'ж' was never seen in training"):
        written(prompt="abж")


def test_a_prompt_whole_and_in_pieces_give_the_same():
    task = Chars(TEXT, length=4)
    with tg.seed(0):
        model = task.model("gru", hidden=4)
    codes, rng = [1, 2, 3], np.random.default_rng(0)
    greedy = []
    for _ in range(5):  # the whole text again for each character: slow, and no state to get wrong
        logits, _ = model(np.array(codes)[:, None])
        codes.append(int(np.argmax(logits.data[-1, 0])))
        greedy.append(task.vocabulary[codes[-1]])
    assert "".join(write_text(model, task.vocabulary, 5, rng, "bcd", temperature=0)) == "".join(greedy)
