"""Names of nodes in the DOT that mean something and are the same each time: `step1_r`, `step1_reset_gate_matmul`."""

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
    """Gives each node the next free name made of its scopes and of the tensor's or the operation's name."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken: dict[str, int] = dict(Counter(taken))
        self._of_scope: dict[scope, tuple[str, str | None]] = {}

    def __call__(self, t: Tensor, operation: str, user: Tensor | None = None) -> str:
        steps, inner = self._words((t if user is None else user).scope)
        name = slug(t.name) if t.name else ""
        found = steps
        if inner and (operation or name != t.name):
            found += inner + "_"  # a name such as h̃ is better told by its scope: candidate
        if operation or name == t.name or inner is None:
            found += name if name and not operation else slug(operation) or "tensor"
        return self.free(found.removesuffix("_") or "tensor")

    def _words(self, place: scope) -> tuple[str, str | None]:
        """The steps around a place, and the innermost scope if that is no step; the same for all that is made in it."""
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
            found = f"{name}_{taken[name]}"
            if found not in taken:
                taken[found] = 1
                return found
