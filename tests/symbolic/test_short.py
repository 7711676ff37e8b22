"""Formulas read off the graph: brackets where they are needed, and only there."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.symbolic.short import LONGEST, formulas, number, subscript

a, b, c = (tg.Tensor(np.ones((2, 2)), requires_grad=True, name=name) for name in "abc")


def formula(t):
    order = sorted(toposort([t], everything=True)[::-1], key=lambda t: t.op is not None)
    return formulas(order, lambda t: t.name)[t][0]


@pytest.mark.parametrize(
    ("t", "want"),
    [
        (a + b - c, "a + b − c"),
        (a - (b + c), "a − (b + c)"),
        ((a + b) * c, "(a + b)⊙c"),
        (a * b * c, "a⊙b⊙c"),
        (a @ b @ c, "a b c"),
        (a @ (b @ c), "a (b c)"),
        (a @ (b + c), "a (b + c)"),
        ((a * b) @ c, "(a⊙b) c"),
        (a / (b * c), "a/(b⊙c)"),
        (-a, "−a"),
        (-(a + b), "−(a + b)"),
        (a - (-b), "a − (−b)"),
        (1 - a, "1 − a"),
        (a + (-2.5), "a + (−2.5)"),
        (2 * (a + b), "2 (a + b)"),
        (0.5 * (a * a).sum(), "½ Σ (a⊙a)"),
        (a**2, "a²"),
        ((a + b) ** 3, "(a + b)³"),
        (tg.square(a - b).mean(), "mean((a − b)²)"),
        (tg.square(a).sum(), "Σ a²"),
        (tg.sigmoid(tg.concat([a, b], axis=-1) @ tg.concat([a, b], axis=0) + c), "σ([a, b] [a, b] + c)"),
        (a.T, "aᵀ"),
        (a[0], "a[0]"),
        (a[:, 1:], "a[:, 1:]"),
        (tg.expand_dims(a, axis=0)[0] + b, "a + b"),
        (tg.maximum(a, b), "max(a, b)"),
        (tg.take_along_axis(a, np.array([[0, 1]]), axis=0), "take along(a, const)"),
    ],
)
def test_a_formula_is_as_a_person_writes_it(t, want):
    assert formula(t) == want


def test_a_name_stands_for_what_is_behind_it():
    r = tg.sigmoid(a @ b).named("r")
    assert formula(r) == "σ(a b)" and formula(r * c) == "r⊙c"
    r.name = None
    assert formula(r * c) == "σ(a b)⊙c"


def test_a_formula_never_grows_beyond_its_limit():
    y = a
    for _ in range(5000):
        y = y * 0.5 + c
    assert len(formula(y)) <= LONGEST + 12 and "…" in formula(y)


def test_numbers_are_short():
    assert [number(v) for v in (1.0, 0.25, -3.0, 1e6, 1e-7, 123456.0)] == ["1", "0.25", "−3", "1e6", "1e−7", "1.23e5"]
    assert [number(v) for v in (float("nan"), float("inf"), float("-inf"))] == ["NaN", "∞", "−∞"]
    assert subscript(-12) == "₋₁₂"
