"""What a state that is loaded must hold: the keys, shapes and dtypes of the one it replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ArgumentError, CheckpointError
from .arguments import brief

__all__ = ["check_fit", "checked_mapping"]


def checked_mapping(state: Any) -> Mapping[str, Any]:
    """The state, if it is a dictionary."""
    if not isinstance(state, Mapping):
        raise ArgumentError(f"load_state_dict: got {brief(state)}, wanted a dictionary. try: that of state_dict()")
    return state


def check_fit(owner: str, state: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise CheckpointError with every key that is missing, unexpected, or of another shape or dtype than wanted.

    Both hold arrays or tensors by key.
    """
    problems = [f"{key} is missing" for key in wanted if key not in state]
    problems += [f"{key} is unexpected" for key in state if key not in wanted]
    for key, want in wanted.items():
        got = state.get(key, want)
        if (got.shape, got.dtype) != (want.shape, want.dtype):
            problems.append(f"{key} is {got.dtype} {got.shape}, wanted {want.dtype} {want.shape}")
    if problems:
        raise CheckpointError(f"the state does not fit {owner}: {'; '.join(problems)}")
