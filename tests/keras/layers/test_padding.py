"""What the mask leaves out may hold anything: outputs and all gradients are those of zeros in its place, to the bit."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.keras import layers

B, T, I = 4, 5, 3
POST = np.arange(T) < np.array([[3], [5], [0], [1]])  # (B, T)
GAPS = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 0]], bool)
MASKS = pytest.mark.parametrize("mask", [POST, POST[:, ::-1], GAPS], ids=["at the end", "in front", "gaps"])

KINDS = {"SimpleRNN": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}
OPTIONS = [
    {},
    {"return_sequences": True, "return_state": True},
    {"return_sequences": True, "go_backwards": True},
    {"return_sequences": True, "dropout": 0.4, "recurrent_dropout": 0.3},
    {"stateful": True},
]


def results(make, x, mask, engine):
    """The outputs of a layer in training, and the gradients of x and of the weights."""
    with tg.seed(1):
        layer = make()
        layer.ensure_built((None, T, I))
        for module in layer.modules():
            if isinstance(module, nn.Recurrent):
                module.engine = engine
        x = tg.Tensor(x, requires_grad=True)
        y = layer(x, mask)
    outputs = y if isinstance(y, list) else [y]
    found = tg.grad(sum(tg.sum(t * t) for t in outputs), [x, *layer.parameters()])
    return [t.data for t in outputs], found


def check(make, mask, engine):
    x = np.random.default_rng(0).normal(size=(B, T, I)).astype(np.float32)
    x[~mask] = 0
    wanted = results(make, x, mask, engine)
    for anything in (np.nan, np.inf, -np.inf, 1e38):
        x[~mask] = anything
        outputs, found = results(make, x, mask, engine)
        assert all(np.array_equal(a, b) for a, b in zip(outputs, wanted[0], strict=True)), anything
        assert all(np.array_equal(a, b) for a, b in zip(found, wanted[1], strict=True)), anything
        assert (found[0][~mask] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("engine", ["eager", "compiled"])
@MASKS
def test_a_recurrent_layer_does_not_see_padding(kind, options, engine, mask):
    check(lambda: KINDS[kind](4, **options), mask, engine)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("merge_mode", ["concat", "mul"])
@pytest.mark.parametrize("every", [False, True])
@MASKS
def test_nor_does_one_that_reads_both_ways(kind, merge_mode, every, mask):
    make = lambda: layers.Bidirectional(KINDS[kind](4, return_sequences=every), merge_mode)  # noqa: E731
    check(make, mask, "compiled")


def test_nan_masks_nan():
    x = np.array([[[np.nan, np.nan], [1.0, np.nan], [1.0, 2.0]]], np.float32)
    masking = layers.Masking(np.nan)

    assert masking.next_mask(x, None).tolist() == [[False, True, True]]
    assert masking(x).data[0, 0].tolist() == [0.0, 0.0]
    out = layers.GRU(3)(masking(x[:, [0, 2]]), masking.next_mask(x[:, [0, 2]], None))
    assert np.isfinite(out.data).all()
