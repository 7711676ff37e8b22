"""Lines as NumPy calls: the memory that each line is written into, and the text of the call that computes it."""

from __future__ import annotations

import math
from typing import Any

from .listing import BOOLS, FIXED, Line, comment
from .plan import Plan, elementwise
from .primitives import UFUNCS

__all__ = ["BOOL", "Text"]

BOOL = BOOLS


class Text:
    """The text of a function: the base class of both directions."""

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
        self.numerals: dict[Line, str] = {}  # the names of the numbers in a loop
        self.pinned: set[Line] = set()  # lines that need their memory after their only use
        self.used_names = set(names.values())
        self.renamed: dict[Line, str] = {}  # those whose name is needed for their array, and not for a step of it

    def write(self, text: str, line: Line | None = None) -> None:
        if line is not None:
            note = ", ".join(part for part in (line.label, line.scope) if part)
            text = f"{text:<78}  {comment(note)}" if note else text
        self.body.append(("    " * self.indent + text).rstrip())

    # --- the memory of lines -----------------------------------------------------------------------------------------

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
        """A number, or the name of a line computed from the parameters."""
        if line.op == "number":
            value = line.option("value")
            return repr(value) if not isinstance(value, float) or math.isfinite(value) else f"float({str(value)!r})"
        return self.names[line]

    def numeral(self, line: Line) -> str:
        """A number in a loop, as an array without axes: NumPy takes those faster than numbers of Python."""
        if line not in self.numerals:
            name = {0.5: "half", 0.0: "zero", 1.0: "one"}.get(line.option("value"))
            free = name and name not in self.used_names
            self.numerals[line] = name if name and free else f"number_{len(self.numerals) + 1}"
        return self.numerals[line]

    def write_numerals(self) -> None:
        """Write the assignments of the numbers."""
        for line, name in self.numerals.items():
            self.write(f"{name} = memory.number({self.small(line)})")

    def step(self, line: Line, form: str = "") -> str:
        """The variable that holds a line at this step; `form` is a reshaping of its rows."""
        if line.op == "number":
            return self.numeral(line)
        if line.kind == FIXED:
            return self.small(line)
        root, start, stop = self.root(line)
        all_columns = (start, stop) == (0, root.width)
        if root in self.arrays:
            key = (
                self.arrays[root],
                ("" if all_columns else f"[..., {start}:{stop}]") + form.replace("(B", f"(len({self.arrays[root]}), B"),
            )
            store = self.zipped
        else:
            key = (self.scratch[root], ("" if all_columns else f"[..., {start}:{stop}]") + form)
            if not key[1]:
                return key[0]
            store = self.views
        if key not in store:
            span = f"{self.names[root]}_{start}_{stop}"
            part = "" if all_columns else self.names[line] if line.label else span
            name = (part or self.renamed.get(root, self.names[root])) + ("_blocks" if form else "")
            store[key] = self.fresh(name, root if all_columns else line)
        return store[key]

    def fresh(self, base: str, line: Line) -> str:
        used = {*self.views.values(), *self.zipped.values(), *self.scratch.values()}
        name, n = base, 1
        while name in used or (name in self.used_names and name != self.names.get(line)):
            n += 1
            name = f"{base}_{n}"
        return name

    def several(self, line: Line) -> str:
        """An expression for a line at several steps at once."""
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
            root, start, stop = self.root(line)
            dot = "dot" if (start, stop) == (0, root.width) else "matmul"  # dot starts faster, and wants its own memory
            self.write(f"np.{dot}({get(line.args[0])}, {self.small(line.args[1])}, out={get(line)})", line)
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
            return self.small(line) if many else self.numeral(line)
        if line.op == "repeat":
            inner = line.args[0]
            if many:
                return f"{self.several(inner)}[..., None, :]"
            return self.step(inner, "[..., None, :]")
        if line.kind == FIXED:
            return f"{self.small(line)}.reshape({times}, {width})" if line.width > 1 else self.small(line)
        if many:
            steps = f"len({self.arrays[self.root(line)[0]]})"  # never −1, which no batch of 0 can tell
            return f"{self.several(line)}.reshape({steps}, B, {times}, {width})"
        return self.step(line, f".reshape(B, {times}, {width})")

    def fixed(self, lines: list[Line]) -> None:
        """Write the lines that depend on the parameters alone."""
        for line in lines:
            self.write(f"{self.names[line]} = {self.expression(line)}", line)

    def expression(self, line: Line) -> str:
        """A line as an expression that makes a new array."""
        args = [self.several(a) if a.per_step else self.small(a) for a in line.args]
        o = dict(line.options)
        if line.op in UFUNCS or line.op in ("where", "matmul"):
            return f"np.{line.op}({', '.join(args)})"
        if line.op == "outer":
            return f"{self.table(line.args[0])}.T @ {self.table(line.args[1])}"
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
            "sum_batch": lambda: f"memory.total({self.table(line.args[0])})",
        }[line.op]()

    def table(self, line: Line) -> str:
        """A line at all steps as one table with a row for each step and sequence."""
        if line.kind == FIXED:
            return self.small(line)
        root, start, stop = self.root(line)
        rows = f"{self.arrays[root]}.reshape(-1, {root.width})"
        return rows if (start, stop) == (0, root.width) else f"{rows}[:, {start}:{stop}]"  # a view, never a copy

    # --- memory ------------------------------------------------------------------------------------------------------

    def place_parts(self, lines: list[Line]) -> None:
        """Let the parts of a concat be written into it, where they can be."""
        computed = set(lines)
        for line in lines:
            if line.op != "concat":
                continue
            at = 0
            for a in line.args:
                if (
                    a in computed
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
        users = self.uses(lines)
        self.lead_into(lines, into, reserved, users)
        scratch: list[tuple[str, Line]] = []
        free: dict[tuple[Any, bool], list[str]] = {}
        owner: dict[str, tuple[Any, bool]] = {}
        for i, line in enumerate(lines):
            home = self.root(line)[0] if line in self.inside else line  # a concat has memory from its first part on
            if home in self.arrays or line.op in ("columns", "repeat"):
                continue
            kind = (home.dims, home.op in BOOL)
            if home in self.scratch:
                pass
            elif home in into:
                self.scratch[home] = into[home]
            else:
                dying = [self.scratch[a] for a in line.args if a in self.scratch and max(users.get(a, [i])) == i]
                over = [name for name in dying if owner.get(name) == kind]
                if over and home is line and elementwise(line):
                    self.scratch[line] = over[0]
                elif free.get(kind):
                    self.scratch[home] = free[kind].pop()
                else:
                    name = self.names[home]
                    self.scratch[home] = name
                    owner[name] = kind
                    scratch.append((name, home))
            if home is not line:
                continue
            for held in {b for a in line.args for b in self._held_in(a)}:
                name = self.scratch.get(held, "")
                if name in owner and name != self.scratch[line] and max(users.get(held, [i])) == i:
                    alive = any(self.scratch.get(other) == name and max(users.get(other, [0])) > i
                                for other in lines[: i + 1] if other is not held)  # fmt: skip
                    if not alive and name not in free.get(owner[name], []):
                        free.setdefault(owner[name], []).append(name)
        return scratch

    def lead_into(
        self, lines: list[Line], into: dict[Line, str], reserved: dict[str, Line], users: dict[Line, list[int]]
    ) -> None:
        """Compute operands in the memory of the result where nothing else uses them: t = tanh(a + b) needs only that of
        t."""
        computed = set(lines)
        for line in reversed(lines):
            alias = line in self.inside and self.inside[line][0].dims == line.dims
            if not elementwise(line) or not (alias or line in into or line in self.arrays):
                continue
            for a in line.args:
                root, start, stop = self.root(line)
                full_width = (start, stop) == (0, root.width)  # a product is best written in one piece
                there = elementwise(a) or (a.op == "matmul" and full_width)
                once = a in computed and len(users.get(a, ())) == 1 and there
                alike = a.dims == line.dims and (a.op in BOOL) == (line.op in BOOL)
                homeless = a not in into and a not in self.pinned and a not in self.inside
                if not (once and alike and homeless):
                    continue
                if alias or line in self.arrays:
                    self.inside[a] = (line, 0)
                    self.arrays.pop(a, None)
                elif not self._read_between(lines, a, into[line], reserved):
                    into[a] = into[line]
                else:
                    continue
                break

    def uses(self, *phases: list[Line]) -> dict[Line, list[int]]:
        """The positions of the lines that use each line, or a view of it."""
        positions: dict[Line, list[int]] = {}
        for i, line in enumerate(line for phase in phases for line in phase):
            for a in line.args:
                for b in self._held_in(a):
                    positions.setdefault(b, []).append(i)
        return positions

    def _held_in(self, line: Line) -> list[Line]:
        """The lines whose memory is read when this one is: itself, or the lines that it is a view of."""
        if line.op == "repeat":
            return self._held_in(line.args[0])
        root, _, _ = self.root(line)
        return [line, root] if root is not line and line.op != "columns" else [root]

    def _read_between(self, lines: list[Line], a: Line, target: str, reserved: dict[str, Line]) -> bool:
        """Whether a carried value, whose memory the result takes, is still read when `a` has been written over it."""
        if target not in reserved:
            return False
        carried, first = reserved[target], lines.index(a)
        reads = [i for i, other in enumerate(lines) for b in other.args if carried in self._held_in(b)]
        return any(i > first for i in reads) or (first in reads and a.op == "matmul")
