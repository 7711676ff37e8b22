"""Identifiers of nodes, readable and deterministic: `step1_r`, `step1_reset_gate_matmul`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from ..core.support.scopes import scope
from ..core.tensor import Tensor
from .classify import path_of

__all__ = ["Identifiers", "slug"]


@lru_cache(maxsize=4096)
def slug(words: str) -> str:
    """The letters, digits and underscores of it, at most 40: what DOT, SVG and HTML all take as a name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_")[:40]


class Identifiers:
    """Gives each node a free name: its scopes, then the name of the tensor or of the operation."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken: dict[str, int] = dict(Counter(taken))
        self._of_scope: dict[scope, tuple[str, str | None]] = {}

    def __call__(self, t: Tensor, operation: str, user: Tensor | None = None) -> str:
        steps, inner = self._words((t if user is None else user).scope)
        name = slug(t.name) if t.name else ""
        words = steps
        if inner and (operation or name != t.name):
            words += inner + "_"  # h̃ has no ASCII name, but its scope has: candidate
        if operation or name == t.name or inner is None:
            words += name if name and not operation else slug(operation) or "tensor"
        return self.free(words.removesuffix("_") or "tensor")

    def _words(self, place: scope) -> tuple[str, str | None]:
        """The steps around a scope, and the innermost scope if that is no step; cached."""
        known = self._of_scope.get(place)
        if known is None:
            path = path_of(place)
            steps = [slug(around.title).replace("_", "") for around in path if around.index is not None]
            inner = slug(path[-1].label) if path and path[-1].index is None else None
            known = self._of_scope[place] = ("".join(word + "_" for word in steps if word), inner)
        return known

    def box(self, path: tuple[scope, ...]) -> str:
        """The name of the box around a scope."""
        return self.free("_".join(["cluster", *(slug(place.title).replace("_", "") for place in path)]))

    def free(self, name: str) -> str:
        """The name, or the name with the next free number."""
        taken = self._taken
        if name not in taken:
            taken[name] = 1
            return name
        while True:
            taken[name] += 1
            numbered = f"{name}_{taken[name]}"
            if numbered not in taken:
                taken[numbered] = 1
                return numbered
