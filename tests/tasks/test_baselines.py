"""Count models against hand-counted examples, and against the same definition written with dictionaries."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from tinygrad_gru.tasks.baselines import bits_per_character, count_model


def with_dictionaries(known, held_out, symbols, order):
    """Witten–Bell, symbol by symbol, from the definition."""
    counts = [defaultdict(Counter) for _ in range(order + 1)]
    for k in range(order + 1):
        for i in range(k, len(known)):
            counts[k][tuple(known[i - k : i])][known[i]] += 1
    text = [*known, *held_out]
    probabilities = []
    for i in range(len(known), len(text)):
        p = 1 / symbols
        for k in range(order + 1):
            followers = counts[k].get(tuple(text[i - k : i])) if i >= k else None
            if followers:
                N, T = followers.total(), len(followers)
                p = (followers[text[i]] + T * p) / (N + T)
        probabilities.append(p)
    return np.array(probabilities)


def test_order_0_is_how_often_a_symbol_was_seen():
    known, held_out = np.array([0, 0, 0, 1]), np.array([0, 1, 2])
    # N = 4 symbols, T = 2 of them different, a third of the rest for each of the 3 symbols
    want = [(3 + 2 / 3) / 6, (1 + 2 / 3) / 6, (0 + 2 / 3) / 6]
    np.testing.assert_allclose(count_model(known, held_out, 3, order=0), want)


def test_order_1_looks_at_the_symbol_before():
    known, held_out = np.array([0, 1, 0, 1, 0]), np.array([1])
    p0 = (2 + 2 * 0.5) / (5 + 2)
    p1 = (2 + 1 * p0) / (2 + 1)  # after 0 there were two 1s and nothing else
    np.testing.assert_allclose(count_model(known, held_out, 2, order=1), [p1])


def test_a_context_never_seen_leaves_it_to_the_shorter_one():
    known = np.array([0, 0, 0, 1])
    after_2 = count_model(known, np.array([2, 1]), 3, order=2)[1]  # neither 1-2 nor 2 was ever followed
    assert after_2 == pytest.approx(count_model(known, np.array([1]), 3, order=0)[0])


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_it_is_the_definition(order):
    rng = np.random.default_rng(order)
    known, held_out = rng.integers(6, size=80), rng.integers(7, size=40)  # symbol 6 is never seen
    got = count_model(known, held_out, 7, order)
    np.testing.assert_allclose(got, with_dictionaries(known.tolist(), held_out.tolist(), 7, order), rtol=1e-12)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_a_text_shorter_than_the_context_is_no_special_case(size):
    known, held_out = np.arange(size) % 2, np.array([0, 1, 1, 0])
    got = count_model(known, held_out, 2, order=2)
    np.testing.assert_allclose(got, with_dictionaries(known.tolist(), held_out.tolist(), 2, 2), rtol=1e-12)


@pytest.mark.parametrize("order", [0, 2])
def test_the_probabilities_of_all_symbols_add_up_to_1(order):
    known = np.random.default_rng(0).integers(5, size=50)
    total = sum(count_model(known, np.array([symbol]), 5, order)[0] for symbol in range(5))
    assert total == pytest.approx(1)


def test_a_coin_costs_one_bit():
    known, held_out = np.array([0, 1] * 2), np.array([0, 1, 1, 0])
    assert bits_per_character(known, held_out, 2, order=0) == pytest.approx(1)
