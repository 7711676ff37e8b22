"""From phases to statement trees: every value gets its place, and every instruction its turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..ir import Instruction
from ..ir.primitives import UFUNCS
from ..plan import Buffer, Layout, Lifetime, Phases, base
from ..plan.phases import VIEWS
from .statements import Apply, Backward, Carried, Copy, Forward, Statement, Step

__all__ = ["backward", "forward", "single_step"]

Names = Mapping[Instruction, str]


def forward(p: Phases, names: Names) -> Forward:
    """All steps: the input first, then the states."""
    layout = Layout(names, [*p.bulk, *p.loop], p.block_first())
    tree = Forward(p, layout)
    layout.give(p.program.inputs["x"], names[p.program.inputs["x"]], Lifetime.TIME)
    read_later = {base(a) for i in p.loop for a in i.args} | set(p.saved) | {base(i) for i in _new_states(p)}
    for i in p.bulk:
        if i in p.saved:
            tree.over_time.append(layout.give(i, f"all_{names[i]}", Lifetime.TIME))
    tree.bulk = _computed(layout, p.bulk, read_later, Lifetime.TIME, tree.over_time, "all_")
    for i in p.loop:
        if i in p.saved:
            tree.over_time.append(layout.give(i, f"all_{names[i]}", Lifetime.SAVED))
    tree.steps = _steps(p, names, layout, p.loop, tree)
    return tree


def single_step(p: Phases, names: Names) -> Step:
    """One step: nothing is saved, and the input is at hand for this step alone."""
    layout = Layout(names, [*p.bulk, *p.loop], p.block_first())
    tree = Step(p, layout)
    layout.give(p.program.inputs["x"], "x", Lifetime.GIVEN)
    tree.steps = _steps(p, names, layout, [*p.bulk, *p.loop], tree)
    return tree


def _new_states(p: Phases) -> list[Instruction]:
    return [p.program.outputs[f"new {s}"] for s in p.states]


def _steps(p: Phases, names: Names, layout: Layout, phase: list[Instruction], tree: Forward) -> list[Statement]:
    """The statements of a step: new states are computed where they belong, or copied there."""
    copies: list[Statement] = []
    for s, new in zip(p.states, _new_states(p), strict=True):
        state = p.program.inputs[s]
        layout.give(state, names[state], Lifetime.GIVEN)
        target = f"new_{names[state]}"
        if new in phase and new not in layout.buffers and new.op not in {*VIEWS, "concat", "stack"}:
            layout.give(new, target, Lifetime.GIVEN)
        else:
            copies.append(Copy(target, new))
    read_later = {*p.saved, *_new_states(p)} | {base(i) for i in _new_states(p)}
    return [*_computed(layout, phase, read_later, Lifetime.STEP, tree.scratch), *copies]


def _computed(
    layout: Layout, phase: Sequence[Instruction], read_later: set[Instruction], lifetime: Lifetime,
    new: list[Buffer], prefix: str = "", carried: Iterable[Instruction] = (),
) -> list[Statement]:  # fmt: skip
    """The statements of a phase, all values having their places."""
    layout.place_members(phase)
    layout.lead(phase, read_later, carried)
    new += layout.settle(phase, read_later, lifetime, prefix)
    return [Apply(i) for i in phase if i.op not in VIEWS]


# --- backward --------------------------------------------------------------------------------------------------------


def backward(p: Phases, names: Names, chunks: bool = True) -> Backward:
    """The steps from the last to the first; with `chunks`, what needs no carried gradient is computed for several."""
    layout = Layout(names, [*p.pre, *p.back, *p.post, *p.late, *p.sums], p.block_first())
    tree = Backward(p, layout)
    steps = p.back if chunks else [*p.pre, *p.back, *p.post]
    pre, post = (p.pre, p.post) if chunks else ([], [])
    for phase in (pre, steps, post):
        layout.place_members(phase)
    ages = _ages(p, layout, chunks)
    _give_inputs(p, names, layout)
    carries = _carry(p, names, layout, tree, ages)
    for i in [*pre, *steps, *post]:
        if i in layout.homes or i in layout.buffers or i.op in VIEWS:
            continue
        if ages[i] == "time":
            tree.over_time.append(layout.give(i, f"all_{names[i]}", Lifetime.TIME))
        elif ages[i] == "chunk" and i not in pre and chunks:
            tree.chunked.append(layout.give(i, f"some_{names[i]}", Lifetime.CHUNK))
    read = {base(a) for phase in (p.back, p.post, p.late, p.sums) for i in phase for a in i.args}
    results = {base(out) for out in p.program.outputs.values()}
    tree.pre = _computed(layout, pre, read | results, Lifetime.CHUNK, tree.chunked, "some_")
    copies = _into_carries(p, layout, steps, carries)
    pinned = {base(a) for i in [*post, *p.late, *p.sums] for a in i.args} | results
    tree.steps = _computed(layout, steps, pinned, Lifetime.STEP, tree.scratch, "", carries.keys())
    tree.steps += _in_order(copies, layout)
    tree.post = _computed(layout, post, pinned, Lifetime.CHUNK, tree.chunked, "some_")
    _late(p, layout, tree)
    return tree


def _ages(p: Phases, layout: Layout, chunks: bool) -> dict[Instruction, str]:
    """How long values are ages: the members of a block as long as the block, and it as long as each of them."""
    ages = {i: age if chunks or age == "time" else "step" for i, age in p.ages.items()}
    for i in layout.homes:
        root = layout.place(i).root
        ages[root] = max(ages.get(root, "step"), ages.get(i, "step"), key=("step", "chunk", "time").index)
    return ages


def _give_inputs(p: Phases, names: Names, layout: Layout) -> None:
    """The buffers of what the forward pass left."""
    inputs = p.program.inputs
    layout.give(inputs["x"], "x", Lifetime.TIME)
    for s in p.states:
        layout.give(inputs[s], f"before_{names[inputs[s]]}", Lifetime.TIME)
    for new, state in p.outputs.items():
        layout.give(new, f"after_{names[state]}", Lifetime.TIME)
    for i in p.saved:
        layout.give(i, f"all_{names[i]}", Lifetime.TIME)


def _carry(
    p: Phases, names: Names, layout: Layout, tree: Backward, ages: Mapping[Instruction, str]
) -> dict[Instruction, str]:
    """The variables that carry the states' gradients; one that is needed later has a buffer of its own at each step."""
    carries: dict[Instruction, str] = {}
    for s in p.states:
        d = p.program.inputs[f"d{s}"]
        age = ages.get(d, "step")
        carries[d] = names[d] if age == "step" else f"carried_{names[d]}"
        lifetime = {"step": Lifetime.GIVEN, "chunk": Lifetime.CHUNK, "time": Lifetime.TIME}[age]
        prefix = {"step": "", "chunk": "some_", "time": "all_"}[age]
        buffer = layout.give(d, f"{prefix}{names[d]}", lifetime)
        if age != "step":
            (tree.chunked if age == "chunk" else tree.over_time).append(buffer)
        tree.carried.append(Carried(d, carries[d], d))
    return carries


def _into_carries(
    p: Phases, layout: Layout, steps: Sequence[Instruction], carries: Mapping[Instruction, str]
) -> dict[str, Instruction | None]:
    """Let gradients of states be computed in the variable that carries them, where its old value has been read."""
    copies: dict[str, Instruction | None] = {}
    outs = [p.program.outputs.get(f"grad {s}") for s in p.states]
    for s, out in zip(p.states, outs, strict=True):
        d = p.program.inputs[f"d{s}"]
        placed = out is None or out not in steps or out in layout.buffers or out in layout.homes
        if out is not None and not placed and out.op not in {*VIEWS, "concat", "stack"}:
            at = steps.index(out)
            own = layout.buffers[d].name != carries[d]  # the step reads another buffer than the carrying variable
            reads = [n for n, i in enumerate(steps) if any(base(a) is d for a in i.args)]
            reads += [len(steps) for other in outs if other is not None and base(other) is d]
            if own or all(n < at or (n == at and out.op in UFUNCS) for n in reads):
                layout.give(out, carries[d], Lifetime.GIVEN)
                continue
        copies[carries[d]] = out
    return copies


def _in_order(copies: dict[str, Instruction | None], layout: Layout) -> list[Statement]:
    """Copies into the carrying variables, those first whose target no other copy reads any more."""
    pending = dict(copies)
    ordered: list[Statement] = []
    while pending:
        read = {name: layout.buffers[base(v)].name if v is not None and base(v) in layout.buffers else ""
                for name, v in pending.items()}  # fmt: skip
        free = [name for name in pending if all(read[o] != name for o in pending if o != name)]
        for name in free or list(pending):
            ordered.append(Copy(name, pending.pop(name), aside=not free))  # in a circle, all are read first
    return ordered


def _late(p: Phases, layout: Layout, tree: Backward) -> None:
    """The values for all steps at once: what sums over time need, and what only the gradient of the input needs."""
    out = p.program.outputs.get("grad x")
    if out in p.late and out not in layout.buffers and out.op not in VIEWS:
        layout.give(out, "d_x", Lifetime.TIME)
    anyway = set(p.program.instructions(of=p.sums))
    order = sorted(p.late, key=lambda i: i not in anyway)
    read_later = {base(a) for i in p.sums for a in i.args} | ({base(out)} if out is not None else set())
    statements = _computed(layout, order, read_later, Lifetime.TIME, tree.late_buffers, "all_")
    tree.late = [s for s in statements if isinstance(s, Apply) and s.instruction in anyway]
    tree.late_for_x = [s for s in statements if s not in tree.late]
