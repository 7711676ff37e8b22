"""Training or not, for a while."""

import pytest

from tinygrad_gru import nn
from tinygrad_gru.nn.support.modes import in_mode


@pytest.fixture
def model():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5))
    model.layers[1].eval()
    return model


def modes(model):
    return [part.training for part in model.modules()]


@pytest.mark.parametrize("training", [True, False])
def test_all_parts_are_in_the_mode_within_and_in_their_own_afterwards(model, training):
    with in_mode(model, training):
        assert modes(model) == [training] * 3
    assert modes(model) == [True, True, False]


def test_each_part_may_have_a_mode_of_its_own(model):
    with in_mode(model, [False, True, True]):
        assert modes(model) == [False, True, True]
    assert modes(model) == [True, True, False]


def test_no_mode_changes_nothing(model):
    with in_mode(model, None):
        assert modes(model) == [True, True, False]
    assert modes(model) == [True, True, False]


def test_an_error_within_leaves_the_modes_as_they_were(model):
    with pytest.raises(KeyError), in_mode(model, False):
        raise KeyError
    assert modes(model) == [True, True, False]


def test_a_part_that_is_made_within_is_as_the_module_was(model):
    model.eval()
    with in_mode(model, True):
        model.layers.append(nn.Dropout(0.5))
    assert modes(model) == [False] * 4
