"""Every transform, with something that requires a gradient in every place where it may stand.

The oracle: with numbers instead of live tensors the transforms return numbers, and central differences of those give
the derivative that the live result must have.
"""

import numpy as np
import pytest

import tinygrad_gru as tg

X = np.array([0.3, -0.7, 1.1])
Y = np.array([1.4, 0.2, -0.5])
V = np.array([0.5, 1.0, -0.25])
C = np.array([0.9, -0.4, 0.6])  # the weights with which a result is added up


def scalar(x, w):
    """A function with derivatives of every order in both."""
    return tg.sum(tg.tanh(x * w) * x) ** 2 + tg.sum(tg.exp(w) * x**3)


def vector(x, w):
    return tg.tanh(x * w) * tg.sum(x * x) + tg.exp(w * x)


def total(result):
    """One number of a result of any shape."""
    weights = C if result.ndim == 1 else np.multiply.outer(C, V)
    return tg.sum(result * weights) if isinstance(result, tg.Tensor) else np.sum(result * weights)


# Each takes a place x, a w that the function closes over or takes as another argument, and a v.
TRANSFORMS = {
    "grad_of": lambda x, w, v, **o: tg.grad_of(lambda a: scalar(a, w), **o)(x),
    "grad_of, another argument": lambda x, w, v, **o: tg.grad_of(scalar, **o)(x, w),
    "grad_of, by keyword": lambda x, w, v, **o: tg.grad_of(scalar, **o)(x, w=w),
    "grad_of, the second argument": lambda x, w, v, **o: tg.grad_of(lambda b, a: scalar(a, b), argnum=1, **o)(w, x),
    "value_and_grad": lambda x, w, v, **o: tg.value_and_grad(lambda a: scalar(a, w), **o)(x)[1],
    "the value of value_and_grad": lambda x, w, v, **o: tg.value_and_grad(lambda a: scalar(a, w), **o)(x)[0] * V,
    "vjp": lambda x, w, v, **o: tg.vjp(lambda a: vector(a, w), x, **o)[1](v),
    "vjp of several places": lambda x, w, v, **o: sum(tg.vjp(vector, x, w, **o)[1](v)),
    "the value of vjp": lambda x, w, v, **o: tg.vjp(lambda a: vector(a, w), x, **o)[0],
    "jvp": lambda x, w, v, **o: tg.jvp(lambda a: vector(a, w), x, v, **o)[1],
    "jvp of several places": lambda x, w, v, **o: tg.jvp(vector, (x, w), (v, Y), **o)[1],
    "jacobian": lambda x, w, v, **o: tg.jacobian(lambda a: vector(a, w), x, **o),
    "hessian": lambda x, w, v, **o: tg.hessian(lambda a: scalar(a, w), x, **o),
    "hvp": lambda x, w, v, **o: tg.hvp(lambda a: scalar(a, w), x, v, **o),
    "grad_of of grad_of": lambda x, w, v, **o: tg.grad_of(lambda a: tg.sum(tg.grad_of(scalar)(a, w) * C))(x),
    "grad_of beside grad_of": lambda x, w, v, **o: tg.grad_of(lambda a: scalar(a * tg.grad_of(scalar)(X, w), w))(x),
    "checkpoint": lambda x, w, v, **o: tg.checkpoint(lambda a: vector(a, w), tg.Tensor(x) if o else x),
}  # fmt: skip


def numbers(result):
    return result.data if isinstance(result, tg.Tensor) else np.asarray(result)


@pytest.mark.parametrize("live", [(0,), (1,), (2,), (0, 1), (0, 1, 2)], ids=["x", "w", "v", "x and w", "all"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_result_can_be_differentiated_by_whatever_lives(name, live):
    transform = TRANSFORMS[name]
    arguments = [X, Y, V]

    tensors = [tg.Tensor(a, requires_grad=k in live) if k in live else a for k, a in enumerate(arguments)]
    result = transform(*tensors)

    def value(k, step):
        shifted = [a + step if i == k else a for i, a in enumerate(arguments)]
        return float(total(numbers(transform(*shifted))))

    for k in live:
        expected = np.array([(value(k, e) - value(k, -e)) / 2e-5 for e in 1e-5 * np.eye(3)])
        if k == 2 and not expected.any():
            continue  # this one takes no v
        assert isinstance(result, tg.Tensor)
        assert np.allclose(tg.grad(total(result), tensors[k]), expected, rtol=1e-6, atol=1e-8), (name, k)


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if not name.startswith(("the value", "checkpoint"))])
def test_without_anything_live_or_wanted_the_results_are_arrays(name):
    transform = TRANSFORMS[name]
    arrays = transform(X, Y, V)
    assert isinstance(arrays, np.ndarray)
    with tg.no_grad():
        under_no_grad = transform(*(tg.Tensor(a, requires_grad=True) for a in (X, Y, V)))
    assert isinstance(under_no_grad, np.ndarray)
    assert np.allclose(under_no_grad, arrays, rtol=1e-12)


ONCE = [name for name in TRANSFORMS if not name.startswith(("the value", "checkpoint", "grad_of of", "grad_of beside"))]


@pytest.mark.parametrize("name", ONCE)
def test_create_graph_false_gives_the_same_numbers_as_arrays(name):
    tensors = [tg.Tensor(a, requires_grad=True) for a in (X, Y, V)]
    plain = TRANSFORMS[name](*tensors, create_graph=False)

    assert isinstance(plain, np.ndarray)
    assert np.allclose(plain, TRANSFORMS[name](*tensors).data, rtol=1e-12)


def test_a_gradient_penalty_reaches_the_weights():
    W = tg.Tensor([1.0, 2.0], requires_grad=True)
    inner = tg.grad_of(lambda v: (v * W).sum() ** 2)(np.array([1.0, 1.0], np.float32))

    assert tg.grad((W * inner).sum(), W).tolist() == [22, 34]


def test_a_place_that_is_given_twice_counts_once_in_each():
    x = tg.Tensor([3.0], requires_grad=True)

    assert tg.grad_of(lambda a, b: tg.sum(a * b * b))(x, x).data.tolist() == [9]
    assert [g.data.tolist() for g in tg.vjp(lambda a, b: a * b * b, x, x)[1](np.ones(1))] == [[9], [18]]
    assert tg.jvp(lambda a, b: a * b * b, (x, x), (np.ones(1), np.zeros(1)))[1].data.tolist() == [9]


def test_a_place_that_the_function_also_closes_over_counts_once():
    x = tg.Tensor([3.0], requires_grad=True)
    slope = tg.grad_of(lambda a: tg.sum(a * x * x))(x)

    assert slope.data.tolist() == [9]  # and not 27, of a³
    assert tg.grad(slope.sum(), x).tolist() == [6]


def test_a_layer_that_is_closed_over_gets_its_penalty(each_engine):
    tg.seed(0)
    layer = tg.nn.GRU(2, 3, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(4, 1, 2))

    def penalty():
        return tg.sum(tg.grad_of(lambda a: tg.sum(layer(a)[0] ** 2))(x) ** 2)

    W = dict(layer.named_parameters())["layers.0.forward.W_h"]
    gradient = tg.grad(penalty(), W)
    start = W.data.copy()
    for place in [(0, 0), (2, 1)]:
        step = np.zeros_like(start)
        step[place] = 1e-5
        values = []
        for sign in (1, -1):
            W.data = start + sign * step
            values.append(penalty().item())
        assert gradient[place] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-6)


def test_a_direction_sees_an_infinite_slope_below_a_choice():
    def root(x):
        return tg.where(x >= 0, tg.sqrt(x), 0.0)

    with np.errstate(divide="ignore", invalid="ignore"):
        _, slope = tg.jvp(root, np.array([0.0, 4.0, -1.0]), np.ones(3))

    assert slope.tolist() == [np.inf, 0.25, 0]


def test_a_checkpoint_that_returns_what_it_closes_over_passes_the_gradient_on():
    W = tg.Tensor([2.0, 3.0], requires_grad=True)
    doubled = W * 2
    for closed_over, slope in ((W, 1.0), (doubled, 2.0)):
        y = tg.checkpoint(lambda a, t=closed_over: t, tg.Tensor([1.0, 1.0]))
        assert tg.grad(y.sum(), W).tolist() == [slope, slope]
    a, b = tg.checkpoint(lambda a: (a * W, W), tg.Tensor([1.0, 1.0], requires_grad=True))
    assert tg.grad((a + b).sum(), W).tolist() == [2, 2]


def test_a_cotangent_of_another_dtype_keeps_its_gradient():
    g = tg.Tensor(np.array([1.0, 2.0]), requires_grad=True)  # float64, for a float32 result
    pulled = tg.vjp(lambda a: a * a, tg.Tensor([3.0, 4.0]))[1](g)

    assert pulled.data.tolist() == [6, 16]
    assert tg.grad(pulled.sum(), g).tolist() == [6, 8]
