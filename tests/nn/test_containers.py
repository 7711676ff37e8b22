"""Sequential, ModuleList, and functions as modules."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn


def test_sequential_is_one_after_the_other():
    first, second = nn.Linear(2, 3), nn.Linear(3, 1)
    both, x = nn.Sequential(first, second), np.ones((4, 2), np.float32)

    assert (both(x).data == second(first(x)).data).all()
    assert len(both) == 2 and both[1] is second and list(both) == [first, second]
    assert [key for key, _ in both.named_parameters()] == ["layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b"]
    with pytest.raises(errors.ArgumentError, match="Sequential: wants modules and functions, got int"):
        nn.Sequential(first, 3)
    with pytest.raises(errors.ArgumentError, match=r"got list. try: Sequential\(\*layers\)"):
        nn.Sequential([first, second])


def test_sequential_takes_functions_too():
    first, second = nn.Linear(2, 3), nn.Linear(3, 1)
    model, x = nn.Sequential(first, tg.tanh, second, lambda y: y * 2), np.ones((4, 2), np.float32)
    assert (model(x).data == 2 * second(tg.tanh(first(x))).data).all()
    assert list(model.state_dict()) == ["layers.0.W", "layers.0.b", "layers.2.W", "layers.2.b"]
    assert "layers.1: Function(tanh)" in repr(model)
    assert pickle.loads(pickle.dumps(nn.Function(tg.softmax)))(x).tolist() == [[0.5, 0.5]] * 4


def test_a_class_in_the_place_of_a_module_is_named():
    with pytest.raises(errors.ArgumentError, match=r"got the class Tanh. try: Tanh\(...\)"):
        nn.Sequential(nn.Linear(2, 3), nn.Tanh)
    with pytest.raises(errors.ArgumentError, match=r"wanted a function. try: nn.Tanh\(\)"):
        nn.Function(nn.Tanh)


def test_a_module_list_is_a_list_whose_modules_are_found():
    first, second, third = nn.Linear(2, 3), nn.Linear(3, 1), nn.Linear(1, 1)

    class Model(nn.Module):
        def __init__(self):
            self.blocks = nn.ModuleList([first, second])

    model = Model()
    model.blocks.append(third)
    assert [key for key, _ in model.named_parameters()] == [f"blocks.{i}.{p}" for i in range(3) for p in "Wb"]
    assert len(model.blocks) == 3 and list(model.blocks) == [first, second, third] and model.blocks[-1] is third
    model.blocks[-1] = first
    assert list(model.blocks) == [first, second, first] and len(model.parameters()) == 4
    assert list(copy.deepcopy(model).state_dict()) == list(model.state_dict())


def test_a_module_list_of_twelve_keeps_its_order():
    modules = [nn.Linear(1, 1) for _ in range(12)]
    assert list(nn.ModuleList(modules)) == modules and list(nn.ModuleList().extend(modules)) == modules


@pytest.mark.parametrize("modules", [[3], nn.Linear(1, 1), "ab", [tg.tanh]])
def test_a_module_list_refuses_what_is_no_module(modules):
    with pytest.raises(errors.ArgumentError, match="ModuleList: "):
        nn.ModuleList(modules)
    with pytest.raises(errors.ArgumentError, match="wants modules"):
        nn.ModuleList([nn.Linear(1, 1)])[0] = modules if isinstance(modules, str) else 3


def test_an_index_that_is_not_there_is_named():
    with pytest.raises(errors.ArgumentError, match="there are 1 modules, got the index 1. try: append"):
        nn.ModuleList([nn.Linear(1, 1)])[1]
