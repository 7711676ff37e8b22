"""vjp, jvp, Jacobians, Hessians, and checkpoints, against written-out mathematics and each other."""

import gc
import inspect
import weakref
from typing import NamedTuple

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors


def leaf(data, name=None):
    return tg.Tensor(np.asarray(data, np.float64), requires_grad=True, name=name)


def cubes(x):
    return (x**3).sum()


X = np.array([1.0, 2.0, 3.0])


def test_grad_of_returns_arrays_for_arrays_and_tensors_for_tensors_that_require_gradients():
    assert tg.grad_of(cubes)(X).tolist() == [3, 12, 27]
    x = leaf(X)
    slope = tg.grad_of(cubes)(x)
    assert isinstance(slope, tg.Tensor)
    assert tg.grad(slope.sum(), x).tolist() == [6, 12, 18]


def test_grad_of_nests():
    def fourth(x):
        return x**4

    f = fourth
    values = []
    for _ in range(4):
        f = tg.grad_of(f)
        values.append(float(f(np.float64(2.0))))

    assert values == [32, 48, 48, 24]


def test_grad_of_chooses_its_argument_and_value_and_grad_gives_both():
    def f(x, y):
        return (x * y * y).sum()

    assert tg.grad_of(f, argnum=1)(X, X).tolist() == [2, 8, 18]
    value, slope = tg.value_and_grad(f)(X, X)
    assert float(value) == 36 and slope.tolist() == [1, 4, 9]
    with pytest.raises(errors.ArgumentError, match="argnum 2"):
        tg.grad_of(f, argnum=2)(X, X)


def test_a_function_that_does_not_depend_on_its_argument_has_gradient_zero():
    def constant(x):
        return tg.Tensor(5.0)

    assert tg.grad_of(constant)(X).tolist() == [0, 0, 0]
    assert tg.jacobian(lambda x: tg.Tensor([1.0, 2.0]), X).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert tg.jvp(constant, X, X)[1].item() == 0
    assert tg.hvp(lambda x: x.sum(), X, X).tolist() == [0, 0, 0]
    assert tg.vjp(constant, X)[1](1.0).tolist() == [0, 0, 0]


def test_vjp_pulls_back_as_often_as_asked():
    y, pull = tg.vjp(lambda a, b: a * b, X, X)

    assert y.data.tolist() == [1, 4, 9]
    assert [g.tolist() for g in pull(np.ones(3))] == [[1, 2, 3], [1, 2, 3]]
    assert [g.tolist() for g in pull(np.array([1.0, 0, 0]))] == [[1, 0, 0], [1, 0, 0]]


def test_jvp_of_several_places_is_the_total_derivative():
    _, dy = tg.jvp(lambda a, b: a * tg.exp(b), (X, X), (np.ones(3), np.ones(3)))

    assert np.allclose(dy, np.exp(X) + X * np.exp(X), rtol=1e-15)
    with pytest.raises(errors.ArgumentError, match="2 places but 1"):
        tg.jvp(lambda a, b: a * b, (X, X), (X,))
    with pytest.raises(errors.ShapeError, match="direction"):
        tg.jvp(lambda a: a * 2, X, np.ones(2))


def test_jacobian_and_hessian_of_small_functions_are_as_on_paper():
    A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    assert tg.jacobian(lambda x: tg.Tensor(A) @ x, X).tolist() == A.tolist()
    assert tg.hessian(cubes, X).tolist() == [[6, 0, 0], [0, 12, 0], [0, 0, 18]]
    assert tg.hvp(cubes, X, np.array([1.0, 0, 1])).tolist() == [6, 0, 18]
    assert tg.jacobian(lambda x: x.sum(), X).shape == (3,)
    assert tg.hessian(lambda x: (x @ x.T).sum(), np.ones((2, 2))).shape == (2, 2, 2, 2)


def test_the_four_ways_to_a_hessian_agree():
    rng = np.random.default_rng(0)
    W, x, v = rng.standard_normal((3, 3)), rng.standard_normal(3), rng.standard_normal(3)

    def f(t):
        return tg.logsumexp(tg.tanh(W @ t) * t)

    H = tg.hessian(f, x)
    assert np.allclose(H, H.T, atol=1e-14)
    assert np.allclose(H @ v, tg.hvp(f, x, v), atol=1e-14)
    assert np.allclose(H @ v, tg.jvp(tg.grad_of(f), x, v)[1], atol=1e-14)
    assert np.allclose(H, tg.jacobian(tg.grad_of(f), x), atol=1e-14)


def test_a_function_that_returns_no_tensor_is_refused():
    with pytest.raises(errors.GraphError, match="must return a Tensor, got float"):
        tg.grad_of(lambda x: 1.0)(X)


def block(W):
    def f(a):
        return tg.tanh(a @ W)

    return f


def test_a_checkpoint_gives_the_same_gradients_as_the_plain_function():
    rng = np.random.default_rng(1)
    a, W = leaf(rng.standard_normal((2, 3))), leaf(rng.standard_normal((3, 3)))
    plain = tg.grad((block(W)(a) ** 2).sum(), [a, W])
    saved = tg.grad((tg.checkpoint(block(W), a) ** 2).sum(), [a, W])

    for p, s in zip(plain, saved, strict=True):
        assert np.array_equal(p, s)


def test_what_a_checkpoint_returns_was_made_on_the_line_that_called_it():
    x = tg.Tensor([1.0], requires_grad=True)
    y, line = tg.checkpoint(tg.tanh, x), inspect.currentframe().f_lineno
    assert y.line == (__file__, line)
    x.assign([2.0])
    with pytest.raises(errors.StaleGraphError, match=f"after checkpoint used it at test_transforms.py:{line}"):
        y.backward()


def test_a_checkpoint_finds_intermediate_tensors_that_the_function_closes_over():
    h = leaf([1.0, 2.0])
    doubled = h * 2
    tg.checkpoint(lambda a: a * doubled, leaf([3.0, 4.0])).sum().backward()

    assert h.grad.tolist() == [6, 8]


def test_a_checkpoint_of_several_results_and_of_one_place_twice():
    a = leaf([1.0, 2.0])
    for create_graph in (False, True):
        u, v = tg.checkpoint(lambda x, y: (x * y, (x + a).sum()), a, a)
        g = tg.grad(u.sum() + v, a, create_graph=create_graph)
        assert (g.data if create_graph else g).tolist() == [4, 6]  # 2a + 1 + 1


def test_a_checkpoint_can_be_differentiated_twice():
    rng = np.random.default_rng(2)
    a, W = leaf(rng.standard_normal((2, 3))), leaf(rng.standard_normal((3, 3)))

    def second(y):
        (g,) = tg.grad(y.sum(), [a], create_graph=True)
        return tg.grad((g * g).sum(), [a, W])

    for p, s in zip(second(block(W)(a)), second(tg.checkpoint(block(W), a)), strict=True):
        assert np.allclose(p, s, rtol=1e-14)


def test_a_checkpoint_draws_the_same_random_numbers_again():
    x = leaf(np.ones(1000))

    def noisy(a):
        return a * (tg.generator().random(1000) > 0.5)

    with tg.seed(0):
        y = tg.checkpoint(noisy, x)
        after = tg.generator().random()
    y.sum().backward()

    assert np.array_equal(x.grad, y.data)
    with tg.seed(0):
        noisy(x)
        assert after == tg.generator().random()


def test_a_checkpoint_keeps_nothing_inside_alive():
    inside = []

    def f(a):
        b = a * 2
        inside.append(weakref.ref(b))
        return b * 3

    gc.disable()
    try:
        y = tg.checkpoint(f, leaf([1.0]))
        assert inside[0]() is None
        y.sum().backward()
    finally:
        gc.enable()


def test_a_checkpoint_under_no_grad_just_runs_and_a_strange_result_is_refused():
    with tg.no_grad():
        assert tg.checkpoint(lambda a: a * 2, leaf([1.0])).data.tolist() == [2]
    with pytest.raises(errors.ArgumentError, match="must return tensors, got int"):
        tg.checkpoint(lambda a: 3, leaf([1.0]))


def test_the_seed_is_a_whole_number_and_repeats():
    with tg.seed(7):
        first = tg.generator().random(3)
    with tg.seed(7):
        assert np.array_equal(first, tg.generator().random(3))
    tg.seed(7)
    assert np.array_equal(first, tg.generator().random(3))
    for bad in (-1, 1.5, 2**70, True, "x"):
        with pytest.raises(errors.ArgumentError, match="whole number"):
            tg.seed(bad)


class Both(NamedTuple):
    double: tg.Tensor
    triple: tg.Tensor
    place: tg.Tensor


def test_a_checkpoint_returns_what_the_function_does_each_in_its_own_dtype():
    a = tg.Tensor([1.0, 2.0], requires_grad=True)

    def f(v):
        return Both(v * 2, tg.astype(v, np.float64) * 3, tg.Tensor(np.array(2**53 + 1)))

    result = tg.checkpoint(f, a)
    assert isinstance(result, Both)
    assert [t.dtype for t in result] == [np.float32, np.float64, np.int64]
    assert result.place.item() == 2**53 + 1
    assert tg.grad([result.double.sum(), result.triple.sum()], a).tolist() == [5, 5]
    assert tg.checkpoint(lambda v: tg.Tensor(np.array([3])), a).dtype == np.int64


def test_what_is_no_recorded_tensor_is_named_with_the_way_to_record_it():
    x = leaf(X)
    with pytest.raises(errors.GraphError, match="got an ndarray.*create_graph=True"):
        tg.grad(tg.grad(cubes(x), x), x)
    with pytest.raises(errors.GraphError, match="got a str"):
        tg.grad(["x"], x)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_on_what_a_checkpoint_closes_over_runs_once_with_the_whole_gradient(create_graph):
    w, x, seen = tg.Tensor(np.array([2.0]), requires_grad=True), tg.Tensor(np.array([0.5]), requires_grad=True), []
    w.register_hook(lambda g: seen.append(g.tolist() if isinstance(g, np.ndarray) else g.data.tolist()))
    y = tg.checkpoint(lambda x: x * w, x) + 3 * w

    tg.grad(y.sum(), [w, x], create_graph=create_graph)

    assert seen == [[3.5]]


# -- several arguments, and trees --


def energy(p, x):
    return ((x @ p["W"] + p["layers"][0]) ** 2).sum() + p["layers"][1].sum()


def test_several_arguments_have_a_tuple_of_gradients():
    f = lambda x, k, y: (x * x * y).sum() * k  # noqa: E731
    gx, gy = tg.grad_of(f, argnum=(0, 2))(X, 2.0, X + 1)
    assert gx.tolist() == (4 * X * (X + 1)).tolist() and gy.tolist() == (2 * X * X).tolist()
    value, (gy, gx) = tg.value_and_grad(f, argnum=(-1, 0))(X, 2.0, X + 1)
    assert value.item() == f(tg.Tensor(X), 2.0, X + 1).item() and gx.tolist() == (4 * X * (X + 1)).tolist()
    assert tg.grad_of(f, argnum=(0,))(X, 2.0, X)[0].shape == (3,)


def test_the_gradient_of_a_tree_is_a_tree_like_it():
    W, b, c, x = np.array([[1.0], [2.0]]), np.array([0.5]), np.ones(2), np.array([[3.0, 4.0]])
    p = {"W": W, "layers": [b, c]}
    g, gx = tg.grad_of(energy, argnum=(0, 1))(p, x)
    slope = 2 * (x @ W + b)
    assert g["W"].tolist() == (x.T @ slope).tolist() and gx.tolist() == (slope @ W.T).tolist()
    assert [a.tolist() for a in g["layers"]] == [slope[0].tolist(), [1, 1]] and list(g) == ["W", "layers"]
    assert p["W"] is W, "what was given stays as it is"


def test_trees_of_parameters_nest():
    layer = tg.nn.Linear(2, 1, dtype=np.float64)
    x = np.array([[3.0, 4.0]])

    def loss(p):
        return ((x @ p["W"] + p["b"]) ** 2).sum()

    p = dict(layer.named_parameters())
    slopes = tg.grad_of(loss)(p)
    assert all(isinstance(g, tg.Tensor) for g in slopes.values())
    assert tg.grad(slopes["b"].sum(), layer.b).tolist() == [2.0]  # d²/db² (xW + b)²
    plain = tg.grad_of(loss, create_graph=False)(p)
    assert all(type(g) is np.ndarray and (g == slopes[key].data).all() for key, g in plain.items())


def test_grad_takes_trees_of_tensors():
    W, b = leaf([[1.0], [2.0]], "W"), leaf([0.5], "b")
    loss = (np.array([[3.0, 4.0]]) @ W + b).sum()
    g = tg.grad(loss, {"W": W, "rest": [b, {"again": b}]})
    assert g["W"].tolist() == [[3], [4]] and g["rest"][0].tolist() == g["rest"][1]["again"].tolist() == [1]
    assert isinstance(tg.grad(loss, (W, b)), list) and tg.grad(loss, []) == []
    unreached = leaf([1.0])
    assert tg.grad(loss, {"a": unreached})["a"] is None
    with pytest.raises(errors.GraphError, match="ndarray does not require a gradient"):
        tg.grad(loss, {"W": W, "x": np.ones(2)})


@pytest.mark.parametrize(("argnum", "message"), [((), "wanted the number"), ((0, 0), "twice"), ((0, 2), "is not the")])
def test_places_that_are_none_are_named(argnum, message):
    with pytest.raises(errors.ArgumentError, match=f"argnum.*{message}"):
        tg.grad_of(lambda x, y: (x * y).sum(), argnum)(X, X)
