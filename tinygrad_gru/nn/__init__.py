"""Layers: modules and their parameters, the recurrent cells as their equations, losses, and strict files."""

from ..core.support.hints import constructors_in_our_words, in_our_words, of_module
from ..torch_names import LOSSES, NN, answer
from . import activations, initialisers, losses
from .activation_modules import *
from .activation_modules import __all__ as _activations
from .cell_base import Cell
from .cells import GRUCell, LSTMCell, ResetAfterGRUCell, RNNCell
from .containers import Function, ModuleList, Sequential
from .equations import equation
from .layers import Dropout, Embedding, LayerNorm, Linear
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
    "Function",
    "GRUCell",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "Module",
    "ModuleList",
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
    *_activations,
]

# What is called otherwise in PyTorch is answered: names, and the keywords of layers and losses.
__getattr__ = of_module(__name__, lambda name: answer(__name__, name, NN))
losses.__getattr__ = of_module(losses.__name__, lambda name: answer(losses.__name__, name, LOSSES))  # type: ignore[method-assign]
constructors_in_our_words([globals()[_name] for _name in __all__])
for _name in losses.__all__:
    setattr(losses, _name, in_our_words(getattr(losses, _name)))
