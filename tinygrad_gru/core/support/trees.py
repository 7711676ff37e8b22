"""Trees of tensors: dictionaries, lists and tuples in each other, as `grad` and `grad_of` take and return them.

A list or tuple of numbers alone is no tree but data, as everywhere: `[1.0, 2.0]` is one leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError
from .arguments import MOST_AXES

__all__ = ["flattened", "is_tree"]


def flattened(tree: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """The leaves of a tree in order, and a function that puts others in their places: a tree like it.

    >>> from tinygrad_gru.core.support.trees import flattened
    >>> leaves, rebuilt = flattened({"a": np.ones(2), "b": [np.zeros(1), 3.0]})
    >>> len(leaves), rebuilt(["x", "y", "z"])
    (3, {'a': 'x', 'b': ['y', 'z']})
    """
    leaves = list(_leaves(tree, 0))

    def rebuilt(others: Sequence[Any]) -> Any:
        return _rebuilt(tree, iter(others))

    return leaves, rebuilt


def is_tree(value: Any, depth: int = 0) -> bool:
    """Whether it is a dictionary, or a list or tuple with an array, a tensor or a dictionary somewhere in it."""
    if depth > MOST_AXES:
        raise ArgumentError(f"more than {MOST_AXES} lists and dictionaries in each other. try: fewer")
    if isinstance(value, dict):
        return True
    return isinstance(value, list | tuple) and any(
        isinstance(item, np.ndarray) or hasattr(item, "requires_grad") or is_tree(item, depth + 1) for item in value
    )


def _leaves(tree: Any, depth: int) -> Iterator[Any]:
    if not is_tree(tree, depth):
        yield tree
        return
    for item in tree.values() if isinstance(tree, dict) else tree:
        yield from _leaves(item, depth + 1)


def _rebuilt(tree: Any, others: Iterator[Any]) -> Any:
    if not is_tree(tree):
        return next(others)
    if isinstance(tree, dict):
        return {key: _rebuilt(item, others) for key, item in tree.items()}
    items = [_rebuilt(item, others) for item in tree]
    if isinstance(tree, list):
        return items
    return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
