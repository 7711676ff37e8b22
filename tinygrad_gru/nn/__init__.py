"""Layers: modules and their parameters, the recurrent cells as their equations, losses, and strict files."""

from . import activations, initialisers, losses
from .cell_base import Cell, equation
from .cells import GRUCell, LSTMCell, ResetAfterGRUCell, RNNCell
from .folding import fold_biases
from .layers import Dropout, Embedding, LayerNorm, Linear, Sequential
from .module import Module, Parameter
from .recurrent import Recurrent
from .rnn import GRU, LSTM, RNN
from .sequences import truncated
from .stepper import Stepper

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
    "ResetAfterGRUCell",
    "Sequential",
    "Stepper",
    "activations",
    "equation",
    "fold_biases",
    "initialisers",
    "losses",
    "truncated",
]
