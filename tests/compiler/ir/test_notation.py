"""The notation: what is read from it, how instructions are printed in it, and what is no pattern."""

import numpy as np
import pytest

from tinygrad_gru.compiler.ir import Program, Stage
from tinygrad_gru.compiler.ir.notation import Pattern, formula, number_text, parse
from tinygrad_gru.compiler.passes.rewrite import build


def name(letter):
    return Pattern("name", text=letter)


A, G, H, U, V, X = (name(letter) for letter in "aghUVx")

# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("a", A),
        ("1", Pattern("number", text="1")),
        ("a + h", Pattern("add", (A, H))),
        ("a − h", Pattern("subtract", (A, H))),
        ("a·h", Pattern("multiply", (A, H))),
        ("−a", Pattern("negative", (A,))),
        ("h U", Pattern("matmul", (H, U))),
        ("Uᵀ", Pattern("transpose", (U,))),
        ("aᵀ g", Pattern("outer", (A, G))),
        ("Σ g", Pattern("sum_batch", (G,))),
        ("[a, h]", Pattern("concat", (A, H))),
        ("[U; V]", Pattern("stack_rows", (U, V))),
        ("x[:, i:j]", Pattern("columns", (X,), bounds=("i", "j"))),
        ("x[i:j]", Pattern("rows", (X,), bounds=("i", "j"))),
        ("x[:|a|]", Pattern("rows", (X,), bounds=("0", "|a|"))),
        ("x[i+1:]", Pattern("rows", (X,), bounds=("i+1", "end"))),
        ("f(a)", Pattern("elementwise", (A,), "f")),
    ],
)
def test_each_construct_is_read(text, pattern):
    assert parse(text) == pattern


@pytest.mark.parametrize(
    ("text", "the_same"),
    [
        ("a + x·h", "a + (x·h)"),  # a product binds more closely than a sum
        ("a·h U", "a·(h U)"),  # and a matrix product more closely still
        ("a + h + x", "(a + h) + x"),  # from the left
        ("a − h − x", "(a − h) − x"),
        ("a·h·x", "(a·h)·x"),
        ("h U V", "(h U) V"),
        ("h Uᵀ", "h (Uᵀ)"),
        ("h U[i:j]", "h (U[i:j])"),
        ("−a·h", "(−a)·h"),
        ("−h U", "−(h U)"),
        ("Σ g + a", "(Σ g) + a"),
        ("Σ g[:, i:j]", "Σ (g[:, i:j])"),
        ("xᵀ[i:j]", "(xᵀ)[i:j]"),
        ("hU", "h U"),
    ],
)
def test_what_binds_more_closely(text, the_same):
    assert parse(text) == parse(the_same)


@pytest.mark.parametrize(
    ("text", "other"), [("(a + x)·h", "a + x·h"), ("(h U)ᵀ", "h Uᵀ"), ("a − (h − x)", "a − h − x")]
)
def test_brackets_count(text, other):
    assert parse(text) != parse(other)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing can begin with ''"),
        ("a +", "nothing can begin with ''"),
        ("·a", "nothing can begin with '·a'"),
        ("(a + h", "wanted ')' before ''"),
        ("a)", "')' is left over"),
        ("[a, h", "wanted ']' before ''"),
        ("[a, h, x]", "wanted ']' before ', x]'"),  # of two; what has more is matched as [a, [h, x]]
        ("[a]", "nothing can begin with '[a]'"),
        ("x[0]", "nothing can begin with '[0]'"),  # parts of blocks are printed, and in no rule
        ("⟨a, h⟩", "nothing can begin with '⟨a, h⟩'"),
        ("½·a", "nothing can begin with '½·a'"),  # a number of a rule is a whole one, or n
        ("a / h", "'/ h' is left over"),
        ("a - h", "'- h' is left over"),  # a hyphen is no minus
        ("a * h", "'* h' is left over"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_place(text, reason):
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert str(caught.value) == f"{text!r}: {reason}"


# --- printing --------------------------------------------------------------------------------------------------------

READ_BACK = ["a + h", "a − h", "a·h", "−a", "h U", "aᵀ g", "Σ g", "[a, h]", "x[:, 1:3]", "Uᵀ", "[U; V]", "U[1:3]"]


@pytest.mark.parametrize("text", READ_BACK)
def test_what_is_read_is_printed_in_the_same_way(text):
    program = Program()
    letters = {
        letter: program.input(letter, (4, 4) if letter in "UV" else ("B", 4), Stage.STATE) for letter in "aghxUV"
    }

    instruction = build(parse(text), letters, program)

    assert formula(instruction, {i: letter for letter, i in letters.items()}) == text


def test_what_no_rule_has_is_printed_too():
    p = Program()
    x, c = p.input("x", (3, "B", 4), Stage.STATE), p.input("c", ("B", 1), Stage.STATE)
    names = {x: "x", c: "c"}

    assert formula(p.part(x, 0), names) == "x[0]"
    assert formula(p.part(x, 1, 3), names) == "x[1:3]"
    assert formula(p.make("stack", x, x), names) == "⟨x, x⟩"
    assert formula(p.make("divide", x, x), names) == "x / x"
    assert formula(p.make("tanh", x), names) == "tanh(x)"
    assert formula(p.make("maximum", x, p.number(0.0)), names) == "maximum(x, 0)"
    assert formula(p.make("broadcast_columns", c, width=4), names) == "broadcast_columns(c, width=4)"
    assert formula(p.make("multiply", p.number(0.5), x), names) == "½·x"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "½"), (0.25, "¼"), (1.0, "1"), (-2.0, "−2"), (-0.5, "−0.5"), (0.1, "0.1"), (1e6, "1000000.0"),
     (1e-7, "1e−07"), (float("inf"), "inf"), (float("-inf"), "−inf"), (float("nan"), "nan")],
)  # fmt: skip
def test_numbers_as_one_writes_them(value, text):
    assert number_text(value) == text


def test_other_numbers_have_other_texts():
    rng = np.random.default_rng(0)
    numbers = [*(float(v) for v in rng.normal(0, 10.0 ** rng.integers(-9, 9, 500))), *map(float, range(-50, 50))]
    assert len({number_text(v) for v in numbers}) == len(set(numbers))


def test_minus_nothing_is_another_number_than_nothing():
    assert number_text(-0.0) != number_text(0.0)
