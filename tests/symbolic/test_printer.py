"""Expressions as Unicode and LaTeX, with as few brackets as can be."""

import pytest

from tinygrad_gru.symbolic.expression import call, divide, matmul, minus, named, number, plus, power, sum_over, times
from tinygrad_gru.symbolic.printer import LATEX, UNICODE, in_rows, written

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
        (call("σ", a), "σ(a)", r"\sigma(a)"),
        (call("√", a), "√(a)", r"\sqrt{a}"),
        (minus(plus(a, b)), "−(a + b)", "-(a + b)"),
        (number(1 / 6), "(1/6)", r"\frac{1}{6}"),
    ],
)
def test_each_kind_is_written_in_both(expression, text, latex):
    assert written(expression, UNICODE) == text and written(expression, LATEX) == latex


def test_a_long_sum_is_broken_before_its_signs():
    assert in_rows(plus(a, minus(b), W), UNICODE, 8) == ["a + W", "− b"]
    assert in_rows(plus(a, b), UNICODE, 90) == ["a + b"]
