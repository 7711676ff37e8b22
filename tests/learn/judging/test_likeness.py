"""What wrong results share with the right ones, in every case."""

import numpy as np
import pytest

from tinygrad_gru.learn.judging.likeness import IS_FLOAT32, of_some, of_the_whole

RNG = np.random.default_rng(0)
WANTED = [[RNG.standard_normal((2, 3)), RNG.standard_normal(3), RNG.standard_normal(3)] for _ in range(2)]
NAMES = ("dW", "dx", "db")


def changed(*functions):
    """The wanted arrays, each changed by a function, in each case."""
    return [[f(array) for f, array in zip(functions, arrays, strict=True)] for arrays in WANTED]


def same(array):
    return array


@pytest.mark.parametrize(
    "functions, words",
    [
        ([np.negative] * 3, "Every number has the wrong sign."),
        ([lambda a: 0.5 * a] * 3, "Every number is 0.5 times what is wanted."),
        ([np.float32] * 3, IS_FLOAT32),
    ],
)
def test_what_all_results_share_is_named(functions, words):
    assert of_the_whole(changed(*functions), WANTED, NAMES, 1e-12) == words


@pytest.mark.parametrize(
    "functions, words",
    [
        ([same, np.negative, same], "dx has the wrong sign."),
        ([same, np.negative, np.negative], "dx and db have the wrong sign."),
        ([np.negative, np.negative, np.sin], "dW and dx have the wrong sign."),
        ([lambda a: 2 * a, same, same], "dW is 2 times what is wanted."),
        ([np.transpose, same, same], "dW is transposed."),
        ([same, lambda a: a.round(5), same], "dx is right to some digits only."),
    ],
)
def test_what_some_results_share_is_named(functions, words):
    got = changed(*functions)
    assert of_the_whole(got, WANTED, NAMES, 1e-12) == "" and of_some(got, WANTED, NAMES, 1e-12) == words


def test_two_results_that_are_exchanged_are_named_though_a_third_is_wrong():
    got = [[-2 * a - 1, c, b] for a, b, c in WANTED]
    assert of_some(got, WANTED, NAMES, 1e-12) == "dx and db are exchanged."


def test_another_order_of_results_or_of_numbers_is_named():
    got = [[c, a, b] for a, b, c in WANTED]
    assert of_the_whole(got, WANTED, NAMES, 1e-12) == "The results are right, in another order: wanted dW, dx, db."
    lists = [[np.array([3.0, 1.0, 1.0])]], [[np.array([1.0, 1.0, 3.0])]]
    assert of_the_whole(*lists, (), 1e-12) == "The numbers are right, in another order."


def test_a_likeness_in_one_case_alone_is_none():
    """The right answer in one case, or by another factor, or of another sign: none of it is shared."""
    for second in (same, lambda a: 3 * a, np.negative):
        got = [[2 * a for a in WANTED[0]], [second(a) for a in WANTED[1]]]
        assert of_the_whole(got, WANTED, NAMES, 1e-12) == of_some(got, WANTED, NAMES, 1e-12) == ""


def test_a_factor_of_a_single_number_and_of_zeros_is_none():
    assert of_the_whole([[np.array(2.0)]], [[np.array(1.0)]], (), 1e-12) == ""
    assert of_the_whole([[np.ones(2)]], [[np.zeros(2)]], (), 1e-12) == ""
    assert of_the_whole([[np.zeros(2)]], [[np.ones(2)]], (), 1e-12) == ""


def test_what_overflows_shares_nothing():
    assert of_the_whole([[np.full(3, 1e308)]], [[np.array([3.0, 2.0, 1.0])]], (), 1e-12) == ""


def test_nan_and_infinity_share_nothing():
    got = changed(same, lambda a: a * np.nan, lambda a: a * np.inf)
    assert of_the_whole(got, WANTED, NAMES, 1e-12) == of_some(got, WANTED, NAMES, 1e-12) == ""
