"""Layers that have looked at the same steps, for the page and the figure."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.inspection.examples import HOSTILE
from tinygrad_gru import nn
from tinygrad_gru.inspection.analyse import look_inside


@pytest.fixture
def layer():
    with tg.seed(0):
        return nn.GRU(2, 3, dtype=np.float64)


@pytest.fixture
def looks(layer):
    """Three kinds of layer, and what they make of the same eight steps with hostile labels."""
    x = np.random.default_rng(0).normal(size=(8, 1, 2))
    with tg.seed(0):
        kinds = [nn.RNN(2, 3, dtype=np.float64), layer, nn.LSTM(2, 3, dtype=np.float64)]
    return [(f"<b>{type(kind).__name__}</b> ${{", look_inside(kind, x, HOSTILE)) for kind in kinds]
