"""From a cell to a program: its step is recorded, and so is the backward pass of the step.

The recording must hold for every call of the step. So the step is recorded twice, with different values, at two batch
sizes and two time steps, and both programs must be equal, instruction by instruction; and while it is recorded, its
code may read no value. A cell for which that does not hold is not compiled, and `Refused` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.backward import grad, toposort
from ...core.support.accumulate import unhooked
from ...core.support.scopes import TOP, Mode, current, here
from ...core.tensor import Tensor
from ...errors import TinygradError
from ..ir import Instruction, Program, Stage
from .lower import LOWER, CannotLower

__all__ = ["Recording", "Refused", "record"]


class Refused(Exception):
    """The reason that a cell cannot be compiled, in a sentence."""


class Recording:
    """A step as a program, and the tensors that are its fixed inputs: parameters and constants."""

    def __init__(self, program: Program, fixed: dict[str, Tensor], states: tuple[str, ...], masked: bool) -> None:
        self.program = program
        self.fixed = fixed  # by the name of the input
        self.states = states
        self.masked = masked  # whether there is an input `recurrent_mask`, for recurrent dropout


def record(cell: Any, masked: bool = False) -> Recording:
    """The program of a cell's step, with its derivatives; raises Refused if it cannot be recorded."""
    ours = ["x", "recurrent_mask", *cell.state_names, *[f"d{name}" for name in cell.state_names]]
    clash = next((name for name in ours if ours.count(name) > 1 or name.partition(" ")[0].isdigit()), None)
    if clash is not None:
        raise Refused(
            f"a state is called {clash!r}, which is x, recurrent_mask, a number, or a state's gradient. "
            "try: another name"
        )
    with np.errstate(all="ignore"):  # the random numbers of a recording are nobody's
        first, fixed = _recorded(cell, batch=5, seed=1, masked=masked)
        again, others = _recorded(cell, batch=7, seed=2, masked=masked)
    if list(fixed.values()) != list(others.values()) or str(first) != str(again):
        ours, theirs = str(first).splitlines(), str(again).splitlines()
        differ = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), (ours[-1], theirs[-1]))
        raise Refused(f"recorded twice, its step was not the same: {differ[0].strip()!r} and {differ[1].strip()!r}")
    return Recording(first, fixed, tuple(cell.state_names), masked)


def _recorded(cell: Any, batch: int, seed: int, masked: bool) -> tuple[Program, dict[str, Tensor]]:
    """The program of a step with random values, and the tensors that are its fixed inputs."""
    rng = np.random.default_rng(seed)

    def example(size: int, name: str) -> Tensor:
        return Tensor(rng.uniform(-0.9, 0.9, (batch, size)).astype(cell.dtype), requires_grad=True, name=name)

    names = cell.state_names
    x = example(cell.input_size, "x")
    state = [example(n, name) for n, name in zip(cell.state_sizes, names, strict=True)]
    gradients = [example(n, f"d{name}") for n, name in zip(cell.state_sizes, names, strict=True)]
    mask = example(cell.hidden_size, "recurrent_mask") if masked else None
    parameters = [p for p in cell.parameters() if p.requires_grad]
    # all tensors of the cell, those too that are no parameters and may be assigned to
    attributes = {t for m in cell.modules() for t in vars(m).values() if isinstance(t, Tensor)}

    program, instructions = Program(), dict[Tensor, Instruction]()
    instructions[x] = program.input("x", ("B", cell.input_size), Stage.INPUT)
    for t, name in zip(state, names, strict=True):
        instructions[t] = program.input(name, ("B", t.shape[1]), Stage.STATE)
    for t, name in zip(gradients, names, strict=True):
        instructions[t] = program.input(f"d{name}", ("B", t.shape[1]), Stage.GRADIENT)
    if mask is not None:
        instructions[mask] = program.input("recurrent_mask", ("B", cell.hidden_size), Stage.FIXED)
    fixed: dict[str, Tensor] = {}

    def fix(t: Tensor) -> None:
        name = f"{len(fixed)} {t.name or 'constant'}"
        fixed[name] = t
        instructions[t] = program.input(name, t.shape, Stage.FIXED, t.name or "constant")

    for p in parameters:
        fix(p)
    outputs = _traced(cell, x, state, mask, gradients, parameters, attributes)
    for t in toposort([t for t in outputs.values() if t is not None], everything=True)[::-1]:
        if t in instructions:
            continue
        if t.op is None:
            if t.requires_grad:
                reason = f"{t.summary} requires a gradient and is no parameter"
                raise Refused(f"{reason}{t.where_made}. try: tg.nn.Parameter")
            if t in attributes:
                fix(t)
            elif t.ndim == 0 and t.dtype != bool:
                instructions[t] = program.number(t._array.item())
            else:
                raise Refused(f"its step makes an array of numbers, {t.summary}{t.where_made}")
            continue
        rule = LOWER.get(type(t.op))
        if rule is None:
            raise Refused(f"there is no rule for the operation {t.op.name}{t.where_made}")
        try:
            instruction = instructions[t] = rule(program, t.op, [instructions[i] for i in t.inputs])
        except CannotLower as error:
            raise Refused(f"there is no rule for {t.op.name} {error}{t.where_made}") from None
        if tuple(batch if n == "B" else n for n in instruction.dims) != t.shape:
            raise Refused(f"the sizes {t.shape} of {t.op.name} depend on the batch{t.where_made}")
        if instruction.op not in ("input", "number") and not instruction.label:
            instruction.label = t.name or ""
            instruction.scope = repr(t.scope) if t.scope.parent is not None else ""
    program.outputs = {name: instructions[t] for name, t in outputs.items() if t is not None}
    return program, fixed


def _asks_after_numbers(error: Exception) -> str:
    """The reason where a vjp decides by values, of which there are none while it is recorded."""
    operation = next((note for note in getattr(error, "__notes__", ()) if "vjp" in note), "")
    which = f" ({operation.strip()})" if operation else ""
    why = f"the derivative of one of its operations decides by numbers{which}, as that of x ** 0 does"
    return f"{why}, and a program is made before there are any. try: tg.where, or products"


def _traced(
    cell: Any,
    x: Tensor,
    state: list[Tensor],
    mask: Tensor | None,
    gradients: list[Tensor],
    parameters: Sequence[Tensor],
    attributes: set[Tensor],
) -> dict[str, Tensor | None]:
    """The results of a step and of its backward pass, by name."""
    watched = {x, *state, *gradients, *parameters, *attributes}
    names = cell.state_names

    def tracer(t: Tensor | None) -> None:
        if t is None:
            raise Refused(f"its step draws random numbers{here()}")
        if any(leaf in watched or leaf.requires_grad for leaf in toposort([t], everything=True) if leaf.op is None):
            raise Refused(f"its step reads the value of {t.summary}{here()}")

    token = current.set((TOP, Mode(grad=True, everything=True, tracer=tracer)))
    try:
        after = (cell.step if mask is None else cell.masked_step(mask))(x, *state)
        if not isinstance(after, tuple) or len(after) != len(state):
            raise Refused(f"its step returns no tuple of its states, ({', '.join(names)}{',' * (len(names) == 1)})")
        for s, h, name in zip(after, state, names, strict=True):
            if not isinstance(s, Tensor) or (s.shape, s.dtype) != (h.shape, h.dtype):
                raise Refused(f"the state {name} that its step returns is not like the one that it takes")
        alive = [(s, g) for s, g in zip(after, gradients, strict=True) if s.requires_grad]
        targets = [x, *state, *parameters]
        with unhooked(watched):  # hooks run on arrays, and do not belong into the program
            try:
                input_gradients = grad([s for s, _ in alive], targets, [g for _, g in alive], create_graph=True)
            except (AttributeError, TypeError) as error:  # a tensor has no `any`, and `&` is not for booleans of it
                raise Refused(_asks_after_numbers(error)) from None
    except (TinygradError, ArithmeticError, ValueError, TypeError, NotImplementedError) as error:
        raise Refused(f"its step cannot be recorded: {error}") from None
    finally:
        current.reset(token)
    results: dict[str, Tensor | None] = {f"new {name}": s for name, s in zip(names, after, strict=True)}
    results |= {f"grad {name}": g for name, g in zip(["x", *names], input_gradients, strict=False)}
    return results | {f"grad {i}": g for i, g in enumerate(input_gradients[1 + len(names) :])}
