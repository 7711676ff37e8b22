"""The text of `backward`: chunk by chunk from the last step to the first, and at the end the sums over time.

The factors of the gradients (`pre`) are computed for a chunk of steps at once, which fits the cache; then the steps of
the chunk run one by one, and each stores the operands of the sums over time.
"""

from __future__ import annotations

from .listing import FIXED, Line
from .plan import elementwise
from .text import BOOL, Text

__all__ = ["Backward"]


class Backward(Text):
    """The backward function."""

    def text(self) -> list[str]:
        """The lines of its text."""
        p, names = self.plan, self.names
        inputs = p.program.inputs
        self.x = inputs["x"]
        self.renamed[self.x] = "x_now"
        self.before = [inputs[s] for s in p.states]  # h before the step
        self.carried = [inputs[f"d{s}"] for s in p.states]  # the gradient of h after the step
        self.variables = {d: names[d] for d in self.carried}  # the variable that carries it from step to step
        fixed = [names[line] for line in inputs.values() if line.kind == FIXED]
        saved = [f"all_{names[line]}" for line in [*self.before, *p.saved]]
        arguments = ["T", "B", "x", *saved, *fixed, "outside", *self.names_of(self.carried), "stays", "want_x", "chunk",
                     "memory"]  # fmt: skip
        self.write("# once, from the parameters")
        self.fixed(p.backward_fixed)
        self.write("")
        everywhere = self._chunks()
        self._after(everywhere)
        return [f"def backward({', '.join(arguments)}):", *self.body]

    def names_of(self, lines: list[Line]) -> list[str]:
        """The names of the lines."""
        return [self.names[line] for line in lines]

    def place_all_parts(self) -> None:
        """Choose the lines that are written into a concat, and set how long each line is stored."""
        p = self.plan
        for lines in (p.pre, p.back, p.post):
            self.place_parts(lines)
        self.keep = dict(p.keep)
        for part in self.inside:  # a part is stored as long as its root
            root = self.root(part)[0]
            self.keep[root] = max(self.keep[part], self.keep[root], key=("step", "chunk", "time").index)

    # --- chunk by chunk ----------------------------------------------------------------------------------------------

    def _chunks(self) -> dict[Line, str]:
        """Write the loop over chunks; returns the arrays over all time."""
        p, names = self.plan, self.names
        computed = [*p.pre, *p.back, *p.post]
        self.place_all_parts()
        results = set(p.program.outputs.values())
        self.pinned = {line for line in p.pre if self.keep[line] == "time" or line in results}
        self.arrays = {line: "" for line in p.pre if line not in self.inside}
        self.lead_into(p.pre, {}, {}, self.uses(computed, p.late, p.sums))
        self.pinned = {line for line in p.back if self.keep[line] != "step" or line in results}
        everywhere = {self.x: "x"} | {line: f"all_{names[line]}" for line in [*self.before, *p.saved]}
        everywhere |= {new: f"all_{names[before]}[1:]" for new, before in p.outputs.items()}
        read = {self.root(a)[0] for line in computed for a in line.args if line.kind != FIXED}
        chunk_inputs = [line for line in everywhere if line in read]
        chunk_results = [line for line in [*self.carried, *computed] if self.keep.get(line) in ("chunk", "time")
                and line not in self.inside and line.op not in ("columns", "repeat")]  # fmt: skip
        timeless = [line for line in chunk_results if self.keep[line] == "time"]
        for line in timeless:
            everywhere[line] = f"all_{names[line]}"
            size = f"(T, B, {line.width}), {line.op in BOOL}"
            self.write(f"all_{names[line]} = memory.back({names[line]!r}, {size})")

        self.arrays = {line: f"some_{names[line]}" for line in [*chunk_inputs, *chunk_results]}
        # in its own variable, unless that is stored for every step
        self.variables |= {d: f"carried_{names[d]}" for d in self.carried if d in self.arrays}
        mark = len(self.body)
        self.indent = 2
        self.write(f"if memory.finished(stop, outside, {', '.join(self.variables.values())}):")
        for variable in self.variables.values():
            self.write(f"    {variable}[...] = 0")
        for line in timeless:
            self.write(f"    all_{names[line]}[:stop] = 0")
        self.write("    break")
        self.write("start = max(stop - chunk, 0)")
        for line in [*chunk_inputs, *timeless]:
            self.write(f"some_{names[line]} = {everywhere[line]}[start:stop]")
        for line in chunk_results:
            if self.keep[line] == "chunk":
                size = f"(chunk, B, {line.width}), {line.op in BOOL}"
                self.write(f"some_{names[line]} = memory.back('some {names[line]}', {size})[: stop - start]")
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
        return everywhere

    # --- step by step ------------------------------------------------------------------------------------------------

    def _loop(self) -> list[str]:
        """Write the loop over the steps of a chunk; returns the statements that must stand before all loops."""
        p, names = self.plan, self.names
        variables = self.variables
        self.scratch |= {d: variable for d, variable in variables.items() if d not in self.arrays}
        into, copied = self._results(variables)
        scratch = self.assign_scratch(
            p.back, into, {variable: d for d, variable in variables.items() if d not in self.arrays}
        )

        mark = len(self.body)
        self.indent = 3
        for line in p.back:
            self.call(line, many=False)
        self._copy(copied)
        calls, self.body = self.body[mark:], self.body[:mark]
        now = {d: self.step(d) for d in self.carried}
        moving = set(self.zipped.values())
        before = [f"{name} = memory.number({self.small(line)})" for line, name in self.numerals.items()]
        before += [f"{name} = memory.step({name!r}, (B, {line.width}), {line.op in BOOL})" for name, line in scratch]
        before += [f"{variable} = {names[d]}" for d, variable in variables.items() if d in self.arrays]
        before += [f"{name} = {array}{view}" for (array, view), name in self.views.items() if array not in moving]

        self.indent = 2
        zipped = [(name, f"{array}{view}[::-1]") for (array, view), name in self.zipped.items()]
        zipped += [("from_outside", "outside[start:stop][::-1]"), ("stay", "stays[start:stop][::-1]")]
        self.write(f"for {', '.join(name for name, _ in zipped)} in zip(")
        for _, array in zipped:
            self.write(f"    {array},")
        self.write("):")
        self.indent = 3
        for i, d in enumerate(self.carried):
            if i == 0:
                self.write(f"np.add({variables[d]}, from_outside, out={now[d]})")
            elif d in self.arrays:
                self.write(f"np.copyto({now[d]}, {variables[d]})")
            self.write(f"memory.flush({now[d]})")
        self.write("if stay is not None:")
        for d in self.carried:
            self.write(f"    past_{names[d]} = np.where(stay, {now[d]}, 0)")
            self.write(f"    np.copyto({now[d]}, 0, where=stay)")
        self.body += calls
        self.write("if stay is not None:")
        for d in self.carried:
            self.write(f"    {variables[d]} += past_{names[d]}")
        self.indent = 2
        return before

    def _results(self, variables: dict[Line, str]) -> tuple[dict[Line, str], list[tuple[str, Line | None]]]:
        """The new carried gradients that are computed in their variable, and those that must be copied into it."""
        p = self.plan
        outs = [p.program.outputs.get(f"grad {s}") for s in p.states]
        into: dict[Line, str] = {}
        copied: list[tuple[str, Line | None]] = []
        for d, out in zip(self.carried, outs, strict=True):
            direct = out is not None and out in p.back and out not in {**self.arrays, **self.inside, **into}
            if direct and out is not None and out.op not in ("columns", "concat", "repeat"):
                at = p.back.index(out)
                reads = [i for i, line in enumerate(p.back) for a in line.args if d in self._held_in(a)]
                reads += [len(p.back) for other in outs if other is not None and d in self._held_in(other)]
                if d in self.arrays or all(i < at or (i == at and elementwise(out)) for i in reads):
                    into[out] = variables[d]
                    continue
            copied.append((variables[d], out))
        return into, copied

    def _copy(self, copied: list[tuple[str, Line | None]]) -> None:
        sources = {name: "0" if out is None else self.step(out) for name, out in copied}
        overwritten = set(sources)
        for name, source in sources.items():
            if source in overwritten and source != name:  # two that change places
                self.write(f"then_{name} = {source}.copy()")
                sources[name] = f"then_{name}"
        for name, source in sources.items():
            if source != name:
                self.write(f"np.copyto({name}, {source})")

    # --- after the loop ----------------------------------------------------------------------------------------------

    def _after(self, everywhere: dict[Line, str]) -> None:
        """Write the lines for all steps at once: the gradients of the input, and the sums over time."""
        p, names = self.plan, self.names
        outputs = p.program.outputs
        self.arrays = everywhere | {line: f"all_{names[line]}[:-1]" for line in self.before}
        out = outputs.get("grad x")
        self.write("")
        self.write("# for all steps at once: the gradients of the input, and those of the parameters as sums over time")
        anyway = set(p.program.lines(of=p.sums)) & set(
            p.late
        )  # what parameters need is computed whether x needs it or not
        d_x = f"d_x = memory.new((T, B, {self.x.width}))"
        self.write(d_x if out in anyway else f"{d_x} if want_x else None")
        self._late([line for line in p.late if line in anyway], out)
        self.write("if want_x:")
        self.indent = 2
        self._late([line for line in p.late if line not in anyway], out)
        if out not in p.late:
            self.write(f"d_x[...] = {'0' if out is None else self.several(out)}")
        elif out in anyway:
            self.write("pass")
        self.indent = 1
        for line in p.sums:
            self.write(f"{names[line]} = {self.expression(line)}", line)
        fixed = [name for name, line in p.program.inputs.items() if line.kind == FIXED and name != "recurrent_mask"]
        sums = [outputs.get(f"grad {i}") for i in range(len(fixed))]
        results = ["None" if line is None else names[line] for line in sums]
        self.write(f"return d_x, [{', '.join(self.variables.values())}], [{', '.join(results)}]")

    def _late(self, lines: list[Line], out: Line | None) -> None:
        """Write the lines for all steps at once; `out` is the gradient of the input."""
        for line in lines:
            self.arrays[line] = "d_x" if line is out else f"all_{self.names[line]}"
            if line is not out and line.op not in ("columns", "repeat"):
                self.write(f"all_{self.names[line]} = memory.new((T, B, {line.width}))")
        for line in lines:
            self.call(line, many=True)
