"""What the judge says to an attempt that is no known mistake: each kind of wrong result has its own words."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.judging.judge import judge
from tinygrad_gru.learn.judging.outcome import Outcome

PRODUCT = exercise("multiply_vjp")
DIVIDED, STUB = "\n\nSomething was divided by 0.", "\n\nThe arguments are those of the stub."


class Mute(Exception):
    def __str__(self):
        raise ValueError


def mute(*_):
    raise Mute


def test_an_exception_whose_message_cannot_be_read_is_named():
    assert judge(PRODUCT, mute).message == "Mute: its message cannot be read"


def test_numbers_may_be_those_of_numpy_or_tensors_without_axes():
    slopes, order = exercise("slopes"), exercise("toposort")
    for number in (np.float64, np.asarray, lambda s: tg.Tensor(np.float64(s), requires_grad=True)):
        assert judge(slopes, lambda *a, number=number: tuple(number(s) for s in slopes.solution(*a))).passed
    assert judge(order, lambda graph: [np.int64(node) for node in order.solution(graph)]).passed


def gradcheck_of_absolute_values(f, vjp, x):
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    pushed, pulled = np.sum(u * (f(x + 6e-6 * v) - f(x - 6e-6 * v)) / 12e-6), np.sum(vjp(x, u) * v)
    return bool(abs(abs(pushed) - abs(pulled)) <= 1e-5 * abs(pushed))


@pytest.mark.parametrize(
    "name, attempt",
    [
        ("gradcheck", gradcheck_of_absolute_values),
        ("multiply_vjp", lambda g, x, y: (g * (x * y) / x, g * (x * y) / y)),
        ("toposort", lambda graph: sorted({i for ins, _ in graph.values() for i in ins} | {max(graph)}, reverse=True)),
        (
            "unbroadcast",
            lambda c, s: c.sum(axis=tuple(i for i, n in enumerate(c.shape) if n not in s)).reshape(s),
        ),
    ],
)
def test_a_wrong_solution_that_once_passed_is_refused(name, attempt):
    assert not judge(exercise(name), attempt).passed


def test_the_dots_of_einsum_are_not_those_of_the_stub():
    def attempt(g, x, y):
        return g @ np.swapaxes(y, -1, -2), np.einsum("...ij,...ik->jk", x, g)

    verdict = judge(exercise("matmul_vjp"), attempt)
    assert "ellipsis" in verdict.message and not verdict.message.startswith("Nothing yet")


@pytest.mark.parametrize(
    "attempt, message",
    [
        (lambda g, x, y: None, "It returns None: is there a `return`?"),
        (lambda g, x, y: (g * y, None), "One of its results is None."),
        (lambda g, x, y: ..., "Nothing yet: write your code in the place of the dots."),
        (lambda g, x, y: "g * y", "It returns str where numbers are wanted."),
        (lambda g, x, y: (g * y * 1j, g * x), "It returns ndarray where numbers are wanted."),
        (lambda g, x, y: 10**400, "It returns int where numbers are wanted."),
        (lambda g, x, y: [[[[[[None]]]]]], "It returns lists within lists within lists, wanted arrays."),
        (lambda g, x, y: g * y, "It returns 1 result, wanted 2: ∂L/∂x, ∂L/∂y. ∂L/∂y is missing."),
        (lambda g, x, y: (g * y, (g * x)[:1]), "∂L/∂y: the shape is (1,), wanted (2,)."),
        (lambda g, x, y: (g * y, g * x * x), "∂L/∂y: 2 of 2 numbers differ."),
        (
            lambda g, x, y: (g * y * np.nan, g * x),
            "∂L/∂x: there is a NaN in it: 0/0, ∞ − ∞ or 0·∞ somewhere on the way.",
        ),
        (lambda g, x, y: (g * y / 0, g * x), f"FloatingPointError: divide by zero encountered in divide{DIVIDED}"),
        (lambda g, x: g, f"TypeError: <lambda>() takes 2 positional arguments but 3 were given{STUB}"),
        (lambda g, x, y: undefined, "NameError: name 'undefined' is not defined"),  # noqa: F821
    ],
)
def test_each_kind_of_wrong_result_has_its_own_words(attempt, message):
    if "2 positional" in message:
        attempt.__qualname__ = "<lambda>"
    verdict = judge(PRODUCT, attempt)
    assert (
        not verdict.passed
        and verdict.message.replace("test_each_kind_of_wrong_result_has_its_own_words.<locals>.", "") == message
    )


def test_the_first_wrong_case_is_shown_with_both_results():
    verdict = judge(PRODUCT, lambda g, x, y: (g * y, g * x if len(g) == 2 and g.ndim == 1 else g))
    assert verdict.case == 2 and np.array_equal(verdict.got[0], verdict.wanted[0])
    assert not np.array_equal(verdict.got[1], verdict.wanted[1])


def test_an_attempt_that_is_a_twin_on_one_case_only_is_not_taken_for_it():
    """Right where one factor is as good as the other, and wrong in its own way elsewhere."""
    verdict = judge(PRODUCT, lambda g, x, y: (g * x, g * y) if g.ndim == 1 else (g, g))
    assert not verdict.passed and verdict.twin == ""


def test_rounding_is_forgiven_and_a_millionth_is_not():
    assert judge(PRODUCT, lambda g, x, y: (g * y * (1 + 1e-12), g * x)).passed
    assert not judge(PRODUCT, lambda g, x, y: (g * y * (1 + 1e-6), g * x)).passed


def test_two_errors_are_the_same_only_with_the_same_words():
    assert Outcome(raised="ValueError: a").same_as(Outcome(raised="ValueError: a"), 1e-7)
    assert not Outcome(raised="ValueError: a").same_as(Outcome(raised="ValueError: b"), 1e-7)
    assert not Outcome(raised="ValueError: a").same_as(Outcome(arrays=()), 1e-7)


def test_an_exercise_may_allow_more_than_rounding():
    """PyTorch's clip_grad_norm_ divides by the norm + 1e-6: right, and not to the last digit."""
    clip = exercise("clip")

    def as_pytorch(a, b, most):
        factor = min(1.0, most / (np.sqrt((a * a).sum() + (b * b).sum()) + 1e-6))
        return factor * a, factor * b

    assert judge(clip, as_pytorch).passed
    assert not judge(clip, lambda a, b, most: tuple(0.9999 * each for each in clip.solution(a, b, most))).passed


def test_an_argument_that_was_changed_in_place_is_named():
    def attempt(g, x, y):
        x *= g
        return g * y, x

    message = judge(PRODUCT, attempt).message
    assert (
        message.startswith("The numbers are right, but x is changed by it, in place") and "Write x = x + …" in message
    )


SLOPES, GRU = exercise("slopes"), exercise("gru_back")


@pytest.mark.parametrize(
    "task, attempt, message",
    [
        (
            SLOPES,
            lambda *a: SLOPES.solution(*a)[::-1],
            "The results are right, in another order: wanted dy/dw, dy/dx, dy/db.",
        ),
        (SLOPES, lambda *a: [-s for s in SLOPES.solution(*a)], "Every number has the wrong sign."),
        (SLOPES, lambda *a: [2 * s for s in SLOPES.solution(*a)], "Every number is 2 times what is wanted."),
        (
            SLOPES,
            lambda *a: [round(s, 6) for s in SLOPES.solution(*a)],
            "Right to some digits only: was it rounded, measured by wiggling, is a small number added somewhere, "
            "or is it float32? Tensors are, by default.",
        ),
        (GRU, lambda *a: [-g for g in GRU.solution(*a)], "Every number has the wrong sign."),
    ],
)
def test_a_mistake_that_all_numbers_share_is_named(task, attempt, message):
    verdict = judge(task, attempt)
    assert (verdict.passed, verdict.message) == (False, message)


def test_a_case_is_described_by_small_inputs_and_by_the_shapes_of_large_ones():
    assert judge(SLOPES, lambda w, x, b: (0, 0, 0)).inputs == "w = 0.5, x = 2.0, b = −0.3"
    assert judge(GRU, lambda *a: a).inputs.startswith("g (1, 2), x (1, 1), h (1, 2), W_r (3, 2)")


def test_a_gradient_that_is_missing_is_named():
    import tinygrad_gru as tg

    class Forgetful(exercise("minimal_gated_unit").solution):
        def step(self, x, h):
            return (tg.tanh(tg.concat([h, x], axis=-1) @ self.W_h + self.b_h),)

    message = judge(exercise("minimal_gated_unit"), Forgetful).message
    assert message.startswith("W_f got no gradient: your step does not use it")
