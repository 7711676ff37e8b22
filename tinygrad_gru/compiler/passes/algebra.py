"""The passes of algebra: laws of sums and products that take work out of the loop over time."""

from __future__ import annotations

import operator
from collections.abc import Callable

from ..ir import Instruction, Program, Stage
from .rewrite import Bindings, Firing, Pass, Rule, Users, rewrite

__all__ = ["factor", "fold", "interpolate", "order_sums", "scale_weights", "split_products"]


# --- split products --------------------------------------------------------------------------------------------------


def _only_cut(bound: Bindings, i: Instruction, users: Users) -> bool:
    """Whether what is cut is used in cuts alone: then nothing is computed twice."""
    return i.stage != Stage.FIXED and all(user.op == "columns" for user in users[i.args[0]])


def _in_the_first(bound: Bindings, i: Instruction, users: Users) -> bool:
    return bool(bound["j"] <= bound["a"].width)


def _behind_the_first(bound: Bindings, i: Instruction, users: Users) -> bool:
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
        Rule("[a, b][:, i:j] → a[:, i:j]", _in_the_first),
        Rule("[a, b][:, i:j] → b[:, i−|a|:j−|a|]", _behind_the_first),
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


def _inner_sum(bound: Bindings, i: Instruction, users: Users) -> bool:
    """Whether the sum within the sum is used here alone, and is as large."""
    inner = i.args[1]
    return inner.op == "add" and len(users[inner]) == 1 and inner.dims == i.dims


def _term_too_late(bound: Bindings, i: Instruction, users: Users) -> bool:
    inner, a, b, c = i.args[0], bound["a"], bound["b"], bound["c"]
    ordered = inner.op == "add" and (inner.args, i.args[1]) == ((a, b), c)
    return ordered and len(users[inner]) == 1 and inner.dims == i.dims and _rank(c) < _rank(b)


def _turned(bound: Bindings, i: Instruction, users: Users) -> bool:
    a, b = i.args
    within = a.op == "add" and len(users[a]) == 1 and a.dims == i.dims
    return (bound["a"], bound["b"]) == (a, b) and not within and _rank(b) < _rank(a)


order_sums = Pass(
    "order_sums",
    "Sums are added up by stage: parameters, then the input, then the state, and products first. So what needs no "
    "state is a sum of its own.",
    [
        Rule("a + (b + c) → (a + b) + c", _inner_sum),
        Rule("(a + b) + c → (a + c) + b", _term_too_late),
        Rule("a + b → b + a", _turned),
        Rule("a U + a V → a (U + V)"),
    ],
)

interpolate = Pass(
    "interpolate",
    "A step from one value to another: one operation less.",
    [Rule("(1 − z)·a + z·b → a + z·(b − a)", lambda bound, i, users: i.stage != Stage.GRADIENT)],
)


# --- gradients -------------------------------------------------------------------------------------------------------


def _of_rows(bound: Bindings, i: Instruction, users: Users) -> bool:
    return i.per_step and bound["g"].dims == i.dims


factor = Pass(
    "factor",
    "A gradient is multiplied once: p·q and p − q know only what the forward pass left, and are computed for many "
    "steps at once.",
    [
        Rule("−(g·p) → g·(−p)", _of_rows),
        Rule("(g·p)·q → g·(p·q)", _of_rows),
        Rule("g·p + g·(−q) → g·(p − q)", _of_rows),
        Rule("g·p + g·q → g·(p + q)", _of_rows),
        Rule("g·p − g·q → g·(p − q)", _of_rows),
        Rule("p + (−q) → p − q"),
    ],
)
