"""A hook outside a compiled layer leaves the layer whole: a gradient that it returns unchanged changes no bit."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, known
from tinygrad_gru import nn
from tinygrad_gru.nn.fused import Unrolled

EACH = pytest.mark.parametrize("kind", KNOWN)
PLACES = ["x", "behind x", "parameter", "output", "before the loss"]


def gradients(kind, place, hook, lengths=None):
    """The gradients of x and of all parameters in float32; how often the hook ran; whether the layer stayed folded."""
    layer = nn.Recurrent(known(kind, dtype=np.float32), engine="compiled")
    x = tg.Tensor(np.random.default_rng(0).normal(size=(7, 3, 3)).astype(np.float32), requires_grad=True)
    behind = x * 1.5
    out, _ = layer(behind, lengths=lengths)
    loss = tg.sum(tg.sin(before := out * 0.7))
    where = {"x": x, "behind x": behind, "parameter": layer.parameters()[0], "output": out, "before the loss": before}
    calls = []
    if hook is not None:
        where[place].register_hook(lambda g: calls.append(1) or hook(g))
    found = tg.grad(loss, [x, *layer.parameters()])
    pending, folded = [loss], False
    while pending:
        t = pending.pop()
        folded |= isinstance(t.op, Unrolled)
        pending += t.inputs
    return found, len(calls), folded


@EACH
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("lengths", [None, [7, 0, 3]], ids=["all", "lengths"])
def test_a_hook_that_returns_the_gradient_unchanged_changes_no_bit(kind, place, lengths):
    plain, _, folded = gradients(kind, place, None, lengths)
    hooked, calls, still_folded = gradients(kind, place, lambda g: g, lengths)

    assert folded and still_folded and calls == 1
    for a, b in zip(hooked, plain, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("place", PLACES)
def test_a_hook_that_makes_a_nan_runs_once_and_its_nan_arrives(place):
    found, calls, _ = gradients("gru", place, lambda g: g * np.float32(np.nan))

    assert calls == 1 and any(np.isnan(g).any() for g in found)
