"""Free axes: those that a module takes in any size, found by trying or named by the caller."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.interop.onnx.dynamic_axes import another, extreme_values, free_axes, named_axes, other_values, resized
from tinygrad_gru.interop.onnx.record import Call

X = np.zeros((5, 3, 2), np.float32)


class AddsUp(nn.Module):
    def forward(self, x, y):
        return x + y


def test_time_and_batch_of_a_layer_are_free_and_its_input_size_is_not():
    assert free_axes(Call(nn.GRU(2, 4), X)) == {"x_axis_0": [(0, 0)], "x_axis_1": [(0, 1)]}


def test_the_batch_of_an_input_and_of_a_state_is_free_in_both_at_once():
    h0 = np.zeros((1, 3, 4), np.float32)
    assert free_axes(Call(nn.GRU(2, 4), (X, h0))) == {"x_axis_0": [(0, 0)], "x_axis_1": [(0, 1), (1, 1)]}


def test_sizes_that_fit_by_broadcasting_alone_are_free_only_together():
    x = np.zeros((3,), np.float32)
    assert free_axes(Call(AddsUp(), (x, x))) == {"x_axis_0": [(0, 0), (1, 0)]}


def test_an_empty_example_is_refused():
    with pytest.raises(ArgumentError, match=r"input x \(0,\) of the example is empty.* try: sizes above 0"):
        free_axes(Call(AddsUp(), (np.zeros(0, np.float32), np.zeros(1, np.float32))))


def test_axes_of_one_name_are_one_size_and_may_be_counted_from_the_end():
    call = Call(AddsUp(), (X, X))
    assert named_axes(call, {"x": {0: "time", -2: "batch"}, "y": {0: "time"}}) == {
        "time": [(0, 0), (1, 0)], "batch": [(0, 1)],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"z": {0: "time"}}, "there is no input 'z'. try: x, y"),
        ({"x": {3: "time"}}, r"axis 3: 'time' of x does not fit its shape \(5, 3, 2\). try: "),
        ({"x": {0: 1}}, "axis 0: 1 of x does not fit"),
        ({"x": {0: "n", 1: "n"}}, "'n' is 3 and 5 in the example. try: a name for each size"),
        ({"x": "time"}, "wanted axes by input. try: "),
    ],
)
def test_names_for_axes_that_are_not_there_are_refused(wanted, message):
    with pytest.raises(ArgumentError, match=message):
        named_axes(Call(AddsUp(), (X, X)), wanted)


def test_another_size_is_the_next_that_occurs_nowhere():
    assert another(3, {3, 4, 6}) == 5


def test_arrays_are_resized_by_repeating_their_values():
    (array,) = resized([np.array([[7, 8]])], {"n": [(0, 1)], "m": [(0, 0)]}, {"n": 3, "m": 2})
    assert array.tolist() == [[7, 8, 7], [7, 8, 7]]


def test_other_values_keep_shape_and_dtype_and_indices_stay_in_bounds():
    indices = np.array([2, 5, 3])
    others = other_values(indices, anything=False)
    assert others.dtype == indices.dtype and 2 <= others.min() <= others.max() <= 5
    assert other_values(np.array([True, False]), anything=True).dtype == bool
    floats = other_values(np.zeros((2, 2), np.float32), anything=True)
    assert floats.dtype == np.float32 and (floats != 0).all()


def test_a_module_that_is_tried_leaves_no_trace():
    layer = nn.GRU(2, 4)
    free_axes(Call(layer, X))
    assert layer.training and all(p.grad is None for p in layer.parameters()) and tg.Tensor([1.0]).op is None


def test_extreme_values_are_nan_infinite_huge_and_some_as_they_were():
    x = extreme_values(np.ones((2, 3), np.float32))

    assert np.isnan(x[0, 0]) and x[0, 1] == np.inf and x[1, 0] > 1e29 and x[1, 2] == 1 and x.dtype == np.float32
    assert extreme_values(np.array([3])).tolist() == [3]
