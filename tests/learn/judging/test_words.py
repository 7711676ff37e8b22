"""Words for a wrong result: how many there are, True and False, and what one array has."""

import numpy as np
import pytest

from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.judging.outcome import Outcome
from tinygrad_gru.learn.judging.words import in_words, raised_in_words

SLOPES, CHECK, STEP = exercise("slopes"), exercise("gradcheck"), exercise("gru_step")


def words(task, got, wanted):
    return in_words(task, [Outcome(tuple(map(np.asarray, got)))], [Outcome(tuple(map(np.asarray, wanted)))], 0, "")


@pytest.mark.parametrize(
    "got, message",
    [
        ((9.0, 1.0, 2.0, 3.0), "It returns 4 numbers, wanted 3: dy/dw, dy/dx, dy/db. Number 1 of yours is too many."),
        ((1.0, 2.0, 3.0, 9.0), "It returns 4 numbers, wanted 3: dy/dw, dy/dx, dy/db. Number 4 of yours is too many."),
        ((1.0, 3.0), "It returns 2 numbers, wanted 3: dy/dw, dy/dx, dy/db. dy/dx is missing."),
        ((7.0, 8.0), "It returns 2 numbers, wanted 3: dy/dw, dy/dx, dy/db."),
        (([1.0, 2.0],), "It returns 1 result, wanted 3 numbers: dy/dw, dy/dx, dy/db."),
    ],
)
def test_another_number_of_results_is_said_and_which_one_is_too_many(got, message):
    assert words(SLOPES, got, (1.0, 2.0, 3.0)) == message


@pytest.mark.parametrize(
    "got, message",
    [
        (False, "It says False, wanted True."),
        (3.21e-7, "It returns the number 3.21e-07. Return True or False: whether it is small enough."),
        ([True, True], "It returns 2 results, wanted one True or False: np.all(...)?"),
    ],
)
def test_true_and_false_have_words_of_their_own(got, message):
    assert words(CHECK, (got,), (True,)) == message


@pytest.mark.parametrize(
    "got, message",
    [
        (np.zeros((2, 1)), "the shape is (2, 1), wanted (1, 2)."),
        (np.array([[np.nan, 1.0]]), "there is a NaN in it: 0/0, ∞ − ∞ or 0·∞ somewhere on the way."),
        (np.array([[1.0, 3.0]]), "1 of 2 numbers differ."),
    ],
)
def test_what_differs_in_one_array_is_said(got, message):
    assert words(STEP, (got,), (np.array([[1.0, 2.0]]),)) == message


def test_an_error_is_said_with_its_line_and_with_advice():
    error = Outcome(raised="NameError: name 'np' is not defined", line=3)
    assert raised_in_words(error) == f"Line 3: {error.raised}\n\nAt the top of the file: import numpy as np"
    assert raised_in_words(Outcome(raised="KeyError: 3")) == "KeyError: 3"
