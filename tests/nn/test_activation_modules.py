"""Activations as modules: each is its function, by hand where one would be wrong about it."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn
from tinygrad_gru.nn import activation_modules

x = np.array([[-2.0, -0.5, 0.0, 0.5, 3.0]])
BY_HAND = {
    nn.Identity: lambda v: v,
    nn.Tanh: math.tanh,
    nn.Sigmoid: lambda v: 1 / (1 + math.exp(-v)),
    nn.ReLU: lambda v: max(v, 0.0),
    nn.LeakyReLU: lambda v: v if v > 0 else 0.01 * v,
    nn.ELU: lambda v: v if v > 0 else math.exp(v) - 1,
    nn.SELU: lambda v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * (math.exp(v) - 1)),
    nn.SiLU: lambda v: v / (1 + math.exp(-v)),
    nn.Softplus: lambda v: math.log(1 + math.exp(v)),
    nn.Softsign: lambda v: v / (1 + abs(v)),
    nn.Hardsigmoid: lambda v: min(max(v / 6 + 0.5, 0.0), 1.0),
    nn.GELU: lambda v: v * 0.5 * math.erfc(-v / math.sqrt(2)),
    nn.Softmax: lambda v: math.exp(v) / sum(map(math.exp, x[0])),
    nn.LogSoftmax: lambda v: v - math.log(sum(map(math.exp, x[0]))),
}


@pytest.mark.parametrize("kind", BY_HAND, ids=lambda kind: kind.__name__)
def test_a_module_is_its_formula_and_can_be_differentiated(kind):
    module = kind()
    assert np.allclose(module(x).data, [[BY_HAND[kind](v) for v in x[0]]], rtol=1e-12, atol=1e-15)
    assert tg.gradcheck(module, x + 0.25) and module.parameters() == []
    assert f"{kind.__name__}(" in repr(module)


def test_every_activation_is_here():
    assert {kind.__name__ for kind in BY_HAND} | {"Flatten"} == set(activation_modules.__all__)


def test_settings_are_kept_and_shown():
    assert nn.LeakyReLU(0.1)(x).data[0, 0] == -0.2 and "LeakyReLU(0.1)" in repr(nn.LeakyReLU(0.1))
    assert np.allclose(nn.Softmax(axis=0)(np.ones((4, 2))).data, 0.25) and "Softmax(axis=0)" in repr(nn.Softmax(axis=0))
    assert nn.Flatten()(np.ones((2, 3, 4))).shape == (2, 12) and nn.Flatten(0, 1)(np.ones((2, 3, 4))).shape == (6, 4)


def test_the_form_of_gelu_with_tanh_is_asked_for_by_name():
    by_tanh = nn.GELU("tanh")

    wanted = 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * 1.044715))
    assert np.allclose(by_tanh(np.float64([1.0])).data, wanted, rtol=1e-15)
    assert "GELU(approximate='tanh')" in repr(by_tanh)


def test_what_is_not_here_is_named():
    with pytest.raises(errors.ArgumentError, match="GELU: approximate: got 'exact', wanted 'tanh' or 'none'"):
        nn.GELU("exact")
    with pytest.raises(TypeError, match="Softmax has no dim=. try: axis=1"):
        nn.Softmax(dim=1)


@pytest.mark.parametrize("name", ["ReLU", "Tanh", "SELU", "Identity"])
def test_an_activation_without_settings_says_so_by_its_own_name(name):
    kind = getattr(nn, name)
    with pytest.raises(
        errors.ArgumentError, match=rf"^{name}: got True, and it has no settings, no inplace. try: nn.{name}\(\)"
    ):
        kind(True)
    with pytest.raises(TypeError, match=rf"^{name} has no inplace=: no operation changes a tensor"):
        kind(inplace=True)
    with pytest.raises(TypeError, match=rf"^{name}\(\) got an unexpected keyword argument 'slope'"):
        kind(slope=0.1)
