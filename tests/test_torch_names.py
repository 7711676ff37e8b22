"""PyTorch's names and what stands for them: each advice is code that runs, and none hides a name of ours."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.methods import OfPytorch
from tinygrad_gru.torch_names import FUNCTIONS, METHODS, advice

t, u = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), tg.Tensor(np.ones((2, 2), np.float32))
NAMES = {
    "tg": tg, "np": np, "t": t, "u": u, "x": np.ones(2), "mask": np.eye(2) > 0, "shape": (2, 2), "axes": (1, 0),
    "indices": np.array([[0, 1]]), "loss": (t * u).sum(),
}  # fmt: skip


@pytest.mark.parametrize("instead", sorted({*FUNCTIONS.values(), *METHODS.values()}))
def test_what_is_advised_can_be_written(instead):
    with np.errstate(all="ignore"):  # arccos of 4
        exec(instead.partition(", wh")[0].replace(" or ", ", "), dict(NAMES))  # without the words at its end


def test_no_name_is_one_of_ours():
    assert not FUNCTIONS.keys() & set(tg.__all__)
    ours = {name for name in dir(tg.Tensor) if not isinstance(getattr(tg.Tensor, name), OfPytorch)}
    assert not METHODS.keys() & ours


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_of_pytorch_is_named_with_ours(name):
    with pytest.raises(AttributeError, match=f"^tinygrad_gru has no {name}. try: "):
        getattr(tg, name)
    assert not hasattr(tg, name)


def test_an_axis_is_no_dim():
    assert advice("Tensor", "unsqueeze", "tg.expand_dims(t, axis=0)").endswith(", with axis= and not dim=")
    assert "dim=" not in advice("Tensor", "view", METHODS["view"])


@pytest.mark.parity
def test_the_names_are_pytorchs():
    import torch

    assert [name for name in METHODS if not hasattr(torch.Tensor, name)] == []
    assert [name for name in FUNCTIONS if not hasattr(torch, name) and not hasattr(torch.Tensor, name)] == []
