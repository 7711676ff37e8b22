"""ONNX's activations and ours: by name, with the numbers that they take."""

from functools import partial

import numpy as np
import pytest

from tinygrad_gru import nn
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop.onnx.activations import (
    OURS,
    OnnxActivation,
    activation_from_onnx,
    activation_to_onnx,
    expression,
    read_activations,
)
from tinygrad_gru.nn.activations import ACTIVATIONS, hard_sigmoid, leaky_relu


@pytest.mark.parametrize("name", OURS)
def test_an_activation_of_ours_comes_back_by_its_name(name):
    onnx = activation_to_onnx(ACTIVATIONS[name])
    assert onnx == OURS[name] and activation_from_onnx(onnx) == name


@pytest.mark.parametrize("function", [partial(leaky_relu, slope=0.3), partial(hard_sigmoid, slope=0.4)])
def test_a_slope_of_the_users_is_alpha(function):
    onnx = activation_to_onnx(function)
    assert onnx.alpha == function.keywords["slope"]
    back = activation_from_onnx(onnx)
    assert back.func is function.func and back.keywords == function.keywords


def test_what_onnx_or_we_have_not_is_none():
    assert activation_to_onnx(lambda x: x) is None
    assert activation_from_onnx(OnnxActivation("ThresholdedRelu", 1.0)) is None
    assert activation_from_onnx(OnnxActivation("HardSigmoid", 0.2, 0.7)) is None


def test_names_are_read_in_any_case_and_numbers_go_to_those_that_take_one():
    got = read_activations(["hardsigmoid", "TANH", "LeakyRelu"], [0.25, np.float32(0.1)], [0.5])
    assert got == [OnnxActivation("HardSigmoid", 0.25, 0.5), OnnxActivation("Tanh"), OnnxActivation("LeakyRelu", 0.1)]


def test_numbers_left_out_are_onnxs_defaults():
    assert read_activations(["HardSigmoid", "Elu"], [], []) == [
        OnnxActivation("HardSigmoid", 0.2, 0.5), OnnxActivation("Elu", 1.0),
    ]  # fmt: skip


def test_a_name_that_onnx_has_not_and_a_number_too_many_are_refused():
    with pytest.raises(FileError, match="ONNX has no 'Swish'. try: Tanh, Sigmoid"):
        read_activations(["Swish"], [], [])
    with pytest.raises(FileError, match="no activation is left to take 0.5. try: one per activation"):
        read_activations(["Tanh"], [0.5], [])


def test_an_activation_is_shown_as_code():
    assert expression("tanh") == '"tanh"' and expression(ACTIVATIONS["relu"]) == '"relu"'
    assert expression(partial(hard_sigmoid, slope=0.2)) == "partial(hard_sigmoid, slope=0.2)"
    assert expression(nn.Linear.forward) == "forward"
