"""Expressions simplify themselves, and change nothing else."""

import pytest

from tinygrad_gru.symbolic.expression import call, divide, matmul, minus, named, number, part, plus, times, transpose
from tinygrad_gru.symbolic.printer import written

a, b, c, W = (named(name) for name in "abcW")


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (times(number(1), a), "a"),
        (times(a, number(0)), "0"),
        (times(a, a, a), "a³"),
        (times(minus(a), minus(b)), "a ⊙ b"),
        (times(a, number(2), number(-0.5)), "−a"),
        (plus(a, minus(a)), "0"),
        (plus(a, a, minus(b)), "2 a − b"),
        (plus(times(a, b), minus(times(a, c))), "a ⊙ (b − c)"),
        (plus(times(a, b), a), "a ⊙ (b + 1)"),
        (plus(times(a, b), c), "a ⊙ b + c"),
        (minus(plus(a, minus(b))), "b − a"),
        (minus(plus(a, b)), "−(a + b)"),
        (plus(minus(a), b), "b − a"),
        (transpose(transpose(W)), "W"),
        (transpose(matmul(transpose(a), b)), "bᵀ a"),
        (transpose(matmul(a, b)), "(a b)ᵀ"),
        (matmul(a, matmul(b, c)), "a (b c)"),
        (matmul(plus(a, b), transpose(W)), "(a + b) Wᵀ"),
        (part(matmul(a, transpose(W)), "columns", ":H"), "a W[:H]ᵀ"),
        (part(plus(a, b), "columns", ":H"), "a[:, :H] + b[:, :H]"),
        (times(call("tanh", a), call("tanh", a)), "tanh(a)²"),
        (times(number(2), divide(times(number(0.5), a), b), c), "(a / b) ⊙ c"),
        (times(number(2), divide(number(1), number(2)), a), "a"),
    ],
)
def test_expressions_are_simplified_as_a_person_would(expression, wanted):
    assert written(expression) == wanted


def test_equal_expressions_are_equal_and_have_a_size():
    assert plus(a, b) == plus(a, b) and plus(a, b) != plus(b, a)
    assert {times(a, b): 1}[times(a, b)] == 1 and (a.size, plus(a, times(b, c)).size) == (1, 5)


def test_a_sum_can_be_left_without_brackets():
    assert written(plus(times(a, b), times(a, c), factored=False)) == "a ⊙ b + a ⊙ c"
