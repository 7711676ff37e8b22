"""What docs/kinks.md says: of each order of derivative where there is none, and of infinities without a limit."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.nn import losses
from tinygrad_gru.nn.activations import ACTIVATIONS

INF, NAN = np.inf, np.nan
SELU = 1.0507009873554805 * 1.6732632423543772


def orders(f, x):
    """The value, the first derivatives, and the sums of the rows of second derivatives."""
    t = tg.Tensor(np.array(x, float), requires_grad=True)
    with np.errstate(all="ignore"):
        y = f(t)
        slope = tg.grad(y, t, np.ones(y.shape), create_graph=True)
        bent = tg.grad(slope, t, np.ones(t.shape)) if slope is not None and slope.requires_grad else None
    return y.data, np.zeros(t.shape) if slope is None else slope.data, np.zeros(t.shape) if bent is None else bent


KINKS = [  # name, function, place, first and second derivative
    ("abs", tg.abs, [0, -0.0], [0, 0], [0, 0]),
    ("relu", tg.relu, [0, -0.0], [0, 0], [0, 0]),
    ("leaky_relu", ACTIVATIONS["leaky_relu"], [0], [0.2], [0]),
    ("elu", ACTIVATIONS["elu"], [0], [1], [1]),
    ("selu", ACTIVATIONS["selu"], [0], [SELU], [SELU]),
    ("softsign", ACTIVATIONS["softsign"], [0], [1], [0]),
    ("clip", lambda x: tg.clip(x, -1, 1), [-1, 1], [1, 1], [0, 0]),
    ("hard_sigmoid", ACTIVATIONS["hard_sigmoid"], [-3, 3], [1 / 6, 1 / 6], [0, 0]),
    ("max", tg.max, [1, 1], [0.5, 0.5], [0, 0]),
    ("minimum", lambda x: tg.minimum(x, 1.0), [1], [0.5], [0]),
    ("sort", lambda x: tg.sort(x) * np.array([1.0, 2.0]), [1, 1], [1, 2], [0, 0]),
    ("vector_norm", tg.vector_norm, [0, 0], [0, 0], [0, 0]),
    ("std", tg.std, [2, 2], [0, 0], [0, 0]),
    ("sqrt", tg.sqrt, [0], [INF], [-INF]),
    ("x⁰", lambda x: x**0, [0], [0], [0]),
    ("x¹", lambda x: x**1, [0], [1], [0]),
    ("x²", lambda x: x**2, [0], [0], [2]),
    ("x² by pow", lambda x: x**2.0, [0], [0], [2]),
    ("x³", lambda x: x**3, [0], [0], [0]),
    ("x to the power ½", lambda x: x**0.5, [0], [INF], [-INF]),
    ("x to the power 3/2", lambda x: x**1.5, [0], [0], [INF]),
    ("1/x", lambda x: x**-1, [0], [-INF], [INF]),
    ("topk", lambda x: tg.topk(x, 1)[0], [1, 1], [1, 0], [0, 0]),
    ("cumulative_max", lambda x: tg.cumulative_max(x) * np.array([1.0, 10.0]), [1, 1], [1, 10], [0, 0]),
    ("floor", tg.floor, [1], [0], [0]),
    ("round", tg.round, [0.5], [0], [0]),
    ("remainder", lambda x: tg.remainder(x, 2.0), [2], [1], [0]),
    ("remainder, of the divisor", lambda y: tg.remainder(4.0, y), [2], [-2], [0]),
    ("clip between arrays", lambda x: tg.clip(x, np.array([1.0, 0.0]), np.array([2.0, 1.0])), [1, 1], [1, 1], [0, 0]),
    ("hypot", lambda x: tg.hypot(x, 0.0), [0], [0], [0]),
    ("arctan2", lambda x: tg.arctan2(x, 0.0), [0], [0], [0]),
    ("vector_norm of order 3", lambda x: tg.vector_norm(x, ord=3), [0, 0], [0, 0], [0, 0]),
    ("vector_norm of order ½", lambda x: tg.vector_norm(x, ord=0.5), [0, 0], [0, 0], [0, 0]),
    ("arcsin", tg.arcsin, [1, -1], [INF, INF], [NAN, NAN]),
    ("arccos", tg.arccos, [1, -1], [-INF, -INF], [NAN, NAN]),
    ("arccosh", tg.arccosh, [1], [INF], [NAN]),
    ("0ʸ", lambda y: tg.pow(0.0, y), [-1, 0, 0.5, 2], [0, 0, 0, 0], [0, 0, 0, 0]),
]


@pytest.mark.parametrize(("f", "x", "first", "second"), [k[1:] for k in KINKS], ids=[k[0] for k in KINKS])
def test_each_order_at_a_kink_is_what_the_page_says(f, x, first, second):
    _, slope, bent = orders(f, x)

    np.testing.assert_allclose(slope, first, rtol=1e-12)
    np.testing.assert_allclose(bent, second, rtol=1e-12)


SMOOTH = {
    "abs": (lambda x: tg.sqrt(x * x + 1e-6), tg.abs),
    "relu": (lambda x: tg.softplus(x * 1e3) / 1e3, tg.relu),
    "the square of a norm": (lambda x: tg.sum(tg.square(x)), lambda x: tg.vector_norm(x) ** 2),
    "the square of a deviation": (tg.var, lambda x: tg.std(x) ** 2),
    "max": (lambda x: tg.logsumexp(x * 1e3) / 1e3, tg.max),
    "sqrt": (lambda x: tg.sqrt(x + 1e-6), tg.sqrt),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_the_smooth_form_is_near_and_twice_differentiable(name):
    smooth, kinked = SMOOTH[name]
    place = np.array([0.0, 0.0])

    assert np.max(np.abs(smooth(place) - kinked(place))) < 2e-3
    assert tg.gradcheck(lambda x: tg.sum(smooth(x * 1e-3)), np.array([0.1, 0.3]), order=2)
    assert np.isfinite(tg.hessian(lambda x: tg.sum(smooth(x)), place)).all()


NO_LIMIT = [  # name, function, place, value, first derivative
    ("logsumexp of ∞", tg.logsumexp, [INF, 5, -INF], INF, [NAN, 0, 0]),
    ("logsumexp of −∞", tg.logsumexp, [-INF, -INF], -INF, [0, 0]),
    ("softmax of ∞", tg.softmax, [INF, 5], [NAN, NAN], [NAN, NAN]),
    ("softmax of −∞", tg.softmax, [-INF, -INF], [NAN, NAN], [NAN, NAN]),
    ("var", tg.var, [INF, 1], NAN, [NAN, -INF]),
    ("std", tg.std, [INF, 1], NAN, [NAN, NAN]),
    ("vector_norm", tg.vector_norm, [INF, 1], INF, [NAN, 0]),
    ("logaddexp of −∞", lambda x: tg.logaddexp(x, -INF), [-INF], [-INF], [0]),
    ("logaddexp of ∞", lambda x: tg.logaddexp(x, INF), [INF], [INF], [NAN]),
    ("tan", tg.tan, [INF], [NAN], [NAN]),
    ("sin", tg.sin, [INF], [NAN], [NAN]),
    ("cross_entropy of ∞", lambda x: losses.cross_entropy(x, np.array(0)), [INF, 1], NAN, [NAN, NAN]),
    ("0 at −∞", lambda x: losses.cross_entropy(x, np.array([1.0, 0.0])), [1, -INF], NAN, [0, 0]),
    ("certain", lambda x: losses.binary_cross_entropy_with_logits(x, np.array([1.0])), [INF], NAN, [0]),
    ("max beside NaN", tg.max, [NAN, 1], NAN, [NAN, NAN]),
    ("maximum of NaN", lambda x: tg.maximum(x, 1.0), [NAN], [NAN], [0]),
]


@pytest.mark.parametrize(("f", "x", "value", "slope"), [k[1:] for k in NO_LIMIT], ids=[k[0] for k in NO_LIMIT])
def test_without_a_limit_it_is_what_the_page_says(f, x, value, slope):
    y, first, _ = orders(f, x)

    np.testing.assert_array_equal(y, value)
    np.testing.assert_array_equal(first, slope)
