"""The facts of a checkpoint: what the preprocessing of a run must remember, as JSON that may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import CheckpointError

__all__ = ["fact"]


def fact(facts: Mapping[str, Any], name: str, kind: type) -> Any:
    """The fact of this name, which must be there and of this type; a list must not be empty."""
    value = facts.get(name)
    if type(value) is not kind or (kind is list and not value):
        raise CheckpointError(f"the checkpoint's {name} cannot be used, wanted a {kind.__name__}. try: another one")
    return value
