"""The backward pass as equations: the vjp of each operation, run on names instead of numbers.

The order is the engine's: from the results to their inputs, each tensor after all its users. But wherever a tensor has
a name, its gradient is written down as an equation, and goes on as a single letter. So the derivation is not a second
book of rules that might disagree with the first: it is `vjp`, recorded and read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.backward import toposort
from ..core.op import Op
from ..core.ops.arithmetic import Clip, Where
from ..core.ops.joining import Concat, Stack
from ..core.ops.products import Einsum
from ..core.support.accumulate import add_gradients, densified, unbroadcast
from ..core.support.guards import quietly
from ..core.support.modes import record
from ..core.support.sparse import SparseGrad
from ..core.tensor import Tensor
from .expression import ONE, Expression, call, named, setting, times
from .operations import derivative_name, is_boundless
from .reader import LARGEST, Reader
from .short import is_number
from .short import number as short

OURS = Op.__module__.rpartition(".")[0]  # where the operations whose guards are known stand
WIDE = 10.0  # bounds beyond which σ, tanh and the like are what they are at infinity

__all__ = ["Derived", "arguments_of_functions", "derive", "gradient_name"]


@dataclass(frozen=True)
class Derived:
    """An equation for a gradient, with the tensor it belongs to and its numbers."""

    name: str
    expression: Expression
    of: Tensor
    value: Any


def gradient_name(name: str) -> str:
    """`∂L/∂z`; of what a named function is taken of, `δ_z`."""
    return f"∂L/∂{name}"


def arguments_of_functions(names: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """By name the unnamed tensors that named elementwise functions are taken of: a, where z = σ(a), is called `δ_z`."""
    functions = [(t, name) for t, name in names.items() if t.op is not None and t.op.elementwise and len(t.inputs) == 1]
    return {t.inputs[0]: f"δ_{name}" for t, name in functions[::-1] if t.inputs[0] not in names and t.inputs[0].op}


def derive(
    outputs: Sequence[Tensor],
    seeds: Mapping[Tensor, tuple[str, Tensor]],
    names: Mapping[Tensor, str],
    inner: Mapping[Tensor, str],
    sizes: Mapping[int, str],
    shared: int = LARGEST,
) -> list[Derived]:
    """The gradients of everything with a name, in the order of the backward pass.

    `seeds` are gradients that come from outside, with their names; `inner` names the gradients of tensors without a
    name of their own. One that is larger than `shared` and goes to several inputs is written once, and called γ.
    """
    reader = Reader({t: named(name) for t, name in names.items()}, sizes)
    for name, g in seeds.values():
        reader.names[g] = ONE if name == "1" else named(name)
    gradients: dict[Tensor, Any] = {t: g for t, (_, g) in seeds.items()}
    lines: list[Derived] = []
    unnamed = 0
    with record():
        for node in toposort(outputs):
            g = gradients.pop(node, None)
            if g is None:
                continue
            g = densified(g, node)
            expression = reader.line(g)
            title = gradient_name(names[node]) if node in names else inner.get(node, "")
            if expression == ONE and node in seeds:  # of the loss, by itself
                title = ""
            several = sum(x.requires_grad for x in node.inputs) > 1 and not isinstance(node.op, Stack | Concat)
            if not title and expression.size > (shared if several else LARGEST):
                unnamed += 1
                title = f"γ_{unnamed}"
            if title:
                if expression != named(title):
                    lines.append(Derived(title, expression, node, g.data))
                g = Tensor(g.data)
                reader.names[g] = named(title)
            if node.op is not None:
                for t, c in _contributions(node, g, reader):
                    if c is not None:
                        gradients[t] = add_gradients(gradients[t], c, t, set()) if t in gradients else c
    return lines


def _contributions(node: Tensor, g: Tensor, reader: Reader) -> list[tuple[Tensor, Any]]:
    """What the local rule gives each input that wants a gradient, tensors whose expressions the reader knows."""
    assert node.op is not None
    contributions: list[tuple[Tensor, Any]] = []
    for i, c in enumerate(quietly(node.op.vjp, g, node, *node.inputs)):
        if i >= len(node.inputs) or not node.inputs[i].requires_grad:
            continue
        if callable(c):
            (c,) = quietly(c)
        if c is None or isinstance(c, SparseGrad):
            contributions.append((node.inputs[i], c))
            continue
        c = c if isinstance(c, Tensor) else Tensor(np.asarray(c))
        if _unreadable(c, {g, node, *node.inputs}, reader, node.op):
            c = _as_whole(c, node, i, g, reader)
        contributions.append((node.inputs[i], unbroadcast(c, node.inputs[i], node)))
    return contributions


def _unreadable(c: Tensor, known: set[Tensor], reader: Reader, op: Op) -> bool:
    """Whether the rule has used an array of its own, such as where x > 0, that no name can be given to.

    A guard of a rule of ours, which keeps infinities away and does nothing here, is passed over.
    """
    ours, summed = type(op).__module__.startswith(OURS), isinstance(op, Einsum)
    pending, seen = [c], set(known)
    while pending:
        t = pending.pop()
        if t in seen or t in reader.names:
            continue
        seen.add(t)
        if t.op is None and (not is_number(t) or t.dtype == bool):
            plain = _plain(t) if summed else None
            if plain is None:
                return True
            reader.names[t] = plain
            continue
        guarded = _guarded(t, reader) if ours else None
        if guarded is not None:
            reader.guards[t] = guarded
        pending += t.inputs if guarded is None else (guarded,)
    return False


def _guarded(t: Tensor, reader: Reader) -> Tensor | None:
    """What a guard lets through: `where(y == 0, 1, y)` with no y at 0, or what is held within wide bounds."""
    if isinstance(t.op, Where):
        mask, instead, through = t.inputs
        ours = mask.op is None and mask not in reader.names
        return through if ours and is_number(instead) and not mask.data.any() else None
    if isinstance(t.op, Clip) and t.op.low is not None and t.op.high == -t.op.low >= WIDE:
        return t.inputs[0]
    return None


def _plain(t: Tensor) -> Expression | None:
    """Ones, or the identity matrix, that a sum of products is multiplied by."""
    if (t.data == 1).all():
        return ONE
    square = t.ndim == 2 and t.shape[0] == t.shape[1]
    return named("I") if square and np.array_equal(t.data, np.eye(len(t.data))) else None


def _as_whole(c: Tensor, node: Tensor, i: int, g: Tensor, reader: Reader) -> Tensor:
    """The same numbers, written as the derivative of the whole operation: `g ⊙ relu′(x)`, or as what it passes back."""
    assert node.op is not None
    whole = Tensor(c.data)
    if isinstance(node.op, Clip) and is_boundless(node.op):
        reader.names[whole] = reader.line(g)
        return whole
    derivative = derivative_name(node.op, None if len(node.inputs) == 1 else i)
    xs = [reader.line(x) for x in node.inputs]
    if isinstance(node.op, Clip):
        low, high = node.op.low, node.op.high
        xs.append(setting(f"{short(-np.inf if low is None else low, 6)}, {short(np.inf if high is None else high, 6)}"))
    if node.op.elementwise:
        reader.names[whole] = times(reader.line(g), call(derivative, *xs))
    else:
        reader.names[whole] = call(derivative, reader.line(g), *xs)
    return whole
