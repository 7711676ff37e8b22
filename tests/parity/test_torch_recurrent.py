"""Every recurrent layer against PyTorch's: outputs, final states and every gradient, over a grid of all the options."""

import copy
import itertools

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.interop import from_torch, to_torch

pytestmark = pytest.mark.parity

T, B, I, H = 5, 3, 2, 3
KINDS = ["RNN tanh", "RNN relu", "GRU", "LSTM"]
GRID = list(itertools.product(KINDS, (1, 2, 3), (False, True), (False, True)))  # layers, both directions, bias
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}  # of the largest number of an array
LENGTHS = [3, T, 1]  # not sorted; PyTorch has none of length 0


@pytest.fixture(scope="module")
def torch():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the sizes are tiny
    yield torch
    torch.set_num_threads(threads)


def pair(torch, kind, layers, both, bias, dtype, batch_first=False, engine="eager"):
    """PyTorch's layer with weights large enough to matter, and ours with the same ones."""
    name, _, nonlinearity = kind.partition(" ")
    options = {"nonlinearity": nonlinearity} if nonlinearity else {}
    theirs = getattr(torch.nn, name)(
        I, H, layers, bias=bias, bidirectional=both, batch_first=batch_first, dtype=getattr(torch, dtype), **options
    )
    torch.manual_seed(11)
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(0, 0.6)
    if name == "GRU":
        options = {"reset_after": True}
    ours = getattr(nn, name)(
        I, H, layers, bias=bias and "double", bidirectional=both, batch_first=batch_first, engine=engine, **options
    )
    return theirs, from_torch(ours, theirs.state_dict())


def case(kind, layers, both, dtype, batch_first, with_start, seed=0):
    """x, the initial states if there are any, and what the outputs and final states count for in the loss."""
    rng = np.random.default_rng(seed)
    states = 2 if kind == "LSTM" else 1
    x, y = (B, T, I) if batch_first else (T, B, I), (B, T, H * (1 + both)) if batch_first else (T, B, H * (1 + both))
    shapes = [x, y, *[(layers * (1 + both), B, H)] * 2 * states]
    x, *weights = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    start, weights = weights[1 + states :], weights[: 1 + states]
    return x, start if with_start else [], weights


def as_given(states):
    """States as the layers take them: none, one, or two."""
    return None if not states else states[0] if len(states) == 1 else tuple(states)


def as_list(last):
    return list(last) if isinstance(last, tuple) else [last]


def of_pytorch(torch, layer, x, start, weights, lengths):
    """Outputs, final states, and the gradients with respect to x, the initial states and every weight."""
    x, *start = (torch.tensor(a, requires_grad=True) for a in (x, *start))
    layer.zero_grad()
    if lengths is None:
        out, last = layer(x, as_given(start))
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, layer.batch_first, enforce_sorted=False)
        out, last = layer(packed, as_given(start))
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, layer.batch_first, total_length=T)
    results = [out, *as_list(last)]
    sum((t * torch.tensor(w)).sum() for t, w in zip(results, weights, strict=True)).backward()
    found = {f"result {i}": t.detach().numpy() for i, t in enumerate(results)}
    found |= {f"gradient of input {i}": t.grad.numpy() for i, t in enumerate([x, *start])}
    return found | {f"gradient of {name}": p.grad.numpy() for name, p in layer.named_parameters()}


def of_ours(layer, x, start, weights, lengths):
    """The same of our layer; the padding is NaN."""
    x = x.copy()
    if lengths is not None:
        rows = x if layer.batch_first else x.swapaxes(0, 1)
        for row, length in zip(rows, lengths, strict=True):
            row[length:] = np.nan
    x, *start = (tg.Tensor(a, requires_grad=True) for a in (x, *start))
    layer.zero_grad()
    out, last = layer(x, as_given(start), lengths)
    results = [out, *as_list(last)]
    sum((t * w).sum() for t, w in zip(results, weights, strict=True)).backward()
    found = {f"result {i}": t.data for i, t in enumerate(results)}
    found |= {f"gradient of input {i}": t.grad for i, t in enumerate([x, *start])}
    return found | {f"gradient of {name}": g for name, g in packed_gradients(layer).items()}


def packed_gradients(layer):
    """The gradients by PyTorch's names: they are packed as the weights are, as that only moves and changes signs."""
    twin = copy.deepcopy(layer)
    for p, q in zip(layer.parameters(), twin.parameters(), strict=True):
        q.assign(p.grad)
    return to_torch(twin)


def differences(got, wanted, dtype):
    """The names of the arrays that are not the same."""
    assert got.keys() == wanted.keys()
    assert all(a.dtype == dtype and a.shape == wanted[name].shape for name, a in got.items())
    wrong = {name for name, a in got.items() if (a != wanted[name]).any()}  # a relu may leave nothing but zeros
    return {name for name in wrong if not error(got[name], wanted[name]) <= TOLERANCE[dtype]}


@pytest.mark.parametrize("engine", ["eager", "compiled"])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("kind", "layers", "both", "bias"), GRID)
def test_outputs_states_and_every_gradient_are_pytorchs(torch, kind, layers, both, bias, dtype, engine):
    for batch_first in (False, True):
        theirs, ours = pair(torch, kind, layers, both, bias, dtype, batch_first, engine)
        for with_start, lengths in itertools.product((False, True), (None, LENGTHS)):
            x, start, weights = case(kind, layers, both, dtype, batch_first, with_start)
            wanted = of_pytorch(torch, theirs, x, start, weights, lengths)
            got = of_ours(ours, x, start, weights, lengths)
            assert differences(got, wanted, dtype) == set(), (batch_first, with_start, lengths)


# --- planted faults: the comparison sees each of them ----------------------------------------------------------------


def compared(torch, kind, change, dtype="float64", lengths=LENGTHS):
    """What differs, after a change of our layer, of x and start, or of the lengths that ours is given."""
    theirs, ours = pair(torch, kind, 2, True, True, dtype)
    x, start, weights = case(kind, 2, True, dtype, False, True)
    wanted = of_pytorch(torch, theirs, x, start, weights, lengths)
    given = {"layer": ours, "x": x, "start": start, "lengths": lengths} | (change(ours, start) or {})
    got = of_ours(given["layer"], given["x"], given["start"], weights, given["lengths"])
    return differences(got, wanted, dtype), set(wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_with_no_fault_nothing_differs(torch, kind):
    assert compared(torch, kind, lambda ours, start: None)[0] == set()


@pytest.mark.parametrize("kind", ["RNN tanh", "GRU", "LSTM"])
@pytest.mark.parametrize(
    "change",
    [
        lambda ours, start: {"lengths": [T, T, 1]},
        lambda ours, start: {"start": [0 * s for s in start]},
        lambda ours, start: {"start": [s[[1, 0, 2, 3]] for s in start]},
        lambda ours, start: ours.cell.parameters()[0].assign(ours.cell.parameters()[0].data * (1 + 1e-7)),
        lambda ours, start: ours.layers[0].update(zip(["backward", "forward"], ours.layers[0].values(), strict=True)),
    ],
    ids=["a length", "no initial state", "places of h0 swapped", "a ten-millionth", "directions swapped"],
)
def test_a_planted_fault_is_caught(torch, kind, change):
    wrong, everything = compared(torch, kind, change)

    assert {"result 0", "result 1", "gradient of input 0", "gradient of weight_hh_l0"} <= wrong <= everything


def test_two_bias_vectors_that_are_exchanged_are_caught_by_the_gradients_of_a_gru(torch):
    def exchange(ours, start):
        cell = ours.cell
        b_x, b_h = cell.b_xh.numpy(), cell.b_hh.numpy()
        cell.b_xh.assign(b_h)
        cell.b_hh.assign(b_x)

    assert "gradient of bias_hh_l0" in compared(torch, "GRU", exchange)[0]


def test_a_bias_folded_into_the_other_is_no_fault_where_both_have_the_same_gradient(torch):
    def fold(ours, start):
        cell = ours.cell
        cell.b_xz.assign(cell.b_xz.data + cell.b_hz.data)
        cell.b_hz.assign(np.zeros(H))

    assert compared(torch, "GRU", fold)[0] == set()


@pytest.mark.parametrize("engine", ["eager", "compiled"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch_gives_the_same_shapes_and_the_same_zeros(torch, kind, layers, both, engine):
    theirs, ours = pair(torch, kind, layers, both, True, "float64", engine=engine)
    x = np.zeros((T, 0, I))

    their_x, our_x = torch.tensor(x, requires_grad=True), tg.Tensor(x, requires_grad=True)
    their_out, their_last = theirs(their_x)
    our_out, our_last = ours(our_x)
    their_out.sum().backward()
    our_out.sum().backward()

    assert our_out.shape == tuple(their_out.shape)
    if kind != "LSTM":
        assert our_last.shape == tuple(their_last.shape)
    assert our_x.grad.shape == tuple(their_x.grad.shape)
    assert all(not p.grad.any() for p in theirs.parameters())
    assert all(p.grad.shape == p.shape and not p.grad.any() for p in ours.parameters())
