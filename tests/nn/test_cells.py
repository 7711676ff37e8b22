"""The equations: written out by hand, against plain NumPy, onnx.reference, central differences and the complex step."""

import numpy as np
import onnx
import onnx.helper
import pytest
from onnx.reference import ReferenceEvaluator

import tinygrad_gru as tg
from tests.nn import reference
from tests.nn.reference import error
from tinygrad_gru import errors, nn
from tinygrad_gru.nn.equations import Bias

pytestmark = pytest.mark.usefixtures("each_engine")

T, B, I, H = 12, 2, 3, 4
DIALECTS = pytest.mark.parametrize("reset_after", [False, True], ids=["reset before", "reset after"])


def random_case(layer: nn.Recurrent, seed: int = 0):
    """x, h0, and the weights of the layer by short name, all large enough for every part of the equations to matter."""
    rng = np.random.default_rng(seed)
    for p in layer.parameters():
        p.assign(rng.normal(0, 0.8, p.shape))
    weights = {name.rpartition(".")[2]: p.numpy() for name, p in layer.named_parameters()}
    return rng.normal(size=(T, B, I)), rng.normal(size=(B, H)), weights


def one_unit(**values: float) -> nn.GRUCell:
    """A GRU cell of one unit and one input with these weights: W holds the row of h and the row of x."""
    cell = nn.GRUCell(1, 1, dtype=np.float64)
    for name, value in values.items():
        getattr(cell, name).assign(np.reshape(value, getattr(cell, name).shape))
    return cell


# --- small numbers, written out --------------------------------------------------------------------------------------


def test_one_step_by_hand():
    cell = one_unit(W_r=[0.5, -1.0], b_r=0.1, W_z=[-0.3, 0.8], b_z=0.2, W_h=[1.2, 0.4], b_h=-0.1)

    (h,) = cell(np.array([[2.0]]), np.array([[0.5]]))

    r = 1 / (1 + np.exp(-(0.5 * 0.5 + -1.0 * 2.0 + 0.1)))
    z = 1 / (1 + np.exp(-(-0.3 * 0.5 + 0.8 * 2.0 + 0.2)))
    candidate = np.tanh(1.2 * (r * 0.5) + 0.4 * 2.0 - 0.1)
    assert h.item() == pytest.approx((1 - z) * 0.5 + z * candidate, rel=1e-15)


def test_the_state_is_kept_where_z_is_zero():
    cell = one_unit(W_r=[1, 1], b_r=0, W_z=[0, 0], b_z=-1e4, W_h=[1, 1], b_h=0)

    assert cell(np.array([[7.0]]), np.array([[0.3]]))[0].item() == 0.3


def test_the_candidate_is_taken_where_z_is_one():
    cell = one_unit(W_r=[0, 0], b_r=1e4, W_z=[0, 0], b_z=1e4, W_h=[0, 1], b_h=0)

    assert cell(np.array([[0.4]]), np.array([[0.9]]))[0].item() == pytest.approx(np.tanh(0.4), rel=1e-15)


def test_the_past_is_not_consulted_where_r_is_zero():
    cell = one_unit(W_r=[0, 0], b_r=-1e4, W_z=[0, 0], b_z=1e4, W_h=[5, 1], b_h=0)
    x = np.array([[0.4]])

    assert cell(x, np.array([[0.9]]))[0].item() == cell(x, np.array([[-0.9]]))[0].item() == np.tanh(0.4)


def test_the_two_dialects_differ_only_in_where_the_reset_gate_stands():
    before, after = nn.GRUCell(I, H, dtype=np.float64), nn.GRUCell(I, H, "single", reset_after=True, dtype=np.float64)
    for name in ("W_r", "W_z", "b_r", "b_z"):
        getattr(after, name).assign(getattr(before, name).data)
    after.W_hh.assign(before.W_h.data[:H])
    after.W_hx.assign(before.W_h.data[H:])
    after.b_xh.assign(before.b_h.data)
    after.b_hh.assign(np.zeros(H))
    x, h = np.ones((B, I)), np.full((B, H), 0.9)

    assert error(after(x, h)[0], before(x, h)[0].data) > 1e-3
    for cell in (before, after):
        cell.b_r.assign(np.full(H, 1e4))  # r = 1
    assert error(after(x, h)[0], before(x, h)[0].data) < 1e-15


# --- random numbers, against independent programs --------------------------------------------------------------------


@DIALECTS
def test_a_gru_is_that_of_plain_numpy(reset_after):
    layer = nn.GRU(I, H, bias="single", reset_after=reset_after, dtype=np.float64)
    x, h0, w = random_case(layer)

    out, h_n = layer(x, h0[None])

    wanted = reference.gru(x, h0, w, reset_after)
    assert error(out, wanted) < 1e-14
    assert error(h_n, wanted[-1:]) < 1e-14


@DIALECTS
@pytest.mark.parametrize("fault", reference.FAULTS)
def test_a_planted_fault_is_caught(reset_after, fault):
    layer = nn.GRU(I, H, bias="single", reset_after=reset_after, dtype=np.float64)
    x, h0, w = random_case(layer)

    assert error(layer(x, h0[None])[0], reference.gru(x, h0, w, reset_after, fault)) > 1e-3


def test_an_lstm_is_that_of_plain_numpy():
    layer = nn.LSTM(I, H, dtype=np.float64)
    x, h0, w = random_case(layer)

    out, (h_n, c_n) = layer(x, (h0[None], 2 * h0[None]))

    assert error(out, reference.lstm(x, h0, 2 * h0, w)) < 1e-14
    assert (h_n.data[0] == out.data[-1]).all() and c_n.shape == (1, B, H)


def test_an_rnn_is_that_of_plain_numpy():
    layer = nn.RNN(I, H, dtype=np.float64)
    x, h0, w = random_case(layer)

    assert error(layer(x, h0[None])[0], reference.rnn(x, h0, w)) < 1e-14


def onnx_gru(x, h0, w, reset_after):
    """The same by onnx.reference, whose gates stand in the order z, r, h, and whose z multiplies the old state."""
    parts = {
        "W": [-w["W_z"][H:], w["W_r"][H:], w["W_hx"] if reset_after else w["W_h"][H:]],
        "R": [-w["W_z"][:H], w["W_r"][:H], w["W_hh"] if reset_after else w["W_h"][:H]],
    }
    zeros = np.zeros(H)
    biases = [-w["b_z"], w["b_r"], w["b_xh"] if reset_after else w["b_h"]]
    biases += [zeros, zeros, w["b_hh"] if reset_after else zeros]
    feeds = {"X": x, **{k: np.concatenate(v, axis=1).T[None] for k, v in parts.items()}}  # (1, 3H, ·)
    feeds |= {"B": np.concatenate(biases)[None], "initial_h": h0[None]}
    node = onnx.helper.make_node(
        "GRU", ["X", "W", "R", "B", "", "initial_h"], ["Y", "Y_h"], hidden_size=H, linear_before_reset=int(reset_after)
    )
    double = onnx.TensorProto.DOUBLE
    inputs = [onnx.helper.make_tensor_value_info(k, double, v.shape) for k, v in feeds.items()]
    outputs = [onnx.helper.make_tensor_value_info(k, double, None) for k in ("Y", "Y_h")]
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "gru", inputs, outputs))
    return ReferenceEvaluator(model).run(None, feeds)


@DIALECTS
def test_a_gru_is_that_of_onnx(reset_after):
    layer = nn.GRU(I, H, bias="single", reset_after=reset_after, dtype=np.float64)
    x, h0, w = random_case(layer, seed=1)

    out, h_n = layer(x, h0[None])

    Y, Y_h = onnx_gru(x, h0, w, reset_after)
    assert error(out, Y[:, 0]) < 1e-12
    assert error(h_n, Y_h) < 1e-12
    assert error(out, onnx_gru(x, h0, w | {"W_z": -w["W_z"]}, reset_after)[0][:, 0]) > 1e-3


def gradients_of(layer, x, h0, weights):
    """Our gradients of Σ weights ⊙ out with respect to x, h0 and every parameter."""
    x, h0 = tg.Tensor(x, requires_grad=True), tg.Tensor(h0[None], requires_grad=True)
    start = (h0, h0 * 2) if isinstance(layer, nn.LSTM) else h0
    (layer(x, start)[0] * weights).sum().backward()
    found = {name.rpartition(".")[2]: p.grad for name, p in layer.named_parameters()}
    return found | {"x": x.grad, "h0": h0.grad[0]}


@pytest.mark.parametrize("kind", ["gru", "gru, reset after", "lstm", "rnn"])
def test_every_gradient_over_twelve_steps_is_that_of_the_complex_step_and_of_central_differences(kind):
    layer = {
        "gru": lambda: nn.GRU(I, H, dtype=np.float64),
        "gru, reset after": lambda: nn.GRU(I, H, bias="single", reset_after=True, dtype=np.float64),
        "lstm": lambda: nn.LSTM(I, H, dtype=np.float64),
        "rnn": lambda: nn.RNN(I, H, dtype=np.float64),
    }[kind]()
    x, h0, w = random_case(layer, seed=2)
    weights = np.random.default_rng(3).normal(size=(T, B, H))

    def loss(a):
        if kind == "lstm":
            return (reference.lstm(a["x"], a["h0"], 2 * a["h0"], a) * weights).sum()
        if kind == "rnn":
            return (reference.rnn(a["x"], a["h0"], a) * weights).sum()
        return (reference.gru(a["x"], a["h0"], a, "after" in kind) * weights).sum()

    got = gradients_of(layer, x, h0, weights)

    arrays = w | {"x": x, "h0": h0}
    exact, rough = reference.complex_step(loss, arrays), reference.central_difference(loss, arrays)
    assert got.keys() == exact.keys()
    for name in got:
        assert error(got[name], exact[name]) < 1e-12, name
        assert error(got[name], rough[name]) < 1e-7, name


def test_a_gradient_that_is_off_by_a_millionth_is_caught():
    layer = nn.GRU(I, H, dtype=np.float64)
    x, h0, w = random_case(layer, seed=2)
    exact = reference.complex_step(lambda a: reference.gru(x, h0, a).sum(), w)
    got = gradients_of(layer, x, h0, np.ones((T, B, H)))

    assert error(got["W_z"], exact["W_z"]) < 1e-12 < error(got["W_z"] * (1 + 1e-6), exact["W_z"])


def test_second_derivatives_go_through_a_cell():
    cell = nn.GRUCell(2, 2, dtype=np.float64)
    x, v = np.random.default_rng(0).normal(size=(2, 1, 2))
    h = np.array([[0.3, -0.2]])
    eps = 1e-5

    def slope(x):
        return tg.grad_of(lambda x: (cell(x, h)[0] ** 2).sum())(x)

    wanted = (slope(x + eps * v) - slope(x - eps * v)) / (2 * eps)
    assert error(tg.hvp(lambda x: (cell(x, h)[0] ** 2).sum(), x, v), wanted) < 1e-8


# --- what a cell is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [nn.RNNCell(I, H), nn.GRUCell(I, H), nn.GRUCell(I, H, reset_after=True)])
def test_without_bias_the_equations_stay_and_b_is_zero(cell):
    bare = type(cell)(I, H, bias=False, **({"reset_after": True} if getattr(cell, "reset_after", False) else {}))
    for name, p in cell.named_parameters():
        if name.startswith("b"):
            p.assign(np.zeros(H))
        else:
            getattr(bare, name).assign(p.data)
    x, h = np.ones((B, I), np.float32), np.full((B, H), 0.5, np.float32)

    assert not [name for name, _ in bare.named_parameters() if name.startswith("b")]
    assert (bare(x, h)[0].data == cell(x, h)[0].data).all()
    assert bare(x, h)[0].dtype == np.float32


def test_calling_a_cell_does_one_step_from_zeros_or_from_the_states_given():
    gru, lstm, x = nn.GRUCell(I, H), nn.LSTMCell(I, H), np.ones((B, I), np.float32)
    h, c = lstm(x)

    assert (gru(x)[0].data == gru(x, np.zeros((B, H), np.float32))[0].data).all()
    assert h.shape == c.shape == (B, H)
    assert (lstm(x, h, c)[0] != h).any()
    assert gru.state_sizes == (H,) and lstm.state_sizes == (H, H)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda c, x: c(x[:, :2]), errors.ShapeError, r"GRUCell: input x \(2, 2\) does not fit, wanted \(B, 3\)"),
        (lambda c, x: c(x[None]), errors.ShapeError, r"input x \(1, 2, 3\) does not fit, wanted \(B, 3\)"),
        (lambda c, x: c(x, x), errors.ShapeError, r"state h is float32 \(2, 3\), wanted \(2, 4\)"),
        (lambda c, x: c(x, x, x), errors.ArgumentError, "got 2 states, wanted 1: h"),
        (lambda c, x: c(x.astype(float)), errors.DtypeError, "is float64, the parameters are float32.*try: x.astype"),
        (lambda c, x: c(x, np.zeros((B, H))), errors.DtypeError, "state h is float64.*the parameters are float32"),
    ],
)
def test_what_does_not_fit_a_cell_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call(nn.GRUCell(I, H), np.ones((B, I), np.float32))


@pytest.mark.parametrize("cell", [nn.RNNCell, nn.GRUCell, nn.LSTMCell, nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("size", [0, -1, 2.5, True, "4", None])
def test_a_size_must_be_a_whole_number_above_zero(cell, size):
    with pytest.raises(errors.ArgumentError, match=r"hidden_size must be a whole number above 0, got"):
        cell(3, size)
    with pytest.raises(errors.ArgumentError, match=r"input_size must be a whole number above 0, got"):
        cell(size, 3)


def test_a_dtype_must_be_a_float():
    with pytest.raises(errors.DtypeError, match="a parameter is float32 or float64, got int64"):
        nn.GRUCell(I, H, dtype=np.int64)


def test_weights_start_evenly_between_one_over_the_root_of_the_hidden_size():
    with tg.seed(0):
        cell = nn.GRUCell(10, 100)
    with tg.seed(0):
        again = nn.GRUCell(10, 100)

    for p, q in zip(cell.parameters(), again.parameters(), strict=True):
        assert 0.08 < np.abs(p.data).max() <= 0.1
        assert (p.data == q.data).all() and p.dtype == np.float32


def test_each_gate_has_its_scope_its_role_and_its_name():
    cell = nn.GRUCell(I, H)
    (h,) = cell(np.ones((B, I), np.float32))
    nodes = {t.name: t for t in tg.core.backward.toposort([h], everything=True) if t.op is not None and t.name}

    places = {name: (t.scope.label, t.scope.role) for name, t in nodes.items()}
    assert places == {
        "r": ("reset gate", "reset"),
        "z": ("update gate", "update"),
        "h̃": ("candidate", "candidate"),
        "h": ("new state", "state"),
    }


def test_a_cell_of_ones_own_needs_only_a_step():
    class Leaky(nn.Cell):
        def __init__(self, size):
            super().__init__(size, size)

        def step(self, x, h):
            return (0.5 * h + x,)

    out, h_n = nn.Recurrent(Leaky(1))(np.ones((3, 1, 1), np.float32))

    assert out.data.ravel().tolist() == [1.0, 1.5, 1.75] and h_n.shape == (1, 1, 1)
    with pytest.raises(NotImplementedError, match="Cell needs a step"):
        nn.Cell(1, 1)(np.ones((1, 1), np.float32))


# --- biases ----------------------------------------------------------------------------------------------------------


def test_an_equation_sees_one_vector_or_the_sum_of_two_or_zero():
    one, two, none = (nn.GRUCell(I, H, bias=kind) for kind in ("single", "double", False))
    with tg.no_grad():
        assert one.b_r is vars(one)["b_r"] and not hasattr(one, "b_xr")
        assert (two.b_r.data == two.b_xr.data + two.b_hr.data).all() and "b_r" not in vars(two)
        assert none.b_r == 0.0 and not [name for name in vars(none) if name.startswith("b_")]


def test_a_bias_may_be_given_another_parameter_and_nothing_else():
    cell, p = nn.GRUCell(1, 1), nn.Parameter([2.0])
    cell.b_r = p

    assert cell.b_r is p and p.name == "b_r" and "b_r" in cell.state_dict()
    with pytest.raises(errors.ArgumentError, match="GRUCell.b_r: got an ndarray, wanted a Parameter"):
        cell.b_r = np.zeros(1)
    with pytest.raises(errors.ArgumentError, match="RNNCell.b_h: got float64 .1,., wanted a Parameter"):
        nn.RNNCell(1, 1, bias=False).b_h = np.zeros(1)
    with pytest.raises(errors.ArgumentError, match="LSTMCell.b_f: got .* wanted b_xf and b_hf, which it adds up"):
        nn.LSTMCell(1, 1, bias="double").b_f = p


def test_a_cell_class_knows_the_letters_of_its_gates():
    assert nn.RNNCell.letters == ("h",)
    assert nn.GRUCell.letters == nn.ResetAfterGRUCell.letters == ("r", "z", "h")
    assert nn.LSTMCell.letters == ("i", "f", "g", "o")


def test_a_class_derived_from_a_cell_has_its_letters_and_those_of_its_own_biases():
    class Peephole(nn.LSTMCell):
        b_p = Bias()

    class Renamed(nn.GRUCell):
        b_z = Bias()

    assert Peephole.letters == ("i", "f", "g", "o", "p") and Renamed.letters == ("r", "z", "h")
