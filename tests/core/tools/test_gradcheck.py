"""The checker of derivatives, and that it catches what it is there for."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.tools.gradcheck import findings
from tinygrad_gru.errors import ArgumentError, DtypeError, GradcheckError, VjpError

X = np.array([[0.5, -1.0, 2.0], [0.1, 0.3, -0.7]])


class Slanted(tg.Op):
    """tanh with a derivative that is 0.05 % too large in one element of it."""

    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, y, x):
        factor = np.ones((2, 3))
        factor[1, 2] = 1.0005
        return g * (1 - y * y) * factor


class TanhSlope(tg.Op):
    """1 − tanh² x, the first derivative of tanh, with a derivative of its own that is 0.05 % too large."""

    def forward(self, x):
        return 1 - np.tanh(x) ** 2

    def vjp(self, g, y, x):
        return g * -2 * tg.tanh(x) * y * 1.0005


class SlantedTwice(tg.Op):
    """tanh with the right first derivative, whose derivative is wrong."""

    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, y, x):
        return g * TanhSlope()(x)


class TwoMinds(tg.Op):
    """tanh whose gradient is right as an array, and 0.05 % too large as a tensor."""

    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, y, x):
        return g * (1 - y * y) * (1.0005 if isinstance(g, tg.Tensor) else 1.0)


def test_what_is_right_passes():
    assert tg.gradcheck(tg.tanh, X) is True
    assert tg.gradcheck(tg.tanh, X, full=True) is True
    assert tg.gradcheck(tg.tanh, X, order=4) is True
    assert tg.gradcheck(tg.matmul, X, X.T) is True


@pytest.mark.parametrize("full", [False, True])
def test_a_fault_of_a_twentieth_of_a_percent_in_one_first_derivative_is_caught(full):
    with pytest.raises(GradcheckError, match="slanted, argument 0: derivative of order 1 is wrong") as caught:
        tg.gradcheck(Slanted(), X, full=full)

    assert ("at index [1, 2, 1, 2]: expected 0.634" if full else "at index [1, 2]: expected") in str(caught.value)


@pytest.mark.parametrize("full", [False, True])
def test_a_fault_of_a_twentieth_of_a_percent_in_a_second_derivative_only_is_caught(full):
    assert tg.gradcheck(SlantedTwice(), X, order=1, full=full)
    with pytest.raises(GradcheckError, match="slanted_twice, argument 0: derivative of order 2 is wrong"):
        tg.gradcheck(SlantedTwice(), X, full=full)


def test_a_fault_in_a_third_derivative_is_caught_by_a_check_of_the_third_order():
    class Slope(tg.Op):
        def forward(self, x):
            return 1 - np.tanh(x) ** 2

        def vjp(self, g, y, x):
            return g * -2 * tg.tanh(x) * TanhSlope()(x)

    class SlantedThrice(tg.Op):
        def forward(self, x):
            return np.tanh(x)

        def vjp(self, g, y, x):
            return g * Slope()(x)

    assert tg.gradcheck(SlantedThrice(), X, order=2)
    with pytest.raises(GradcheckError, match="order 3"):
        tg.gradcheck(SlantedThrice(), X, order=3)


def test_a_rule_that_reads_differently_with_tensors_is_caught():
    assert tg.gradcheck(TwoMinds(), X, order=1)
    with pytest.raises(GradcheckError, match="read with tensors instead of arrays"):
        tg.gradcheck(TwoMinds(), X)


def test_a_missing_gradient_is_caught():
    class Forgetful(tg.Op):
        def forward(self, x, y):
            return x * y

        def vjp(self, g, out, x, y):
            return g * y, None

    with pytest.raises(GradcheckError, match=r"y \(argument 1\).*got 0 "):
        tg.gradcheck(Forgetful(), X, tg.Tensor(X, name="y"))


def test_a_nan_is_caught():
    class Nan(tg.Op):
        def forward(self, x):
            return x * 2

        def vjp(self, g, out, x):
            return g * np.nan

    with pytest.raises(GradcheckError, match="got nan"):
        tg.gradcheck(Nan(), X)


def test_the_report_names_the_function_the_argument_the_worst_element_and_both_numbers():
    with pytest.raises(GradcheckError) as caught:
        tg.gradcheck(lambda a, b: a.sum() + Slanted()(b), X, tg.Tensor(X, name="W"), full=True)

    assert str(caught.value).startswith(
        "the function, W (argument 1): derivative of order 1 is wrong at index [1, 2, 1, 2]: "
        "expected 0.63473959, got 0.63505696 (relative error 4.9e-04)"
    )
    assert "\n" not in str(caught.value) and "full=True" not in str(caught.value)
    with pytest.raises(GradcheckError, match="full=True for the Jacobian itself"):
        tg.gradcheck(Slanted(), X)


@pytest.mark.parametrize("f", ["shape", "dtype", "count"])
def test_a_vjp_of_the_wrong_shape_dtype_or_number_is_stopped_by_the_engine(f):
    class Broken(tg.Op):
        def forward(self, x):
            return x * 2

        def vjp(self, g, out, x):
            wrong = {"shape": np.ones((2, 2)), "dtype": np.ones(x.shape, int), "count": (g, g)}
            return wrong[f]

    with pytest.raises(VjpError, match="broken: vjp returned"):
        tg.gradcheck(Broken(), X)


def test_a_tuple_of_results_is_checked_whole():
    assert tg.gradcheck(lambda x: (tg.exp(x), x.sum(), tg.sign(x)), X)
    with pytest.raises(GradcheckError):
        tg.gradcheck(lambda x: (tg.exp(x), Slanted()(x)), X)


def test_integers_and_booleans_are_passed_on_undifferentiated():
    seen = []

    def f(x, i, mask):
        seen.append((i.dtype.kind, mask.dtype.kind, i.requires_grad))
        return tg.where(mask, tg.take(x, i, axis=1), 0.0)

    assert tg.gradcheck(f, X, np.array([0, 0, 2]), np.array([True, False, True]))
    assert set(seen) == {("i", "b", False)}


def test_python_numbers_and_tensors_are_places_too():
    assert tg.gradcheck(tg.multiply, 2.0, tg.Tensor(X))
    assert tg.gradcheck(lambda x: x * x, [1.0, 2.0])


def test_float32_is_refused_with_the_cure():
    with pytest.raises(DtypeError, match=r"argument 1 is float32.*try: astype\(np.float64\)"):
        tg.gradcheck(tg.add, X, X.astype(np.float32))
    with pytest.raises(DtypeError, match="must return float64 Tensors, got a Tensor of float32"):
        tg.gradcheck(lambda x: tg.astype(x, np.float32), X)
    with pytest.raises(DtypeError, match="must return float64 Tensors, got ndarray"):
        tg.gradcheck(lambda x: x > 0, X)


def test_a_function_that_draws_random_numbers_is_refused():
    rng = np.random.default_rng(0)

    with pytest.raises(ArgumentError, match=r"the function gives other numbers each time. try: module.eval"):
        tg.gradcheck(lambda x: x * rng.random(), X)
    with pytest.raises(ArgumentError, match="Dropout gives other numbers"):
        tg.gradcheck(dropout := tg.nn.Dropout(0.5), X)
    assert tg.gradcheck(dropout.eval(), X)


def test_a_result_that_changes_its_shape_is_refused():
    with pytest.raises(ArgumentError, match=r"changes its shape from .* within a step of 6e-06 of argument 0"):
        tg.gradcheck(lambda x: x[x > 2.0], X)


def test_an_order_is_a_whole_number_and_not_so_high_that_it_never_ends():
    for order in (1.5, True, 7):
        with pytest.raises(ArgumentError, match=f"gradcheck: order: got {order}"):
            tg.gradcheck(tg.tanh, X, order=order)


def test_nothing_to_differentiate_is_an_error():
    with pytest.raises(ArgumentError, match="nothing to differentiate"):
        tg.gradcheck(tg.sign, np.array([1, 2]))
    with pytest.raises(ArgumentError, match="order: got 0, wanted a whole number from 1 on"):
        tg.gradcheck(tg.tanh, X, order=0)
    with pytest.raises(ArgumentError, match="wants eps and rtol > 0"):
        tg.gradcheck(tg.tanh, X, eps=-1)


def test_no_gradient_is_written_anywhere():
    x = tg.Tensor(X, requires_grad=True)
    W = tg.Tensor(X.T, requires_grad=True)
    x.grad = np.full((2, 3), 7.0)

    assert tg.gradcheck(lambda x: x @ W, x)
    assert x.grad.tolist() == np.full((2, 3), 7.0).tolist() and W.grad is None


def test_it_works_where_gradients_are_switched_off():
    with tg.no_grad():
        assert tg.gradcheck(tg.tanh, X)


def test_the_tolerance_is_absolute_plus_relative():
    class Off(tg.Op):
        def forward(self, x):
            return x * 1e-3

        def vjp(self, g, out, x):
            return g * 1.001e-3

    assert tg.gradcheck(Off(), 1.0, rtol=2e-3, atol=0)
    assert tg.gradcheck(Off(), 1.0, rtol=1e-9, atol=1e-4)
    with pytest.raises(GradcheckError):
        tg.gradcheck(Off(), 1.0, rtol=1e-4, atol=0)
    with pytest.raises(GradcheckError):
        tg.gradcheck(Off(), 1.0)


def test_a_function_without_elements_passes():
    assert tg.gradcheck(tg.exp, np.zeros((0, 3)), full=True)


def test_every_order_and_argument_is_compared():
    compared = [(f.label, f.order) for f in findings(tg.multiply, X, X)]

    assert ("multiply, argument 0", 1) in compared and ("multiply, argument 1", 1) in compared
    assert ("multiply, argument 0", 2) in compared and ("multiply, argument 1", 2) in compared
    assert ("multiply, the gradient of output 0", 2) in compared


# --- parameters ------------------------------------------------------------------------------------------------------


def test_a_parameter_is_moved_where_it_is_so_that_a_module_s_own_can_be_checked():
    tg.seed(0)
    layer = tg.nn.GRU(2, 3, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(3, 2, 2))
    before = [p.data for p in layer.parameters()]
    assert tg.gradcheck(lambda *_: layer(x)[0], *layer.parameters(), order=3)
    assert tg.gradcheck(lambda *_: layer(x)[0], *layer.parameters(), order=1, full=True)
    assert all(p.data is array for p, array in zip(layer.parameters(), before, strict=True))


def test_a_wrong_derivative_is_found_at_a_parameter_that_the_function_does_not_take():
    W = tg.nn.Parameter(X)
    with pytest.raises(GradcheckError, match=r"argument 0"):
        tg.gradcheck(lambda *_: Slanted()(W), W)
    with pytest.raises(GradcheckError, match=r"order 2"):
        tg.gradcheck(lambda *_: SlantedTwice()(W), W)


def test_a_graph_that_was_recorded_before_a_parameter_was_moved_is_not_stale():
    W = tg.nn.Parameter(X)
    loss = tg.tanh(W).sum()
    tg.gradcheck(lambda *_: tg.sin(W), W)
    loss.backward()
    assert np.allclose(W.grad.data, 1 - np.tanh(X) ** 2)


def test_a_parameter_is_put_back_after_an_error():
    W = tg.nn.Parameter(X)

    def f(W):
        if not np.array_equal(W.data, X):
            raise RuntimeError("at the first array that was moved")
        return tg.sin(W)

    with pytest.raises(RuntimeError):
        tg.gradcheck(f, W)
    assert np.array_equal(W.data, X)


def test_an_argument_without_a_part_in_the_result_is_an_error_and_not_a_silent_0_beside_0():
    W = tg.nn.Parameter(X)
    for f in (lambda _: Slanted()(W), lambda _: tg.Tensor(np.ones(3))):
        with pytest.raises(ArgumentError, match="argument 0 has no part in what the function returns"):
            tg.gradcheck(f, X)
    assert tg.gradcheck(tg.floor, X + 0.25), "a flat operation is made of its argument"


def test_an_output_that_is_the_parameter_itself_has_the_value_it_had_when_moved():
    W = tg.nn.Parameter(X)
    assert tg.gradcheck(lambda W: W, W)
    assert tg.gradcheck(lambda *_: (tg.sin(W), W), W, full=True)


def test_a_parameter_given_twice_and_used_beside_its_arguments_is_refused_as_it_is_not_moved():
    W = tg.nn.Parameter(X)
    with pytest.raises(ArgumentError, match="argument 0 is given twice, and the function uses it beside"):
        tg.gradcheck(lambda a, b: Slanted()(W) + 0 * a + 0 * b, W, W)
    assert tg.gradcheck(lambda a, b: a * tg.sin(b), W, W)
