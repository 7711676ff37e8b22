"""Cells, layers and losses against PyTorch's, in float64: outputs and gradients."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn

pytestmark = pytest.mark.parity

T, B, I, H = 7, 3, 4, 5
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


def case(layer, seed=0):
    """Random parameters for our layer; and x, h0, c0, and weights for the sum of its outputs."""
    rng = np.random.default_rng(seed)
    for p in layer.parameters():
        p.assign(rng.normal(0, 0.7, p.shape))
    return [rng.normal(size=shape) for shape in ((T, B, I), (1, B, H), (1, B, H), (T, B, H))]


# For each of PyTorch's row blocks: our h rows, our x rows, our biases on the x side and on the h side (or zeros), and
# the sign: their z multiplies the old state.
BLOCKS = {
    nn.RNN: [("W_h", "W_h", "b_h", None, 1)],
    nn.LSTM: [(f"W_{k}", f"W_{k}", f"b_{k}", None, 1) for k in "ifgo"],
    nn.GRU: [
        ("W_r", "W_r", "b_r", None, 1),
        ("W_z", "W_z", "b_z", None, -1),
        ("W_hh", "W_hx", "b_xh", "b_hh", 1),
    ],
}
LAYER_OF = {nn.RNNCell: nn.RNN, nn.LSTMCell: nn.LSTM, nn.GRUCell: nn.GRU}


def layer_of(cell):
    """The layer of this kind of cell; both dialects of the GRU are one kind."""
    return next(layer for kind, layer in LAYER_OF.items() if isinstance(cell, kind))


def put(torch, cell, theirs):
    """Our weights into PyTorch's layer or cell."""
    blocks = BLOCKS[layer_of(cell)]
    rows = {"weight_hh": [], "weight_ih": [], "bias_ih": [], "bias_hh": []}
    for h, x, b_x, b_h, sign in blocks:
        rows["weight_hh"].append(sign * getattr(cell, h).data[:H].T)
        rows["weight_ih"].append(sign * getattr(cell, x).data[-I:].T)
        rows["bias_ih"].append(sign * getattr(cell, b_x).data)
        rows["bias_hh"].append(getattr(cell, b_h).data if b_h else np.zeros(H))
    suffix = "_l0" if hasattr(theirs, "weight_ih_l0") else ""
    with torch.no_grad():
        for name, parts in rows.items():
            getattr(theirs, name + suffix).copy_(torch.tensor(np.concatenate(parts)))
    return suffix


def taken(cell, theirs, suffix):
    """PyTorch's gradients, in our form."""
    blocks = BLOCKS[layer_of(cell)]
    grads = {n: getattr(theirs, n + suffix).grad.numpy() for n in ("weight_hh", "weight_ih", "bias_ih", "bias_hh")}
    wanted = {}
    for i, (h, x, b_x, b_h, sign) in enumerate(blocks):
        rows = slice(i * H, (i + 1) * H)
        from_h, from_x = sign * grads["weight_hh"][rows].T, sign * grads["weight_ih"][rows].T
        wanted |= {h: np.concatenate([from_h, from_x])} if h == x else {h: from_h, x: from_x}
        wanted[b_x] = sign * grads["bias_ih"][rows]
        if b_h:
            wanted[b_h] = grads["bias_hh"][rows]
    return wanted


LAYERS = {
    "rnn": (lambda: nn.RNN(I, H, dtype=np.float64), "RNN"),
    "gru, reset after": (lambda: nn.GRU(I, H, bias="single", reset_after=True, dtype=np.float64), "GRU"),
    "lstm": (lambda: nn.LSTM(I, H, dtype=np.float64), "LSTM"),
}
EACH = pytest.mark.parametrize(("make", "name"), LAYERS.values(), ids=LAYERS.keys())


@EACH
def test_outputs_and_gradients_of_a_layer_are_pytorchs(make, name, torch):
    layer = make()
    x, h0, c0, weights = case(layer)
    theirs = getattr(torch.nn, name)(I, H, dtype=torch.float64)
    suffix = put(torch, layer.cell, theirs)
    ours = [tg.Tensor(a, requires_grad=True) for a in (x, h0, c0)]
    others = [torch.tensor(a, requires_grad=True) for a in (x, h0, c0)]

    pair = name == "LSTM"
    out, last = layer(ours[0], tuple(ours[1:]) if pair else ours[1])
    wanted, wanted_last = theirs(others[0], tuple(others[1:]) if pair else others[1])
    ((out * weights).sum() + (last[-1] * 2).sum()).backward()
    ((wanted * torch.tensor(weights)).sum() + (wanted_last[-1] * 2).sum()).backward()

    assert error(out, wanted.detach().numpy()) < TOLERANCE
    for got, want in zip(last if pair else [last], wanted_last if pair else [wanted_last], strict=True):
        assert error(got, want.detach().numpy()) < TOLERANCE
    for got, want in zip(ours[: 2 + pair], others[: 2 + pair], strict=True):
        assert error(got.grad, want.grad.numpy()) < TOLERANCE
    for key, gradient in taken(layer.cell, theirs, suffix).items():
        assert error(getattr(layer.cell, key).grad, gradient) < TOLERANCE, key


@EACH
def test_one_step_of_a_cell_is_pytorchs(make, name, torch):
    cell = make().cell
    x, h, c, _ = (a[0] for a in case(nn.Recurrent(cell)))
    theirs = getattr(torch.nn, f"{name}Cell")(I, H, dtype=torch.float64)
    put(torch, cell, theirs)

    if name == "LSTM":
        wanted = theirs(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))
        got = cell(x, h, c)
    else:
        wanted, got = [theirs(torch.tensor(x), torch.tensor(h))], cell(x, h)

    for a, b in zip(got, wanted, strict=True):
        assert error(a, b.detach().numpy()) < TOLERANCE


def test_the_default_dialect_is_not_pytorchs(torch):
    """No weights can make it so: if this passed, the test above would compare nothing."""
    layer, other = nn.GRU(I, H, dtype=np.float64), nn.GRU(I, H, bias="single", reset_after=True, dtype=np.float64)
    x, h0, _, _ = case(layer)
    for name in ("W_r", "W_z", "b_r", "b_z"):
        getattr(other.cell, name).assign(getattr(layer.cell, name).data)
    other.cell.W_hh.assign(layer.cell.W_h.data[:H])
    other.cell.W_hx.assign(layer.cell.W_h.data[H:])
    other.cell.b_xh.assign(layer.cell.b_h.data)
    other.cell.b_hh.assign(np.zeros(H))
    theirs = torch.nn.GRU(I, H, dtype=torch.float64)
    put(torch, other.cell, theirs)

    wanted = theirs(torch.tensor(x), torch.tensor(h0))[0].detach().numpy()
    assert error(other(x, h0)[0], wanted) < TOLERANCE
    assert error(layer(x, h0)[0], wanted) > 1e-2


def test_linear_layer_norm_and_embedding_are_pytorchs(torch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4, I))
    linear, norm, embedding = nn.Linear(I, H, dtype=np.float64), nn.LayerNorm(I, dtype=np.float64), nn.Embedding(9, I)
    norm.gain.assign(rng.normal(size=I))
    norm.b.assign(rng.normal(size=I))
    functional, t = torch.nn.functional, torch.tensor

    wanted = functional.linear(t(x), t(linear.W.numpy().T), t(linear.b.numpy()))
    assert error(linear(x), wanted.numpy()) < TOLERANCE
    wanted = functional.layer_norm(t(x), (I,), t(norm.gain.numpy()), t(norm.b.numpy()))
    assert error(norm(x), wanted.numpy()) < TOLERANCE
    wanted = functional.embedding(t([[1, 8], [0, 1]]), t(embedding.W.numpy()))
    assert (embedding([[1, 8], [0, 1]]).data == wanted.numpy()).all()


def test_losses_and_their_gradients_are_pytorchs(torch):
    rng = np.random.default_rng(0)
    x, y, classes = rng.normal(0, 5, size=(6, 4)), rng.random((6, 4)), rng.integers(0, 4, 6)
    functional = torch.nn.functional
    cases = [
        (lambda t: nn.losses.mse(t, y), lambda t: functional.mse_loss(t, torch.tensor(y))),
        (
            lambda t: nn.losses.binary_cross_entropy_with_logits(t, y),
            lambda t: functional.binary_cross_entropy_with_logits(t, torch.tensor(y)),
        ),
        (
            lambda t: nn.losses.cross_entropy(t, classes),
            lambda t: functional.cross_entropy(t, torch.tensor(classes)),
        ),
        (
            lambda t: nn.losses.cross_entropy(t, classes, mask=classes != 2),
            lambda t: functional.cross_entropy(t, torch.tensor(classes), ignore_index=2),
        ),
    ]
    for ours, theirs in cases:
        a, b = tg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        got, wanted = ours(a), theirs(b)
        got.backward()
        wanted.backward()
        assert got.item() == pytest.approx(wanted.item(), rel=1e-12)
        assert error(a.grad, b.grad.numpy()) < 1e-12
