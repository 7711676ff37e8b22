"""What may become a tensor's array, and of which dtype."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.arrays import as_array, as_floats, is_weak, real_numbers
from tinygrad_gru.errors import ArgumentError, DtypeError


@pytest.mark.parametrize(
    "value, dtype",
    [
        (1, "float32"), (1.0, "float32"), (True, "bool"), ([1, 2], "float32"), ([True], "bool"),
        (np.float64(1), "float64"), (np.arange(2), "int64"), (np.ones(2, ">f4"), "float32"),
    ],
)  # fmt: skip
def test_python_numbers_become_float32_and_arrays_keep_their_dtype(value, dtype):
    array = as_array(value)
    assert array.dtype.name == dtype and array.dtype.isnative


@pytest.mark.parametrize("value", [np.ones(2, np.float16), np.ones(2, complex), np.array(["a"]), np.array([None])])
def test_other_dtypes_are_refused_with_what_to_write(value):
    with pytest.raises(DtypeError, match="a tensor holds float32, float64, integers or booleans, got .* try: "):
        as_array(value)


def test_a_list_of_tensors_would_lose_their_gradients():
    with pytest.raises(ArgumentError, match=r"try: tg.stack\(list\)"):
        as_array([[tg.Tensor(1.0)]])


def test_a_list_must_be_rectangular():
    with pytest.raises(ArgumentError, match="a nested list must be rectangular"):
        as_array([[1.0], [1.0, 2.0]])


def test_a_mask_would_be_lost():
    with pytest.raises(DtypeError, match="a tensor has no mask"):
        as_array(np.ma.array([1.0], mask=[True]))


def test_only_plain_python_numbers_are_weak():
    assert all(map(is_weak, (True, 1, 1.0))) and not any(map(is_weak, (np.float64(1), 1j, "1", None)))


def test_floats_are_made_of_whole_numbers_and_never_of_text():
    assert as_floats(np.array([1, 2])).dtype == np.float64
    assert real_numbers([True, False]).dtype == bool
    with pytest.raises(DtypeError, match="wants real numbers"):
        real_numbers(["1"])
