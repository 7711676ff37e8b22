"""Sizes that need more memory than there is, refused before any of it is taken."""

from __future__ import annotations

from ..errors import ConfigError
from ..nn import GRUCell, LSTMCell, RNNCell
from ..nn.standard_cell import StandardCell
from ..nn.support.limits import machine_memory
from .config import Config

__all__ = ["least_memory", "refuse_what_is_too_large"]

KINDS: dict[str, type[StandardCell]] = {"rnn": RNNCell, "gru": GRUCell, "gru-after": GRUCell, "lstm": LSTMCell}
FLOAT = 4  # bytes
COPIES = 4  # of the weights: themselves, their gradient and Adam's two moments


def refuse_what_is_too_large(config: Config) -> None:
    """Raise ConfigError for settings that cannot fit into this machine, however little the rest of it takes.

    Otherwise the system would grant the memory, and kill the process when it uses it.
    """
    there = machine_memory()
    needed = least_memory(config)
    if there is not None and needed > there:
        raise ConfigError(
            f"hidden {config.hidden}, batch {config.batch} and length {config.length} need more than "
            f"{needed / 1e9:,.0f} GB of memory, and there are {there / 1e9:,.0f}. "
            "try: a smaller --hidden, --batch or --length"
        )


def least_memory(config: Config) -> int:
    """The bytes that training takes at least: the weights of the state, and the states that backward looks at."""
    weights = COPIES * len(KINDS[config.cell].letters) * config.hidden**2
    states = config.length * config.batch * config.hidden
    return FLOAT * (weights + states)
