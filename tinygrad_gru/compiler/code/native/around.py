"""What stands around a native loop: the NumPy program with a call in the place of its loop."""

from __future__ import annotations

from ..numpy_program import after_the_loop, expression, return_sums, unpack
from ..statements import Backward, Forward
from ..writer import Writer
from .loop import Loop
from .sums import SUMS, sums_in_chunks

__all__ = ["backward_around", "forward_around"]


def forward_around(tree: Forward, loop: Loop) -> list[str]:
    """The function `forward`."""
    p, w = tree.phases, Writer(tree)
    names, inputs = tree.layout.names, p.program.inputs
    states = [names[inputs[s]] for s in p.states]
    unpack(w)
    for i in p.saved:
        w.allocate(tree.layout.buffers[i], "run")
    for name in states:
        w.write(f"all_{name} = memory.run_states({name!r}, {name})")
    w.write(loop.call())
    saved = [tree.layout.buffers[i].name for i in p.saved]
    w.write(f"return {', '.join([*(f'all_{name}' for name in states), *saved])},")
    return [f"def forward(T, B, {', '.join([names[inputs['x']], *states])}, fixed, stays, memory):", *w.lines]


def backward_around(tree: Backward, loop: Loop) -> list[str]:
    """The function `backward`."""
    p, w = tree.phases, Writer(tree)
    names = tree.layout.names
    states = [names[p.program.inputs[s]] for s in p.states]
    carries = [names[c.gradient] for c in tree.carried]
    unpack(w)
    for name in states:
        w.write(f"before_{name}, after_{name} = all_{name}[:-1], all_{name}[1:]")
    for name in carries:
        w.write(f"{name} = memory.solid({name})")
    if sums_in_chunks(p):
        _sums_in_the_loop(tree, loop, w, carries)
    else:
        for buffer in tree.over_time:
            w.allocate(buffer, "back")
        w.write(loop.call())
        after_the_loop(tree, w, carries)
    saved = [f"all_{n}" for n in [*states, *(names[i] for i in p.saved)]]
    arguments = ["T", "B", "x", *saved, "fixed", "outside", *carries, "stays", "want_x", "chunk", "memory"]
    return [f"def backward({', '.join(arguments)}):", *w.lines]


def _sums_in_the_loop(tree: Backward, loop: Loop, w: Writer, carries: list[str]) -> None:
    """The call, and what is made of the sums that its threads have added up."""
    p, names = tree.phases, tree.layout.names
    x = p.program.inputs["x"]
    w.write(f"d_x = memory.new((T, B, {x.width})) if want_x else None")
    for i in p.sums:
        if i.op in SUMS:
            columns = i.width * (i.dims[0] if len(i.args[-1].dims) == 3 else 1)
            size = f"{i.args[0].width}, {columns}" if i.op == "outer" else f"{columns}"
            w.write(f"sum_{names[i]} = memory.sums((memory.shards(B), {size}), {i.op == 'sum_batch'})")
    call = loop.call().replace(", d_x,", ", memory.new((0, 0, 0)) if d_x is None else d_x,")
    w.write(call)
    if p.program.outputs.get("grad x") is None:
        w.write("if want_x:")
        w.write("d_x[...] = 0", indent=2)
    for i in p.sums:
        if i.op in SUMS:
            blocks = i.args[-1].dims[0] if len(i.args[-1].dims) == 3 else 0
            w.write(f"{names[i]} = memory.added(sum_{names[i]}, {blocks})", i)
        else:
            w.write(f"{names[i]} = {expression(w, i)}", i)
    return_sums(tree, w, carries)
