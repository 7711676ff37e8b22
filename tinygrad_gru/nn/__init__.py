"""Layers: modules and their parameters, the recurrent cells as their equations, losses, and strict files."""

from . import initialisers, losses
from .cells import Cell, GRUCell, LSTMCell, RNNCell
from .layers import Dropout, Embedding, LayerNorm, Linear, Sequential
from .module import Module, Parameter
from .recurrent import GRU, LSTM, RNN, Recurrent

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Cell",
    "Dropout",
    "Embedding",
    "GRUCell",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "Module",
    "Parameter",
    "RNNCell",
    "Recurrent",
    "Sequential",
    "initialisers",
    "losses",
]
