"""Indices as users write them become arrays of whole numbers, or are refused."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.indices import frozen_key, listed, shown_key, whole_numbers
from tinygrad_gru.errors import ArgumentError, DtypeError


def test_a_key_is_what_numpy_takes_with_its_arrays_copied():
    rows = np.array([2, 0])
    frozen = frozen_key((rows, slice(1, 2), None, ..., np.int64(3), [True, False]))
    rows[0] = 9

    assert frozen[0].tolist() == [2, 0]
    assert frozen[1:4] == (slice(1, 2), None, ...)
    assert type(frozen[4]) is int and frozen[4] == 3
    assert frozen[5].tolist() == [True, False]
    assert frozen_key(tg.Tensor(np.array([1, 2]))).tolist() == [1, 2]


def test_a_fraction_is_no_index():
    for odd in (0.5, [0.5], np.array([1.0]), "0"):
        with pytest.raises(DtypeError):
            frozen_key(odd)


def test_an_index_is_shown_as_it_is_written():
    assert shown_key(5) == "[5]"
    assert shown_key((slice(1, None, None), np.zeros((2, 3), int), None)) == "[slice(1, None, None), array(2, 3), None]"


def test_an_empty_list_holds_integers_and_a_ragged_one_is_refused():
    assert listed([]).dtype == int
    with pytest.raises(ArgumentError, match="rectangular"):
        listed([[1, 2], [3]])


def test_whole_numbers_are_integers():
    assert whole_numbers("take", [1, 0]).dtype.kind == "i"
    with pytest.raises(DtypeError, match="take: indices must be whole numbers, got float64 .*. try: indices.astype"):
        whole_numbers("take", np.array([1.0]))
