"""A layer as one node: its vjp and its inside are those of the eager layer."""

from contextlib import contextmanager

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import compiler, errors, nn
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.core.support import guards
from tinygrad_gru.core.tools.fused import FusedOp, unfuse

KINDS = {
    "rnn": lambda **o: nn.RNN(3, 4, dtype=np.float64, **o),
    "gru": lambda **o: nn.GRU(3, 4, dtype=np.float64, **o),
    "gru, reset after": lambda **o: nn.GRU(3, 4, reset_after=True, dtype=np.float64, **o),
    "lstm": lambda **o: nn.LSTM(3, 4, dtype=np.float64, **o),
}
EACH = pytest.mark.parametrize("kind", KINDS)
WAYS = {
    "plain": ({}, {}),
    "lengths": ({}, {"lengths": np.array([4, 2])}),
    "mask, repeated": ({"past_end": "repeat"}, {"mask": np.array([[1, 1], [0, 1], [1, 0], [0, 0]], bool)}),
    "backwards": ({"go_backwards": True}, {"lengths": np.array([1, 4])}),
    "dropout": ({"recurrent_dropout": 0.5}, {}),
    "two layers, both directions": ({"num_layers": 2, "bidirectional": True, "dropout": 0.5}, {}),
    "gates": ({}, {"return_gates": True}),
}
ALL = pytest.mark.parametrize("way", WAYS)
X = np.random.default_rng(0).uniform(-1, 1, (4, 2, 3))


@pytest.fixture(autouse=True)
def numpy_program():
    with compiler.jit(False):
        yield


def pair(kind, **options):
    """The layer as one node, and step by step, with the same parameters."""
    tg.seed(0)
    found = [KINDS[kind](engine=engine, **options) for engine in ("compiled", "eager")]
    found[1].load_state_dict(found[0].state_dict())
    return found


def called(layer, **arguments):
    """x, the initial states, and all results in a list."""
    tg.seed(1)
    x = tg.Tensor(X, requires_grad=True, name="x")
    places = sum(len(cells) for cells in layer.layers)
    h0 = [tg.Tensor(np.full((places, 2, 4), 0.1), requires_grad=True, name=n) for n in layer.cell.state_names]
    out, last, *gates = layer(x, h0[0] if len(h0) == 1 else tuple(h0), **arguments)
    results = [out, *(last if isinstance(last, tuple) else (last,))]
    results += [gate for cells in gates for one in cells for gate in one.values()]
    return [x, *h0], results


def loss_of(results):
    rng = np.random.default_rng(7)
    total = 0.0
    for t in results:
        total = total + tg.sum(t * t * rng.normal(size=t.shape))
    return total


def described(results):
    """Every tensor behind the results that composing would make: its operation, name, scope and numbers."""
    found = []
    for t in toposort(results, everything=True):
        role = [(s.title, s.role) for s in t.scope.path]
        found.append((t.op.name if t.op else "leaf", str(t.name), str(role), t.data))
    return found


def in_order(found):
    return *found[:3], found[3].shape, np.round(found[3].astype(np.float64).ravel(), 6).tolist()


def folded(results):
    return [t for t in toposort(results, everything=True) if isinstance(t.op, FusedOp)]


@EACH
@ALL
def test_unfolded_it_is_the_eager_graph(kind, way):
    options, arguments = WAYS[way]
    if way == "gates" and not KINDS[kind]().cell.gate_names:
        arguments = {}
    one, many = pair(kind, **options)
    _, results = called(one, **arguments)
    _, wanted = called(many, **arguments)
    numbers = [t.data.copy() for t in results]
    assert folded(results) and not folded(wanted)

    assert unfuse(results) is True

    assert not folded(results) and unfuse(results) is False
    got, want = described(results), described(wanted)
    got, want = (sorted([t for t in all_of if t[0] != "leaf"], key=in_order) for all_of in (got, want))
    assert [g[:3] for g in got] == [w[:3] for w in want]
    assert all(np.abs(g[3] - w[3]).max() < 1e-13 for g, w in zip(got, want, strict=True) if w[3].dtype == np.float64)
    for t, before, w in zip(results, numbers, wanted, strict=True):
        assert error(t.data, w.data) < 1e-14 and error(t.data, before) < 1e-13


@EACH
@ALL
def test_gradients_of_gradients(kind, way):
    options, arguments = WAYS[way]
    if way == "gates" and not KINDS[kind]().cell.gate_names:
        arguments = {}
    found = []
    for layer in pair(kind, **options):
        inputs, results = called(layer, **arguments)
        wanted = [*inputs, *layer.parameters()]
        first = tg.grad(loss_of(results), wanted, create_graph=True)
        second = tg.grad(loss_of(first), wanted)
        found.append([*[t.data for t in first], *second])

    for got, want in zip(*found, strict=True):
        assert error(got, want) < 1e-11


@EACH
def test_jvp(kind):
    direction = np.random.default_rng(3).normal(size=X.shape)
    found = [tg.jvp(lambda x, layer=layer: layer(x)[0], X, direction) for layer in pair(kind)]

    for got, want in zip(*found, strict=True):
        got, want = (np.asarray(t.data if isinstance(t, tg.Tensor) else t) for t in (got, want))
        assert error(got, want) < 1e-12
    step = 1e-6
    many = pair(kind)[1]
    slope = (many(X + step * direction)[0].data - many(X - step * direction)[0].data) / (2 * step)
    assert error(found[0][1], slope) < 1e-7


@EACH
def test_jacobian_of_the_last_state(kind):
    found = []
    for layer in pair(kind):
        found.append(tg.jacobian(lambda x, layer=layer: layer(x)[0][-1], X).data)

    assert found[0].shape == (2, 4, 4, 2, 3)
    assert error(*found) < 1e-12


@EACH
def test_anomaly_mode_names_the_step(kind):
    x = X.copy()
    x[2, 1, 0] = np.nan
    messages = []
    for layer in pair(kind):
        with pytest.raises(errors.AnomalyError) as caught, tg.detect_anomaly():
            layer(x)
        messages.append(str(caught.value))

    assert messages[0] == messages[1]


@EACH
def test_anomaly_mode_only_on_the_way_back_unfolds(kind):
    messages = []
    for layer in pair(kind):
        t = tg.Tensor(X, requires_grad=True)
        out, _ = layer(t)
        loss = tg.sum(tg.sqrt(out - out))  # the derivative of a root at 0 is infinite
        with pytest.raises(errors.AnomalyError) as caught, tg.detect_anomaly(), np.errstate(divide="ignore"):
            loss.backward()
        messages.append(str(caught.value))

    assert messages[0] == messages[1]


@EACH
def test_hooks_see_the_same_gradients_and_may_change_them(kind):
    found = []
    for layer in pair(kind):
        seen = []
        inputs, results = called(layer)
        for t in (*inputs, *results, *layer.parameters()):
            t.register_hook(lambda g, seen=seen: seen.append(np.array(g)))
        results[0].register_hook(lambda g: 2 * g)
        loss_of(results).backward()
        found.append([*seen, *(t.grad for t in inputs), *(p.grad for p in layer.parameters())])

    assert len(found[0]) == len(found[1]) > 8
    for got, want in zip(sorted(found[0], key=sizes), sorted(found[1], key=sizes), strict=True):
        assert error(got, want) < 1e-11


def sizes(a):
    return a.shape, round(float(np.abs(a).sum()), 6)


@EACH
@pytest.mark.parametrize("level", ["gate", "op"])
def test_pictures_are_the_same(kind, level):
    dots = []
    for layer in pair(kind):
        with tg.record():
            out, _ = layer(tg.Tensor(X[:2], name="x"))
            loss = tg.sum(out * out).named("L")
        dots.append(tg.draw(loss, level=level, values=False, grads=False).dot)

    assert dots[0] == dots[1]


@EACH
def test_a_node_is_one_node_until_somebody_looks(kind):
    one, _ = pair(kind)
    _, results = called(one)
    before = len(folded(results))

    loss_of(results).backward()

    assert len(folded(results)) == before == 1
    tg.draw(loss_of(results))
    assert folded(results) == []


def test_without_gradients_nothing_is_recorded():
    one, many = pair("gru")
    with tg.no_grad():
        got, wanted = one(X)[0], many(X)[0]

    assert got.op is None and not got.requires_grad
    assert error(got.data, wanted.data) < 1e-14


def test_an_input_without_gradient_gets_none():
    one, _ = pair("gru")
    x = tg.Tensor(X)

    out, _ = one(x)
    tg.sum(out).backward()

    assert x.grad is None and all(p.grad is not None for p in one.parameters())


@EACH
def test_parameters_assigned_to_after_the_call_are_noticed_on_the_way_back(kind):
    messages = []
    for layer in pair(kind):
        _, results = called(layer)
        loss = loss_of(results)
        p = next(iter(layer.parameters()))
        p.assign(p.data * 2)
        with pytest.raises(errors.StaleGraphError) as caught:
            loss.backward()
        messages.append(str(caught.value)[:40])

    assert messages[0] == messages[1]


@EACH
@pytest.mark.parametrize("lengths", [None, [3, 0]], ids=["whole", "lengths"])
def test_a_hook_outside_that_returns_the_gradient_unchanged_changes_no_bit(kind, lengths):
    layer = pair(kind)[1]
    weights = list(layer.parameters())

    def gradients(hooked):
        x, calls = tg.Tensor(X, requires_grad=True), []
        out, state = layer(x, lengths=lengths)
        last = state[0] if isinstance(state, tuple) else state
        twice = out * 2
        loss = tg.sum(tg.tanh(twice)) + tg.sum(last * last)
        places = {"x": x, "out": out, "what comes after": twice, "loss": loss, "a weight": weights[0]}
        handle = places[hooked].register_hook(lambda g: calls.append(1) or g) if hooked else None
        found = tg.grad(loss, [x, *weights])
        if handle is not None:
            handle.remove()
            assert calls == [1]
        return found

    plain = gradients(None)
    for hooked in ("x", "out", "what comes after", "loss", "a weight"):
        for got, want in zip(gradients(hooked), plain, strict=True):
            assert np.array_equal(got, want), hooked


@EACH
def test_a_hook_on_a_layer_runs_once_though_a_branch_not_taken_makes_the_walk_go_twice(kind):
    layer, calls = pair(kind)[1], []
    x = tg.Tensor(X, requires_grad=True)
    out, _ = layer(x)
    out.register_hook(lambda g: calls.append(1))
    roots = tg.where(np.arange(X.shape[0])[:, None, None] > 0, tg.sqrt(out - out.detach()), out)  # infinite slopes
    with np.errstate(divide="ignore", invalid="ignore"):
        tg.grad(tg.sum(roots[:1]), x)

    assert calls == [1]


# --- its vjp by the steps themselves ---------------------------------------------------------------------------------


def node_of(layer, **arguments):
    """The node of a layer of one cell, by which it was called."""
    _, results = called(layer, **arguments)
    (node,) = folded(results)
    return node


def by_its_vjp(node, seed=5):
    """What its vjp makes of some gradient: from arrays by the program, from tensors by the steps."""
    g = np.random.default_rng(seed).normal(size=node.shape)
    arrays = node.op.vjp(g, node.data, *[t.data for t in node.inputs])
    tensors = node.op.vjp(tg.Tensor(g), node, *node.inputs)
    return arrays, tensors


@EACH
@pytest.mark.parametrize("way", ["plain", "lengths", "mask, repeated", "backwards", "dropout"])
def test_its_vjp_given_tensors_returns_tensors_of_the_same_numbers(kind, way):
    options, arguments = WAYS[way]
    node = node_of(pair(kind, **options)[0], **arguments)

    arrays, tensors = by_its_vjp(node)

    assert len(arrays) == len(tensors) == len(node.inputs)
    for t, got, want in zip(node.inputs, tensors, arrays, strict=True):
        if want is not None and t.requires_grad:
            assert isinstance(got, tg.Tensor) and error(got.data, want) < 1e-12


@EACH
def test_its_vjp_given_tensors_can_be_differentiated_again_with_respect_to_all_that_went_in(kind):
    node = node_of(pair(kind)[0])
    places = [t for t in node.inputs if t.requires_grad]
    g = tg.Tensor(np.random.default_rng(5).normal(size=node.shape), requires_grad=True)

    found = [t for t in node.op.vjp(g, node, *node.inputs) if t is not None]
    total = sum((tg.sum(t * t) for t in found), start=tg.Tensor(0.0))
    second = tg.grad(total, [g, *places])

    assert all(s is not None and np.abs(s).max() > 0 for s in second)


@EACH
@pytest.mark.parametrize("setting", ["guarding", "anomaly"])
def test_its_vjp_runs_the_steps_where_one_must_look_closely(kind, setting, monkeypatch):
    node = node_of(pair(kind)[0])
    arrays, _ = by_its_vjp(node)
    not_finite = [None if a is None else np.full_like(a, np.nan) for a in arrays]
    monkeypatch.setattr(type(node.op), "fused_vjp", lambda self, *inputs: tuple(not_finite))

    with {"guarding": lambda: switched(guards.guarding), "anomaly": tg.detect_anomaly}[setting]():
        g = np.random.default_rng(5).normal(size=node.shape)
        again = node.op.vjp(g, node.data, *[t.data for t in node.inputs])

    for got, want in zip(again, arrays, strict=True):
        assert (want is None and (got is None or not got.any())) or error(got, want) < 1e-12


@contextmanager
def switched(variable):
    token = variable.set(True)
    try:
        yield
    finally:
        variable.reset(token)


@EACH
def test_hooks_of_parameters_do_not_run_inside_its_vjp(kind):
    layer, calls = pair(kind)[0], []
    node = node_of(layer)
    for p in layer.parameters():
        p.register_hook(lambda g: calls.append(1))

    by_its_vjp(node)

    assert calls == [] and all(p._hooks for p in layer.parameters())


@EACH
def test_the_steps_of_its_vjp_have_the_scopes_and_lines_of_the_layers_call(kind):
    node = node_of(pair(kind)[0])  # called in `called`
    g = tg.Tensor(np.ones(node.shape))

    found = [t for t in node.op.vjp(g, node, *node.inputs) if t is not None]

    trails = {t.where_made for t in toposort(found) if "step 2" in repr(t.scope) and "backward" not in repr(t.scope)}
    line = called.__code__.co_firstlineno + 6
    assert trails and all(f"at test_fused.py:{line}" in trail for trail in trails), trails


class Louder(nn.Cell):
    """h' = 2·tanh(x W + h) in training, and tanh(x W + h) after it."""

    def __init__(self):
        super().__init__(3, 3)
        self.W = nn.Parameter(np.eye(3) / 2)

    def step(self, x, h):
        return (tg.tanh(x @ self.W + h) * (2.0 if self.training else 1.0),)


def test_the_steps_of_its_vjp_run_in_the_mode_of_the_call_not_in_todays():
    layer = tg.compile(nn.Recurrent(Louder()))
    loss = layer(X)[0].sum()
    layer.eval()
    recorded = tg.grad(loss, layer.cell.W, create_graph=True)
    np.testing.assert_allclose(recorded.data, tg.grad(loss, layer.cell.W), rtol=1e-12)
    assert not layer.cell.training
    assert unfuse([loss])
    np.testing.assert_allclose(tg.grad(loss, layer.cell.W), recorded.data, rtol=1e-12)
    assert not layer.cell.training


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_a_parameter_that_was_replaced_since_the_call_is_told_where_the_steps_run_again(kind):
    layer = pair(kind)[0]
    name = next(key for key, value in vars(layer.cell).items() if isinstance(value, tg.nn.Parameter))
    out, _ = layer(tg.Tensor(np.ones((3, 2, layer.input_size)), requires_grad=True))
    old = vars(layer.cell)[name]
    setattr(layer.cell, name, tg.nn.Parameter(old.data * 2))

    assert np.isfinite(tg.grad(out.sum(), old)).all()  # in numbers the program knows what it read
    with pytest.raises(errors.StaleGraphError, match="was replaced by another tensor"):
        tg.grad(out.sum(), old, create_graph=True)
