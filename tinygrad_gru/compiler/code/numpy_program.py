"""The NumPy program: statement trees as the text of functions, to be read as well as run.

What depends on the parameters alone is a function of its own, which is called when they have changed. Blocks of gates
that matrix products over all steps read are stored gate by gate, (G, T, B, H), others step by step, (T, G, B, H).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Instruction, Stage
from ..ir.primitives import UFUNCS
from ..plan import Lifetime
from .statements import Apply, Backward, Forward
from .writer import Writer

__all__ = [
    "IMPORTS",
    "after_the_loop",
    "backward_text",
    "forward_text",
    "prepare_text",
    "step_text",
    "unpack",
]

IMPORTS = f"from numpy import {', '.join(sorted([*UFUNCS, 'copyto', 'dot', 'matmul', 'where']))}"


def prepare_text(tree: Forward | Backward, name: str) -> list[str]:
    """The function that computes what depends on the parameters alone: called when they have changed."""
    p, writer = tree.phases, Writer(tree)
    instructions = p.fixed if isinstance(tree, Forward) else p.fixed_back
    inputs = [writer.names[i] for i in p.program.inputs.values() if i.stage == Stage.FIXED]
    for i in instructions:
        text = expression(writer, i)
        if i.is_constant and not i.is_boolean:
            text = f"float({text})"  # NumPy's own numbers would turn arrays of float32 into float64
        writer.write(f"{writer.names[i]} = {text}", i)
    names = read_by_loops(tree)
    writer.write(f"return ({', '.join(names)}{',' * (len(names) == 1)})")
    return [f"def {name}({', '.join(inputs)}):", *writer.lines]


def read_by_loops(tree: Forward | Backward) -> list[str]:
    """The names of the fixed values that the statements read."""
    p = tree.phases
    phases = [p.bulk, p.loop] if isinstance(tree, Forward) else [p.pre, p.back, p.post, p.late, p.sums]
    read = [a for phase in phases for i in phase for a in i.args if a.stage == Stage.FIXED and a.op != "number"]
    outputs = [i for i in p.program.outputs.values() if i.stage == Stage.FIXED and i.op != "number"]
    return [tree.layout.names[i] for i in dict.fromkeys([*read, *outputs])]


def expression(writer: Writer, i: Instruction) -> str:
    """An expression that makes a new array: of parameters, or a sum over time."""
    o = dict(i.options)
    if i.op == "outer":
        a, g = (writer.table(each) for each in i.args)
        return f"matmul({a}.T, {g})"
    if i.op == "sum_batch":
        return f"memory.total({writer.table(i.args[0])})"
    args = [writer.small(a) for a in i.args]
    if i.op in UFUNCS or i.op in ("where", "matmul"):
        return f"{i.op}({', '.join(args)})"
    if i.op == "stack":
        return _stacked(i, args)
    return {
        "columns": lambda: f"{args[0]}[..., {o['start']}:{o['stop']}]",
        "rows": lambda: f"{args[0]}[{o['start']}:{o['stop']}]",
        "parts": lambda: f"{args[0]}[{o['start']}:{o['stop']}]",
        "part": lambda: f"{args[0]}[{o['index']}]",
        "reshape": lambda: f"np.reshape({args[0]}, {o['dims']})",
        "transpose": lambda: f"np.ascontiguousarray({args[0]}.T)",
        "concat": lambda: f"np.concatenate([{', '.join(args)}], -1)",
        "stack_rows": lambda: f"np.concatenate([{', '.join(args)}])",
        "broadcast_columns": lambda: f"np.repeat({args[0]}, {o.get('width')}, -1)",
        "sum_columns": lambda: f"add.reduce({args[0]}, axis=-1, keepdims=True)",
        "max_columns": lambda: f"maximum.reduce({args[0]}, axis=-1, keepdims=True)",
    }[i.op]()


def _stacked(i: Instruction, args: Sequence[str]) -> str:
    if all(len(a.dims) == 2 for a in i.args):
        return f"np.stack([{', '.join(args)}])"
    if all(len(a.dims) == 1 for a in i.args):
        return f"np.stack([{', '.join(args)}])[:, None]"
    blocks = [f"{text}[None, None]" if len(a.dims) == 1 else f"{text}[None]" if len(a.dims) == 2 else text
              for text, a in zip(args, i.args, strict=True)]  # fmt: skip
    return f"np.concatenate([{', '.join(blocks)}])"


def unpack(writer: Writer) -> None:
    """The line that names what was prepared."""
    names = read_by_loops(writer.tree)
    if names:
        writer.write(f"{', '.join(names)}{',' * (len(names) == 1)} = fixed")


def forward_text(tree: Forward) -> list[str]:
    """The function `forward`."""
    p, w = tree.phases, Writer(tree)
    inputs, names = p.program.inputs, tree.layout.names
    states = [names[inputs[s]] for s in p.states]
    unpack(w)
    w.write("")
    w.write("# for all steps at once: what needs the input alone")
    for buffer in tree.over_time:
        if buffer.lifetime == Lifetime.TIME:
            w.allocate(buffer, "all")
    w.body(tree.bulk, several=True, indent=1)
    w.write("")
    w.write("# step by step")
    for buffer in tree.over_time:
        if buffer.lifetime == Lifetime.SAVED:
            w.allocate(buffer, "steps")
    for name in states:
        w.write(f"all_{name}, {name}, after_{name} = memory.states({name!r}, {name})")
    for buffer in tree.scratch:
        w.allocate(buffer, "step")
    head, w.lines = w.lines, []
    w.body(tree.steps, several=False, indent=2)
    w.write("if stay is not None:", indent=2)
    for name in states:
        w.write(f"copyto(new_{name}, {name}, where=stay)", indent=3)
    steps, w.lines = w.lines, [*head, *w.once()]
    x = names[inputs["x"]]
    iterated = [(name, _each(buffer, cut, x)) for (buffer, cut), name in w.rows.items()]
    iterated += [(f"new_{name}", f"after_{name}") for name in states]
    w.loop([*iterated, ("stay", "stays")], 1)
    w.lines += steps
    for name in states:
        w.write(f"{name} = new_{name}", indent=2)
    saved = [tree.layout.buffers[i].name for i in p.saved]
    w.write(f"return {', '.join([*(f'all_{name}' for name in states), *saved])},")
    return [f"def forward(T, B, {', '.join([x, *states])}, fixed, stays, memory):", *w.lines]


def _each(buffer: str, cut: str, *from_the_caller: str) -> str:
    """What a loop goes through: the arrays of all steps, from the memory that keeps them, or what the caller gave."""
    array = f"{buffer}{cut}"
    return array if buffer in from_the_caller else f"memory.each({array!r}, {array})"


def step_text(tree: Forward) -> list[str]:
    """The function `stepper`, which returns the function of a step."""
    p, w = tree.phases, Writer(tree)
    states = [tree.layout.names[p.program.inputs[s]] for s in p.states]
    w.body(tree.steps, several=False, indent=2)
    steps, w.lines = w.lines, []
    unpack(w)
    for buffer in tree.scratch:
        w.allocate(buffer, "step")
    w.lines += [*w.once(), ""]
    w.write(f"def step({', '.join(['x', *(n for s in states for n in (s, f'new_{s}'))])}):")
    for (state, cut), name in w.moving_views.items():
        w.write(f"{name} = {state}{cut}", indent=2)
    return ["def stepper(B, fixed, memory):", *w.lines, *steps, "", "    return step"]


def backward_text(tree: Backward) -> list[str]:
    """The function `backward`."""
    p, w = tree.phases, Writer(tree)
    inputs, names = p.program.inputs, tree.layout.names
    states = [names[inputs[s]] for s in p.states]
    carries = [c.carry for c in tree.carried]
    unpack(w)
    for name in states:
        w.write(f"before_{name}, after_{name} = all_{name}[:-1], all_{name}[1:]")
    for buffer in tree.over_time:
        w.allocate(buffer, "back")
    for buffer in tree.chunked:
        w.allocate(buffer, "back")
    for buffer in tree.scratch:
        w.allocate(buffer, "step")
    for c in tree.carried:
        if c.carry != names[c.gradient]:
            w.write(f"{c.carry} = {names[c.gradient]}")
    head, w.lines = w.lines, []
    _chunk(tree, w, carries)
    chunk, w.lines = w.lines, [*head, *w.once()]
    w.lines += [f"    {_rows_name(name)} = {_each(array, cut, 'x', *_of_outputs(states))}"
                for (array, cut), name in w.rows.items()]  # fmt: skip
    w.write("flushing = memory.flushing and B > 0")
    w.write("for stop in range(T, 0, -chunk):")
    w.lines += chunk
    after_the_loop(tree, w, carries)
    saved = [f"all_{n}" for n in [*states, *(names[i] for i in p.saved)]]
    gradients = [names[c.gradient] for c in tree.carried]
    arguments = ["T", "B", "x", *saved, "fixed", "outside", *gradients, "stays", "want_x", "chunk", "memory"]
    return [f"def backward({', '.join(arguments)}):", *w.lines]


def _of_outputs(states: Sequence[str]) -> list[str]:
    return [f"{side}_{name}" for name in states for side in ("before", "after")]


def _rows_name(name: str) -> str:
    return f"rows_{name}"


def _chunk(tree: Backward, w: Writer, carries: Sequence[str]) -> None:
    """The statements of a chunk of steps."""
    w.write(f"if memory.finished(stop, outside, {', '.join(carries)}):", indent=2)
    for carry in carries:
        w.write(f"{carry}[...] = 0", indent=3)
    for buffer in tree.over_time:
        w.write(f"{buffer.name}[{':, ' if buffer.block_first else ''}:stop] = 0", indent=3)
    w.write("break", indent=3)
    w.write("start = max(stop - chunk, 0)", indent=2)
    mark = len(w.lines)
    w.slices = {}
    w.body(tree.pre, several=True, indent=2)
    pre, w.lines = w.lines[mark:], w.lines[:mark]
    _steps_back(tree, w, carries)
    steps, w.lines = w.lines[mark:], w.lines[:mark]
    w.body(tree.post, several=True, indent=2)
    post, w.lines = w.lines[mark:], w.lines[:mark]
    for buffer, slice_of in w.slices.items():
        time = "start:stop" if buffer.lifetime != Lifetime.CHUNK else ": stop - start"
        turned = ".swapaxes(0, 1)" if buffer.of_blocks and not buffer.block_first else ""
        w.write(f"{slice_of} = {buffer.name}[{':, ' if buffer.block_first else ''}{time}]{turned}", indent=2)
    w.lines += [*pre, *steps, *post]
    w.slices = None


def _steps_back(tree: Backward, w: Writer, carries: Sequence[str]) -> None:
    mark = len(w.lines)
    now = [w.now(c.now) for c in tree.carried]
    for n, (carry, here) in enumerate(zip(carries, now, strict=True)):
        if n == 0:
            w.write(f"add({carry}, from_outside, {here})", indent=3)
        elif here != carry:
            w.write(f"copyto({here}, {carry})", indent=3)
        w.write(f"if flushing and abs({here}.item(0)) < 1e-30:", indent=3)
        w.write(f"memory.flush({here})", indent=4)
    w.write("if stay is not None:", indent=3)
    for carry, here in zip(carries, now, strict=True):
        w.write(f"past_{carry} = np.where(stay, {here}, 0)", indent=4)
        w.write(f"copyto({here}, 0, where=stay)", indent=4)
    w.body(tree.steps, several=False, indent=3)
    w.write("if stay is not None:", indent=3)
    for carry in carries:
        w.write(f"{carry} += past_{carry}", indent=4)
    body, w.lines = w.lines[mark:], w.lines[:mark]
    chunked = {b.name for b in tree.chunked}
    iterated = [(name, f"{_rows_name(name)}[{': stop - start' if buffer in chunked else 'start:stop'}][::-1]")
                for (buffer, _), name in w.rows.items()]  # fmt: skip
    iterated += [("from_outside", "outside[start:stop][::-1]"), ("stay", "stays[start:stop][::-1]")]
    w.loop(iterated, 2)
    w.lines += body


def after_the_loop(tree: Backward, w: Writer, carries: Sequence[str]) -> None:
    """After the loop: the gradients of the input, and sums over time."""
    p, names = tree.phases, w.names
    out = p.program.outputs.get("grad x")
    w.write("")
    w.write("# for all steps at once: the gradients of the input, and those of the parameters as sums over time")
    x = p.program.inputs["x"]
    direct = out is not None and out in w.layout.buffers and w.layout.buffers[out].name == "d_x"
    anyway = direct and any(isinstance(s, Apply) and w.layout.place(s.instruction).root is out for s in tree.late)
    w.write(f"d_x = memory.new((T, B, {x.width})){'' if anyway else ' if want_x else None'}")
    early = {w.layout.buffers[w.layout.place(s.instruction).root] for s in tree.late if isinstance(s, Apply)}
    for buffer in tree.late_buffers:
        if buffer in early:
            w.allocate(buffer, "back")
    w.body(tree.late, several=True, indent=1)
    w.write("if want_x:")
    mark = len(w.lines)
    for buffer in tree.late_buffers:
        if buffer not in early:
            w.allocate(buffer, "back", indent=2)
    w.body(tree.late_for_x, several=True, indent=2)
    if not direct:
        w.write(f"d_x[...] = {'0' if out is None else w.many(out)}", indent=2)
    elif len(w.lines) == mark:
        w.write("pass", indent=2)
    for i in p.sums:
        w.write(f"{names[i]} = {expression(w, i)}", i)
    return_sums(tree, w, carries)


def return_sums(tree: Backward, w: Writer, carries: Sequence[str]) -> None:
    """The line that returns all gradients: of the input, of the states, and of the parameters."""
    p, names = tree.phases, w.names
    count = sum(i.stage == Stage.FIXED and n != "recurrent_mask" for n, i in p.program.inputs.items())
    sums = [p.program.outputs.get(f"grad {n}") for n in range(count)]
    results = ["None" if i is None else names[i] for i in sums]
    w.write(f"return d_x, [{', '.join(carries)}], [{', '.join(results)}]")
