"""An operation as a function keeps the words of its class."""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.core.support.functions import documented_by, function


class Double(tg.Op):
    """out = 2x."""

    def forward(self, x):
        return 2 * x

    def vjp(self, g, out, x):
        return 2 * g


class Difference(tg.Op):
    """out = x − y."""

    def forward(self, x, y):
        return x - y

    def vjp(self, g, out, x, y):
        return g, -g


def test_a_function_applies_its_operation():
    double, difference = function(Double), function(Difference)
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    assert double(x).data.tolist() == [2.0, 4.0] and double(np.ones(1)).tolist() == [2.0]
    assert difference(x, 1.0).data.tolist() == [0.0, 1.0]
    assert tg.grad(double(x).sum(), x).tolist() == [2.0, 2.0]


def test_its_name_and_docstring_are_those_of_the_class():
    double = function(Double)
    assert (double.__name__, double.__doc__, double.__module__) == ("double", "out = 2x.", __name__)


def test_a_function_with_options_has_the_docstring_of_its_class():
    @documented_by(Double)
    def doubled(x, times=1):
        return x

    assert doubled.__doc__ == "out = 2x." and doubled.__name__ == "doubled"
