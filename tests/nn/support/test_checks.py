"""Sizes, dtypes and whole numbers that layers take."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError, DtypeError
from tinygrad_gru.nn.support.checks import array_of, checked_float, checked_size, whole_numbers


@pytest.mark.parametrize("dtype", [np.float32, "float32", "f4", np.dtype("float32")])
def test_a_float_dtype_may_be_written_in_every_way(dtype):
    assert checked_float("who", dtype) == np.float32


@pytest.mark.parametrize("dtype", [np.float16, int, "float16", None, 3, "nonsense", object, list])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(DtypeError, match="who: a parameter is float32 or float64, got .* try: dtype=np.float32"):
        checked_float("who", dtype)


def test_a_size_is_a_whole_number_above_zero_for_which_there_is_memory():
    assert checked_size(object(), "hidden_size", np.int64(3)) == 3
    for wrong in (0, -1, 2.0, True, None, "3"):
        with pytest.raises(ArgumentError, match="object: hidden_size must be a whole number above 0"):
            checked_size(object(), "hidden_size", wrong)
    with pytest.raises(ArgumentError, match="there is no memory for so many"):
        checked_size(object(), "hidden_size", 10**12)


def test_whole_numbers_in_a_list_stay_whole():
    assert whole_numbers("codes", [[1, 2]]).dtype.kind == "i" and whole_numbers("codes", []).dtype.kind == "i"
    with pytest.raises(DtypeError, match=r"codes must be whole numbers, got float64"):
        whole_numbers("codes", [1.5])
    with pytest.raises(ArgumentError, match="codes must be numbers in rows of equal length"):
        array_of("codes", [[1], [1, 2]])
