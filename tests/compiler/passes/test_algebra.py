"""The passes of algebra: what each makes of a line, and what it leaves alone; each rule preserves what it rewrites."""

import pytest

from tests.compiler.cells import RandomCell
from tests.compiler.meaning import change
from tests.compiler.written import Written
from tinygrad_gru import compiler
from tinygrad_gru.compiler.ir import Program, Stage
from tinygrad_gru.compiler.passes.algebra import factor, fold, interpolate, order_sums, scale_weights, split_products
from tinygrad_gru.compiler.passes.rewrite import build


@pytest.fixture(name="written")
def fixture_written():
    return Written()


# --- what each pass does ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("[h, x] W", "(h W[0:4]) + (x W[4:8])"),
        ("[h, x]ᵀ g", "[(hᵀ g); (xᵀ g)]"),
        ("Σ [g, d]", "[(Σ g), (Σ d)]"),
        ("(h U)[:, 1:3]", "h U[:, 1:3]"),
        ("(g Wᵀ)[:, 4:]", "g (W[4:8]ᵀ)"),  # the gradient of x, from the rows of W that x met
        ("(x + h)[:, 1:3]", "x[:, 1:3] + h[:, 1:3]"),
        ("[h, x][:, 1:3]", "h[:, 1:3]"),
        ("[h, x][:, 5:7]", "x[:, 1:3]"),
        ("[h, x][:, 3:7]", "[h, x][:, 3:7]"),  # across both: it stays
        ("[h, x][:, 4:8]", "x"),
        ("x[:, 1:4][:, 1:3]", "x[:, 2:4]"),
        ("U[1:4][1:3]", "U[2:4]"),
        ("h U", "h U"),
    ],
)
def test_products_are_split(text, result, written):
    assert written.after(split_products, text) == [result]


def test_what_is_used_whole_too_is_not_computed_again_in_parts(written):
    assert written.after(split_products, "(x + h)[:, 1:3]", "x + h") == ["(x + h)[:, 1:3]", "x + h"]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x + 0", "x"),
        ("x·1", "x"),
        ("−(−x)", "x"),
        ("x + (−h)", "x − h"),
        ("x − (−h)", "x + h"),
        ("x·(2 − 1)", "x"),  # first what is computed of numbers
        ("x·(2·3 + 1)", "x·7"),
        ("x·0", "x·0"),  # x may be infinite: it is not 0
        ("0 − x", "0 − x"),  # −x, but for the sign of nothing
    ],
)
def test_numbers_are_folded(text, result, written):
    assert written.after(fold, text) == [result]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2·(h U)", "h (2·U)"),
        ("2·(h U + c)", "(h (2·U)) + (2·c)"),
        ("2·(h U + (x V + c))", "(h (2·U)) + ((x (2·V)) + (2·c))"),
        ("2·h", "2·h"),
        ("2·(h U + x)", "2·((h U) + x)"),  # x would be multiplied at each step
        ("2·U", "2·U"),
    ],
)
def test_a_factor_goes_into_the_weights(text, result, written):
    assert written.after(scale_weights, text) == [result]


def test_a_product_that_is_used_elsewhere_is_not_made_twice(written):
    assert written.after(scale_weights, "2·(h U)", "h U + x") == ["2·(h U)", "(h U) + x"]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("h U + c", "c + (h U)"),
        ("h U + x V", "(x V) + (h U)"),
        ("(h U + x V) + c", "(c + (x V)) + (h U)"),
        ("h U + (x V + c)", "(c + (x V)) + (h U)"),
        ("x + w V", "(w V) + x"),  # of one stage, products first
        ("h + a", "h + a"),  # of one stage, as they stand
        ("h U + h V", "h (U + V)"),
    ],
)
def test_sums_are_ordered_by_stage(text, result, written):
    assert written.after(order_sums, text) == [result]


def test_the_order_of_a_sum_is_told_before_and_after(written):
    written.program.outputs = {"out": written("(h + x) + (c + a)")}
    firings = []
    order_sums(written.program, firings)

    assert [(f.rule, f.before, f.after) for f in firings] == [
        ("(a + b) + c → (a + c) + b", "h + x + (c + a)", "c + x + h + a")
    ]


def test_a_sum_that_is_used_elsewhere_is_not_taken_apart(written):
    assert written.after(order_sums, "(h + x) + c", "h + x") == ["c + (x + h)", "x + h"]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("(1 − z)·h + z·a", "h + (z·(a − h))"),
        ("z·a + h·(1 − z)", "h + (z·(a − h))"),
        ("(1 − z)·h + p·a", "((1 − z)·h) + (p·a)"),
        ("(1 − z)·g + z·d", "((1 − z)·g) + (z·d)"),  # of gradients, factors are computed before
    ],
)
def test_what_goes_from_one_value_to_another_is_interpolated(text, result, written):
    assert written.after(interpolate, text) == [result]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("(g·p)·q", "g·(p·q)"),
        ("((g·p)·q)·z", "g·((p·q)·z)"),
        ("−(g·p)", "g·(−p)"),
        ("g·p + g·q", "g·(p + q)"),
        ("g·p − g·q", "g·(p − q)"),
        ("g·p + (−(g·q))", "g·(p − q)"),
        ("g·p + d·q", "(g·p) + (d·q)"),
        ("(h·p)·q", "(h·p)·q"),
    ],
)
def test_a_gradient_is_multiplied_once(text, result, written):
    assert written.after(factor, text) == [result]


# --- each rule -------------------------------------------------------------------------------------------------------

RULES = [rule for each in compiler.PASSES for rule in each.rules]


def fits(rule, cells):
    """The programs before and after the rule, in the first place of each that it fits."""
    for cell in cells:
        program = compiler.program(cell, 0)
        users = program.users()
        for i in program.instructions():
            if (applied := rule.apply(program, i, users)) is not None:
                yield program, program.substitute({i: applied[0]})
                break


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text)
def test_each_rule_alone_preserves_what_random_programs_compute(rule, soak_size):
    for before, after in fits(rule, [RandomCell(seed) for seed in range(soak_size(100))]):
        assert change(before, after) < 1e-12


def small_program(rule):
    """A program of nothing but the left side of a rule, its letters being inputs."""
    program = Program()
    sizes = SIZES.get(rule.text, {})
    letters = {}

    def read(pattern):
        for arg in pattern.args:
            read(arg)
        if pattern.op == "name" and pattern.text != "…":
            kind = {"U": 0, "V": 0, "W": 0, "g": 3, "d": 3}.get(pattern.text, 2)
            dims = sizes.get(pattern.text, ("B", 4) if kind else (4, 4))
            if pattern.text == "n":
                letters["n"] = program.number(0.25)
            else:
                letters[pattern.text] = letters.get(pattern.text) or program.input(pattern.text, dims, Stage(kind))

    read(rule.left)
    if "f(…)" in rule.text:
        a, b = (program.input(name, ("B", 4), Stage.STATE) for name in "ab")
        cut = program.make("columns", program.make("add", a, b), start=1, stop=3)
        program.outputs["out"] = cut
    else:
        program.outputs["out"] = build(rule.left, letters | {"i": 1, "j": 4, "k": 1, "l": 3}, program)
    return program


SIZES = {
    "[a, b] W → a W[:|a|] + b W[|a|:]": {"a": ("B", 1), "b": ("B", 3)},
    "[a, b][:, i:j] → a[:, i:j]": {"a": ("B", 5)},
    "[a, b][:, i:j] → b[:, i−|a|:j−|a|]": {"a": ("B", 1), "b": ("B", 4)},
    "x[i:j][k:l] → x[i+k:i+l]": {"x": (5, 4)},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text)
def test_each_rule_fits_what_it_says_and_preserves_it(rule):
    program = small_program(rule)
    out = program.outputs["out"]
    if rule.text.startswith(("a + (b + c)", "(a + b) + c")):  # it fits where terms stand in the wrong order
        p, (a, b, c) = Program(), "abc"
        stages = (Stage.FIXED, Stage.STATE, Stage.INPUT)
        a, b, c = (p.input(name, ("B", 4), stage) for name, stage in zip("abc", stages, strict=True))
        inner = p.make("add", *((b, c) if rule.text[0] == "a" else (a, b)))
        out = p.make("add", *((a, inner) if rule.text[0] == "a" else (inner, c)))
        program, p.outputs["out"] = p, out
    if rule.text == "a + b → b + a":
        program.outputs["out"] = out = program.make("add", out.args[1], program.input("c", ("B", 4), Stage.FIXED))
    if rule.text == "n·(a + b) → n·a + n·b":  # of a product that nothing else uses, and a parameter
        h, W, b = (program.input(name, dims, Stage(stage)) for name, dims, stage in
                   [("h", ("B", 4), 2), ("W", (4, 4), 0), ("c", (4,), 0)])  # fmt: skip
        inner = program.make("add", program.make("matmul", h, W), b)
        program.outputs["out"] = out = program.make("multiply", program.number(0.25), inner)
    applied = rule.apply(program, out, program.users())
    assert applied is not None
    assert change(program, program.substitute({out: applied[0]})) < 1e-12
    assert str(program.substitute({out: applied[0]})) != str(program)
