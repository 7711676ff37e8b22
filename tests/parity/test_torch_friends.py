"""What a friend from PyTorch writes, beside PyTorch: methods, creation, losses with options, single sequences."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn

pytestmark = pytest.mark.parity

rng = np.random.default_rng(0)
A, B3 = rng.normal(size=(3, 4)), rng.normal(size=(2, 3, 4))


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


def assert_same(torch, ours, theirs, *arrays, tolerance=1e-12):
    """Values, and gradients of a weighted sum, of the same function of the same arrays."""
    mine, others = (
        [make(a) for a in arrays] for make in (lambda a: tg.Tensor(a, True), lambda a: torch.tensor(a).requires_grad_())
    )
    got, wanted = ours(*mine), theirs(*others)
    assert got.shape == tuple(wanted.shape) and error(got, wanted.detach().numpy()) < tolerance
    weights = np.cos(np.arange(got.size)).reshape(got.shape)
    (got * weights).sum().backward()
    (wanted * torch.tensor(weights)).sum().backward()
    for a, b in zip(mine, others, strict=True):
        assert error(a.grad, b.grad.numpy()) < tolerance


# The same words on both sides.
METHODS = [
    lambda x: x.flatten(), lambda x: x.flatten(1), lambda x: x.flatten(0, 1), lambda x: x.ravel(),
    lambda x: x.swapaxes(0, 2), lambda x: x.cumsum(1), lambda x: x.cumprod(-1), lambda x: x.exp(), lambda x: x.tanh(),
    lambda x: x.sigmoid(), lambda x: x.relu(), lambda x: x.abs(), lambda x: x.square(), lambda x: x.sin(),
    lambda x: x.cos(), lambda x: x.expm1(), lambda x: (x + 9).log(), lambda x: (x + 9).log1p(),
    lambda x: (x + 9).sqrt(), lambda x: x.softmax(1), lambda x: x.log_softmax(-1), lambda x: x.logsumexp(2),
    lambda x: x.pow(3), lambda x: x.matmul(x.mT), lambda x: x.tril(), lambda x: x.triu(), lambda x: x.roll(1, 0),
    lambda x: x.moveaxis(0, 2), lambda x: x.tile((2, 1, 1)), lambda x: x[0, 0].dot(x[1, 1]), 
    lambda x: x[0, 0].outer(x[1, 1]),
    lambda x: x.maximum(x.flip((0,))), lambda x: x.minimum(x.flip((0,))), lambda x: x[0].broadcast_to((2, 3, 4)),
]  # fmt: skip


@pytest.mark.parametrize("call", METHODS, ids=range(len(METHODS)))
def test_a_method_of_both_does_the_same(call, torch):
    assert_same(torch, call, call, B3)


def test_creation_gives_the_same_numbers(torch):
    for call in (
        lambda lib: lib.zeros(2, 3), lambda lib: lib.ones((2, 3)), lambda lib: lib.full((2,), 0.5),
        lambda lib: lib.eye(2, 3), lambda lib: lib.arange(5), lambda lib: lib.arange(1, 6, 2),
        lambda lib: lib.arange(0, 1, 0.25), lambda lib: lib.linspace(-1, 1, 7), 
        lambda lib: lib.zeros_like(lib.ones(2, 3)),
        lambda lib: lib.ones_like(lib.zeros(2)), lambda lib: lib.full_like(lib.zeros(2), 3.0),
    ):  # fmt: skip
        got, wanted = call(tg), call(torch)
        assert got.shape == tuple(wanted.shape) and str(got.dtype) == str(wanted.dtype).removeprefix("torch.")
        assert np.allclose(got.data, wanted.numpy(), rtol=1e-6, atol=1e-7)  # their linspace(-1, 1, 7) has −3e-8 for 0


MODULES = {
    "Tanh": {}, "Sigmoid": {}, "ReLU": {}, "SiLU": {}, "Softplus": {}, "Softsign": {}, "ELU": {}, "SELU": {},
    "Hardsigmoid": {}, "GELU": {"approximate": "tanh"}, "LeakyReLU": {}, "Identity": {}, "Flatten": {},
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_an_activation_is_pytorchs(name, torch):
    settings = MODULES[name]
    assert_same(
        torch, getattr(nn, name)(**settings), getattr(torch.nn, name)(**settings), 3 * B3, tolerance=1e-7
    )  # their 1/6 is a float32


def test_softmax_modules_are_pytorchs(torch):
    assert_same(torch, nn.Softmax(axis=1), torch.nn.Softmax(dim=1), B3)
    assert_same(torch, nn.LogSoftmax(axis=0), torch.nn.LogSoftmax(dim=0), B3)


CLASSES, SOFT = np.array([1, 0, 3]), np.abs(A) / np.abs(A).sum(1, keepdims=True)
WEIGHT = np.array([0.5, 1.0, 2.0, 0.25])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("target", [CLASSES, np.array([1, -100, 3]), SOFT], ids=["classes", "ignored", "soft"])
def test_every_option_of_cross_entropy_is_pytorchs(target, weight, smoothing, reduction, torch):
    ignored = {} if target.ndim == 2 else {"ignore_index": -100}
    options = {"label_smoothing": smoothing, "reduction": reduction} | ignored
    c = None if weight is None else torch.tensor(weight)
    assert_same(
        torch,
        lambda x: nn.losses.cross_entropy(x, target, weight=weight, **options),
        lambda x: torch.nn.functional.cross_entropy(x, torch.tensor(target), weight=c, **options),
        A,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_other_losses_reduce_as_pytorchs(reduction, torch):
    functional, y = torch.nn.functional, torch.tensor(SOFT)
    for ours, theirs in ((nn.losses.mse, functional.mse_loss), (nn.losses.mae, functional.l1_loss)):
        assert_same(torch, lambda x: ours(x, SOFT, reduction=reduction), lambda x: theirs(x, y, reduction=reduction), A)  # noqa: B023
    assert_same(
        torch,
        lambda x: nn.losses.binary_cross_entropy_with_logits(x, SOFT, reduction=reduction, pos_weight=WEIGHT),
        lambda x: functional.binary_cross_entropy_with_logits(
            x, y, reduction=reduction, pos_weight=torch.tensor(WEIGHT)
        ),
        A,
    )


def test_layer_norm_over_two_axes_is_pytorchs(torch):
    gain, b = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    ours, theirs = nn.LayerNorm((3, 4), dtype=np.float64), torch.nn.LayerNorm((3, 4), dtype=torch.float64)
    ours.gain.assign(gain)
    ours.b.assign(b)
    theirs.load_state_dict({"weight": torch.tensor(gain), "bias": torch.tensor(b)})
    assert_same(torch, ours, theirs, B3, tolerance=1e-9)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_one_sequence_without_a_batch_is_pytorchs(kind, bidirectional, torch):
    dialect = {"reset_after": True} if kind == "GRU" else {}
    theirs = getattr(torch.nn, kind)(4, 5, num_layers=2, bidirectional=bidirectional, dtype=torch.float64)
    ours = getattr(nn, kind)(
        4, 5, num_layers=2, bidirectional=bidirectional, dtype=np.float64, bias="double", **dialect
    )
    tg.interop.from_torch(ours, {key: value.numpy() for key, value in theirs.state_dict().items()})
    h0 = rng.normal(size=(4 if bidirectional else 2, 5))

    def run(layer, x, h):
        out, last = layer(x, (h, h) if kind == "LSTM" else h)
        return out, last[1] if kind == "LSTM" else last

    def last(layer):
        return lambda x, h: run(layer, x, h)[1]

    def out(layer):
        return lambda x, h: run(layer, x, h)[0]

    assert_same(torch, out(ours), out(theirs), A, h0, tolerance=1e-9)
    assert_same(torch, last(ours), last(theirs), A, h0, tolerance=1e-9)


def test_a_model_of_lists_and_activations_takes_pytorchs_weights(torch):
    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)])
            self.head = torch.nn.Sequential(
                torch.nn.Tanh(), torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2)
            )

        def forward(self, x):
            for block in self.blocks:
                x = x + block(x).sigmoid()
            return self.head(x)

    class Ours(nn.Module):
        def __init__(self):
            self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
            self.head = nn.Sequential(tg.tanh, nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))

        forward = Theirs.forward  # the very same lines

    theirs = Theirs().double()
    ours = tg.interop.from_torch(Ours(), {key: value.numpy() for key, value in theirs.state_dict().items()})
    assert_same(torch, ours, theirs, A)
    back = tg.interop.to_torch(ours)
    assert all(np.array_equal(back[key], value.numpy()) for key, value in theirs.state_dict().items())


def test_gradients_of_several_arguments_and_trees_are_those_of_torch_func(torch):
    W, b = rng.normal(size=(4, 2)), rng.normal(size=2)

    def ours(p, x):
        return tg.tanh(x @ p["W"] + p["rest"][0]).sum()

    def theirs(p, x):
        return torch.tanh(x @ p["W"] + p["rest"][0]).sum()

    g, gx = tg.grad_of(ours, argnum=(0, 1))({"W": W, "rest": [b]}, A)
    wanted, wanted_x = torch.func.grad(theirs, argnums=(0, 1))(
        {"W": torch.tensor(W), "rest": [torch.tensor(b)]}, torch.tensor(A)
    )
    assert error(g["W"], wanted["W"].numpy()) < 1e-12 and error(g["rest"][0], wanted["rest"][0].numpy()) < 1e-12
    assert error(gx, wanted_x.numpy()) < 1e-12
