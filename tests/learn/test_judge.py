"""What the judge says to an attempt that is no known mistake: each kind of wrong result has its own words."""

import numpy as np
import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.judge import Outcome, judge

PRODUCT = exercise("multiply_vjp")


@pytest.mark.parametrize(
    "attempt, message",
    [
        (lambda g, x, y: None, "It returns None: is there a `return`?"),
        (lambda g, x, y: (g * y, None), "It returns None: is there a `return`?"),
        (lambda g, x, y: ..., "Nothing yet: write your code in the place of the dots."),
        (lambda g, x, y: "g * y", "It returns str where numbers are wanted."),
        (lambda g, x, y: g * y, "It returns 1 result, wanted 2 results: ∂L/∂x, ∂L/∂y."),
        (lambda g, x, y: (g * y, (g * x)[:1]), "∂L/∂y: the shape is (1,), wanted (2,)."),
        (lambda g, x, y: (g * y, g * x * 2), "∂L/∂y: 2 of 2 numbers are others."),
        (
            lambda g, x, y: (g * y * np.nan, g * x),
            "∂L/∂x: there is a NaN in it: 0/0, ∞ − ∞ or 0·∞ somewhere on the way.",
        ),
        (lambda g, x, y: (g * y / 0, g * x), "FloatingPointError: divide by zero encountered in divide"),
        (lambda g, x: g, "TypeError: <lambda>() takes 2 positional arguments but 3 were given"),
        (lambda g, x, y: undefined, "NameError: name 'undefined' is not defined"),  # noqa: F821
    ],
)
def test_each_kind_of_wrong_result_has_its_own_words(attempt, message):
    if "2 positional" in message:
        attempt.__qualname__ = "<lambda>"
    verdict = judge(PRODUCT, attempt)
    assert (
        not verdict.passed
        and verdict.message.replace("test_each_kind_of_wrong_result_has_its_own_words.<locals>.", "") == message
    )


def test_the_first_wrong_case_is_shown_with_both_results():
    verdict = judge(PRODUCT, lambda g, x, y: (g * y, g * x if len(g) == 2 and g.ndim == 1 else g))
    assert verdict.case == 2 and np.array_equal(verdict.got[0], verdict.wanted[0])
    assert not np.array_equal(verdict.got[1], verdict.wanted[1])


def test_an_attempt_that_is_a_twin_on_one_case_only_is_not_taken_for_it():
    """Right where one factor is as good as the other, and wrong in its own way elsewhere."""
    verdict = judge(PRODUCT, lambda g, x, y: (g * x, g * y) if g.ndim == 1 else (g, g))
    assert not verdict.passed and verdict.twin == ""


def test_rounding_is_forgiven_and_a_millionth_is_not():
    assert judge(PRODUCT, lambda g, x, y: (g * y * (1 + 1e-12), g * x)).passed
    assert not judge(PRODUCT, lambda g, x, y: (g * y * (1 + 1e-6), g * x)).passed


def test_two_errors_are_the_same_only_with_the_same_words():
    assert Outcome(raised="ValueError: a").same_as(Outcome(raised="ValueError: a"))
    assert not Outcome(raised="ValueError: a").same_as(Outcome(raised="ValueError: b"))
    assert not Outcome(raised="ValueError: a").same_as(Outcome(arrays=()))
