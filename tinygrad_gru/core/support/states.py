"""State dictionaries: a loaded one must have the keys, shapes and dtypes of the one it replaces."""

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


def check_fit(owner: str, state: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise CheckpointError with every key that is missing, unexpected, or of another shape or dtype than expected.

    Both hold arrays or tensors by key.
    """
    problems = [f"{key} is missing" for key in expected if key not in state]
    problems += [f"{key} is unexpected" for key in state if key not in expected]
    for key, array in expected.items():
        got = state.get(key, array)
        if (got.shape, got.dtype) != (array.shape, array.dtype):
            problems.append(f"{key} is {got.dtype} {got.shape}, wanted {array.dtype} {array.shape}")
    if problems:
        raise CheckpointError(f"the state does not fit {owner}: {'; '.join(problems)}")
