"""The text of `forward`: the parameters once, the input for all steps at once, the state step by step."""

from __future__ import annotations

from .listing import FIXED, Line
from .text import BOOL, Text

__all__ = ["Forward"]


class Forward(Text):
    """The forward function."""

    def text(self) -> list[str]:
        p, names = self.plan, self.names
        inputs = p.program.inputs
        fixed = [names[line] for line in inputs.values() if line.kind == FIXED]
        states = [names[inputs[s]] for s in p.states]
        head = f"def forward({', '.join(['T', 'B', names[inputs['x']], *states, *fixed, 'stays', 'memory'])}):"
        self.write("# once, from the parameters")
        self.fixed(p.fixed)

        self.arrays[inputs["x"]] = names[inputs["x"]]
        for line in [*p.bulk, *p.saved]:
            self.arrays[line] = f"all_{names[line]}"
        self.pinned = {*p.saved, *(p.program.outputs[f"new {s}"] for s in p.states)}  # the results, too, are read later
        self.lead_into(p.bulk, {}, {}, self.uses(p.bulk, p.loop))
        self.write("")
        self.write("# for all steps at once: what needs the input alone")
        emitted: set[Line] = set()
        for line in p.bulk:
            if line.op in ("columns", "repeat"):
                continue
            root, _, _ = self.root(line)
            if root not in emitted:
                emitted.add(root)
                self.write(f"all_{names[root]} = memory.all({names[root]!r}, (T, B, {root.width}), {root.op in BOOL})")
            self.call(line, many=True)
        self.write("")
        self.write("# step by step")
        for line in p.saved:
            if line not in p.bulk:
                size = f"(T, B, {line.width}), {line.op in BOOL}"
                self.write(f"all_{names[line]} = memory.steps({names[line]!r}, {size})")
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
        scratch = self.assign_scratch(p.loop, into | {}, {})
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
        self.write_numerals()
        for name, line in scratch:
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
        saved = [f"all_{names[line]}" for line in p.saved]
        states = [f"all_{names[inputs[s]]}" for s in p.states]
        self.write(f"return {', '.join([*states, *saved])},")

    def _for(self, zipped: list[tuple[str, str]]) -> None:
        self.write(f"for {', '.join(name for name, _ in zipped)} in zip(")
        for _, array in zipped:
            self.write(f"    {array},")
        self.write("):")
