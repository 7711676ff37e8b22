"""The rewriting engine: rules, pattern → replacement, matched and printed as they are written.

In a rule, n is a number; U, V and W are parameters; g and d are gradients; p and q are known before the gradient; i, j,
k and l are bounds of slices; f is any elementwise operation; every other letter is any value. |a| is a's number of
columns. A rule holds for all values, so that any order of application preserves what a program computes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..ir import Instruction, Program, Stage
from ..ir.notation import INFIX, PREFIX, Pattern, number_text, parse
from ..ir.primitives import ELEMENTWISE
from ..ir.program import COMMUTATIVE

__all__ = ["Firing", "Pass", "Rule", "Users", "rewrite"]

Bindings = dict[str, Any]
Users = Mapping[Instruction, Sequence[Instruction]]
MOST_SWEEPS = 10_000  # far above the terms of any sum: only a wrong set of rules goes round in circles
KINDS: dict[str, Callable[[Instruction], bool]] = {
    **dict.fromkeys("n", lambda i: i.op == "number"),
    **dict.fromkeys("UVW", lambda i: i.stage == Stage.FIXED and i.op != "number"),
    **dict.fromkeys("gd", lambda i: i.stage == Stage.GRADIENT),
    **dict.fromkeys("pq", lambda i: i.stage < Stage.GRADIENT),
}


@dataclass(frozen=True)
class Firing:
    """A rule that was applied: its text, the instruction's name, and what stood there before and after."""

    rule: str
    name: str
    before: str
    after: str


class Rule:
    """`(1 − z)·a + z·b → a + z·(b − a)`, perhaps with a condition: on the letters, or on the place in the program."""

    def __init__(
        self,
        text: str,
        where: Callable[[Bindings, Instruction, Users], bool] | None = None,
        letters_are: Callable[[Bindings], bool] | None = None,
    ) -> None:
        self.text = text
        self.where = where
        self.letters_are = letters_are
        self.left, self.right = (parse(side) for side in text.split("→"))
        if unbound := letters(self.right) - letters(self.left):
            raise ValueError(f"{text!r}: {', '.join(sorted(unbound))} does not stand on the left")

    def apply(self, program: Program, i: Instruction, users: Users) -> tuple[Instruction, Bindings] | None:
        """What the instruction becomes, with the values of the letters; None if the rule does not fit."""
        for bindings in match(self.left, i, program, {}):
            if self.letters_are is not None and not self.letters_are(bindings):
                continue
            if self.where is None or self.where(bindings, i, users):
                after = build(self.right, bindings, program)
                if after is not None and (after.dims, after.is_boolean) == (i.dims, i.is_boolean) and after is not i:
                    return after, bindings
        return None

    def fired(self, i: Instruction, bindings: Bindings, names: Mapping[Instruction, str]) -> Firing:
        """The record of an application."""
        return Firing(self.text, names[i], show(self.left, bindings, names), show(self.right, bindings, names))


@dataclass
class Pass:
    """Rules that are applied together, until none fits; `note` says what for."""

    name: str
    note: str
    rules: list[Rule] = field(default_factory=list)

    def __call__(self, program: Program, firings: list[Firing] | None = None) -> Program:
        """The program after the pass; what fired is appended to `firings`."""
        return rewrite(program, self.rules, firings)


def rewrite(program: Program, rules: Sequence[Rule], firings: list[Firing] | None = None) -> Program:
    """Sweep over the program, and replace each instruction that a rule fits, until none fits."""
    by_op: dict[str, list[Rule]] = {}
    for rule in rules:
        for op in ELEMENTWISE if rule.left.op == "elementwise" else {rule.left.op}:
            by_op.setdefault(op, []).append(rule)
    for _ in range(MOST_SWEEPS):
        users, replaced = program.users(), dict[Instruction, Instruction]()
        names = program.names() if firings is not None else {}
        for i in program.instructions():
            if any(a in replaced for a in i.args):
                continue  # its arguments first: so products of factors share their beginnings
            here, rules_here = i, by_op.get(i.op, [])
            for _ in range(MOST_SWEEPS):
                fitting = _first_fitting(rules_here, program, here, users)
                if fitting is None:
                    break
                rule, here, bindings = fitting
                replaced[i] = here
                if firings is not None:
                    firings.append(rule.fired(i, bindings, names))
                rules_here = [r for r in by_op.get(here.op, []) if r.where is None]  # at once again
            else:
                raise _endless(rules)
        if not replaced:
            return program
        program = program.substitute(replaced)
    raise _endless(rules)


def _endless(rules: Sequence[Rule]) -> AssertionError:
    return AssertionError(f"rules that never end: {[rule.text for rule in rules]}")


def _first_fitting(
    rules: Sequence[Rule], program: Program, i: Instruction, users: Users
) -> tuple[Rule, Instruction, Bindings] | None:
    for rule in rules:
        if (applied := rule.apply(program, i, users)) is not None:
            return rule, *applied
    return None


def letters(pattern: Pattern) -> set[str]:
    """The letters of a pattern, those in bounds too."""
    own = {pattern.text} if pattern.op == "name" else set[str]()
    own |= {letter for text in pattern.bounds for letter in re.findall(r"[a-z]", text) if text != "end"}
    return own.union(*map(letters, pattern.args))


def match(pattern: Pattern, i: Instruction, program: Program, bound: Bindings) -> Iterator[Bindings]:
    """The ways in which a pattern fits an instruction, given the letters bound so far."""
    if pattern.op == "name":
        if pattern.text in bound:
            if bound[pattern.text] is i:
                yield bound
        elif pattern.text not in KINDS or KINDS[pattern.text](i):
            yield {**bound, pattern.text: i}
    elif pattern.op == "number":
        if i.op == "number" and i.option("value") == int(pattern.text):
            yield bound
    elif pattern.op == "elementwise":
        if i.op in ELEMENTWISE:
            yield {**bound, "f": i}
    elif pattern.op == i.op:
        args = i.args
        if i.op == "concat" and len(args) > 2:  # [a, b, c] is [a, [b, c]]
            args = (args[0], program.make("concat", *args[1:]))
        bounds = dict(zip(pattern.bounds, (v for _, v in i.options), strict=False))
        if any(bound.get(letter, value) != value for letter, value in bounds.items()):
            return
        bound = {**bound, **bounds}
        orders = (args, args[::-1]) if i.op in COMMUTATIVE else (args,)
        for order in orders:
            yield from _match_all(pattern.args, order, program, bound)


def _match_all(
    patterns: Sequence[Pattern], args: Sequence[Instruction], program: Program, bound: Bindings
) -> Iterator[Bindings]:
    if not patterns:
        yield bound
        return
    for first in match(patterns[0], args[0], program, bound):
        yield from _match_all(patterns[1:], args[1:], program, first)


def build(pattern: Pattern, bound: Bindings, program: Program) -> Instruction | None:
    """The instruction that a pattern says, the letters standing for what they are bound to; None if there is none."""
    if pattern.op == "name":
        return bound[pattern.text]  # type: ignore[no-any-return]
    if pattern.op == "number":
        return program.number(float(pattern.text))
    if pattern.op == "elementwise":
        return _build_elementwise(pattern.args[0], bound, program)
    args = []
    for each in pattern.args:
        arg = build(each, bound, program)
        if arg is None:
            return None
        args.append(arg)
    if pattern.op in ("add", "subtract", "negative") and all(a.is_boolean for a in args):
        return None  # True + True is True
    if pattern.op in ("rows", "columns"):
        size = args[0].dims[0] if pattern.op == "rows" else args[0].width
        start, stop = (bound_value(text, bound, size) for text in pattern.bounds)
        return args[0] if (start, stop) == (0, size) else program.make(pattern.op, args[0], start=start, stop=stop)
    if pattern.op in ("concat", "stack_rows"):
        args = [b for a in args for b in (a.args if a.op == pattern.op else (a,))]
    return program.make(pattern.op, *args)


def _build_elementwise(pattern: Pattern, bound: Bindings, program: Program) -> Instruction | None:
    """f(…[:, i:j]): the same operation on what the pattern makes of each argument, or of each that is as wide."""
    f: Instruction = bound["f"]
    args = []
    for a in f.args:
        arg = build(pattern, {**bound, "…": a}, program) if a.width == f.width and a.dims else a
        if arg is None:
            return None
        args.append(arg)
    return program.make(f.op, *args, **dict(f.options))


def bound_value(text: str, bound: Bindings, size: int) -> int:
    """The number that a bound of a slice stands for, such as `i−|a|`; `end` is the size of what is cut."""
    total = 0
    for sign, term in re.findall(r"([+−]?)\s*(\|\w\||\w+)", text):
        if term == "end":
            value = size
        elif term.isdigit():
            value = int(term)
        else:
            value = bound[term[1]].width if term[0] == "|" else bound[term]
        total += -value if sign == "−" else value
    return total


def show(pattern: Pattern, bound: Bindings, names: Mapping[Instruction, str]) -> str:
    """A pattern with the names of what its letters stand for."""

    def of(each: Pattern, tight: bool) -> str:
        text = show(each, bound, names)
        loose = {"add", "subtract", "negative"}
        if pattern.op in ("matmul", "outer", "multiply", "negative"):
            loose |= {"multiply"}
        if pattern.op in ("rows", "columns", "transpose"):
            loose |= {"multiply", "matmul", "outer"}
        return f"({text})" if tight and each.op in loose else text

    if pattern.op == "name":
        value = bound.get(pattern.text)
        if value is None:
            return pattern.text
        return number_text(value.option("value")) if value.op == "number" else names.get(value, pattern.text)
    if pattern.op == "number":
        return pattern.text
    if pattern.op == "elementwise":
        return f"{bound['f'].op}({of(pattern.args[0], False)})"
    if pattern.op in INFIX or pattern.op in PREFIX:
        form = INFIX.get(pattern.op) or PREFIX[pattern.op]
        first_is_loose = pattern.op in ("add", "subtract")
        parts = [of(each, n > 0 or not first_is_loose) for n, each in enumerate(pattern.args)]
        return form.format(*parts)
    parts = [of(each, pattern.op in ("rows", "columns")) for each in pattern.args]
    if pattern.op in ("rows", "columns"):
        start, stop = (text if text == "end" else str(bound_value(text, bound, 0)) for text in pattern.bounds)
        return f"{parts[0]}[{':, ' if pattern.op == 'columns' else ''}{start}:{'' if stop == 'end' else stop}]"
    return f"[{('; ' if pattern.op == 'stack_rows' else ', ').join(parts)}]"
