"""Statement trees as text: what is computed, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_gru.compiler.code.statements import Copy, Statement
from tinygrad_gru.compiler.ir.notation import formula

__all__ = ["written"]


def written(tree: Any, statements: Sequence[Statement]) -> list[str]:
    """`t5 = h t4 → new_h`; of a copy, `new_h ← t5`."""
    names, layout = tree.layout.names, tree.layout
    lines = []
    for s in statements:
        if isinstance(s, Copy):
            lines.append(f"{s.to} ← {'0' if s.value is None else names[s.value]}{', aside' if s.aside else ''}")
            continue
        place = layout.place(s.instruction)
        cut = "".join(f"[{part}]" for part in (place.block, place.columns) if part is not None)
        lines.append(
            f"{names[s.instruction]} = {formula(s.instruction, names)} → {layout.buffers[place.root].name}{cut}"
        )
    return lines
