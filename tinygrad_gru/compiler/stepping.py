"""The text of `stepper`: one step at a time, for sampling, where the next input is not known before the last output."""

from __future__ import annotations

from .listing import FIXED, Line
from .text import BOOL, Text

__all__ = ["Stepping"]


class Stepping(Text):
    """The stepper function: it computes the lines of the parameters once, and returns the function of a step."""

    def text(self) -> list[str]:
        """Its lines."""
        p, names = self.plan, self.names
        inputs, outputs = p.program.inputs, p.program.outputs
        fixed = [names[line] for line in inputs.values() if line.kind == FIXED]
        self.write("# once, from the parameters")
        self.fixed(p.fixed)
        arguments = ["x"]
        self.scratch[inputs["x"]] = "x"
        into: dict[Line, str] = {}
        copied: list[tuple[str, Line]] = []
        lines = [*p.bulk, *p.loop]
        for s in p.states:
            name, out = names[inputs[s]], outputs[f"new {s}"]
            self.scratch[inputs[s]] = name
            arguments += [name, f"new_{name}"]
            if out in lines and out not in into and out.op not in ("columns", "concat"):
                into[out] = f"new_{name}"
            else:
                copied.append((f"new_{name}", out))
        self.place_parts(lines)
        scratch = self.assign_scratch(lines, into, {})
        mark = len(self.body)
        self.indent = 2
        for line in lines:
            self.call(line, many=False)
        for name, out in copied:
            self.write(f"np.copyto({name}, {self.step(out)})", out)
        calls, self.body = self.body[mark:], self.body[:mark]
        self.indent = 1
        self.write("")
        self.write_numerals()
        for name, line in scratch:
            self.write(f"{name} = memory.step({name!r}, (B, {line.width}), {line.op in BOOL})")
        for (array, view), name in self.views.items():
            if array not in arguments:
                self.write(f"{name} = {array}{view}")
        self.write("")
        self.write(f"def step({', '.join(arguments)}):")
        for (array, view), name in self.views.items():
            if array in arguments:
                self.write(f"    {name} = {array}{view}")
        self.body += calls
        self.write("")
        self.write("return step")
        return [f"def stepper({', '.join(['B', *fixed, 'memory'])}):", *self.body]
