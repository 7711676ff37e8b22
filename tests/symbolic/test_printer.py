"""Expressions as Unicode and LaTeX, with as few brackets as can be."""

import pytest

from tinygrad_gru.symbolic.expression import (
    call,
    divide,
    matmul,
    minus,
    named,
    number,
    placed,
    plus,
    power,
    sum_over,
    times,
)
from tinygrad_gru.symbolic.printer import LATEX, SHORT, UNICODE, in_rows, written

a, b, W = (named(name) for name in "abW")


@pytest.mark.parametrize(
    ("expression", "text", "latex"),
    [
        (times(number(0.5), a), "½ a", r"\frac{1}{2} \, a"),
        (times(plus(a, b), b), "(a + b) ⊙ b", r"(a + b) \odot b"),
        (divide(plus(a, b), a), "(a + b) / a", r"\frac{a + b}{a}"),
        (matmul(a, W), "a W", r"a \, W"),
        (power(plus(a, b), 2), "(a + b)²", "(a + b)^{2}"),
        (sum_over(a, "B"), "Σ_B a", r"\sum_{B} a"),
        (sum_over(placed(a, "0"), "B"), "Σ_B (a → [0])", r"\sum_{B} (a \to [0])"),
        (call("σ", a), "σ(a)", r"\sigma(a)"),
        (call("√", a), "√(a)", r"\sqrt{a}"),
        (minus(plus(a, b)), "−(a + b)", "-(a + b)"),
        (number(1 / 6), "(1/6)", r"\frac{1}{6}"),
    ],
)
def test_each_kind_is_written_in_both(expression, text, latex):
    assert written(expression, UNICODE) == text and written(expression, LATEX) == latex


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (divide(times(a, b), a), "(a⊙b)/a"),
        (times(number(1 / 7 + 1e-5), a), "0.143 a"),
        (call("stack", *map(named, ("h₁", "h₂", "h₃", "h₄"))), "stack(h₁, h₂, h₃, h₄)"),
        (call("stack", *map(named, ("h₁", "h₂", "h₃", "h₄", "h₅"))), "stack(h₁, h₂, …, h₅)"),
        (call("stack", *map(named, "abcde")), "stack(a, b, c, d, e)"),
    ],
)
def test_in_a_box_it_is_shorter(expression, text):
    assert written(expression, SHORT) == text


def test_brackets_follow_one_table_in_all_three():
    """Every kind within every other: what is in brackets in one form is so in all, but for the bar of a fraction."""
    kinds = [plus(a, b), minus(a), times(a, b), divide(a, b), matmul(a, W), sum_over(a, ""), power(a, 2), a]
    around = [lambda x: plus(x, W), lambda x: plus(W, x), lambda x: times(x, W), lambda x: matmul(x, W),
              lambda x: matmul(W, x), lambda x: power(x, 3), lambda x: sum_over(x, "")]  # fmt: skip
    for inner in kinds:
        for outer in around:
            texts = [written(outer(inner), signs) for signs in (UNICODE, SHORT, LATEX)]
            brackets = [text.count("(") for text in texts]
            assert brackets[0] == brackets[1] and (brackets[2] == brackets[0] or r"\frac" in texts[2]), texts


def test_a_long_sum_is_broken_before_its_signs():
    assert in_rows(plus(a, minus(b), W), UNICODE, 8) == ["a + W", "− b"]
    assert in_rows(plus(a, b), UNICODE, 90) == ["a + b"]
