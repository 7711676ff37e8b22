"""Layers: modules and their parameters, the recurrent cells as their equations, losses, and strict files."""

from . import activations, initialisers, losses
from .cell_base import Cell
from .cells import GRUCell, LSTMCell, ResetAfterGRUCell, RNNCell
from .equations import equation
from .layers import Dropout, Embedding, LayerNorm, Linear, Sequential
from .module import Module, Parameter
from .recurrent.layer import Recurrent
from .recurrent.merge_biases import fold_biases
from .recurrent.rnn_gru_lstm import GRU, LSTM, RNN
from .recurrent.sequences import truncated
from .recurrent.stepper import Stepper

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
