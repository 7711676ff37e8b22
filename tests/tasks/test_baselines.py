"""Baselines against examples counted by hand, and count models against their definition written with dictionaries."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from tinygrad_gru.tasks.baselines import (
    bag_of_words,
    bits_per_character,
    count_model,
    followers,
    majority_class,
    nearest_mean,
    ridge_regression,
)


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


def test_naive_bayes_is_what_one_counts_by_hand():
    known = [[1, 1], [1, 2], [2]]  # the first two with label 0
    labels = np.array([0, 0, 1])
    # V = 3 with the unknown word. Label 0: share 3/5, word 1 has 4/7, word 2 has 2/7; label 1: 2/5, 1/4 and 2/4.
    # "1": 3/5 · 4/7 > 2/5 · 1/4. "2": 3/5 · 2/7 = 0.171 < 2/5 · 2/4 = 0.2.
    np.testing.assert_array_equal(bag_of_words(known, labels, [[1], [2]], 3, 2), [0, 1])


def test_the_majority_class_is_the_most_frequent_label_and_of_a_tie_the_first():
    assert majority_class(np.array([2, 0, 2])) == 2
    assert majority_class(np.array([1, 0])) == 0


def test_the_nearest_mean_is_that_of_a_class_and_may_lie_beside_a_single_row_of_another():
    features = np.array([[0.0], [4.0], [5.0]])  # means 2 and 5
    assert nearest_mean(features, np.array([7, 7, 9]), np.array([[3.0], [4.0]])).tolist() == [7, 9]


def test_ridge_regression_without_a_penalty_is_least_squares():
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    np.testing.assert_allclose(ridge_regression(A, b, 0.0), np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-10)


def test_the_gradient_of_what_ridge_regression_minimises_is_zero():
    rng = np.random.default_rng(1)
    A, b = rng.standard_normal((20, 3)), rng.standard_normal(20)
    w = ridge_regression(A, b, 0.3)
    gradient = 2 * A.T @ (A @ w - b) / len(A) + 2 * 0.3 * w
    assert np.abs(gradient).max() < 1e-12


def test_followers_of_pairs_are_counted_from_the_first_symbol_on():
    assert followers(["aba", "abb"], context=2) == {"a": {"b": 2}, "ab": {"a": 1, "b": 1}}
