"""Training runs next to PyTorch's, from the same weights and on the same data: the same loss at every step."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.interop import from_torch, to_torch

pytestmark = [pytest.mark.parity, pytest.mark.usefixtures("each_engine")]

T, B, I, H = 6, 4, 3, 5
STEPS = 20
TOLERANCE = 1e-9
LENGTHS = np.array([6, 3, 5, 2])
KINDS = pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
OPTIMISERS = pytest.mark.parametrize(("optimiser", "lr"), [("SGD", 0.1), ("Adam", 0.01)])


@pytest.fixture(scope="module")
def torch():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the sizes are tiny
    yield torch
    torch.set_num_threads(threads)


def pair(torch, kind):
    """Two layers, both directions, and a linear layer on top: PyTorch's, and ours with the same weights."""
    torch.manual_seed(5)
    theirs = torch.nn.ModuleList(
        [getattr(torch.nn, kind)(I, H, 2, bidirectional=True, dtype=torch.float64), torch.nn.Linear(2 * H, 1).double()]
    )
    options = {"reset_after": True} if kind == "GRU" else {}
    inner = getattr(nn, kind)(I, H, 2, bias="double", bidirectional=True, **options)
    return theirs, from_torch(nn.Sequential(inner, nn.Linear(2 * H, 1)), theirs.state_dict())


def batches():
    rng = np.random.default_rng(6)
    return [(rng.normal(size=(T, B, I)), rng.normal(size=(B, 1))) for _ in range(STEPS)]


def of_pytorch(torch, model, optimiser, lr):
    """The loss at every step."""
    layer, head = model
    optimizer = getattr(torch.optim, optimiser)(model.parameters(), lr=lr)
    losses = []
    for x, y in batches():
        optimizer.zero_grad()
        packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(x), LENGTHS, enforce_sorted=False)
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0], total_length=T)
        loss = torch.nn.functional.mse_loss(head(out.mean(0)), torch.tensor(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def of_ours(model, optimiser, lr):
    """The same by our layers and our optimiser."""
    layer, head = model.layers
    optimizer = getattr(tg.optim, optimiser)(model.parameters(), lr=lr)
    losses = []
    for x, y in batches():
        optimizer.zero_grad()
        out, _ = layer(x, lengths=LENGTHS)
        loss = nn.losses.mse(head(out.mean(axis=0)), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def apart(got, wanted):
    """How far two runs are from each other at the worst step, relative to the loss there."""
    return max(abs(a - b) / b for a, b in zip(got, wanted, strict=True))


@KINDS
@OPTIMISERS
def test_the_losses_and_the_weights_at_the_end_are_pytorchs(torch, kind, optimiser, lr):
    theirs, ours = pair(torch, kind)

    wanted = of_pytorch(torch, theirs, optimiser, lr)
    got = of_ours(ours, optimiser, lr)

    assert apart(got, wanted) < TOLERANCE and abs(wanted[0] - wanted[-1]) > 0.01
    for name, array in to_torch(ours).items():
        assert error(array, theirs.state_dict()[name].numpy()) < 1e-8, name


@KINDS
@OPTIMISERS
def test_with_the_two_bias_vectors_folded_into_one_the_run_is_another(torch, kind, optimiser, lr):
    theirs, ours = pair(torch, kind)
    folded = nn.fold_biases(ours)

    wanted = of_pytorch(torch, theirs, optimiser, lr)
    got = of_ours(folded, optimiser, lr)

    assert got[0] == pytest.approx(wanted[0], rel=1e-12)  # before the first update it is the same function
    assert apart(got, wanted) > 1e-4


@KINDS
def test_a_learning_rate_that_is_off_by_a_millionth_is_caught(torch, kind):
    theirs, ours = pair(torch, kind)

    assert apart(of_ours(ours, "SGD", 0.1 * (1 + 1e-6)), of_pytorch(torch, theirs, "SGD", 0.1)) > TOLERANCE
