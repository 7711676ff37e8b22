"""PyTorch's names and what stands for them: each advice is code that runs, and none hides a name of ours."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.hints import OfPytorch
from tinygrad_gru.torch_names import (
    FUNCTIONS,
    LINALG,
    LOSSES,
    METHODS,
    MODULES,
    NN,
    NOT_HERE,
    OPTIM,
    OPTIMIZERS,
    SCHEDULES,
    advice,
    answer,
)  # fmt: skip

t, u = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), tg.Tensor(np.ones((2, 2), np.float32))
NAMES = {
    "tg": tg, "np": np, "t": t, "u": u, "x": np.ones(2), "mask": np.eye(2) > 0, "shape": (2, 2), "axes": (1, 0),
    "indices": np.array([[0, 1]]), "loss": (t * u).sum(), "w": tg.Tensor(np.zeros(2)),
    "module": tg.nn.GRU(2, 3), "optimizer": tg.optim.SGD([t]),
}  # fmt: skip


NAMES["module"].W = NAMES["module"].b = tg.nn.Parameter([1.0])  # as a Linear has them
TABLES = [FUNCTIONS, METHODS, MODULES, OPTIMIZERS, SCHEDULES, LINALG, NN, LOSSES, OPTIM]


@pytest.mark.parametrize("instead", sorted({text for table in TABLES for text in table.values()}))
def test_what_is_advised_can_be_written(instead):
    if instead == OPTIMIZERS["add_param_group"]:
        return  # words only
    code = re.split(", (?=wh|or a|and|on what|where|or lengths)", instead)[0]  # without the words at its end
    with np.errstate(all="ignore"):  # arccos of 4
        exec(code.replace(", or ", ", ").replace(" or ", ", "), dict(NAMES))


def test_no_name_is_one_of_ours():
    assert not FUNCTIONS.keys() & set(tg.__all__)
    ours = {name for name in dir(tg.Tensor) if not isinstance(getattr(tg.Tensor, name), OfPytorch)}
    assert not METHODS.keys() & ours
    assert not LINALG.keys() & set(tg.linalg.__all__)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_of_pytorch_is_named_with_ours(name):
    with pytest.raises(AttributeError, match=f"^tinygrad_gru has no {name}. try: "):
        getattr(tg, name)
    assert not hasattr(tg, name)


@pytest.mark.parametrize("name", sorted(LINALG))
def test_a_function_of_linear_algebra_is_named_with_ours(name):
    with pytest.raises(AttributeError, match=f"^tinygrad_gru.linalg has no {name}. try: "):
        getattr(tg.linalg, name)


def test_a_decomposition_that_is_not_here_is_named_with_those_that_are():
    with pytest.raises(
        AttributeError, match="^tinygrad_gru.linalg has no qr: there are no other decompositions. try: tg"
    ):
        _ = tg.linalg.qr


def test_an_axis_is_no_dim():
    assert advice("Tensor", "unsqueeze", "tg.expand_dims(t, axis=0)").endswith(", with axis= and not dim=")
    assert "dim=" not in advice("Tensor", "view", METHODS["view"])


@pytest.mark.parity
def test_the_names_are_pytorchs():
    import torch

    assert [name for name in METHODS if not hasattr(torch.Tensor, name)] == ["copy"]  # of NumPy's arrays
    assert [name for name in FUNCTIONS if not hasattr(torch, name) and not hasattr(torch.Tensor, name)] == []
    gru, adam = torch.nn.GRU(2, 3), torch.optim.Adam([torch.ones(1, requires_grad=True)])
    of_linear = torch.nn.Linear(2, 3)
    assert [name for name in MODULES if not hasattr(gru, name) and not hasattr(of_linear, name)] == []
    assert [name for name in OPTIMIZERS if not hasattr(adam, name)] == []
    assert [name for name in NN if not hasattr(torch.nn, name)] == []
    assert [name for name in LINALG if not hasattr(torch.linalg, name)] == []
    functional = torch.nn.functional
    assert [name for name in LOSSES if not hasattr(functional, name)] == ["bce_with_logits"]
    assert [name for name in OPTIM if not hasattr(torch.optim, name)] == []


def test_what_is_not_here_is_named_with_the_nearest_that_is():
    names = [name for several, _ in NOT_HERE.values() for name in several.split()]
    assert len(names) == len(set(names)) and not set(names) & {*tg.__all__, *tg.nn.__all__, *tg.optim.__all__}
    for name in names:
        assert f"has no {name}: there are no " in answer("tinygrad_gru", name, {})
    assert answer("tinygrad_gru", "sgmoid", {}) == ""


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_an_attribute_of_a_schedule_is_named_with_ours(name):
    schedule = tg.optim.StepLR(tg.optim.SGD([t]), 10)
    with pytest.raises(AttributeError, match=f"^StepLR has no {name}. try: optimizer.lr"):
        getattr(schedule, name)
    assert name not in dir(schedule)


def test_keywords_of_calls_and_of_compile_are_answered():
    with pytest.raises(TypeError, match="forward has no hx=. try: h0="):
        tg.nn.GRU(2, 3)(np.ones((4, 1, 2), np.float32), hx=np.zeros((1, 1, 3), np.float32))
    with pytest.raises(TypeError, match="compile has no mode=: there is one way to do it. try: leave it out"):
        tg.compile(tg.nn.GRU(2, 3), mode="max-autotune")


def test_states_in_a_tuple_are_answered_with_how_a_cell_takes_them():
    h = np.zeros((1, 3), np.float32)
    with pytest.raises(tg.errors.ArgumentError, match=r"got 1 states, wanted 2: h, c.* try: cell\(x, h, c\)"):
        tg.nn.LSTMCell(2, 3)(np.ones((1, 2), np.float32), (h, h))
