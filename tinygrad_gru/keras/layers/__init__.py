"""The layers of the Keras face, under Keras's names, arguments and defaults: thin adapters of those in `nn`."""

from .basic import (
    Activation,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    LayerNormalization,
    Masking,
    TimeDistributed,
)
from .config import KINDS
from .layer import Layer
from .recurrent import GRU, LSTM, Bidirectional, SimpleRNN

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Bidirectional",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "Layer",
    "LayerNormalization",
    "Masking",
    "SimpleRNN",
    "TimeDistributed",
]

KINDS.update((name, globals()[name]) for name in __all__ if name != "Layer")
