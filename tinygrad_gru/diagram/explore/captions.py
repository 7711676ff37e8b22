"""The caption of each event of a trace: the operation or its vjp, the numbers, and how gradients add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ...core.support.arguments import ShortRepr
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...symbolic.short import number, symbol_of
from .trace import Event, Trace

__all__ = ["State", "caption", "numbers", "states"]

WRITTEN = 8  # numbers of an array; of more the first four, and the norm
FEW = 4
READY = "Ready. First every operation forward, then every gradient back."

Words = list[tuple[str, bool]]  # and whether they are what it is about


@dataclass(repr=False)
class State(ShortRepr):
    """The state after some of the events: the tensors computed, and the sum so far of each gradient."""

    event: Event | None = None
    at: int = 0  # events so far
    done: set[Tensor] = field(default_factory=set)
    sums: dict[Tensor, Array] = field(default_factory=dict)
    times: dict[Tensor, int] = field(default_factory=dict)  # contributions so far
    togethers: list[Array] = field(default_factory=list)  # the sums after each contribution of the event


def states(trace: Trace) -> Iterator[State]:
    """The state after each event, the first before any: one object, which goes on; read it before the next."""
    state = State(done={t for t in trace.tensors if t.op is None})
    yield state
    for at, event in enumerate(trace.events, start=1):
        state.at, state.event, state.togethers = at, event, []
        if event.passed is None:
            state.done.add(event.tensor)
        for to, g in event.passed or ():
            contribution = np.asarray(value_of(g), np.float64)
            state.sums[to] = state.sums[to] + contribution if to in state.sums else contribution
            state.times[to] = state.times.get(to, 0) + 1
            state.togethers.append(state.sums[to])
        if at == trace.turn:
            state.sums[trace.loss] = np.ones(trace.loss.shape)
        yield state


def caption(trace: Trace, state: State) -> Words:
    """The caption of the last event."""
    event = state.event
    if event is None:
        return [(READY, False)]
    t, called = event.tensor, trace.called
    rule = trace.rule(t)
    if event.passed is None:
        named = f"{called(t)} = {trace.formula(t)}" if t.name and trace.formula(t) else called(t)
        return [
            (f"forward {state.at} of {trace.turn}: ", False),
            (named, True),
            (f" = {numbers(t.data)}", False),
            (f"  ·  {rule}" if rule else "", False),
        ]
    back = len(trace.events) - trace.turn
    symbol = symbol_of(t.op) if t.op is not None else ""
    arriving = numbers(state.sums[t]) if t in state.sums else "1"
    words: Words = [
        (f"back {state.at - trace.turn} of {back}: {_partial(called(t))} = {arriving} goes through {symbol}", False)
    ]
    words += [(f"  ·  {rule}" if rule else "", False), ("  ·  ", False)]
    seen: dict[Tensor, int] = {}
    for to, _ in event.passed:
        seen[to] = seen.get(to, 0) + 1
    first = {to: state.times[to] - n for to, n in seen.items()}
    for (to, g), together in zip(event.passed, state.togethers, strict=True):
        first[to] += 1
        n, of = first[to], trace.contributions[to]
        words.append((f"{_partial(called(to))} {'+=' if n > 1 else '='} {numbers(g)}", True))
        so_far = f", together {numbers(together)}" if n > 1 else ""
        words.append((f" (contribution {n} of {of}{so_far})  " if of > 1 else "  ", False))
    return words


def numbers(array: Array) -> str:
    """An array in a line: a number, [0.1 −0.2], or [0.1 −0.2 0.3 0.4 … of 6×4, norm 0.5]."""
    array = np.asarray(value_of(array), np.float64)
    flat = array.ravel() + 0.0  # a −0 is a 0 to who reads it
    if flat.size == 1:
        return number(flat[0])
    if flat.size <= WRITTEN:
        return "[" + " ".join(number(v) for v in flat) + "]"
    with np.errstate(all="ignore"):
        size = number(float(np.linalg.norm(flat)))
    few = " ".join(number(v) for v in flat[:FEW])
    return f"[{few} … of {'×'.join(str(n) for n in array.shape)}, norm {size}]"


def _partial(called: str) -> str:
    """∂L/∂r₁, ∂L/∂(z₁⊙h̃₁), ∂L/∂[h₀, x₁]."""
    whole = called.startswith("[") and called.endswith("]") and called.count("[") == 1
    plain = whole or all(c.isalnum() or c in "_₀₁₂₃₄₅₆₇₈₉̃" for c in called)
    return f"∂L/∂{called}" if plain else f"∂L/∂({called})"
