"""The passes: each turns a program into one that computes the same with less work inside the loop over time.

None of them knows a cell. `PASSES` lists them in order; each alone preserves what a program computes.
"""

from __future__ import annotations

from collections.abc import Callable

from .blocks import blocks
from .listing import FIXED, GRADIENT, INPUT, STATE, Line, Program

__all__ = ["PASSES", "factor", "fold", "interpolate", "merge_products", "order_sums", "scale_weights", "split_products"]


def split_products(program: Program) -> Program:
    """Products of joined matrices become products of the parts:  [h, x] W = h W[:H] + x W[H:].

    The part with x then needs no state and can leave the loop. Likewise a slice of a product is a product with a slice.
    """

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        if line.op == "matmul" and args[0].op == "concat":
            return _sum(p, [p.line("matmul", a, rows(p, args[1], *span)) for a, span in spans(args[0])])
        if line.op == "outer" and args[0].op == "concat":
            return p.line("stack_rows", *[p.line("outer", a, args[1]) for a in args[0].args])
        if line.op == "columns":
            return columns(p, args[0], line.option("start"), line.option("stop"))
        return None

    return program.rewritten(rule)


def scale_weights(program: Program) -> Program:
    """A number times a sum of products becomes a sum of products with scaled weights:  ½ (h U + b) = h (½ U) + ½ b."""
    users = program.users()

    def absorbs(line: Line) -> bool:
        if line.kind == FIXED:
            return True
        if len(users.get(line, ())) > 1:
            return False
        if line.op == "matmul":
            return line.args[1].kind == FIXED
        return line.op == "add" and all(absorbs(a) for a in line.args)

    def scaled(p: Program, number: Line, line: Line) -> Line:
        if line.kind == FIXED:
            return p.line("multiply", number, line)
        if line.op == "matmul":
            return p.line("matmul", line.args[0], p.line("multiply", number, line.args[1]))
        return p.line("add", *[scaled(p, number, a) for a in line.args])

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        if line.op == "multiply" and line.kind != FIXED:
            for i, number in enumerate(args):
                if number.op == "number" and absorbs(line.args[1 - i]):
                    return scaled(p, number, args[1 - i])
        return None

    return program.rewritten(rule)


def order_sums(program: Program) -> Program:
    """Sums are added up by kind: parameters first, then the input, then the state."""
    users = program.users()

    def terms(line: Line) -> list[Line]:
        """The terms of a sum, through sums that are used nowhere else."""
        operands: list[Line] = []
        pending = list(reversed(line.args))
        while pending:
            a = pending.pop()
            if a.op == "add" and a.kind != FIXED and len(users[a]) == 1 and a.dims == line.dims:
                pending += reversed(a.args)
            else:
                operands.append(a)
        return operands

    inside = {a for line in program.lines() if line.op == "add" for a in line.args
              if a.op == "add" and len(users[a]) == 1 and a.dims == line.dims and a.kind != FIXED}  # fmt: skip
    new: dict[Line, Line] = {}

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        new_line = None
        if line.op == "add" and line.kind != FIXED and line not in inside:
            ordered = sorted(terms(line), key=lambda t: (t.kind, t.op != "matmul"))
            total: Line | None = None
            for kind in (FIXED, INPUT, STATE, GRADIENT):
                group = [new[t] for t in ordered if t.kind == kind]
                if kind >= STATE:  # those of a kind together, so that products can be merged
                    total = _sum(p, [*([] if total is None else [total]), *group]) if group else total
                elif group:
                    total = _sum(p, [*group, *([] if total is None else [total])])
            new_line = total
        new_line = new_line or p.line(line.op, *args, label=line.label, scope=line.scope, **dict(line.options))
        new[line] = new_line
        return new_line

    for line in program.lines(everything=True):
        if line.op in ("input", "number"):
            new[line] = line

    return _with_leaves(program, new, rule)


def _with_leaves(program: Program, new: dict[Line, Line], rule: Callable[..., Line | None]) -> Program:
    def leaf_aware(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        for old, a in zip(line.args, args, strict=True):
            new[old] = a
        return rule(p, line, args)

    return program.rewritten(leaf_aware)


def interpolate(program: Program) -> Program:
    """(1 − z) ⊙ a + z ⊙ b  becomes  a + z ⊙ (b − a): one operation less."""

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        if line.op != "add" or any(a.op != "multiply" for a in args) or line.kind == GRADIENT:
            return None
        for first, second in (args, args[::-1]):
            for keep, a in (first.args, first.args[::-1]):
                if keep.op != "subtract" or keep.args[0].op != "number" or keep.args[0].option("value") != 1:
                    continue
                for z, b in (second.args, second.args[::-1]):
                    if z is keep.args[1] and a.dims == b.dims == line.dims:
                        return p.line("add", a, p.line("multiply", z, p.line("subtract", b, a)))
        return None

    return program.rewritten(rule)


def factor(program: Program) -> Program:
    """The gradient is multiplied once:  (g ⊙ a) ⊙ b = g ⊙ (a ⊙ b),  g ⊙ a − g ⊙ b = g ⊙ (a − b).

    Then a ⊙ b and a − b know only what the forward pass left, and are computed for many steps at once.
    """

    def split(line: Line) -> tuple[Line, Line] | None:
        """g and a of g ⊙ a."""
        if line.op == "multiply":
            for g, a in (line.args, line.args[::-1]):
                if g.kind == GRADIENT and a.kind < GRADIENT and g.dims == line.dims:
                    return g, a
        return None

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        if line.kind != GRADIENT or not line.per_step:
            return None
        if line.op == "negative" and (factors := split(args[0])) and not factors[1].of_bools:
            return p.line("multiply", factors[0], p.line("negative", factors[1]))
        if line.op == "multiply":
            for product, b in (args, args[::-1]):
                factors = split(product)
                if factors and b.kind < GRADIENT:
                    return p.line("multiply", factors[0], p.line("multiply", factors[1], b))
        if line.op in ("add", "subtract"):
            one, two = split(args[0]), split(args[1])
            if (
                one
                and two
                and one[0] is two[0]
                and one[1].dims == two[1].dims
                and not (
                    one[1].of_bools and two[1].of_bools  # True + True is True
                )
            ):
                a, b, op = one[1], two[1], line.op
                if op == "add" and b.op == "negative":
                    b, op = b.args[0], "subtract"
                return p.line("multiply", one[0], p.line(op, a, b))
        return None

    return program.rewritten(rule)


def fold(program: Program) -> Program:
    """Constants are folded; x + 0, x · 1 and −(−x) are x."""

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        values = [a.option("value") if a.op == "number" else None for a in args]
        if line.op == "add" and 0.0 in values:
            other = args[1 - values.index(0.0)]
            return other if other.dims == line.dims else None
        if line.op == "multiply" and 1.0 in values:
            other = args[1 - values.index(1.0)]
            return other if other.dims == line.dims else None
        if line.op == "negative" and args[0].op == "negative":
            return args[0].args[0]
        if line.op in ("add", "subtract", "multiply") and None not in values:
            a, b = values
            return p.number(a + b if line.op == "add" else a - b if line.op == "subtract" else a * b)  # type: ignore[operator]
        return None

    return program.rewritten(rule)


def merge_products(program: Program) -> Program:
    """Products that share their left operand become one:  h U_r, h U_z  are columns of  h [U_r, U_z].

    And sums of products with the gates' gradients become one:  d_r V_r + d_z V_z = [d_r, d_z] [V_r; V_z].
    """
    forward = Program(program.inputs, {k: v for k, v in program.outputs.items() if k.startswith("new ")})
    users = forward.users()
    groups: dict[Line, list[Line]] = {}
    for line in forward.lines():
        if line.op == "matmul" and line.args[1].kind == FIXED and line.per_step:
            groups.setdefault(line.args[0], []).append(line)
    position: dict[Line, tuple[list[Line], int]] = {}
    for group in groups.values():
        group.sort(key=lambda line: _fate(line, users))  # alike stand together, and become blocks
        for i, line in enumerate(group):
            position[line] = (group, i)

    new: dict[Line, Line] = {}

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        for old, a in zip(line.args, args, strict=True):
            new[old] = a
        if line in position and len(position[line][0]) > 1:
            group, i = position[line]
            weights = p.line("concat", *[_again(p, m.args[1], new) for m in group])
            start = sum(m.width for m in group[:i])
            return columns(p, p.line("matmul", args[0], weights), start, start + line.width)
        if line.op == "add" and line.kind == GRADIENT and line.per_step:
            products = [a for a in args if a.op == "matmul" and a.args[1].kind == FIXED]
            if len(products) == 2:
                matrices: dict[Line, Line] = {}
                for product in products:
                    left, right = product.args
                    joined = left.op == "concat" and right.op == "stack_rows" and len(left.args) == len(right.args)
                    for part, W in zip(left.args, right.args, strict=True) if joined else [(left, right)]:
                        matrices[part] = p.line("add", matrices[part], W) if part in matrices else W
                return _product_of_joined(p, matrices)
        return None

    return program.rewritten(rule)


def _product_of_joined(p: Program, weights: dict[Line, Line]) -> Line:
    """[a, b] [V; W], for the parts with their weights."""
    if len(weights) == 1:
        ((part, W),) = weights.items()
        return p.line("matmul", part, W)
    return p.line("matmul", p.line("concat", *weights), p.line("stack_rows", *weights.values()))


def _fate(line: Line, users: dict[Line, list[Line]]) -> tuple[str, ...]:
    """The operations that a line goes through, as long as it is used once."""
    ops: list[str] = []
    while len(users.get(line, ())) == 1 and len(ops) < 6:
        line = users[line][0]
        ops.append(line.op)
    return tuple(ops)


def _again(p: Program, line: Line, new: dict[Line, Line]) -> Line:
    """A fixed line in the new program, added if it is not there yet."""
    if line in new:
        return new[line]
    if line.op == "input":
        return line
    if line.op == "number":
        return p.number(line.option("value"))
    new_line = p.line(line.op, *[_again(p, a, new) for a in line.args], label=line.label, **dict(line.options))
    new[line] = new_line
    return new_line


# --- making lines ----------------------------------------------------------------------------------------------------


def _sum(p: Program, terms: list[Line]) -> Line:
    total = terms[0]
    for t in terms[1:]:
        total = p.line("add", total, t)
    return total


def spans(concat: Line) -> list[tuple[Line, tuple[int, int]]]:
    """The parts of a concat with the columns they take."""
    spans, start = [], 0
    for a in concat.args:
        spans.append((a, (start, start + a.width)))
        start += a.width
    return spans


def rows(p: Program, W: Line, start: int, stop: int) -> Line:
    """Rows of a fixed matrix."""
    return W if (start, stop) == (0, W.dims[0]) else p.line("rows", W, start=start, stop=stop)


def columns(p: Program, line: Line, start: int, stop: int) -> Line:
    """Columns of a line, cut as early as possible."""
    if (start, stop) == (0, line.width):
        return line
    if line.op == "columns":
        first = line.option("start")
        return columns(p, line.args[0], first + start, first + stop)
    if line.op == "matmul" and line.kind == GRADIENT:
        return p.line("matmul", line.args[0], columns(p, line.args[1], start, stop))
    if line.op == "transpose":
        return p.line("transpose", rows(p, line.args[0], start, stop))
    if line.op == "add" and line.kind == GRADIENT and all(a.dims == line.dims for a in line.args):
        return p.line("add", *[columns(p, a, start, stop) for a in line.args])
    if line.op == "concat":
        for a, (low, high) in spans(line):
            if low <= start and stop <= high:
                return columns(p, a, start - low, stop - low)
    return p.line("columns", line, start=start, stop=stop)


def join_gradients(program: Program) -> Program:
    """Two joined sets of gates' gradients become one:  [a, b, c] and [b, c, d] are columns of [a, b, c, d].

    The product with the weights of h takes the first, that with the weights of x the second, and neither is copied.
    """
    pairs = [line for line in program.lines() if line.op == "matmul" and line.kind == GRADIENT
             and line.args[0].op == "concat" and line.args[1].op == "stack_rows"]  # fmt: skip
    for one in pairs:
        for two in pairs:
            ours, theirs = set(one.args[0].args), set(two.args[0].args)
            if one is two or not ours & theirs:
                continue
            first = [a for a in one.args[0].args if a not in theirs]
            shared = [a for a in one.args[0].args if a in theirs]
            last = [a for a in two.args[0].args if a not in ours]
            if one.args[0] is two.args[0] or (not first and last == [] and list(two.args[0].args) == shared):
                continue
            return _joined_as(program, one, two, [first, shared, last])
    return program


def _joined_as(program: Program, one: Line, two: Line, parts: list[list[Line]]) -> Program:
    first, shared, last = parts
    everything = [*first, *shared, *last]
    new: dict[Line, Line] = {}

    def product_of(p: Program, line: Line, members: list[Line], start: int) -> Line:
        joined = p.line("concat", *[new[a] for a in everything])
        stop = start + sum(a.width for a in members)
        weight = dict(zip(line.args[0].args, line.args[1].args, strict=True))
        return p.line("matmul", columns(p, joined, start, stop) if (start, stop) != (0, joined.width) else joined,
                      p.line("stack_rows", *[_again(p, weight[a], new) for a in members]))  # fmt: skip

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        for old, a in zip(line.args, args, strict=True):
            new[old] = a
        if line is one or line is two:
            for a in everything:
                _again(p, a, new)
        if line is one:
            return product_of(p, line, [*first, *shared], 0)
        if line is two:
            return product_of(p, line, [*shared, *last], sum(a.width for a in first))
        return None

    return program.rewritten(rule)


def merge_sums(program: Program) -> Program:
    """Sums over the batch of neighbouring columns become one:  hᵀ d_r, hᵀ d_z  are columns of  hᵀ [d_r, d_z].

    Neighbours are columns of one line, and the parts of a concat that a product needs already.
    """
    position: dict[Line, tuple[Line, int]] = {}
    for line in program.lines():
        if line.op == "matmul" and line.kind == GRADIENT:
            joined = line.args[0].args[0] if line.args[0].op == "columns" else line.args[0]
            for a, (start, _) in spans(joined) if joined.op == "concat" else []:
                position.setdefault(a, (joined, start))

    def span(line: Line) -> tuple[Line, int, int]:
        """The widest line that holds this one, and the columns that it has there."""
        start, width = 0, line.width
        while line.op == "columns" or line in position:
            line, offset = (line.args[0], line.option("start")) if line.op == "columns" else position[line]
            start += offset
        return line, start, start + width

    groups: dict[tuple[str, Line | None, Line], set[tuple[int, int]]] = {}

    def key(line: Line) -> tuple[str, Line | None, Line]:
        return line.op, line.args[0] if line.op == "outer" else None, span(line.args[-1])[0]

    for line in program.lines():
        if line.op in ("outer", "sum_batch"):
            groups.setdefault(key(line), set()).add(span(line.args[-1])[1:])
    new: dict[Line, Line] = {}

    def rule(p: Program, line: Line, args: tuple[Line, ...]) -> Line | None:
        for old, a in zip(line.args, args, strict=True):
            new[old] = a
        if line.op not in ("outer", "sum_batch"):
            return None
        spans_of = groups[key(line)]
        low, high = min(start for start, _ in spans_of), max(stop for _, stop in spans_of)
        if len(spans_of) < 2 or sum(stop - start for start, stop in spans_of) < high - low:
            return None  # alone, or with others between
        base, start, stop = span(line.args[-1])
        joined = _again(p, base, new)
        block = joined if (low, high) == (0, joined.width) else p.line("columns", joined, start=low, stop=high)
        total = p.line(line.op, *args[:-1], block)
        return p.line("columns", total, start=start - low, stop=stop - low)

    return program.rewritten(rule)


PASSES: list[tuple[str, Callable[[Program], Program]]] = [
    ("split_products", split_products),
    ("fold", fold),
    ("scale_weights", scale_weights),
    ("order_sums", order_sums),
    ("interpolate", interpolate),
    ("factor", factor),
    ("merge_products", merge_products),
    ("join_gradients", join_gradients),
    ("blocks", blocks),
    ("merge_sums", merge_sums),
]
