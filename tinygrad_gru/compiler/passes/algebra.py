"""The passes of algebra: laws of sums and products that take work out of the loop over time."""

from __future__ import annotations

import operator
from collections.abc import Callable

from ..ir import Instruction, Program, Stage
from .rewrite import Bindings, Firing, Pass, Rule, Users, rewrite
from .sums import as_written, name_of, terms_of, within_a_sum

__all__ = ["factor", "fold", "interpolate", "order_sums", "scale_weights", "split_products"]


# --- split products --------------------------------------------------------------------------------------------------


def _only_cut(bound: Bindings, i: Instruction, users: Users) -> bool:
    """Whether what is cut is used in cuts alone: then nothing is computed twice."""
    return i.stage != Stage.FIXED and all(user.op == "columns" for user in users[i.args[0]])


def _in_the_first(bound: Bindings) -> bool:
    return bool(bound["j"] <= bound["a"].width)


def _behind_the_first(bound: Bindings) -> bool:
    return bool(bound["i"] >= bound["a"].width)


split_products = Pass(
    "split_products",
    "A product of what stands side by side is a sum of products: the part with x needs no state. And what is cut from "
    "a result is computed from what is cut from the parameters.",
    [
        Rule("[a, b] W → a W[:|a|] + b W[|a|:]"),
        Rule("[a, b]ᵀ g → [aᵀ g; bᵀ g]"),
        Rule("aᵀ [g, d] → [aᵀ g, aᵀ d]"),
        Rule("Σ [g, d] → [Σ g, Σ d]"),
        Rule("(a W)[:, i:j] → a W[:, i:j]", lambda bound, i, users: i.stage != Stage.FIXED),
        Rule("f(…)[:, i:j] → f(…[:, i:j])", _only_cut),
        Rule("[a, b][:, i:j] → a[:, i:j]", letters_are=_in_the_first),
        Rule("[a, b][:, i:j] → b[:, i−|a|:j−|a|]", letters_are=_behind_the_first),
        Rule("x[:, i:j][:, k:l] → x[:, i+k:i+l]"),
        Rule("x[i:j][k:l] → x[i+k:i+l]"),
        Rule("Wᵀ[:, i:j] → W[i:j]ᵀ"),
        Rule("Wᵀ[i:j] → W[:, i:j]ᵀ"),
    ],
)


# --- numbers ---------------------------------------------------------------------------------------------------------


class Fold(Pass):
    """Rules, and what is known of numbers alone."""

    def __call__(self, program: Program, firings: list[Firing] | None = None) -> Program:
        compute: dict[str, Callable[..., float]] = {
            "add": operator.add,
            "subtract": operator.sub,
            "multiply": operator.mul,
            "negative": operator.neg,
        }
        replaced: dict[Instruction, Instruction] = {}
        for i in program.instructions():
            args = [replaced.get(a, a) for a in i.args]
            if i.op in compute and all(a.op == "number" for a in args):
                replaced[i] = program.number(compute[i.op](*[a.option("value") for a in args]))
        return rewrite(program.substitute(replaced) if replaced else program, self.rules, firings)


fold = Fold(
    "fold",
    "What is computed of numbers alone is a number, and what changes nothing goes.",
    [Rule("a + 0 → a"), Rule("a·1 → a"), Rule("−(−a) → a"), Rule("a + (−b) → a − b"), Rule("a − (−b) → a + b")],
)


# --- sums ------------------------------------------------------------------------------------------------------------


def _takes_a_factor(i: Instruction, users: Users) -> bool:
    """Whether a factor can go into the weights: of products that nothing else uses, and of parameters."""
    pending = [i]
    while pending:
        here = pending.pop()
        if here.stage == Stage.FIXED:
            continue
        if len(users[here]) > 1 or here.op not in ("matmul", "add"):
            return False
        pending += here.args if here.op == "add" else here.args[1:]
        if here.op == "matmul" and here.args[1].stage != Stage.FIXED:
            return False
    return True


def _whole_sum(bound: Bindings, i: Instruction, users: Users) -> bool:
    return i.stage != Stage.FIXED and all(_takes_a_factor(a, users) for a in i.args if a is not bound["n"])


scale_weights = Pass(
    "scale_weights",
    "A number times a sum of products is a sum of products with scaled weights: ½ (h U + b) = h (½ U) + ½ b, and ½ U "
    "is computed once.",
    [Rule("n·(a W) → a (n·W)", _whole_sum), Rule("n·(a + b) → n·a + n·b", _whole_sum)],
)


def _rank(i: Instruction) -> tuple[int, bool]:
    """The place of a term in a sum: by stage, and products first."""
    return i.stage, i.op != "matmul"


class Order(Pass):
    """A whole sum is sorted at once, by its law, and not term by term; then the rules are applied, and again."""

    law = "(a + b) + c → (a + c) + b"

    def __call__(self, program: Program, firings: list[Firing] | None = None) -> Program:
        while True:  # each time round there are fewer products, or all sums are sorted
            after = rewrite(self.in_order(program, firings), self.rules, firings)
            if after is program:
                return program
            program = after

    def in_order(self, program: Program, firings: list[Firing] | None) -> Program:
        """The program with sorted sums: itself if they are."""
        users, replaced = program.users(), dict[Instruction, Instruction]()
        names = program.names() if firings is not None else {}
        for total in program.instructions():
            if total.op != "add" or within_a_sum(total, users):
                continue
            ordered = sorted(terms_of(total, users), key=_rank)
            after = ordered[0]
            for term in ordered[1:]:
                after = program.make("add", after, term)
            if after is not total and (after.dims, after.is_boolean) == (total.dims, total.is_boolean):
                replaced[total] = after
                if firings is not None:
                    new = " + ".join(name_of(term, names) for term in ordered)
                    firings.append(Firing(self.law, names[total], as_written(total, users, names), new))
        return program.substitute(replaced) if replaced else program


order_sums = Order(
    "order_sums",
    "Sums are added up by stage: parameters, then the input, then the state, and products first. So what needs no "
    "state is a sum of its own.",
    [Rule("a U + a V → a (U + V)")],
)

interpolate = Pass(
    "interpolate",
    "A step from one value to another: one operation less.",
    [Rule("(1 − z)·a + z·b → a + z·(b − a)", lambda bound, i, users: i.stage != Stage.GRADIENT)],
)


# --- gradients -------------------------------------------------------------------------------------------------------


def _of_rows(bound: Bindings, i: Instruction, users: Users) -> bool:
    return i.per_step and bound["g"].dims == i.dims


def _can_be_multiplied(bound: Bindings, i: Instruction, users: Users) -> bool:
    """Whether p·q, if it is a number, is one that float32 holds with all its digits: 1e30·1e30 is not."""
    p, q = bound["p"], bound["q"]
    numbers = p.op == q.op == "number"
    return _of_rows(bound, i, users) and (not numbers or 1e-30 < abs(p.option("value") * q.option("value")) < 1e30)


factor = Pass(
    "factor",
    "A gradient is multiplied once: p·q and p − q know only what the forward pass left, and are computed for many "
    "steps at once.",
    [
        Rule("−(g·p) → g·(−p)", _of_rows),
        Rule("(g·p)·q → g·(p·q)", _can_be_multiplied),
        Rule("g·p + g·(−q) → g·(p − q)", _of_rows),
        Rule("g·p + g·q → g·(p + q)", _of_rows),
        Rule("g·p − g·q → g·(p − q)", _of_rows),
        Rule("p + (−q) → p − q"),
    ],
)
