"""Gates that start open for the past, so that what matters is carried over many steps before anything is learned."""

from __future__ import annotations

from .. import nn

__all__ = ["keep_at_first"]


def keep_at_first(model: nn.Module, bias: float) -> None:
    """Start the update gates of GRUs at b_z = −bias, and the forget gates of LSTMs at b_f = bias.

    A state of which a share of σ(bias) is kept at every step lasts about exp(bias) steps (Gers, Schmidhuber and
    Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015 for the LSTM).
    """
    for module in model.modules():
        if isinstance(module, nn.GRUCell):
            module.start_bias("z", -bias)
        elif isinstance(module, nn.LSTMCell):
            module.start_bias("f", bias)
