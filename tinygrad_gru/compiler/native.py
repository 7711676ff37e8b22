"""The text of the two loops over time for Numba: the same lines as in NumPy, element by element.

Between two matrix products everything is elementwise, so it becomes one pair of loops over rows and columns, in which a
line is a variable and not an array. `np.dot` stays a call. The statements before and after the loops over time are
those of the NumPy program.

A line is computed as late as possible, from arrays in memory: arrays over time, states, products. A costly line (tanh,
exp, a division) that is used again after a product is stored for the step.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .backward import Backward
from .forward import Forward
from .listing import FIXED, Line, comment
from .plan import Plan, Unplannable
from .text import BOOL, Text

__all__ = ["NativeBackward", "NativeForward"]

PRODUCTS = {"matmul", "sum_columns", "max_columns"}  # operations that need full rows
VIEWS = {"columns", "concat", "repeat", "spread"}
OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "greater": ">",
             "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}  # fmt: skip
FUNCTIONS = {"exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "sign", "maximum", "minimum", "isfinite",
             "logaddexp"}  # fmt: skip
ARRAYS = 6  # in one loop
COSTLY = {"tanh", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "power", "divide", "logaddexp"}


class Step:
    """The statements of one step: products, and loops over rows and columns between them."""

    def __init__(self, text: Text, at_hand: dict[Line, str], guarded: Iterable[Line] = ()) -> None:
        self.text = text
        self.names = text.names
        self.at_hand = dict(at_hand)  # the array (B, width) of this step, for lines in memory
        self.guarded = set(guarded)  # gradients that are 0 in rows that stay
        self.destinations: dict[Line, list[str]] = {}  # the arrays that a line is written into
        self.fixed: dict[str, int] = {}  # arrays of the parameters that are used, and their numbers of axes
        self.scratch: list[tuple[str, Line]] = []  # arrays (B, width) for a step
        self.levels: dict[Line, int] = {}
        self.cut_at: dict[Line, set[int]] = {}
        self.body: list[str] = []

    def store(self, line: Line, array: str) -> None:
        """Write a line into an array at each step."""
        self.destinations.setdefault(line, []).append(array)

    def write(self, lines: list[Line], stay: dict[str, str]) -> list[str]:
        """The statements of the step; `stay` has, for an array with frozen rows, the expression written into it."""
        products = [line for line in lines if line.op in PRODUCTS]
        self.order = {line: i for i, line in enumerate(lines)}
        for line in lines:
            if line.op == "columns":
                self.cut_at.setdefault(line.args[0], set()).update((line.option("start"), line.option("stop")))
        for line in products:
            operand = line.args[0]
            if not (operand in self.at_hand and operand not in self.guarded) and operand not in self.destinations:
                self.store(operand, self._new(operand))
            if line not in self.destinations or self.destinations[line][0] in stay:
                self.destinations[line] = [self._new(line), *self.destinations.get(line, [])]
        for line in list(self.destinations):
            self._keep_costly(line, self.level(line))
        for level in range(1 + max((self.level(line) for line in self.destinations), default=0)):
            for line in products:
                if self.level(line) == level:
                    self._product(line)
            self._loops(level, stay)
        return self.body

    def level(self, line: Line) -> int:
        """The length of the longest chain of products before a line."""
        if line not in self.levels:
            pending = [line]
            while pending:
                here = pending[-1]
                args = [] if here in self.at_hand else [a for a in here.args if a not in self.levels]
                if args:
                    pending += args
                    continue
                pending.pop()
                below = 0 if here in self.at_hand else max((self.levels[a] for a in here.args), default=0)
                self.levels[here] = below + (here.op in PRODUCTS and here.kind != FIXED)
        return self.levels[line]

    def _age(self, line: Line) -> int:
        """The position of a line in the order of computation; lines in memory come first."""
        return self.order.get(line, -1)

    def _new(self, line: Line) -> str:
        name = f"{self.names[line]}_row"
        self.scratch.append((name, line))
        return name

    def _keep_costly(self, line: Line, level: int) -> None:
        """Store costly lines that are computed before an earlier product than the one after which they are used."""
        visited, pending = {line}, list(line.args)
        while pending:
            here = pending.pop()
            if here in visited or here in self.at_hand or here.kind == FIXED or here.op in PRODUCTS:
                continue
            if here in self.destinations and self.level(here) < level:
                continue
            visited.add(here)
            if here.op in COSTLY and self.level(here) < level and here not in self.destinations:
                self.store(here, self._new(here))
            pending += here.args

    def _product(self, line: Line) -> None:
        operand = line.args[0]
        row = self.at_hand[operand] if operand not in self.guarded and operand in self.at_hand else None
        row, out = row or self.destinations[operand][0], self.destinations[line][0]
        if line.op == "matmul":
            matrix = self.names[line.args[1]]
            self.fixed[matrix] = 2
            self.body.append(f"np.dot({row}, {matrix}, {out})")
        else:
            better = "total + row[j]" if line.op == "sum_columns" else "np.maximum(total, row[j])"
            start = "0.0" if line.op == "sum_columns" else "-np.inf"
            self.body += ["for b in range(B):", f"    row, total = {row}[b], real({start})",
                          f"    for j in range({operand.width}):", f"        total = {better}",
                          f"    {out}[b, 0] = total"]  # fmt: skip
        self.at_hand[line] = out

    # --- loops over rows and columns ---------------------------------------------------------------------------------

    def _loops(self, level: int, stay: dict[str, str]) -> None:
        loops: dict[int, list[tuple[Line, int, str]]] = {}
        here = sorted((line for line in self.destinations if self.level(line) == level), key=self._age)
        for line in here:
            arrays = self.destinations[line]
            for start, stop in self._pieces(line):
                for array in arrays[self.at_hand.get(line) == arrays[0] :]:  # a product is there already
                    loops.setdefault(stop - start, []).append((line, start, array))
        self.missing = Counter(line for targets in loops.values() for line, _, _ in targets)
        for width, targets in loops.items():
            while targets:
                targets = self._one_loop(width, targets, level, stay)
        for line in here:
            self.at_hand.setdefault(line, self.destinations[line][0])

    def _one_loop(
        self, width: int, targets: list[tuple[Line, int, str]], level: int, stay: dict[str, str]
    ) -> list[tuple[Line, int, str]]:
        """Write a loop for the first targets, at most ARRAYS arrays in it; returns the remaining targets.

        A loop over too many arrays is not vectorised: the checks that no two of them overlap grow with their square.
        """
        body: list[str] = []
        variables: dict[tuple[Line, int], str] = {}
        written = 0
        for line, start, array in targets:
            statements: list[str] = []
            extended = dict(variables)
            value = self._element(line, start, level, extended, statements)
            index = _index(line, start)
            if array in stay:
                value = stay[array].format(value=value, index=index)
            statements.append(f"{array}[b, {index}] = {value}")
            if written and len(_arrays([*body, *statements])) > ARRAYS:
                break
            body += statements
            variables = extended
            written += 1
        self.body += ["for b in range(B):"]
        if any("stays" in s for s in body):
            self.body += ["    stays = masked and stay[t, lo + b]"]
        self.body += [f"    for j in range({width}):", *[f"        {s}" for s in body]]
        for line, _, _ in targets[:written]:
            self.missing[line] -= 1
            if not self.missing[line] and self.destinations[line][0] not in stay:
                self.at_hand.setdefault(line, self.destinations[line][0])
        return targets[written:]

    def _pieces(self, line: Line) -> list[tuple[int, int]]:
        edges = sorted({0, line.width, *self._cuts(line)})
        return list(itertools.pairwise(edges))

    def _cuts(self, line: Line) -> set[int]:
        """The columns at which the formula of a line changes, or another line takes a part of it."""
        cuts = {c for c in self.cut_at.get(line, ()) if 0 < c < line.width}
        if line in self.at_hand or line.kind == FIXED or line.op in PRODUCTS:
            return cuts
        if line.op == "columns":
            start = line.option("start")
            return cuts | {c - start for c in self._cuts(line.args[0]) if start < c < start + line.width}
        if line.op == "repeat":
            a = line.args[0]
            inner = {0, *self._cuts(a)}
            return cuts | {c + k * a.width for k in range(line.option("times")) for c in inner} - {0}
        at = 0
        for a in line.args:
            if line.op == "concat":
                cuts |= {at, *(at + c for c in self._cuts(a))} - {0}
                at += a.width
            elif a.width == line.width:
                cuts |= self._cuts(a)
        return cuts

    def _element(
        self, line: Line, start: int, level: int, variables: dict[tuple[Line, int], str], statements: list[str]
    ) -> str:
        """An element of a line as an expression, with the statements that it needs."""
        if line.op == "number":
            return self.text.numeral(line)
        start = start if line.width > 1 else 0
        if (line, start) in variables:
            return variables[line, start]

        def of(a: Line, at: int = start) -> str:
            return self._element(a, at, level, variables, statements)

        if line in self.at_hand:
            value = f"{self.at_hand[line]}[b, {_index(line, start)}]"
            if line in self.guarded:
                value = f"zero if stays else {value}"
        elif line.kind == FIXED:
            name = self.names[line]
            axes = [_index(line, start)] if line.width > 1 or len(line.dims) == 1 else ["0"]
            if len(line.dims) == 2:
                axes = ["b" if line.dims[0] == "B" else "0", _index(line, start)]
            self.fixed[name] = len(axes)
            value = f"{name}[{', '.join(axes)}]"
        elif line.op == "columns":
            return of(line.args[0], start + line.option("start"))
        elif line.op == "repeat":
            return of(line.args[0], start % line.args[0].width)
        elif line.op == "spread":
            return of(line.args[0], 0)
        elif line.op == "concat":
            at = 0
            for a in line.args:
                if at <= start < at + a.width:
                    return of(a, start - at)
                at += a.width
            raise AssertionError("a piece of a concat lies in one of its parts")
        else:
            value = self._formula(line, [of(a) for a in line.args])
        name = f"{self.names[line]}_{start}"
        while name in variables.values() or name in self.text.used_names:
            name += "_"
        variables[line, start] = name
        note = ", ".join(part for part in (line.label, line.scope) if part and line.op not in ("input",))
        statements.append(f"{name} = {value}" + (f"  {comment(note)}" if note else ""))
        return name

    def _formula(self, line: Line, args: list[str]) -> str:
        if line.op in OPERATORS:
            return f"{args[0]} {OPERATORS[line.op]} {args[1]}"
        if line.op in FUNCTIONS:
            return f"np.{line.op}({', '.join(args)})"
        special = {
            "tanh": "tanh({0})",
            "negative": "-{0}",
            "absolute": "abs({0})",
            "square": "{0} * {0}",
            "where": "{1} if {0} else {2}",
            "logical_and": "{0} and {1}",
            "logical_or": "{0} or {1}",
            "logical_not": "not {0}",
        }
        if line.op not in special:
            raise Unplannable(f"{line.op} has no form number by number")
        return special[line.op].format(*args, *[""] * 3)


def _arrays(statements: list[str]) -> set[str]:
    """The arrays that statements read or write."""
    return {name for s in statements for name in re.findall(r"(\w+)\[b", s)}


def _index(line: Line, start: int) -> str:
    return "0" if line.width == 1 else f"j + {start}" if start else "j"


class Native(Text):
    """Base class of both directions: the loop is a separate function, which Numba compiles."""

    loop_name = ""

    def __init__(self, plan: Plan, names: dict[Line, str]) -> None:
        super().__init__(plan, names)
        self.loop: list[str] = []  # the text of the function of the loop
        self.types: list[str] = []

    def finish(self, step: Step, arrays: dict[str, Any], before: list[str], body: list[str], after: list[str]) -> str:
        """Write the function of the loop; returns its call. `arrays` holds each array's type and argument."""
        arrays |= {name: (f"real{axes}", f"memory.solid({name})") for name, axes in step.fixed.items()}
        self.types = [kind for kind, _ in arrays.values()]
        arguments = ", ".join(["T", "lo", "hi", "flushing", "masked", "stay", *arrays])
        numbers = [f"{name} = real({_number(line)})" for line, name in self.numerals.items()]
        allocations = [f"{name} = np.empty((B, {line.width}), {'np.bool_' if line.op in BOOL else 'real'})"
                for name, line in step.scratch]  # fmt: skip
        lines = [
            "B = hi - lo  # the sequences of this thread",
            "zero = real(0)",
            *numbers,
            *allocations,
            *before,
            *[f"    {s}" for s in body],
            *after,
        ]
        self.loop = [f"def {self.loop_name}({arguments}):", *[f"    {s}" for s in lines]]
        passed = ", ".join(argument for _, argument in arrays.values())
        return f"memory.share({self.loop_name}, T, B, memory.flushing, *memory.stay(stays, B), {passed})"


def _number(line: Line) -> str:
    value = line.option("value")
    return repr(value) if not isinstance(value, float) or math.isfinite(value) else (
        "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf")  # fmt: skip


class NativeForward(Native, Forward):
    """The forward function, and its loop."""

    loop_name = "forward_loop"

    def _loop(self) -> None:
        p, names = self.plan, self.names
        inputs, outputs = p.program.inputs, p.program.outputs
        self.body = [s for s in self.body if "memory.steps(" not in s]
        arrays: dict[str, Any] = {}
        at: dict[Line, str] = {}
        tops: list[str] = []
        for line in [inputs["x"], *p.bulk]:
            if line in self.arrays and line.op not in ("columns", "repeat") and line not in self.inside:
                name = self.arrays[line]
                at[line] = name.removeprefix("all_") if name != names[inputs["x"]] else "x_now"
                arrays[name] = (_kind(line), f"memory.solid({name})")
                tops.append(f"{at[line]} = {name}[t, lo:hi]")
        step = Step(self, {})
        for line in p.saved:
            if line not in p.bulk:
                name = f"all_{names[line]}"
                size = f"(T, B, {line.width}), {line.op in BOOL}"
                self.write(f"{name} = memory.run({names[line]!r}, {size})")
                arrays[name] = (_kind(line), name)
                tops.append(f"{names[line]} = {name}[t % len({name}), lo:hi]")
                step.store(line, names[line])
        stay: dict[str, str] = {}
        for s in p.states:
            line, name = inputs[s], names[inputs[s]]
            self.write(f"all_{name} = memory.run_states({name!r}, {name})")
            arrays[f"all_{name}"] = (_kind(line), f"all_{name}")
            tops += [
                f"{name} = all_{name}[t % len(all_{name}), lo:hi]",
                f"new_{name} = all_{name}[(t + 1) % len(all_{name}), lo:hi]",
            ]
            at[line] = name
            stay[f"new_{name}"] = f"{name}[b, {{index}}] if stays else {{value}}"
        step.at_hand = dict(at)
        for s in p.states:
            step.store(outputs[f"new {s}"], f"new_{names[inputs[s]]}")
        body = step.write([*p.loop], stay)
        used = _used(tops, body)
        mentioned = "\n".join(used)
        arrays = {name: kind for name, kind in arrays.items() if name in mentioned}
        call = self.finish(step, arrays, ["for t in range(T):"], [*used, *body], [])
        self.write(call)
        states = [f"all_{names[inputs[s]]}" for s in p.states]
        self.write(f"return {', '.join([*states, *[f'all_{names[line]}' for line in p.saved]])},")


class NativeBackward(Native, Backward):
    """The backward function, and its loop."""

    loop_name = "backward_loop"

    def _chunks(self) -> dict[Line, str]:
        p, names = self.plan, self.names
        self.place_all_parts()
        everywhere = {self.x: "x"} | {line: f"all_{names[line]}" for line in [*self.before, *p.saved]}
        everywhere |= {new: f"all_{names[before]}[1:]" for new, before in p.outputs.items()}
        computed = [*p.pre, *p.back, *p.post]
        over_time = [line for line in computed if self.keep.get(line) == "time" and line not in self.inside
                and line.op not in ("columns", "repeat")]  # fmt: skip
        carried = {d: names[d] for d in self.carried}
        arrays: dict[str, Any] = {}
        tops: list[str] = []
        at: dict[Line, str] = {}
        for line, name in everywhere.items():
            array = name.removesuffix("[1:]")
            at[line] = "x_now" if line is self.x else names[line]
            arrays[array] = (_kind(line), f"memory.solid({array})" if line is self.x else array)
            tops.append(f"{at[line]} = {array}[{'t + 1' if array != name else 't'}, lo:hi]")
        at |= carried
        step = Step(self, at, self.carried)
        for line in [*over_time, *(d for d in self.carried if self.keep.get(d) == "time")]:
            name = f"all_{names[line]}"
            everywhere[line] = name
            self.write(f"{name} = memory.back({names[line]!r}, (T, B, {line.width}), {line.op in BOOL})")
            arrays[name] = (_kind(line), name)
            tops.append(f"{names[line]}_kept = {name}[t, lo:hi]")
            step.store(line, f"{names[line]}_kept")
        timed = [everywhere[line] for line in step.destinations]
        stay: dict[str, str] = {}
        unread: list[str] = []
        for s, d in zip(p.states, self.carried, strict=True):
            name, out = names[d], p.program.outputs.get(f"grad {s}")
            if out is None:  # no step reads this state: its gradient goes further back only in rows that stay
                unread += ["for b in range(B):", "    stays = masked and stay[t, lo + b]",
                           f"    for j in range({d.width}):",
                           f"        next_{name}[b, j] = {name}[b, j] if stays else zero"]  # fmt: skip
                continue
            step.store(out, f"next_{name}")
            stay[f"next_{name}"] = f"{{value}} + ({name}[b, {{index}}] if stays else zero)"
        body = [*step.write(computed, stay), *unread]

        first = names[self.carried[0]]
        quiet = " and ".join(f"vanishing({name})" for name in carried.values())
        start = ["first = -1"]
        for d, name in carried.items():
            arrays[f"given_{name}"] = ("real2", name)
            start += [f"{name} = given_{name} = given_{name}[lo:hi]", f"next_{name} = np.empty((B, {d.width}), real)"]
        arrays["outside"] = ("real3", "memory.solid(outside)")
        start += ["for t in range(T - 1, -1, -1):"]
        ahead = [f"if flushing and {quiet}:", "    first = first_step(outside, lo, hi) if first < 0 else first",
                 "    if t < first:", *[f"        {name}[: t + 1, lo:hi] = 0" for name in timed],
                 *[f"        {name}[:] = 0" for name in carried.values()], "        break",
                 f"arrive({first}, outside[t, lo:hi])"]  # fmt: skip
        for name in carried.values():
            ahead += [f"if flushing and vanishing({name}):", f"    {name}[:] = 0"]
        swap = [f"{name}, next_{name} = next_{name}, {name}" for name in carried.values()]
        after = [f"given_{name}[:] = {name}" for name in carried.values()]
        used = _used(tops, body)
        mentioned = "\n".join([*used, *timed, *(f"given_{name}" for name in carried.values()), "outside"])
        arrays = {name: kind for name, kind in arrays.items() if name in mentioned}
        for name in carried.values():
            self.write(f"{name} = memory.solid({name})")
        self.write(self.finish(step, arrays, start, [*ahead, *used, *body, *swap], after))
        return everywhere


def _kind(line: Line) -> str:
    return "bool3" if line.op in BOOL else "real3"


def _used(tops: list[str], body: list[str]) -> list[str]:
    """Those of the views that the statements use."""
    text = "\n".join(body)
    return [top for top in tops if f"{top.partition(' = ')[0]}[" in text or f"({top.partition(' = ')[0]}," in text]
