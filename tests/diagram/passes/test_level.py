"""The level that is chosen where none is asked for."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, mlp_loss
from tinygrad_gru.diagram.passes.level import level_of


def leaf(name="x"):
    return tg.Tensor([1.0, 2.0], requires_grad=True, name=name)


def test_where_nothing_between_has_a_name_every_operation_is_drawn():
    assert level_of([mlp_loss()]) == "op" and tg.draw(mlp_loss()).level == "op"
    assert tg.draw(mlp_loss(), "gate").level == "gate"


@pytest.mark.parametrize("loss", [tg.nn.losses.mse, tg.nn.losses.cross_entropy])
def test_layers_have_names_whatever_the_loss_is_made_of(loss):
    hidden, out = tg.nn.Linear(3, 4), tg.nn.Linear(4, 2)
    y = out(tg.tanh(hidden(tg.Tensor([[1.0, 2.0, 3.0]], name="x"))))
    wanted = [1] if loss is tg.nn.losses.cross_entropy else [[0.0, 1.0]]
    assert level_of([loss(y, np.array(wanted)).named("L")]) == "gate"
    x = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
    assert level_of([loss(tg.tanh(x * x + x) / 2 - 1, np.array(wanted)).named("L")]) == "op"


def test_steps_and_names_are_shown_as_such():
    assert level_of([gru_loss(1)]) == "gate" == tg.draw(gru_loss()).level
    a, b, c = (leaf(name) for name in "abc")
    e = (a * b).named("e")
    assert level_of([((e + c).named("d") * leaf("f")).named("L")]) == "gate"


@pytest.mark.parametrize(("operations", "level"), [(1, "gate"), (2, "gate"), (3, "op"), (40, "op"), (41, "gate")])
def test_a_few_operations_stand_in_a_formula_and_many_could_not_be_read(operations, level):
    t = leaf()
    for _ in range(operations):
        t = t + 1
    assert level_of([t]) == level


def test_the_way_back_is_drawn_by_its_names():
    assert tg.draw(mlp_loss(), backward=True).level == "gate"
