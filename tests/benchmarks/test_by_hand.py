"""The GRU by hand does what the layer does, biases and all gradients included: only then may times be compared."""

import numpy as np
import pytest

import tinygrad_gru as tg
from benchmarks.layers import by_hand

SIZES = [(1, 2, 1, 1), (1, 9, 3, 5), (4, 6, 2, 7)]  # batch, steps, input, hidden


def both(size, dtype):
    """A layer whose biases are not zero, its parameters by name, an input, and a gradient of the states."""
    batch, steps, inputs, hidden = size
    rng = np.random.default_rng(0)
    layer = tg.nn.GRU(inputs, hidden, reset_after=True, bias="single", dtype=dtype)
    parameters = {name: getattr(layer.cell, name) for name in by_hand.NAMES}
    for parameter in parameters.values():
        parameter.data = rng.uniform(-1, 1, parameter.shape).astype(dtype)
    x = rng.standard_normal((steps, batch, inputs)).astype(dtype)
    d_states = rng.standard_normal((steps, batch, hidden)).astype(dtype)
    return layer, parameters, x, d_states


def largest_difference(a, b):
    return np.abs(a - b).max() / np.abs(b).max()


@pytest.mark.parametrize(("dtype", "rounding"), [("float32", 2e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("size", SIZES)
def test_states_and_every_gradient_are_those_of_the_layer(size, dtype, rounding):
    layer, parameters, x, d_states = both(size, dtype)
    program = by_hand.GRU({name: parameter.data for name, parameter in parameters.items()}, x)
    sequence, h0 = (tg.Tensor(a, requires_grad=True) for a in (x, np.zeros_like(d_states[:1])))
    states, _ = layer(sequence, h0)
    states.backward(d_states)

    for _ in range(2):  # the buffers are used again
        assert largest_difference(program.forward(), states.data) < rounding
        gradients = program.backward(d_states)
        assert gradients.keys() == {"x", "h0", *parameters}
        for name, tensor in {"x": sequence, "h0": h0, **parameters}.items():
            gradient = gradients[name][None] if name == "h0" else gradients[name]
            assert gradient.shape == tensor.grad.shape and gradient.dtype == dtype
            assert largest_difference(gradient, tensor.grad) < rounding, name


@pytest.mark.parametrize("size", SIZES)
def test_without_training_the_states_are_the_same(size):
    _, parameters, x, _ = both(size, "float32")
    arrays = {name: parameter.data for name, parameter in parameters.items()}

    states = by_hand.GRU(arrays, x, training=False).forward()
    assert np.array_equal(states, by_hand.GRU(arrays, x).forward())


@pytest.mark.parametrize("name", by_hand.NAMES)
def test_a_parameter_that_is_left_out_is_noticed(name):
    _, parameters, x, _ = both(SIZES[2], "float64")
    arrays = {name: parameter.data for name, parameter in parameters.items()}

    states = by_hand.GRU(arrays, x).forward().copy()
    others = by_hand.GRU(arrays | {name: np.zeros_like(arrays[name])}, x).forward()
    assert largest_difference(others, states) > 1e-3
