"""The rewriting engine: patterns matched and built, letters and conditions, and sweeps that come to an end."""

import pytest

from tests.compiler.cells import known
from tests.compiler.meaning import change
from tests.compiler.written import Written
from tinygrad_gru import compiler
from tinygrad_gru.compiler.ir import Program
from tinygrad_gru.compiler.ir.notation import parse
from tinygrad_gru.compiler.passes import Pass, Rule
from tinygrad_gru.compiler.passes import rewrite as engine
from tinygrad_gru.compiler.passes.rewrite import bound_value, match, rewrite


@pytest.fixture(name="written")
def fixture_written():
    return Written()


# --- matching --------------------------------------------------------------------------------------------------------

MIX = "(1 − z)·a + z·b → a + z·(b − a)"


@pytest.mark.parametrize(
    ("rule", "text", "result"),
    [
        ("a + 0 → a", "x + 0", "x"),
        ("a + 0 → a", "0 + x", "x"),  # a sum fits both ways round
        ("a·1 → a", "1·x", "x"),  # and so does a product
        ("a − 0 → a", "0 − x", None),  # a difference does not
        ("a + a → a", "x + x", "x"),
        ("a + a → a", "x + h", None),  # a letter is one value wherever it stands
        (MIX, "(1 − z)·h + z·x", "h + (z·(x − h))"),
        (MIX, "x·z + h·(1 − z)", "h + (z·(x − h))"),  # everything turned round
        (MIX, "(1 − z)·h + p·x", None),
        (MIX, "(2 − z)·h + z·x", None),
        (MIX, "(z − 1)·h + z·x", None),
        ("[a, b] → b", "[x, y]", None),  # its sizes would be others
    ],
)
def test_a_rule_fits_whatever_its_letters_can_stand_for(rule, text, result, written):
    assert written.becomes(rule, text) == result


@pytest.mark.parametrize(
    ("rule", "fitting", "others"),
    [
        ("n·a → a", ["2·x"], ["x·h"]),
        ("a U → a", ["x U"], []),
        ("a + U → a", ["h + c"], ["h + x", "h + 2", "h + g"]),  # of parameters
        ("g·a → a", ["d·x", "h·g"], ["h·x"]),  # of gradients
        ("p + q → q", ["x + h", "a + c"], ["g + d"]),  # known before
    ],
)
def test_some_letters_stand_for_values_of_one_stage(rule, fitting, others, written):
    assert all(written.becomes(rule, text) is not None for text in fitting)
    assert all(written.becomes(rule, text) is None for text in others)


def test_f_is_any_operation_element_by_element(written):
    rule = "f(…)[:, i:j] → f(…[:, i:j])"

    assert written.becomes(rule, "(x + h)[:, i:j]", i=1, j=3) == "x[:, 1:3] + h[:, 1:3]"
    assert written.becomes(rule, "(x·2)[:, i:j]", i=0, j=3) == "x[:, 0:3]·2"  # what is not as wide stays
    assert written.becomes(rule, "(x U)[:, i:j]", i=1, j=3) is None


def test_three_side_by_side_are_one_and_the_rest(written):
    rule = "[a, b][:, i:j] → b[:, i−|a|:j−|a|]"

    assert written("[x, [h, a]]").op == "concat" and len(written("[x, [h, a]]").args) == 3
    assert written.becomes(rule, "[x, [h, a]][:, i:j]", i=4, j=9) == "[h, a][:, 0:5]"


def test_a_pattern_may_fit_in_several_ways(written):
    ways = [{k: i.label for k, i in found.items()} for found in match(parse("a + b"), written("x + h"), Program(), {})]

    assert ways == [{"a": "x", "b": "h"}, {"a": "h", "b": "x"}]


def test_a_condition_sees_the_letters_the_instruction_and_its_users(written):
    seen = []

    def where(bound, i, users):
        seen.append((bound["a"].label, i.op, users[i][0] is i))  # the caller stands for an output
        return bound["a"].label == "h"

    assert written.becomes("a + b → b", "x + h", where) == "x"
    assert seen == [("x", "add", True), ("h", "add", True)]


def test_a_bound_is_one_number_wherever_it_stands(written):
    rule = "a[:, i:j] + b[:, i:j] → (a + b)[:, i:j]"
    i = written.program.make("add", written("x[:, i:j]", i=0, j=2), written("h[:, i:j]", i=2, j=4))
    written.program.outputs = {"out": i}

    assert Rule(rule).apply(written.program, i, written.program.users()) is None


# --- building --------------------------------------------------------------------------------------------------------


def test_a_result_of_other_sizes_is_no_result(written):
    assert written.becomes("a − b → a", "y − h") is None  # y is a column: the difference is as wide as h
    assert written.becomes("a − b → a", "h − y") == "h"


def test_true_and_false_are_no_numbers(written):
    p, x, h = written.program, written.letters["x"], written.letters["h"]
    above = p.make("greater", x, h)
    p.outputs = {"product": p.make("multiply", above, p.number(1.0)), "sum": p.make("add", above, above)}
    users = p.users()

    assert Rule("a·1 → a").apply(p, p.outputs["product"], users) is None  # True is not 1.0
    assert Rule("a + b → b + a").apply(p, p.outputs["sum"], users) is None  # and True + True not 2


def test_what_is_as_before_is_no_result(written):
    assert written.becomes("a·b → b·a", "x·h") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("i", 2), ("end", 9), ("i+1", 3), ("i−1", 1), ("i+j", 7), ("|a|", 4), ("j−|a|", 1), ("end−i", 7)],
)
def test_bounds_are_sums(text, value, written):
    assert bound_value(text, {"i": 2, "j": 5, "a": written.letters["a"]}, size=9) == value


# --- sweeps ----------------------------------------------------------------------------------------------------------


def test_a_pass_ends_where_no_rule_fits_any_more(written):
    written.program.outputs = {"out": written("((x + 0)·1 + 0) U")}

    after = rewrite(written.program, [Rule("a + 0 → a"), Rule("a·1 → a")])

    assert written.text(after.outputs["out"]) == "x U"


def test_what_fired_is_told_in_order_with_the_names_of_the_time(written):
    written.program.outputs = {"out": written("(x + 0)·1")}
    firings = []

    Pass("fold", "", [Rule("a + 0 → a"), Rule("a·1 → a")])(written.program, firings)

    assert [(f.rule, f.name, f.before, f.after) for f in firings] == [
        ("a + 0 → a", "t1", "x + 0", "x"),
        ("a·1 → a", "t1", "x·1", "x"),
    ]


def test_rules_that_go_round_in_circles_are_ended(written):
    written.program.outputs = {"out": written("x + h")}

    with pytest.raises(AssertionError, match="rules that never end: .*a . b → b . a"):
        rewrite(written.program, [Rule("a + b → b + a")])


def test_rules_that_make_a_program_grow_for_ever_are_ended(written, monkeypatch):
    monkeypatch.setattr(engine, "MOST_SWEEPS", 100)  # each sweep is longer than the one before
    written.program.outputs = {"out": written("x + h")}

    with pytest.raises(AssertionError, match="rules that never end"):
        rewrite(written.program, [Rule("a + b → (a − 0) + b")])


def test_there_are_more_sweeps_than_a_sum_has_terms(written):
    total = written("x")
    for n in range(60):
        total = written.program.make(
            "add", written.program.make("multiply", written("h"), written.program.number(n)), total
        )
    written.program.outputs = {"out": total}

    after = compiler.PASSES[3](written.program)

    assert compiler.PASSES[3].name == "order_sums" and change(written.program, after) < 1e-12


def test_a_rule_whose_result_contains_what_it_fits_is_refused(written):
    written.program.outputs = {"out": written("x + h")}

    with pytest.raises(ValueError, match="a replacement contains what it replaces"):
        rewrite(written.program, [Rule("a + b → (a + b)·1")])


# --- what is shown ---------------------------------------------------------------------------------------------------


def shown(rule, text, written, **bounds):
    """The line before and after, as `program --stage` shows them."""
    i = written(text, **bounds)
    written.program.outputs = {"out": i}
    rule = Rule(rule)
    _, bindings = rule.apply(written.program, i, written.program.users())
    fired = rule.fired(i, bindings, written.program.names())
    return fired.before, fired.after


@pytest.mark.parametrize(
    ("rule", "text", "before", "after"),
    [
        (MIX, "(1 − z)·h + z·x", "(1 − z)·h + z·x", "h + z·(x − h)"),
        ("(g·p)·q → g·(p·q)", "(g·p)·q", "(g·p)·q", "g·(p·q)"),
        ("g·p − g·q → g·(p − q)", "g·x − g·h", "g·x − g·h", "g·(x − h)"),
        ("a − (−b) → a + b", "x − (−h)", "x − (−h)", "x + h"),
        ("n·(a W) → a (n·W)", "2·(x U)", "2·x U", "x (2·U)"),
        ("a U + a V → a (U + V)", "x U + x V", "x U + x V", "x (U + V)"),
        ("[a, b]ᵀ g → [aᵀ g; bᵀ g]", "[x, h]ᵀ g", "[x, h]ᵀ g", "[xᵀ g; hᵀ g]"),
        ("Σ [g, d] → [Σ g, Σ d]", "Σ [g, d]", "Σ [g, d]", "[Σ g, Σ d]"),
        ("Wᵀ[i:j] → W[:, i:j]ᵀ", "Uᵀ[1:3]", "Uᵀ[1:3]", "U[:, 1:3]ᵀ"),
        ("f(…)[:, i:j] → f(…[:, i:j])", "(x + h)[:, 1:3]", "add(…)[:, 1:3]", "add(…[:, 1:3])"),
        ("(a W)[:, i:j] → a W[:, i:j]", "(x U)[:, 1:3]", "(x U)[:, 1:3]", "x U[:, 1:3]"),
        ("a + (b + c) → (a + b) + c", "x + (h + w)", "x + (h + w)", "x + h + w"),
        ("−(g·p) → g·(−p)", "−(g·h)", "−(g·h)", "g·(−h)"),
    ],
)  # fmt: skip
def test_the_line_before_and_after(rule, text, before, after, written):
    assert shown(rule, text, written) == (before, after)


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a + b", "a → b → c", "a + → a", "a/b → b"])
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError):
        Rule(text)


def test_a_letter_that_the_left_side_does_not_have_is_refused():
    with pytest.raises(ValueError):
        Rule("a + b → c")


WRONG = [
    "a − b → b − a",
    "a + b → a",
    "n·a → a",
    "a·b → a·a",
    "a W → a (W + W)",
    "aᵀ g → aᵀ (g + g)",
    "(1 − z)·a + z·b → b + z·(a − b)",
]


@pytest.mark.parametrize("text", WRONG)
@pytest.mark.parametrize("kind", ["gru", "gru, reset after", "lstm", "minimal gated unit"])
def test_a_wrong_rule_is_caught(text, kind):
    program = compiler.program(known(kind), 0)
    wrong = Rule(text)
    replaced = {}
    for i in program.instructions():
        if (applied := wrong.apply(program, i, program.users())) is not None and not replaced:
            replaced[i] = applied[0]

    if replaced:
        assert change(program, program.substitute(replaced)) > 1e-6, text
    else:  # an LSTM interpolates nothing
        assert "z·b" in text and kind == "lstm"
    assert change(program, program.substitute({})) == 0
