"""From a plan to Python: two functions of NumPy calls, `forward` and `backward`, to be read as well as run.

Names in the text are those of `identifier`, and numbers are written by `repr`: nothing that a user chose gets into the
text in any other way. Inside the loops every call writes into memory that is there already (`out=`).

    all_z    z at every step          some_z   z at the steps of a chunk          z   z at this step
"""

from __future__ import annotations

import math
from typing import Any

from .plan import Plan, base, elementwise
from .primitives import PRIMITIVES, UFUNCS
from .program import FIXED, GRADIENT, INPUT, Line

__all__ = ["emit"]

BOOL = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "isfinite", "logical_and", "logical_or",
        "logical_not"}  # fmt: skip


def emit(plan: Plan) -> str:
    """The source of `forward` and `backward`."""
    names = plan.program.names()
    return "\n".join([*_Forward(plan, names).text(), "", "", *_Backward(plan, names).text(), ""])


class _Emitter:
    """What both directions share: where each line's numbers are, and the text of a call."""

    def __init__(self, plan: Plan, names: dict[Line, str]) -> None:
        self.plan = plan
        self.names = names
        self.body: list[str] = []
        self.indent = 1
        self.arrays: dict[Line, str] = {}  # lines kept for several steps: the array over all of them
        self.scratch: dict[Line, str] = {}  # lines kept for a step: the variable
        self.inside: dict[Line, tuple[Line, int]] = {}  # parts of a concat that are written right into it
        self.views: dict[tuple[str, str], str] = {}  # views of scratch, made once before the loop
        self.zipped: dict[tuple[str, str], str] = {}  # views of arrays, one step after the other
        self.taken = set(names.values())

    def write(self, text: str, line: Line | None = None) -> None:
        if line is not None:
            what = ", ".join(part for part in (line.label, line.place) if part)
            text = f"{text:<78}  # {what}" if what else text
        self.body.append("    " * self.indent + text)

    # --- where numbers are -------------------------------------------------------------------------------------------

    def root(self, line: Line) -> tuple[Line, int, int]:
        """The line whose memory holds this one, and the columns it takes there."""
        start, stop = 0, line.width
        while True:
            if line.op == "columns":
                offset = line.option("start")
                line = line.args[0]
            elif line in self.inside:
                line, offset = self.inside[line]
            else:
                return line, start, stop
            start, stop = start + offset, stop + offset

    def small(self, line: Line) -> str:
        """A number, or what was computed from the parameters."""
        if line.op == "number":
            value = line.option("value")
            return repr(value) if not isinstance(value, float) or math.isfinite(value) else f"float({str(value)!r})"
        return self.names[line]

    def step(self, line: Line, form: str = "") -> str:
        """The variable that holds a line's numbers at this step; `form` is a reshaping of its rows."""
        if line.kind == FIXED:
            return self.small(line)
        root, start, stop = self.root(line)
        whole = (start, stop) == (0, root.width)
        if root in self.arrays:
            key = (self.arrays[root], ("" if whole else f"[..., {start}:{stop}]") + form.replace("(B", "(-1, B"))
            store = self.zipped
        else:
            key = (self.scratch[root], ("" if whole else f"[..., {start}:{stop}]") + form)
            if not key[1]:
                return key[0]
            store = self.views
        if key not in store:
            label = self.names.get(line, "") if not form else ""
            wanted = label or f"{self.names[root]}_{start}_{stop}" + ("_blocks" if form else "")
            store[key] = self.fresh(wanted, line)
        return store[key]

    def fresh(self, wanted: str, line: Line) -> str:
        used = {*self.views.values(), *self.zipped.values(), *self.scratch.values()}
        name, n = wanted, 1
        while name in used or (name in self.taken and name != self.names.get(line)):
            n += 1
            name = f"{wanted}_{n}"
        return name

    def several(self, line: Line) -> str:
        """An expression for a line's numbers at several steps at once."""
        if line.kind == FIXED:
            return self.small(line)
        root, start, stop = self.root(line)
        return self.arrays[root] + ("" if (start, stop) == (0, root.width) else f"[..., {start}:{stop}]")

    # --- calls -------------------------------------------------------------------------------------------------------

    def call(self, line: Line, many: bool) -> None:
        """Write the statements that compute a line, for a step or for several."""
        get = self.several if many else self.step
        if line.op in ("columns",):
            return
        if line.op == "concat":
            out_root, first, _ = self.root(line)
            del out_root, first
            at = 0
            for a in line.args:
                if self.inside.get(a) != (line, at):
                    self.write(f"np.copyto({self._part(line, at, a.width, many)}, {get(a)})", line)
                at += a.width
            return
        if line.op == "repeat":
            return  # only ever read as blocks
        blocks = next((a.option("times") for a in line.args if a.op == "repeat"), 0)
        if blocks and line.op in UFUNCS:
            width = line.width // blocks
            args = [self._blocks(a, blocks, width, many) for a in line.args]
            self.write(f"np.{line.op}({', '.join(args)}, out={self._blocks(line, blocks, width, many)})", line)
        elif line.op in UFUNCS:
            self.write(f"np.{line.op}({', '.join(get(a) for a in line.args)}, out={get(line)})", line)
        elif line.op == "where":
            condition, x, y = line.args
            self.write(f"np.copyto({get(line)}, {get(y)})", line)
            self.write(f"np.copyto({get(line)}, {get(x)}, where={get(condition)})")
        elif line.op == "matmul" and many:
            a, w = line.args
            left, right = f"{get(a)}.reshape(-1, {a.width})", self.small(w)
            self.write(f"np.matmul({left}, {right}, out={get(line)}.reshape(-1, {line.width}))", line)
        elif line.op == "matmul":
            self.write(f"np.matmul({get(line.args[0])}, {self.small(line.args[1])}, out={get(line)})", line)
        elif line.op in ("sum_columns", "max_columns"):
            ufunc = "add" if line.op == "sum_columns" else "maximum"
            self.write(f"np.{ufunc}.reduce({get(line.args[0])}, axis=-1, keepdims=True, out={get(line)})", line)
        elif line.op == "spread":
            self.write(f"np.copyto({get(line)}, {get(line.args[0])})", line)
        else:
            raise NotImplementedError(f"no statement for {line.op}")

    def _part(self, concat: Line, at: int, width: int, many: bool) -> str:
        root, start, _ = self.root(concat)
        if many:
            return f"{self.arrays[root]}[..., {start + at}:{start + at + width}]"
        part = f"[..., {start + at}:{start + at + width}]"
        store, key = (self.zipped, self.arrays[root]) if root in self.arrays else (self.views, self.scratch[root])
        return store.setdefault((key, part), self.fresh(f"{self.names[concat]}_{at}_{at + width}", concat))

    def _blocks(self, line: Line, times: int, width: int, many: bool) -> str:
        """Rows as blocks (B, times, width); a repeated line as one block, which broadcasting repeats."""
        if line.op == "number":
            return self.small(line)
        if line.op == "repeat":
            inner = line.args[0]
            if many:
                return f"{self.several(inner)}[..., None, :]"
            return self.step(inner, "[..., None, :]")
        if line.kind == FIXED:
            return f"{self.small(line)}.reshape({times}, {width})" if line.width > 1 else self.small(line)
        if many:
            return f"{self.several(line)}.reshape(-1, B, {times}, {width})"
        return self.step(line, f".reshape(B, {times}, {width})")

    def fixed(self, lines: list[Line]) -> None:
        """Statements for what depends on the parameters alone."""
        for line in lines:
            self.write(f"{self.names[line]} = {self.expression(line)}", line)

    def expression(self, line: Line) -> str:
        """A line as an expression that makes a new array."""
        args = [self.several(a) if a.per_step else self.small(a) for a in line.args]
        o = dict(line.options)
        if line.op in UFUNCS or line.op in ("where", "matmul"):
            return f"np.{line.op}({', '.join(args)})"
        if line.op == "outer":
            a, b = line.args
            return f"{args[0]}.reshape(-1, {a.width}).T @ {args[1]}.reshape(-1, {b.width})"
        return {
            "columns": lambda: f"{args[0]}[..., {o['start']}:{o['stop']}]",
            "rows": lambda: f"{args[0]}[{o['start']}:{o['stop']}]",
            "transpose": lambda: f"{args[0]}.T",
            "concat": lambda: f"np.concatenate([{', '.join(args)}], -1)",
            "stack_rows": lambda: f"np.concatenate([{', '.join(args)}])",
            "flatten": lambda: f"{args[0]}.reshape(-1)",
            "spread": lambda: f"np.repeat({args[0]}, {o.get('width')}, -1)",
            "repeat": lambda: f"np.concatenate([{args[0]}] * {o.get('times')}, -1)",
            "sum_columns": lambda: f"np.add.reduce({args[0]}, axis=-1, keepdims=True)",
            "max_columns": lambda: f"np.maximum.reduce({args[0]}, axis=-1, keepdims=True)",
            "sum_batch": lambda: f"np.add.reduce({args[0]}.reshape(-1, {line.args[0].width}))",
        }[line.op]()

    # --- memory ------------------------------------------------------------------------------------------------------

    def place_parts(self, lines: list[Line]) -> None:
        """Let the parts of a concat be written into it, where they can be."""
        known = set(lines)
        for line in lines:
            if line.op != "concat":
                continue
            at = 0
            for a in line.args:
                if (
                    a in known
                    and (elementwise(a) or a.op == "concat")
                    and a not in self.inside
                    and a not in self.arrays
                ):
                    self.inside[a] = (line, at)
                at += a.width

    def assign_scratch(
        self, lines: list[Line], into: dict[Line, str], reserved: dict[str, Line]
    ) -> list[tuple[str, Line]]:
        """Give each line of a loop a variable, reusing memory; returns the new ones, to be made before the loop."""
        users: dict[Line, list[int]] = {}
        for i, line in enumerate(lines):
            for a in line.args:
                for b in self._held_in(a):
                    users.setdefault(b, []).append(i)
        # what only leads to a kept result is computed where that will be
        for line in reversed(lines):
            target = into.get(line)
            if target is None or not elementwise(line) or line in self.inside:
                continue
            for a in line.args:
                if (a in lines and a not in into and a not in self.arrays and a not in self.inside and a.dims == line.dims
                        and users.get(a) and len(users[a]) == 1 and (elementwise(a) or a.op == "matmul")
                        and (a.op in BOOL) == (line.op in BOOL) and not self._read_between(lines, a, line, target, reserved)):  # fmt: skip
                    into[a] = target
                    break
        made: list[tuple[str, Line]] = []
        free: dict[tuple[Any, bool], list[str]] = {}
        owner: dict[str, tuple[Any, bool]] = {}
        for i, line in enumerate(lines):
            if line in self.arrays or line in self.inside or line.op in ("columns", "repeat"):
                continue
            kind = (line.dims, line.op in BOOL)
            if line in into:
                self.scratch[line] = into[line]
            else:
                over = [self.scratch[b] for a in line.args for b in self._held_in(a)
                        if elementwise(line) and b is a and self.scratch.get(b) in owner and owner[self.scratch[b]] == kind
                        and max(users.get(b, [i])) == i]  # fmt: skip
                if over:
                    self.scratch[line] = over[0]
                elif free.get(kind):
                    self.scratch[line] = free[kind].pop()
                else:
                    name = self.names[line]
                    self.scratch[line] = name
                    owner[name] = kind
                    made.append((name, line))
            for a in {b for a in line.args for b in self._held_in(a)}:
                name = self.scratch.get(a, "")
                if name in owner and name != self.scratch[line] and max(users.get(a, [i])) == i:
                    alive = any(other is not a and self.scratch.get(other) == name and max(users.get(other, [0])) > i
                                for other in lines[: i + 1])  # fmt: skip
                    if not alive and name not in free.get(owner[name], []):
                        free.setdefault(owner[name], []).append(name)
        return made

    def _held_in(self, line: Line) -> list[Line]:
        """The lines whose memory is read when this one is: itself, or what it is a view of."""
        if line.op == "repeat":
            return self._held_in(line.args[0])
        root, _, _ = self.root(line)
        return [line, root] if root is not line and line.op != "columns" else [root]

    def _read_between(self, lines: list[Line], a: Line, line: Line, target: str, reserved: dict[str, Line]) -> bool:
        """Whether a carried value, whose memory the result takes, is still read after `a` has been written over it."""
        if target not in reserved:
            return False
        carried, first, last = reserved[target], lines.index(a), len(lines)
        reads = [i for i, other in enumerate(lines) for b in other.args if carried in self._held_in(b)]
        return any(first < i < last for i in reads) or (first in reads and a.op == "matmul")


class _Forward(_Emitter):
    def text(self) -> list[str]:
        p, names = self.plan, self.names
        inputs = p.program.inputs
        fixed = [names[line] for line in inputs.values() if line.kind == FIXED]
        states = [names[inputs[s]] for s in p.states]
        head = f"def forward({', '.join(['T', 'B', names[inputs['x']], *states, *fixed, 'stays', 'memory'])}):"
        self.write("# once, from the parameters")
        self.fixed(p.fixed)

        self.arrays[inputs["x"]] = names[inputs["x"]]
        kept = [*p.bulk, *(line for line in p.saved if line not in p.bulk)]
        for line in [*p.bulk, *p.saved]:
            self.arrays[line] = f"all_{names[line]}"
        self.write("")
        self.write("# for all steps at once: what needs the input alone")
        for line in p.bulk:
            if line.op not in ("columns", "repeat"):
                saved = "True" if line in p.saved else "False"
                self.write(
                    f"all_{names[line]} = memory.all({names[line]!r}, (T, B, {line.width}), {saved}, {line.op in BOOL})"
                )
                self.call(line, many=True)
        self.write("")
        self.write("# step by step")
        for line in kept:
            if line not in p.bulk:
                self.write(
                    f"all_{names[line]} = memory.steps({names[line]!r}, (T, B, {line.width}), {line.op in BOOL})"
                )
        self._loop()
        return [head, *self.body]

    def _loop(self) -> None:
        p, names = self.plan, self.names
        inputs, outputs = p.program.inputs, p.program.outputs
        zipped: list[tuple[str, str]] = []
        for s in p.states:
            name = names[inputs[s]]
            self.scratch[inputs[s]] = name
            zipped += [(name, f"before_{name}"), (f"new_{name}", f"after_{name}")]
            self.write(f"all_{name}, before_{name}, after_{name} = memory.states({name!r}, {name})")
        into: dict[Line, str] = {}
        copied: list[tuple[str, Line]] = []
        for s in p.states:
            out, name = outputs[f"new {s}"], f"new_{names[inputs[s]]}"
            if out in p.loop and out not in self.arrays and out not in into and out.op not in ("columns", "concat"):
                into[out] = name
            else:
                copied.append((name, out))
        self.place_parts(p.loop)
        made = self.assign_scratch(p.loop, into | {}, {})
        mark = len(self.body)
        self.indent = 2
        for line in p.loop:
            self.call(line, many=False)
        for name, out in copied:
            self.write(f"np.copyto({name}, {self.step(out)})", out)
        self.write("if stay is not None:")
        self.indent = 3
        for s in p.states:
            name = names[inputs[s]]
            self.write(f"np.copyto(new_{name}, {name}, where=stay)")
        self.indent = 1
        loop, self.body = self.body[mark:], self.body[:mark]
        for name, line in made:
            self.write(f"{name} = memory.step({name!r}, (B, {line.width}), {line.op in BOOL})")
        for (array, view), name in self.views.items():
            if array not in [n for n, _ in zipped]:
                self.write(f"{name} = {array}{view}")
        zipped = [(name, f"{array}{view}") for (array, view), name in self.zipped.items()] + zipped
        zipped.append(("stay", "stays"))
        self._for(zipped)
        moving = [n for n, _ in zipped]
        for (array, view), name in self.views.items():
            if array in moving:
                self.body.append(f"        {name} = {array}{view}")
        self.body += loop
        kept = [f"all_{names[line]}" for line in p.saved]
        states = [f"all_{names[inputs[s]]}" for s in p.states]
        self.write(f"return {', '.join([*states, *kept])},")

    def _for(self, zipped: list[tuple[str, str]]) -> None:
        self.write(f"for {', '.join(name for name, _ in zipped)} in zip(")
        for _, array in zipped:
            self.write(f"    {array},")
        self.write("):")


class _Backward(_Emitter):
    def text(self) -> list[str]:
        p, names = self.plan, self.names
        inputs, outputs = p.program.inputs, p.program.outputs
        fixed = [names[line] for line in inputs.values() if line.kind == FIXED]
        states = [names[inputs[s]] for s in p.states]
        carried = [names[inputs[f"d{s}"]] for s in p.states]
        saved = [f"all_{names[line]}" for line in p.saved]
        arguments = ["T", "B", "x", *[f"all_{s}" for s in states], *saved, *fixed, "outside", *carried, "stays", "want_x",
                     "chunk", "memory"]  # fmt: skip
        head = f"def backward({', '.join(arguments)}):"
        self.write("# once, from the parameters")
        self.fixed(p.backward_fixed)
        self.write("")

        x = inputs["x"]
        everywhere: dict[Line, str] = {x: "x"} | {inputs[s]: f"all_{n}" for s, n in zip(p.states, states, strict=True)}
        everywhere |= {line: f"all_{names[line]}" for line in p.saved}
        computed = [*p.pre, *p.back, *p.post]
        gradients = [inputs[f"d{s}"] for s in p.states]
        self.place_parts([*p.pre])
        self.place_parts([*p.back])
        self.place_parts([*p.post])
        local: dict[Line, str] = {}
        for line in [*gradients, *computed]:
            if (
                p.keep.get(line) in ("chunk", "time")
                and line not in self.inside
                and line.op not in ("columns", "repeat")
            ):
                local[line] = f"some_{names[line]}"
        for line, array in local.items():
            if p.keep[line] == "time":
                full = array.replace("some_", "all_", 1)
                everywhere[line] = full
                self.write(f"{full} = memory.back({full!r}, (T, B, {line.width}), {line.op in BOOL})")
        mark = len(self.body)

        # a chunk: views of what the forward pass left, what is computed at once, the loop, what is computed at once
        self.arrays = {line: f"{array}[start:stop]" for line, array in everywhere.items() if line not in local} | local
        views = {line: f"some_{names[line]}" for line in [x, *[inputs[s] for s in p.states], *p.saved]}
        used = {self.root(a)[0] for line in computed for a in line.args if not line.kind == FIXED}
        self.arrays |= {line: name for line, name in views.items() if line in used}
        self.indent = 2
        self.write("start = max(stop - chunk, 0)")
        self.write("n = stop - start")
        for line, name in views.items():
            if line in used:
                self.write(f"{name} = {everywhere[line]}[start:stop]")
        for line, array in local.items():
            if p.keep[line] == "time":
                self.write(f"{array} = {everywhere[line]}[start:stop]")
            else:
                self.write(f"{array} = memory.back({array!r}, (chunk, B, {line.width}), {line.op in BOOL})[:n]")
        for line in p.pre:
            self.call(line, many=True)
        before = self._loop()
        for line in p.post:
            self.call(line, many=True)
        chunk, self.body = self.body[mark:], self.body[:mark]
        self.indent = 1
        for text in before:
            self.write(text)
        self.write("for stop in range(T, 0, -chunk):")
        self.body += chunk

        self.arrays = {line: array if line not in (inputs[s] for s in p.states) else f"{array}[:-1]"
                       for line, array in everywhere.items()}  # fmt: skip
        self.write("")
        self.write("# for all steps at once: the gradients of the input, and of the parameters as sums over time")
        out = outputs.get("grad x")
        self.write(f"d_x = memory.new((T, B, {x.width})) if want_x else None")
        if out is not None:
            self.write("if want_x:")
            self.indent = 2
            for line in p.late:
                if line is out:
                    self.arrays[line] = "d_x"
                elif line.op not in ("columns", "repeat"):
                    self.arrays[line] = f"all_{names[line]}"
                    self.write(f"all_{names[line]} = memory.new((T, B, {line.width}))")
            for line in p.late:
                self.call(line, many=True)
            if out not in p.late:
                self.write(f"np.copyto(d_x, {self.several(out)})")
            self.indent = 1
        else:
            self.write("if want_x:")
            self.write("    d_x[...] = 0")
        for line in p.sums:
            self.write(f"{names[line]} = {self.expression(line)}", line)
        results = [names[outputs[f"grad {i}"]] if f"grad {i}" in outputs else "None" for i in range(self._parameters())]
        self.write(f"return d_x, [{', '.join(carried)}], [{', '.join(results)}]")
        return [head, *self.body]

    def _parameters(self) -> int:
        return (
            max((int(k[5:]) for k in self.plan.program.outputs if k[:5] == "grad " and k[5:].isdigit()), default=-1) + 1
        )

    def _loop(self) -> list[str]:
        """Write the loop backwards; returns the statements that must stand before it."""
        p, names = self.plan, self.names
        inputs, outputs = p.program.inputs, p.program.outputs
        into: dict[Line, str] = {}
        copied: list[tuple[str, Line | None]] = []
        reserved: dict[str, Line] = {}
        first = inputs[f"d{p.states[0]}"]
        apart = {
            s: inputs[f"d{s}"] in self.arrays for s in p.states
        }  # whether the carried gradient has memory of its own
        for s in p.states:
            d = inputs[f"d{s}"]
            carried = names[d]
            if not apart[s]:
                self.scratch[d] = carried
                reserved[carried] = d
            out = outputs.get(f"grad {s}")
            reads = [i for i, line in enumerate(p.back) for a in line.args if d in self._held_in(a)]
            safe = out is not None and out in p.back and out not in self.arrays and out not in self.inside
            if safe and out is not None and not apart[s]:
                at = p.back.index(out)
                safe = all(i < at or (i == at and elementwise(out)) for i in reads)
            if safe and out is not None and out not in into and out.op not in ("columns", "concat", "repeat"):
                into[out] = f"carried_{names[d]}" if apart[s] else carried
            else:
                copied.append((f"carried_{names[d]}" if apart[s] else carried, out))
        made = self.assign_scratch(p.back, into, reserved)

        mark = len(self.body)
        self.indent = 3
        for line in p.back:
            self.call(line, many=False)
        copies = []
        for name, out in copied:
            copies.append(f"np.copyto({name}, {0.0 if out is None else self.step(out)})")
        held = [n for n in into.values()]
        del held
        for text in copies:
            self.write(text)
        calls, self.body = self.body[mark:], self.body[:mark]
        if len(copies) > 1:  # one carried gradient may be another: keep what is about to be overwritten
            calls = self._safely(calls, copied)

        before = [f"{name} = memory.step({name!r}, (B, {line.width}), {line.op in BOOL})" for name, line in made]
        for s in p.states:
            if apart[s]:
                before.append(f"carried_{names[inputs[f'd{s}']]} = {names[inputs[f'd{s}']]}")
        start = [f"{self.step(inputs[f'd{s}'])}" for s in p.states]
        moving = {name for (_, _), name in self.zipped.items()}
        before += [f"{name} = {array}{view}" for (array, view), name in self.views.items() if array not in moving]
        self.indent = 2
        zipped = [(name, f"{array}{view}[::-1]") for (array, view), name in self.zipped.items()]
        zipped += [("outside_now", "outside[start:stop][::-1]"), ("stay", "stays[start:stop][::-1]")]
        self.write(f"for {', '.join(name for name, _ in zipped)} in zip(")
        for _, array in zipped:
            self.write(f"    {array},")
        self.write("):")
        self.indent = 3
        for s, d in zip(p.states, start, strict=True):
            source = f"carried_{names[inputs[f'd{s}']]}" if apart[s] else d
            if inputs[f"d{s}"] is first:
                self.write(f"np.add({source}, outside_now, out={d})")
            elif apart[s]:
                self.write(f"np.copyto({d}, {source})")
        self.write("if stay is not None:")
        for s, d in zip(p.states, start, strict=True):
            self.write(f"    kept_{names[inputs[f'd{s}']]} = np.where(stay, {d}, 0)")
            self.write(f"    np.copyto({d}, 0, where=stay)")
        self.body += calls
        self.write("if stay is not None:")
        for s in p.states:
            carried = f"carried_{names[inputs[f'd{s}']]}" if apart[s] else names[inputs[f"d{s}"]]
            self.write(f"    {carried} += kept_{names[inputs[f'd{s}']]}")
        self.indent = 2
        return before

    def _safely(self, calls: list[str], copied: list[tuple[str, Line | None]]) -> list[str]:
        return calls


del PRIMITIVES, GRADIENT, INPUT, base
