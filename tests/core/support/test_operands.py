"""Numbers and arrays beside a tensor: which become tensors, and of which dtype."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.operands import as_arrays, as_operand, as_tensors, value_of
from tinygrad_gru.errors import ArgumentError

f32, f64 = tg.Tensor([1.0]), tg.Tensor(np.ones(1))


def test_a_python_number_takes_the_dtype_of_the_tensor_beside_it():
    assert as_operand(2.0, f32).dtype == np.float32 and as_operand(2.0, f64).dtype == np.float64
    assert [t.dtype.name for t in as_tensors((f64, 1, f32), [f64, f32])] == ["float64", "float64", "float32"]


def test_a_numpy_number_keeps_its_own():
    assert as_operand(np.float64(2.0), f32).dtype == np.float64


def test_both_zeros_stay_what_they_are():
    assert not np.signbit(as_operand(0.0, f32).data) and np.signbit(as_operand(-0.0, f32).data)


def test_a_number_that_the_dtype_cannot_hold_is_refused():
    with pytest.raises(ArgumentError, match="does not fit into float32"):
        as_operand(10**400, f32)


def test_without_a_tensor_numbers_stay_numbers_beside_an_array():
    array = np.ones(2)
    kept, number = as_arrays((array, 2.0))
    assert kept is array and type(number) is float
    assert [type(a) for a in as_arrays((1.0, 2.0))] == [np.ndarray, np.ndarray]


def test_the_array_behind_anything():
    array = np.ones(2)
    assert value_of(array) is array and value_of(f64) is f64._array and value_of([1.0]).dtype == np.float32
