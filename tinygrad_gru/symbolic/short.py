"""Formulas as a person would write them, read off the recorded graph: `σ([h₀, x₁] W_r + b_r)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from functools import lru_cache
from typing import Any

from ..core.op import Op
from ..core.ops.arithmetic import Where
from ..core.ops.indexing import Getitem
from ..core.ops.joining import Concat, Stack
from ..core.ops.shapes import Astype, BroadcastTo, ExpandDims, PermuteDims, Reshape
from ..core.tensor import Tensor

__all__ = ["compose", "formulas", "is_guard", "is_number", "is_ordered", "number", "subscript", "symbol_of"]

LONGEST = 240  # characters: longer only with very long names
MOST_DRAWN = 48  # of what the reader has before the eyes anyway
Text = tuple[str, int]  # a formula, and how tightly its outermost operation binds: a name ATOM, a sum SUM
SUM, TIMES, PRODUCT, SIGN, ATOM = 1, 2, 3, 4, 9

# Between two operands: how tightly it binds, and what it wants of the left and of the right one to need no brackets.
INFIX = {
    "+": (" + ", SUM, SUM, SUM),
    "−": (" − ", SUM, SUM, TIMES),
    "⊙": ("⊙", TIMES, TIMES, TIMES),
    "/": ("/", TIMES, TIMES, SIGN),
    "@": (" ", PRODUCT, PRODUCT, SIGN),
    "^": ("^", SIGN, ATOM, ATOM),
}
BEHIND = ("²", "ᵀ")
UNSEEN = (Reshape, BroadcastTo, PermuteDims, Astype)  # the same numbers, in another shape
POWERS = {"2": "²", "3": "³", "0.5": "^½", "-1": "⁻¹"}


@lru_cache(maxsize=1 << 14)
def subscript(index: int) -> str:
    """The number as a subscript: `₁₂`."""
    return str(index).translate(str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋"))


def symbol_of(op: Op) -> str:
    """What the operation is drawn with: its symbol, or else its name."""
    return op.symbol or op.name.replace("_", " ")


def is_number(t: Tensor) -> bool:
    """Whether the tensor is just a number in the code, such as the 1 in `1 - z`."""
    return t.op is None and t.ndim == 0 and t.name is None and not t.requires_grad


def is_ordered(op: Op | None) -> bool:
    """Whether it makes a difference which of its inputs is which: u − v, but not u + v."""
    return op is not None and symbol_of(op) not in ("+", "⊙", "max", "min")


def is_guard(t: Tensor) -> bool:
    """Whether it is a guard of the backward pass, below a choice between branches: `where(0·∞, 0, g)`, mostly g."""
    return isinstance(t.op, Where) and t.scope.role == "backward" and is_number(t.inputs[1]) and t.inputs[1].item() == 0


def number(value: float, digits: int = 3) -> str:
    """A number as short as it can be: 1, 0.5, −3.2, 1e6, NaN, ∞."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    shortened = f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return shortened.replace("-", "−")


def formulas(
    tensors: list[Tensor],
    name_of: Callable[[Tensor], str | None],
    stop: Container[Tensor] = (),
    drawn: Container[Tensor] = (),
) -> dict[Tensor, Text]:
    """The formula of each tensor, in creation order; named ones stand in others by their names.

    What is `drawn` itself stands there as (…) where it would be long.
    """
    texts: dict[Tensor, Text] = {}
    operand: dict[Tensor, Text] = {}
    for t in tensors:
        name = name_of(t)
        if t.op is not None and t in stop:  # a leaf of this graph
            texts[t] = name or symbol_of(t.op), ATOM
        else:
            texts[t] = compose(t, operand, name)
        operand[t] = (name, ATOM) if name is not None else texts[t]
        if name is None and len(texts[t][0]) > MOST_DRAWN and t in drawn:
            operand[t] = "(…)", ATOM
    return texts


def compose(t: Tensor, operand: dict[Tensor, Text], name: str | None = None) -> Text:
    """The formula of one tensor, of the texts of its inputs; a leaf is its name."""
    if t.op is None:
        return _leaf(t, name)
    symbol = symbol_of(t.op)
    texts = [operand[i] for i in t.inputs]
    if isinstance(t.op, UNSEEN):
        return texts[0]
    if isinstance(t.op, Where) and is_guard(t):
        return texts[2]
    if isinstance(t.op, Getitem):
        if type(t.op.key) is int and t.op.key == 0 and isinstance(t.inputs[0].op, ExpandDims):
            return texts[0]  # x[0] of an expanded x
        x = t.inputs[0]
        if type(t.op.key) is int and isinstance(x.op, Concat) and all(isinstance(i.op, Stack) for i in x.inputs):
            if all(i in operand and operand[i][0].startswith("stack(") for i in x.inputs) and x.op.axis % x.ndim:
                return _short(f"[{', '.join(operand[i.inputs[t.op.key]][0] for i in x.inputs)}]", ATOM)
        return f"{_bracketed(texts[0], ATOM)}[{_key(t.op.key)}]", ATOM
    if isinstance(t.op, Concat):
        return _short(f"[{', '.join(text for text, _ in texts)}]", ATOM)
    if symbol == "^" and len(t.inputs) == 2 and is_number(t.inputs[1]) and texts[1][0] in POWERS:
        return _short(_bracketed(texts[0], ATOM) + POWERS[texts[1][0]], SIGN)
    if symbol == "⊙" and is_number(t.inputs[0]):
        return _short(f"{texts[0][0]} {_bracketed(texts[1], TIMES)}", TIMES)
    if symbol in INFIX and len(texts) == 2:
        sign, binding, left, right = INFIX[symbol]
        if symbol == "+" and texts[1][0].startswith("−") and texts[1][1] >= TIMES:
            return _short(f"{texts[0][0]} − {texts[1][0][1:]}", SUM)  # a + (−b)
        if texts[1][0].startswith("−"):
            right = ATOM + 1  # a − (−b)
        return _short(_bracketed(texts[0], left) + sign + _bracketed(texts[1], right), binding)
    if symbol in BEHIND and len(texts) == 1:
        return _short(_bracketed(texts[0], ATOM) + symbol, SIGN)
    if symbol == "−":
        return _short("−" + _bracketed(texts[0], PRODUCT), TIMES)
    if symbol == "Σ":
        return _short("Σ " + _bracketed(texts[0], PRODUCT), PRODUCT)
    return _short(f"{symbol}({', '.join(text for text, _ in texts)})", ATOM)


def _leaf(t: Tensor, name: str | None) -> Text:
    if is_number(t):
        value = t.item()
        return ("½", ATOM) if value == 0.5 else (number(value), ATOM if value >= 0 else SUM)
    return ("const" if name is None else name, ATOM)


def _bracketed(text: Text, wanted: int) -> str:
    words, binding = text
    return words if binding >= wanted else f"({words})"


def _short(words: str, binding: int) -> Text:
    return (words, binding) if len(words) <= LONGEST else (words[: LONGEST - 1] + "…", ATOM)


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return ", ".join(_key(k) for k in key)
    if isinstance(key, slice):
        ends = ["" if end is None else str(end) for end in (key.start, key.stop)]
        return ":".join(ends) + ("" if key.step is None else f":{key.step}")
    if key is None or key is Ellipsis:
        return "new" if key is None else "…"
    return str(key) if isinstance(key, int) else "i"
