"""Gates that start open for the past, so that what matters is carried over many steps before anything is learned."""

from __future__ import annotations

import numpy as np

from .. import nn

__all__ = ["keep_at_first"]


def keep_at_first(model: nn.Module, bias: float) -> None:
    """Start the update gates of GRUs at b_z = −bias, and the forget gates of LSTMs at b_f = bias.

    A state of which a share of σ(bias) is kept at every step lasts about exp(bias) steps (Gers, Schmidhuber and
    Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015 for the LSTM).
    """
    for module in model.modules():
        for cell, name, start in ((nn.GRUCell, "b_z", -bias), (nn.LSTMCell, "b_f", bias)):
            if isinstance(module, cell):
                b = getattr(module, name)
                b._replace(np.full_like(b.data, start))
