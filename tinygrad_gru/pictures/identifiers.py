"""Names of nodes in the DOT that mean something and are the same each time: `step1_r`, `step1_reset_gate_matmul`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from ..core.scopes import scope
from ..core.tensor import Tensor
from .casting import path_of

__all__ = ["Identifiers", "slug"]


@lru_cache(maxsize=4096)
def slug(words: str) -> str:
    """The letters, digits and underscores of it, at most 40: what DOT, SVG and HTML all take as a name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_")[:40]


class Identifiers:
    """Gives each node the next free name made of its scopes and of the tensor's or the operation's name."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken: Counter[str] = Counter(taken)

    def __call__(self, t: Tensor, operation: str, user: Tensor | None = None) -> str:
        path = path_of((t if user is None else user).scope)
        words = [slug(place.title).replace("_", "") for place in path if place.index is not None]
        inner = path[-1] if path and path[-1].index is None else None
        name = slug(t.name or "")
        if (operation or name != t.name) and inner is not None:
            words.append(slug(inner.label))  # a name such as h̃ is better told by its scope: candidate
        if operation or name == t.name or inner is None:
            words.append(name if name and not operation else slug(operation) or "tensor")
        return self.free("_".join(w for w in words if w) or "tensor")

    def box(self, path: tuple[scope, ...]) -> str:
        """The name of the box around a scope."""
        return self.free("_".join(["cluster", *(slug(place.title).replace("_", "") for place in path)]))

    def free(self, name: str) -> str:
        """The name, or the name with the next free number."""
        while True:
            self._taken[name] += 1
            times = self._taken[name]
            found = name if times == 1 else f"{name}_{times}"
            if times == 1 or found not in self._taken:
                self._taken[found] += times > 1
                return found
