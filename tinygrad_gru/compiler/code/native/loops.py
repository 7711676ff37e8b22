"""The two loops over time for Numba: the views of each step, its statements, and what goes from step to step."""

from __future__ import annotations

from collections.abc import Sequence

from ...ir import Instruction
from ...plan import Buffer
from ..statements import Backward, Forward
from .elements import view_of
from .loop import Loop, Sizes
from .step import Step
from .sums import Chunks, sums_in_chunks

__all__ = ["backward_loop", "forward_loop"]


def forward_loop(tree: Forward) -> Loop:
    """The loop of `forward`."""
    p, layout = tree.phases, tree.layout
    names, inputs = layout.names, p.program.inputs
    loop = Loop("forward_loop", Sizes(p.program.instructions()), before=["for t in range(T):"])
    step = Step(tree, loop)
    x = inputs["x"]
    step.at_hand[x] = step.over_time(x, f"{names[x]}_now", layout.buffers[x].name, "t", False, written=False)
    for i in p.saved:
        buffer = layout.buffers[i]
        axis = 1 if buffer.block_first else 0
        steps = f"t % {buffer.name}.shape[{axis}]"
        step.targets[i] = [step.over_time(i, f"{names[i]}_now", buffer.name, steps, buffer.block_first, written=True)]
    for s in p.states:
        h = inputs[s]
        all_h, name = f"all_{names[h]}", names[h]
        step.at_hand[h] = step.over_time(h, name, all_h, f"t % len({all_h})", False, written=True)
        new = f"new_{name}"
        step.tops[new] = all_h, view_of(all_h, f"(t + 1) % len({all_h})")
        step.stays[new] = f"{step.use(name)}[b, {{index}}] if stays else {{value}}"
        step.targets.setdefault(p.program.outputs[f"new {s}"], []).append(new)
    return _finished(loop, step, [*p.bulk, *p.loop])


def _finished(loop: Loop, step: Step, phase: Sequence[Instruction]) -> Loop:
    """The loop with its body: the views of this step that are read, and its statements."""
    statements = step.write(phase)
    loop.body += [*_views(loop, step), *statements]
    return loop


def _views(loop: Loop, step: Step) -> list[str]:
    """The views of this step that are read; arrays of which none is read are no arguments."""
    tops = {name: view for name, view in step.tops.items() if name in step.read}
    read, offered = {array for array, _ in tops.values()}, {array for array, _ in step.tops.values()}
    loop.arguments = {name: a for name, a in loop.arguments.items() if name in read or name not in offered}
    return [f"{name} = {view}" for name, (_, view) in tops.items()]


def backward_loop(tree: Backward) -> Loop:
    """The loop of `backward`, of a tree without chunks: with the sums over time in it, if they can be."""
    p, layout = tree.phases, tree.layout
    names = layout.names
    loop = Loop("backward_loop", Sizes(p.program.instructions()))
    step = Step(tree, loop, [c.gradient for c in tree.carried])
    there = [p.program.inputs["x"], *(p.program.inputs[s] for s in p.states), *p.outputs, *p.saved]
    for i in there:
        buffer = layout.buffers[i]
        step.at_hand[i] = step.over_time(i, f"{names[i]}_now", buffer.name, "t", buffer.block_first, written=False)
    carries = {c.gradient: names[c.gradient] for c in tree.carried}
    step.at_hand |= carries
    chunks = Chunks(tree, step) if sums_in_chunks(p) else None
    timed = {b.name: b for b in tree.over_time} if chunks is None else {}
    for i, buffer in list(layout.buffers.items()):
        if buffer.name in timed:
            rows = f"{names[i]}_kept"
            step.targets.setdefault(i, []).append(
                step.over_time(i, rows, buffer.name, "t", buffer.block_first, written=True)
            )
    unread = _next_gradients(tree, step, carries)
    statements = step.write([*p.pre, *p.back, *p.post])
    after_a_chunk = chunks.statements() if chunks else []
    ahead = _before_a_step(loop, carries, [*timed.values()], chunks is not None)
    body = [*ahead, *_views(loop, step), *(chunks.views(step.read) if chunks else []), *statements, *unread,
            *[f"{d}, next_{d} = next_{d}, {d}" for d in carries.values()]]  # fmt: skip
    if chunks is None:
        loop.before.append("for t in range(T - 1, -1, -1):")
        loop.body = body
    else:
        loop.before += ["stop, ended = T, False", "while stop > 0:"]
        loop.body = ["start = max(0, stop - chunk)", "t = stop - 1", "while t >= start:",
                     *[f"    {s}" for s in [*body, "t -= 1"]],
                     "first_row, past_rows = (t + 1 - start) * B, (stop - start) * B", *after_a_chunk,
                     "stop = 0 if ended else start"]  # fmt: skip
        loop.arguments["chunk"] = ("int64", "chunk")
    loop.after += [f"copy_into(given_{d}, {d})" for d in carries.values()]
    return loop


def _next_gradients(tree: Backward, step: Step, carries: dict[Instruction, str]) -> list[str]:
    """Let the gradients of the states before the step be written; those of states that no step reads go back in rows
    that stay alone."""
    unread: list[str] = []
    for n, (s, name) in enumerate(zip(tree.phases.states, carries.values(), strict=True)):
        out = tree.phases.program.outputs.get(f"grad {s}")
        step.read.add(f"next_{name}")
        arrives = "" if n else " + arriving[b, {index}]"
        if out is None:
            value = f"({name}[b, j] if stays else zero){arrives.format(index='j')}"
            unread += ["for b in range(B):", "    stays = masked and stay[t, lo + b]",
                       f"    for j in range({name}.shape[1]):", f"        next_{name}[b, j] = {value}"]  # fmt: skip
            continue
        step.targets.setdefault(out, []).append(f"next_{name}")
        step.stays[f"next_{name}"] = f"{{value}} + ({name}[b, {{index}}] if stays else zero){arrives}"
    return unread


def _before_a_step(loop: Loop, carries: dict[Instruction, str], timed: Sequence[Buffer], in_chunks: bool) -> list[str]:
    """A gradient that is about to vanish becomes zeros; where all have, the loop ends. To that of the first state the
    one from outside has been added: by the step after, with the result."""
    loop.before.append("first = -1")
    for name in carries.values():
        loop.take(f"given_{name}", "real2", name, written=True)
        loop.before += [f"{name} = given_{name} = given_{name}[lo:hi]", f"next_{name} = np.empty_like({name})"]
    loop.take("outside", "real3")
    first = next(iter(carries.values()))
    loop.before += ["nothing = np.zeros((B, outside.shape[2]), real)", "if T > 0:",
                    f"    arrive({first}, {view_of('outside', 'T - 1')})"]  # fmt: skip
    helpers = ["clear_blocks" if b.block_first else "clear_steps" if b.of_blocks else "clear" for b in timed]
    clear = [f"{helper}({b.name}, t + 1, lo, hi)" for helper, b in zip(helpers, timed, strict=True)]
    if in_chunks:
        clear = ["ended = True", *(["if want_x:", "    clear(d_x, t + 1, lo, hi)"] if "d_x" in loop.arguments else [])]
    ahead = [
        f"if flushing and {' and '.join(f'vanishing({name})' for name in carries.values())}:",
        "    first = first_step(outside, lo, hi) if first < 0 else first",
        "    if t < first:",
        *[f"        {s}" for s in [*clear, *(f"zero_out({name})" for name in carries.values())]],
        "        break",
        f"arriving = {view_of('outside', 't - 1')} if t > 0 else nothing",
    ]
    for name in carries.values():
        ahead += [f"if flushing and vanishing({name}):", f"    zero_out({name})"]
    return ahead
