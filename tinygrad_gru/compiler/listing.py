"""A program: a list of named assignments, `r = add(t7, 0.5)`, that can be printed, rewritten and run.

A line applies one primitive operation to earlier lines; it is immutable. Making a line that exists already returns
the existing one, so that common subexpressions are one line; and a program has only the lines that its outputs need, so
that there is no dead code. No pass is needed for either.

Sizes are numbers, or "B" for the batch. A line has the highest kind among the inputs that it depends on:

    fixed      parameters, constants, dropout masks: the same at every step
    input      x at this step
    state      h before this step
    gradient   the gradients of this step's results
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["FIXED", "GRADIENT", "INPUT", "STATE", "Line", "Program"]

FIXED, INPUT, STATE, GRADIENT = range(4)

# Names that the text of programs uses for itself, and the beginnings of others.
OURS = {
    "np", "t", "b", "j", "T", "B", "x_now", "memory", "chunk", "start", "stop", "stay", "stays", "masked",
    "outside", "from_outside", "flushing", "first", "row", "total", "real", "tiny", "options", "tanh", "vanishing",
    "arrive", "lo", "hi", "first_step", "njit", "zero", "one", "half", "want_x", "d_x", "step", "forward",
    "backward", "stepper", "forward_loop", "backward_loop",
}  # fmt: skip
PREFIXES = ("all_", "some_", "new_", "next_", "before_", "after_", "past_", "carried_", "then_", "given_", "number_")
KINDS = ("fixed", "input", "state", "gradient")

Dims = tuple[Any, ...]

BOOLS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "isfinite", "logical_and",
         "logical_or", "logical_not"}  # fmt: skip
SHUFFLED = {"columns", "concat", "repeat", "spread", "multiply"}  # True and False again, if they are so before


@dataclass(frozen=True, eq=False)
class Line:
    """An assignment: an operation, its arguments and options, and the sizes of its result."""

    op: str
    args: tuple[Line, ...]
    options: tuple[tuple[str, Any], ...]
    dims: Dims
    kind: int
    label: str = ""  # the name of the tensor that it computes, such as r
    scope: str = ""  # the scope that the tensor was made in: the line's comment

    def option(self, name: str) -> Any:
        """The option of this name."""
        return dict(self.options)[name]

    @property
    def per_step(self) -> bool:
        """Whether it has a row for each sequence of the batch at each time step."""
        return self.kind != FIXED and "B" in self.dims

    @property
    def of_bools(self) -> bool:
        """Whether it holds True and False, with which NumPy adds and multiplies otherwise than with numbers."""
        if self.op in BOOLS:
            return True
        return self.op in SHUFFLED and all(a.of_bools for a in self.args)

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.dims[-1]) if self.dims else 1


@dataclass
class Program:
    """Lines, the inputs among them by name, and the outputs by name."""

    inputs: dict[str, Line] = field(default_factory=dict)
    outputs: dict[str, Line] = field(default_factory=dict)
    _lines: dict[Any, Line] = field(default_factory=dict, repr=False)

    # --- making lines ------------------------------------------------------------------------------------------------

    def input(self, name: str, dims: Dims, kind: int, label: str = "") -> Line:
        """A new input."""
        line = Line("input", (), (("name", name),), dims, kind, label or name)
        self.inputs[name] = line
        return line

    def number(self, value: float) -> Line:
        """A number."""
        key = ("number", value, np.signbit(value))
        if key not in self._lines:
            self._lines[key] = Line("number", (), (("value", value),), (), FIXED)
        return self._lines[key]

    def line(self, op: str, *args: Line, label: str = "", scope: str = "", **options: Any) -> Line:
        """The line that applies `op`: the existing one, or a new one."""
        key = (op, args, tuple(sorted(options.items())))
        entry = self._lines.get(key)
        if entry is None:
            kind = max((a.kind for a in args), default=FIXED)
            entry = Line(op, args, key[2], PRIMITIVES[op].dims(*[a.dims for a in args], **options), kind, label, scope)
            self._lines[key] = entry
        elif label and not entry.label:
            object.__setattr__(entry, "label", label)  # the same value under its better name
            object.__setattr__(entry, "scope", scope)
        return entry

    def rewritten(self, rule: Callable[[Program, Line, tuple[Line, ...]], Line | None]) -> Program:
        """The program with each line replaced by `rule(program, line, new args)`, or unchanged where that is None."""
        new = Program()
        lines: dict[Line, Line] = {}
        for old in self.lines(everything=True):
            if old.op == "input":
                new_line = old
                new.inputs[old.option("name")] = old
            elif old.op == "number":
                new_line = new.number(old.option("value"))
            else:
                args = tuple(lines[a] for a in old.args)
                rewritten = rule(new, old, args)
                new_line = rewritten if rewritten is not None else new.line(
                    old.op, *args, label=old.label, scope=old.scope, **dict(old.options)
                )  # fmt: skip
                if old.label and not new_line.label and new_line.op != "number":
                    object.__setattr__(new_line, "label", old.label)
                    object.__setattr__(new_line, "scope", old.scope)
            lines[old] = new_line
        new.outputs = {name: lines[line] for name, line in self.outputs.items()}
        return new

    # --- reading -----------------------------------------------------------------------------------------------------

    def lines(self, everything: bool = False, of: Iterable[Line] | None = None) -> list[Line]:
        """The lines that the outputs need, each after its arguments."""
        roots = list(self.outputs.values() if of is None else of)
        if everything:
            roots = [*self.inputs.values(), *roots]
        order: list[Line] = []
        visited: set[Line] = set()
        pending: list[tuple[Line, bool]] = [(line, False) for line in reversed(roots)]
        while pending:
            line, ready = pending.pop()
            if ready:
                order.append(line)
            elif line not in visited:
                visited.add(line)
                pending.append((line, True))
                pending += [(a, False) for a in reversed(line.args) if a not in visited]
        return order

    def users(self) -> dict[Line, list[Line]]:
        """The lines that each line is used in."""
        users: dict[Line, list[Line]] = {}
        for line in self.lines():
            for a in line.args:
                users.setdefault(a, []).append(line)
        return users

    def names(self) -> dict[Line, str]:
        """A name for each line: its label if it has one, and a number where that is taken."""
        names: dict[Line, str] = {}
        used: set[str] = set()
        for line in self.lines(everything=True):
            if line.op == "number":
                names[line] = repr(line.option("value"))
                continue
            base = identifier(line.label)  # nothing is left of some labels
            name, n = base or "t1", 1
            while name in used:
                n += 1
                name = f"{base}_{n}" if base else f"t{n}"
            used.add(name)
            names[line] = name
        return names

    def __str__(self) -> str:
        names = self.names()
        rows = []
        for line in self.lines(everything=True):
            if line.op == "number":
                continue
            size = ", ".join(str(n) for n in line.dims)
            if line.op == "input":
                text = f"{names[line]} = input"
            else:
                options = [f"{k}={v!r}" for k, v in line.options]
                text = f"{names[line]} = {line.op}({', '.join([names[a] for a in line.args] + options)})"
            rows.append((text, comment(f"({size}) {KINDS[line.kind]}{', ' + line.scope if line.scope else ''}")))
        width = min(72, max((len(text) for text, _ in rows), default=0))
        body = [f"{text:<{width}}  {note}" for text, note in rows]
        results = ", ".join(f"{name}={names[line]}" for name, line in self.outputs.items())
        return "\n".join([*body, f"return {results}"])

    def run(self, values: dict[str, Any]) -> dict[str, Any]:
        """The outputs for these inputs, line by line: slow, the reference for the passes."""
        results: dict[Line, Any] = {}
        for line in self.lines():
            if line.op == "input":
                results[line] = values[line.option("name")]
            elif line.op == "number":
                results[line] = line.option("value")
            else:
                results[line] = PRIMITIVES[line.op].run(*[results[a] for a in line.args], **dict(line.options))
        return {name: results[line] for name, line in self.outputs.items()}


@functools.lru_cache(1000)  # one step has the same few labels again and again
def identifier(label: str) -> str:
    """A Python identifier made of a label: letters, digits and underscores in plain ASCII, and never a keyword.

    The only way in which a user's name gets into a program, except in comments.
    """
    import builtins
    import keyword
    import unicodedata

    plain = unicodedata.normalize("NFKD", label.replace("h̃", "candidate").replace("ĥ", "candidate"))
    text = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" if c in " .-" else "" for c in plain)[:40]
    text = text.strip("_")
    if not text or text[0].isdigit():
        text = f"v_{text}" if text else ""
    reserved = keyword.iskeyword(text) or keyword.issoftkeyword(text) or text in OURS or text.startswith(PREFIXES)
    return f"{text}_" if reserved or text in dir(builtins) else text


def comment(text: str) -> str:
    """A comment that ends where its line does, whatever characters a name has."""
    return "# " + (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text))


def children(line: Line) -> Iterator[Line]:
    """The line and all lines that it depends on."""
    visited = {line}
    pending = [line]
    while pending:
        here = pending.pop()
        yield here
        for a in here.args:
            if a not in visited:
                visited.add(a)
                pending.append(a)


from .primitives import PRIMITIVES  # noqa: E402  (the table needs Dims, and lines need the table)
