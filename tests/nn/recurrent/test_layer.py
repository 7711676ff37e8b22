"""Cells over time: shapes, states, scopes, and what is refused."""

import inspect

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn

pytestmark = pytest.mark.usefixtures("each_engine")

LAYERS = pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])


def steps(T=5, B=2, I=3):
    return np.random.default_rng(0).normal(size=(T, B, I)).astype(np.float32)


@LAYERS
def test_the_layer_is_the_cell_step_after_step(kind):
    layer, x = kind(3, 4, engine="eager"), steps()
    state = tuple(np.zeros((2, 4), np.float32) for _ in layer.cell.state_sizes)
    outputs = []
    for x_t in x:
        state = layer.cell(x_t, *state)
        outputs.append(state[0].data)

    out, last = layer(x)

    assert (out.data == np.stack(outputs)).all()
    for got, wanted in zip(last if isinstance(last, tuple) else (last,), state, strict=True):
        assert (got.data == wanted.data[None]).all()


@LAYERS
def test_batch_first_changes_the_order_of_the_axes_and_nothing_else(kind):
    layer, x = kind(3, 4, batch_first=True), steps()
    other = kind(3, 4)
    other.load_state_dict(layer.state_dict())

    out, last = layer(x.transpose(1, 0, 2))
    wanted, wanted_last = other(x)

    assert out.shape == (2, 5, 4)
    assert (out.data == wanted.data.transpose(1, 0, 2)).all()
    for got, want in zip(last, wanted_last, strict=True):
        assert got.shape == want.shape and (got.data == want.data).all()


@LAYERS
def test_a_sequence_in_two_halves_is_the_whole(kind):
    layer, x = kind(3, 4), steps()

    whole, _ = layer(x)
    first, state = layer(x[:2])
    second, _ = layer(x[2:], state)

    assert (np.concatenate([first.data, second.data]) == whole.data).all()


def test_gradients_flow_into_the_initial_state():
    layer, h0 = nn.GRU(3, 4), tg.Tensor(np.full((1, 2, 4), 0.5, np.float32), requires_grad=True)

    layer(steps(), h0)[1].sum().backward()

    assert h0.grad.shape == (1, 2, 4) and (h0.grad != 0).all()


def test_one_step_and_one_row_are_sequences_too():
    out, h_n = nn.GRU(1, 1)(np.ones((1, 1, 1), np.float32))

    assert out.shape == h_n.shape == (1, 1, 1)


def test_a_thousand_steps_are_no_trouble():
    layer = nn.GRU(1, 2)
    layer(np.ones((1000, 1, 1), np.float32))[0].sum().backward()

    assert all(np.isfinite(p.grad).all() for p in layer.parameters())


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_each_step_has_its_scope_its_input_and_its_state(engine):
    x = tg.Tensor(steps(T=3), name="x")
    out, _ = nn.GRU(3, 4, engine=engine)(x)
    tg.core.tools.fused.unfuse([out])
    nodes = [t for t in tg.core.backward.toposort([out], everything=True) if t.name in ("x", "h")]

    places = sorted((t.name, repr(t.scope), t.scope.role) for t in nodes if t is not x)
    assert places == [
        ("h", "start", "state"),
        ("h", "step 1 / new state", "state"),
        ("h", "step 2 / new state", "state"),
        ("h", "step 3 / new state", "state"),
        ("x", "step 1 / input", "input"),
        ("x", "step 2 / input", "input"),
        ("x", "step 3 / input", "input"),
    ]


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_a_tensors_line_is_that_of_whoever_called_the_layer(engine):
    layer, x = nn.GRU(3, 4, engine=engine), steps(T=1)
    out, _ = layer(x); line = inspect.currentframe().f_lineno  # noqa: E702  # fmt: skip
    tg.core.tools.fused.unfuse([out])

    for t in tg.core.backward.toposort([out]):
        if t.op is not None and t is not out:
            assert t.line == (__file__, line), t


@LAYERS
def test_weights_in_double_precision_make_everything_double(kind):
    out, _ = kind(3, 4, dtype=np.float64)(steps().astype(float))

    assert out.dtype == np.float64


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda x: nn.GRU(4, 4)(x),
            errors.ShapeError,
            r"GRU: input x \(5, 2, 3\) does not fit, wanted \(T, B, 4\)",
        ),
        (
            lambda x: nn.GRU(4, 4)(x[0]),
            errors.ShapeError,
            r"x \(2, 3\) does not fit, wanted \(T, B, 4\), or one sequence",
        ),
        (lambda x: nn.GRU(3, 4)(x[0, 0]), errors.ShapeError, r"input x \(3,\) does not fit, wanted \(T, B, 3\)"),
        (lambda x: nn.GRU(2, 4, batch_first=True)(x), errors.ShapeError, r"wanted \(B, T, 2\)"),
        (lambda x: nn.GRU(3, 4)(x[:0]), errors.ShapeError, r"GRU: input x \(0, 2, 3\) has no time steps"),
        (lambda x: nn.GRU(3, 4)(x, x[:1]), errors.ShapeError, r"state h is float32 \(1, 2, 3\), wanted \(1, 2, 4\)"),
        (lambda x: nn.GRU(3, 3)(x, x[0]), errors.ShapeError, r"state h is float32 \(2, 3\), wanted \(1, 2, 3\)"),
        (lambda x: nn.LSTM(3, 3)(x, x[:1]), errors.ArgumentError, r"got 1 states, wanted 2: h, c"),
        (lambda x: nn.LSTM(3, 3)(x, (x[:1], x[:2])), errors.ShapeError, r"state c is float32 \(2, 2, 3\)"),
        (lambda x: nn.GRU(3, 4)(x.astype(int)), errors.DtypeError, "is int64, the parameters are float32.*try: "),
        (lambda x: nn.GRU(3, 4, dtype="float64")(x), errors.DtypeError, "is float32, the parameters are float64"),
    ],
)
def test_what_does_not_fit_a_layer_is_named(call, kind, message):
    with pytest.raises(kind, match=message) as failure:
        call(steps())
    assert "\n" not in str(failure.value) and "test_layer.py" in str(failure.value)


@pytest.mark.parametrize(("kind", "option"), [(nn.RNN, "projection"), (nn.LSTM, "peepholes"), (nn.GRU, "nonlinearity")])
def test_an_option_that_does_not_exist_is_not_accepted_silently(kind, option):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
        kind(3, 4, **{option: 1})
