"""The walk: backward and grad, hooks, watchers, stale graphs, anomalies."""

import tracemalloc

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors
from tinygrad_gru.core import backward
from tinygrad_gru.core.ops.indexing import Scatter


def leaf(data, name=None):
    return tg.Tensor(np.asarray(data, np.float64), requires_grad=True, name=name)


def test_backward_through_a_product_and_a_sum():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 5.0])
    (x * w).sum().backward()

    assert x.grad.tolist() == [3, 5] and w.grad.tolist() == [1, 2]


def test_a_tensor_used_twice_receives_both_gradients_before_it_passes_them_on():
    a = leaf(3.0)
    b = a + a
    c = b * b
    c.backward()

    assert a.grad.item() == 24  # d(4a²)/da = 8a


def test_backward_twice_accumulates_into_a_new_array():
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    first = x.grad
    y.backward()

    assert first.tolist() == [2, 4]
    assert x.grad.tolist() == [4, 8] and x.grad is not first


def test_the_gradient_is_the_callers_own_array():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).sum().backward()
    x.grad[0] = 99

    assert y.grad.tolist() == [1, 1]


def test_intermediates_get_no_grad_attribute_but_can_be_asked_for():
    x = leaf([1.0, 2.0])
    y = x * 3
    z = (y * y).sum()
    z.backward()

    assert y.grad is None
    assert tg.grad(z, y).tolist() == [6, 12]


def test_grad_is_pure_and_leaves_unreached_inputs_none():
    x, other = leaf([2.0]), leaf([1.0])
    y = x**3

    gx, go = tg.grad(y, [x, other])

    assert gx.tolist() == [12] and go is None
    assert x.grad is None and other.grad is None


def test_grad_of_an_output_with_respect_to_itself_is_one():
    x = leaf([2.0])

    assert tg.grad(x, x, [5.0]).tolist() == [5]
    assert tg.grad([x, x * 2], [x], [np.ones(1), np.ones(1)])[0].tolist() == [3]


def test_grad_outputs_weigh_the_outputs():
    x = leaf([1.0, 2.0])

    assert tg.grad(x * x, x, grad_outputs=[10.0, 1.0]).tolist() == [20, 4]
    assert tg.grad([x * 2, x * 3], x, grad_outputs=[np.ones(2), np.array([1, 0])]).tolist() == [5, 2]


def test_create_graph_gives_tensors_of_any_order():
    x = leaf(2.0)
    y = x**4
    orders = []
    for _ in range(4):
        y = tg.grad(y, x, create_graph=True)
        orders.append(float(y))

    assert orders == [32, 48, 48, 24]


def test_arrays_and_tensors_read_the_same_rule():
    rng = np.random.default_rng(0)
    x, w = leaf(rng.standard_normal((3, 4))), leaf(rng.standard_normal((4, 2)))
    loss = (tg.softmax(tg.tanh(x @ w)) * tg.sigmoid(x @ w)).sum()

    for number, tensor in zip(tg.grad(loss, [x, w]), tg.grad(loss, [x, w], create_graph=True), strict=True):
        assert np.array_equal(number, tensor.data)


def test_a_result_without_gradient_is_refused_and_says_where_it_was_made():
    with pytest.raises(errors.GraphError, match=r"does not depend on anything.*at test_backward.py:\d+"):
        tg.Tensor([1.0]).sum().backward()
    with pytest.raises(errors.GraphError, match="does not require a gradient"):
        tg.grad(leaf(1.0) * 2, tg.Tensor(1.0))
    with pytest.raises(errors.GraphError, match="float does not require"):
        tg.grad(leaf(1.0) * 2, [1.0])


def test_a_result_of_many_elements_wants_its_gradient_given():
    x = leaf([1.0, 2.0], "x")
    with pytest.raises(errors.ArgumentError, match=r"x \(2,\) has 2 elements.*try: \.sum\(\)"):
        x.backward()
    with pytest.raises(errors.ShapeError, match=r"must have its shape, got \(3,\)"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(errors.ArgumentError, match="1 grad_outputs for 2 outputs"):
        tg.grad([x * 2, x * 3], x, grad_outputs=[np.ones(2)])


def test_no_grad_records_nothing_and_nests():
    x = leaf([1.0])
    with tg.no_grad():
        y = x * 2
        with tg.enable_grad():
            z = x * 3
        w = x * 4

    assert (y.requires_grad, z.requires_grad, w.requires_grad, (x * 5).requires_grad) == (False, True, False, True)
    assert y.op is None and y.inputs == ()


def test_no_grad_decorates():
    @tg.no_grad()
    def double(t):
        return t * 2

    assert not double(leaf([1.0])).requires_grad


def test_record_keeps_every_operation_without_requiring_gradients():
    with tg.record():
        y = tg.Tensor([1.0]) * 2

    assert y.op.name == "multiply" and not y.requires_grad
    assert [t.op is None for t in backward.toposort([y], everything=True)] == [False, True, True]


def test_toposort_puts_each_tensor_before_its_inputs():
    x = leaf(1.0)
    y = x * x
    z = y + x
    order = backward.toposort([z])

    assert order == [z, y, x] or [id(t) for t in order] == [id(z), id(y), id(x)]


def test_a_hook_sees_the_whole_gradient_and_can_replace_it():
    x = leaf([1.0, 2.0])
    y = x * 2
    seen = []
    handle = y.register_hook(lambda g: seen.append(g.copy()))
    y.register_hook(lambda g: g * 10)
    (y + y).sum().backward()

    assert [g.tolist() for g in seen] == [[2, 2]]
    assert x.grad.tolist() == [40, 40]
    handle.remove()
    handle.remove()
    (y + y).sum().backward()
    assert len(seen) == 1


def test_a_hook_cannot_change_the_gradient_in_place():
    x = leaf([1.0])

    def spoil(g):
        g *= 0

    x.register_hook(spoil)
    with pytest.raises(ValueError, match="read-only"):
        (x * 2).sum().backward()


def test_a_hook_that_returns_another_shape_is_refused():
    x = leaf([1.0, 2.0], "x")
    x.register_hook(lambda g: np.ones(3))
    with pytest.raises(errors.ShapeError, match=r"a hook on x \(2,\) returned shape \(3,\)"):
        (x * 2).sum().backward()


def test_a_hook_may_walk_the_graph_itself():
    x = leaf([3.0])
    y = x * x
    inner = []
    y.register_hook(lambda g: inner.append(tg.grad(x * x * x, x, [1.0])))
    (y * 2).sum().backward()

    assert inner[0].tolist() == [27] and x.grad.tolist() == [12]


def test_a_watcher_sees_each_contribution_in_order():
    x = leaf([3.0], "x")
    y = (x * x).named("y")
    calls = []
    tg.grad(y, x, watch=lambda consumer, position, c: calls.append((consumer.name, position, c.tolist())))

    assert calls == [("y", 0, [3.0]), ("y", 1, [3.0])]


def test_a_watcher_sees_parts_placed_where_they_belong():
    x = leaf([3.0, 4.0])
    calls = []
    tg.grad(x[1], x, watch=lambda consumer, position, c: calls.append(c.tolist()))

    assert calls == [[0.0, 1.0]]


def test_a_changed_parameter_makes_the_graph_stale_and_is_named():
    w = leaf([2.0], "w")
    x = leaf([3.0])
    with tg.scope("step", 3):
        y = (w * x).sum()
    w.data = [5.0]

    with pytest.raises(errors.StaleGraphError, match=r"w \(1,\) was given another array after multiply.*in step 3"):
        y.backward()
    (w * x).sum().backward()
    assert x.grad.tolist() == [5]


def test_anomaly_mode_names_the_forward_line_of_a_bad_value():
    x = leaf([0.0, 1.0], "x")
    with pytest.raises(errors.AnomalyError, match=r"log\(x \(2,\)\) made infinity \(1 of 2.*in step 2, at test_back"):
        with tg.detect_anomaly(), tg.scope("step", 2), np.errstate(divide="ignore"):
            tg.log(x)


def test_anomaly_mode_names_the_forward_line_of_a_bad_gradient():
    x = leaf([0.0, 1.0], "x")
    y = tg.sqrt(x)
    with pytest.raises(errors.AnomalyError, match=r"backward of sqrt, to x \(2,\), made infinity.*test_backward.py"):
        with tg.detect_anomaly(), np.errstate(divide="ignore"):
            y.sum().backward()


def test_anomaly_mode_still_calls_the_watcher():
    x = leaf([3.0])
    calls = []
    with tg.detect_anomaly():
        tg.grad(x * 2, x, watch=lambda *args: calls.append(args), create_graph=True)

    assert len(calls) == 1


class Broken(tg.Op):
    """An operation whose vjp returns whatever it is told to."""

    def __init__(self, answer):
        self.answer = answer

    def forward(self, x):
        return x * 2

    def vjp(self, g, out, x):
        return self.answer(g)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda g: np.ones(3), r"broken: vjp returned a gradient of shape \(3,\) for x \(2,\)"),
        (lambda g: np.ones(()), r"a gradient of shape \(\) for x"),
        (lambda g: (g, g), "2 gradients for 1 inputs"),
        (lambda g: 1.0, "a float, wanted an array"),
        (lambda g: np.ones(2, int), "int64 numbers for x"),
    ],
)
def test_a_vjp_that_breaks_its_contract_is_reported(answer, complaint):
    x = leaf([1.0, 2.0], "x")
    with pytest.raises(errors.VjpError, match=complaint):
        Broken(answer)(x).sum().backward()


@pytest.mark.parametrize("answer", [lambda g: [g, g], lambda g: g, lambda g: None], ids=["list", "array", "None"])
def test_a_vjp_of_two_inputs_that_returns_no_tuple_is_told_so(answer):
    class Pair(tg.Op):
        def forward(self, x, y):
            return x + y

        def vjp(self, g, out, x, y):
            return answer(g)

    x = leaf([1.0, 2.0], "x")
    with pytest.raises(errors.VjpError, match="pair: vjp returned (a list|a ndarray|None), wanted a tuple of 2"):
        Pair()(x, x).sum().backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_costly_gradient_raises_is_noted_as_the_vjps(create_graph):
    x = leaf([1.0, 2.0], "x")
    y = Broken(lambda g: lambda: 1 // 0)(x).sum()
    with pytest.raises(ZeroDivisionError) as info:
        tg.grad(y, x, create_graph=create_graph)
    assert len(info.value.__notes__) == 1
    assert info.value.__notes__[0].startswith("in Broken.vjp of x (2,) at test_backward.py:")


def test_with_create_graph_every_gradient_is_a_tensor_also_one_that_a_vjp_made_of_an_array():
    x = leaf([1.0, 2.0])
    slope = tg.grad(Broken(lambda g: np.zeros(2))(x).sum(), x, create_graph=True)
    assert isinstance(slope, tg.Tensor)
    assert slope.data.tolist() == [0, 0]


@pytest.mark.parametrize("uses", ["dsdd", "ddsdsd", "sdds", "dssdd", "dsddsdd"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_elements_and_of_the_whole_add_up_in_any_order(uses, create_graph):
    x = leaf([1.0, 2.0, 3.0])
    y, wanted = tg.Tensor(0.0), np.zeros(3)
    for n, use in enumerate(uses, 1):
        y = y + (x[1] * n if use == "s" else (x * n).sum())
        wanted[1 if use == "s" else slice(None)] += n
    slope = tg.grad(y, x, create_graph=create_graph)
    assert (slope.data if create_graph else slope).tolist() == wanted.tolist()


def test_a_vjp_may_return_nothing_a_broadcast_shape_or_a_function():
    x = leaf([1.0, 2.0])
    Broken(lambda g: None)(x).sum().backward()
    assert x.grad is None
    Broken(lambda g: np.ones((3, 2)))(x).sum().backward()
    assert x.grad.tolist() == [3, 3]
    Broken(lambda g: lambda: g * 5)(x).sum().backward()
    assert x.grad.tolist() == [8, 8]


def test_a_costly_gradient_that_nobody_wants_is_not_computed():
    asked = []

    class Noted(tg.Op):
        def forward(self, x, y):
            return x * y

        def vjp(self, g, out, x, y):
            return lambda: asked.append("x") or g * y, lambda: asked.append("y") or g * x

    x, y = leaf([2.0]), leaf([3.0])
    tg.grad(Noted()(x, y), y)
    Noted()(x, tg.Tensor([1.0])).sum().backward()

    assert asked == ["y", "x"]


def test_an_operation_without_forward_or_vjp_says_so():
    class Empty(tg.Op):
        pass

    class Forward(tg.Op):
        def forward(self, x):
            return x * 1

    with pytest.raises(NotImplementedError, match="Empty needs a forward"):
        Empty()(leaf([1.0]))
    with pytest.raises(NotImplementedError, match="Forward needs a vjp"):
        Forward()(leaf([1.0])).sum().backward()


def test_a_branch_not_taken_sends_back_zeros_through_whatever_made_it():
    """The trap: the zero of the branch not taken meets an infinite derivative, and 0 · ∞ is NaN."""
    x = leaf([-1.0, 0.0, 4.0])
    with np.errstate(invalid="ignore", divide="ignore"):
        y = tg.where(x.data > 0, tg.sqrt(x) / x, 0.0).sum()
        first = tg.grad(y, x, create_graph=True)
        second = tg.grad(first.sum(), x)

    assert tg.grad(y, x).tolist() == first.data.tolist() == [0, 0, -0.0625]
    assert second.tolist() == [0, 0, 0.0234375]  # d²(x^-½)/dx² = ¾ x^(-5/2)


def test_a_loop_over_the_rows_costs_one_array_in_backward():
    x = leaf(np.arange(6.0).reshape(3, 2))
    total = sum((x[t] * (t + 1)).sum() for t in range(3)) + x.sum()
    scattered = []
    scatter = Scatter.forward
    try:
        Scatter.forward = lambda self, *p: scattered.append(len(p)) or scatter(self, *p)
        total.backward()
    finally:
        Scatter.forward = scatter

    assert scattered == [3]
    assert x.grad.tolist() == [[2, 2], [3, 3], [4, 4]]


@pytest.mark.parametrize(
    ("step", "arrays"),
    [(lambda y: y * 2.0, 3), (lambda y: y * y, 4), (lambda y: y / (y + 1.0), 3), (lambda y: tg.tanh(y), 3)],
    ids=["a multiple", "a square", "a quotient", "tanh"],
)
def test_what_a_node_was_handed_is_freed_before_the_next_vjp_runs(step, arrays):
    x = tg.Tensor(np.ones(100_000), requires_grad=True)
    y = x
    for _ in range(10):
        y = step(y)
    y = y.sum()
    tracemalloc.start()
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (arrays + 0.5) * 800_000


def test_the_gradient_of_many_elements_is_not_copied_once_it_is_an_array():
    x = tg.Tensor(np.ones((10, 10_000)), requires_grad=True)
    y = sum((x[t] * x[t]).sum() for t in range(10))
    tracemalloc.start()
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3.5 * 800_000  # the pieces, and while the last of them is made, its two halves; then the array
    assert x.grad.tolist() == np.full((10, 10_000), 2.0).tolist()
    x.grad += 1  # the caller's own


def test_parts_of_another_dtype_come_back_in_the_tensors_own():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    (x[0].astype(np.float64) * 2).backward()
    y = tg.grad(x[1] * np.float64(3), x, create_graph=True)

    assert x.grad.dtype == np.float32 and x.grad.tolist() == [2, 0]
    assert y.dtype == np.float32 and y.data.tolist() == [0, 3]


def test_a_vanishing_float32_gradient_is_flushed_before_a_product_and_only_there():
    x = tg.Tensor(np.ones((2, 2), np.float32), requires_grad=True)
    w = tg.Tensor(np.eye(2, dtype=np.float32), requires_grad=True)
    small = [[1e-32, 1e-32], [1e-32, 0.0]]

    assert not tg.grad(x @ w, x, small).any()
    assert tg.grad(x * w, w, small).any()
    assert tg.grad(x @ w, x, [[1e-32, 1e-32], [1e-29, 0.0]]).any()
    assert tg.grad(x @ w, x, small, create_graph=True).data.any()
    with tg.flush_subnormals(False):
        assert tg.grad(x @ w, x, small).any()
    assert tg.grad(x.astype(np.float64) @ w, x, small).any()
    assert tg.grad(tg.Tensor(np.zeros((0, 2), np.float32), requires_grad=True) @ w, w, np.zeros((0, 2))).shape == (2, 2)


def test_what_a_hook_keeps_or_returns_is_not_the_gradient_that_is_handed_out():
    kept, own = [], np.array([5.0, 6.0])
    x, y = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    x.register_hook(kept.append)
    y.register_hook(lambda g: own)
    (x * 2 + x + y * 3 + y).sum().backward()
    x.grad += 1
    y.grad += 1

    assert kept[0].tolist() == [3, 3]
    assert own.tolist() == [5, 6]
    assert (x.grad.tolist(), y.grad.tolist()) == ([4, 4], [6, 7])


def test_a_hook_may_return_a_tensor_a_list_or_another_dtype():
    for value in (tg.Tensor([5.0, 6.0]), [5, 6], np.array([5, 6]), np.array([5, 6], np.float32)):
        x = leaf([1.0, 2.0])
        y = x * 2
        y.register_hook(lambda g, value=value: value)
        assert tg.grad(y.sum(), x).tolist() == [10, 12]
        recorded = tg.grad(y.sum(), x, create_graph=True)
        assert isinstance(recorded, tg.Tensor) and recorded.data.tolist() == [10, 12]


def test_a_hook_that_uses_a_parameter_can_be_differentiated():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * x
    y.register_hook(lambda g: g * w)
    slope = tg.grad(y.sum(), x, create_graph=True)

    assert slope.data.tolist() == [6, 16]
    assert tg.grad(slope.sum(), w).tolist() == [2, 4]
