"""Whole files of learners: wrong ones that once passed, right ones that were once refused, and what is said."""

import re

import pytest

from tinygrad_gru.learn.child import verdict_on
from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.listing import listing


def verdict(tmp_path, name, text):
    path = tmp_path / "attempt.py"
    path.write_text(text, encoding="utf-8")
    return verdict_on(exercise(name), path)


def with_changes(name, *changes):
    """The solution with some of its text replaced."""
    text = listing(exercise(name))
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


ON = ("        for t, local", "        {}\n        for t, local")
GATE = "0.5 * np.tanh(0.5 * x) + 0.5"
BACK = """
import numpy as np
from numpy import concatenate, exp, tanh
def σ(a):
    return 1 / (1 + exp(-a))
def step(x, h, W_r, W_z, W_h, b_r, b_z, b_h):
    hx = concatenate([h, x], axis=-1)
    r, z = σ(hx @ W_r + b_r), σ(hx @ W_z + b_z)
    return (1 - z) * h + z * tanh(concatenate([r * h, x], axis=-1) @ W_h + b_h)
def gru_back(g, *inputs):
    slopes = []
    for k in range(1, len(inputs)):
        slope = np.zeros_like(inputs[k])
        for i in np.ndindex(slope.shape):
            more, less = ([each.copy() for each in inputs] for _ in range(2))
            more[k][i] += EPS
            less[k][i] -= EPS
            slope[i] = np.sum(g * (step(*more) - step(*less))) / (2 * EPS)
        slopes.append(slope)
    return tuple(slopes)
"""
UNUSED = ('    while name in taken:\n        name += "_"\n', "")
T0_T1 = [UNUSED, ('f"{name}_{part}"', 'f"t{part}"'), ('"difference", "share"', '"0", "1"')]
BOTH_WAYS = ("return pairs + [(right, left) for left, right in pairs]", "return pairs")
IN_PLACE = ("    return alive(rewritten)", "    program[:] = alive(rewritten)\n    return program")
CUT_OFF = "np.where(abs(x) < 5, 1 / (1 + np.exp(-np.clip(x, -5, 5))), x > 0)"
ALL_OR_NOTHING = "1.0 * (x > 0) if (abs(x) > 100).any() else 1 / (1 + np.exp(-x))"

WRONG = [
    ("accumulate", [("* local", "* int(local)")]),
    ("accumulate", [("* local", "* abs(local)")]),
    ("accumulate", [("slope[node] * local", "int(slope[node] * local)")]),
    ("accumulate", [(ON[0], ON[1].format("if slope[node] <= 0:\n            continue"))]),
    ("accumulate", [("in sorted(graph)]", "in sorted(slope)]"), ("    return", "    graph.clear()\n    return")]),
    ("toposort", [("    return", "    graph.pop(0)\n    return")]),
    ("sigmoid", [(GATE, CUT_OFF)]),
    ("sigmoid", [(GATE, ALL_OR_NOTHING)]),
    ("sigmoid", [(GATE, "1 / (1 + np.exp(-np.clip(x, -6, 6)))")]),
    ("sigmoid", [(GATE, "1 / (1 + np.exp(-np.clip(x, -16, 16)))")]),
    ("clip", [("a * factor, b", "a.ravel() * factor, b")]),
    ("interpolate", [BOTH_WAYS]),
    ("interpolate", [UNUSED]),
    ("interpolate", T0_T1),
    ("interpolate", [IN_PLACE]),
    ("gradcheck", [("abs(pushed - pulled) <= RTOL * abs(pushed)", "np.isclose(pushed, pulled)")]),
]


@pytest.mark.parametrize("name, changes", WRONG)
def test_a_wrong_solution_that_once_passed_is_refused(name, changes, tmp_path):
    assert not verdict(tmp_path, name, with_changes(name, *changes)).passed


@pytest.mark.parametrize("eps", ["1e-4", "6e-6", "1e-6"])
def test_a_way_back_that_was_measured_is_refused(eps, tmp_path):
    assert verdict(tmp_path, "gru_back", BACK.replace("EPS", eps)).message.startswith("Right to some digits only")


RIGHT = [
    ("unbroadcast", ("keepdims=True))", "keepdims=True)).tolist()")),
    ("gru_step", ("+ z * candidate)", "+ z * candidate).tolist()")),
    ("multiply_vjp", ("g * y, g * x", "np.stack([g * y, g * x])")),
    ("multiply_vjp", ("g * y, g * x", "(g * y).tolist(), (g * x).tolist()")),
    ("slopes", ("ds * x, ds * w, ds", "np.array([ds * x, ds * w, ds])")),
    ("adam", ("return path", "return np.array(path)")),
    ("adam", ("return path", "return np.array(path).tolist()")),
    ("reach", ("return norms", "return np.array(norms)")),
    ("to_torch", ("return ih, hh", "return ih.tolist(), hh.tolist()")),
]


@pytest.mark.parametrize("name, change", RIGHT)
def test_a_right_solution_passes_in_whatever_it_is_wrapped(name, change, tmp_path):
    found = verdict(tmp_path, name, f"import numpy as np\n{with_changes(name, change)}")
    assert found.passed, found.message


KAHN = """
def toposort(graph):
    users = {max(graph): 0}
    for node in sorted(graph, reverse=True):
        for t in graph[node][0] if node in users else ():
            users[t] = users.get(t, 0) + 1
    ready, order = [max(graph)], []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for t in graph[node][0]:
            users[t] -= 1
            ready += [t] * (users[t] == 0)
    return order
"""


def test_another_order_that_is_as_good_passes(tmp_path):
    """Nodes that do not need each other, the two sides of a diamond, may stand either way round."""
    assert verdict(tmp_path, "toposort", KAHN).passed
    assert verdict(tmp_path, "toposort", KAHN.replace("pop(0)", "pop()")).passed


CHECK = "abs(pushed - pulled) <= RTOL * abs(pushed)"
SUMMED = "dy.sum(axis=tuple(range(dy.ndim - y.ndim)))"
SAID = [
    (
        "slopes",
        ("return ds * x", "return y, ds * x"),
        r"It returns 4 numbers, wanted 3: .* Number 1 of yours is too many",
    ),
    ("slopes", ("    y =", "    return ...\n    y ="), r"Line 6 still returns the dots; nothing below a return is run"),
    ("slopes", ("y * y", "y^2"), r"Line 7: TypeError.*\n\nA power is y\*\*2"),
    ("slopes", ("w * x", "w·x"), r"NameError: name 'w·x'.*\n\nA product is written x \* y"),
    (
        "multiply_vjp",
        ("g * y, g * x", "g * x, g * y"),
        r"To each the OTHER factor.*Or are both right, and in the other",
    ),
    (
        "multiply_vjp",
        ("    return", "    g *= 2\n    return"),
        r"2 times what is wanted.\n\nAnd g is changed by it, in place",
    ),
    ("matmul_vjp", ("x.mT @ g", "-x.mT @ g"), r"∂L/∂y has the wrong sign"),
    ("matmul_vjp", (SUMMED, f"{SUMMED}.mT"), r"∂L/∂y is transposed"),
    ("matmul_vjp", ("dy.sum(", "dy.mean("), r"its gradient is the SUM over the stack, not the mean"),
    ("gradcheck", (f"bool({CHECK})", "False"), r"You refuse all, the right ones too"),
    ("gradcheck", ("(2 * EPS)", "2 * EPS"), r"The brackets are missing"),
    ("gradcheck", ("vjp(x, u) * v", "vjp(x, v) * u"), r"u and v are exchanged"),
    ("gradcheck", ("    moved", "    u = v\n    moved"), r"with u = v both give the same number"),
    ("gradcheck", ("6e-6", "1e-3"), r"Or ε is too large: 6e-6"),
    ("gradcheck", (CHECK, "np.allclose(pushed, pulled, rtol=RTOL)"), r"compare relatively, rtol=1e-5 and atol=0"),
    ("gradcheck", (f"bool({CHECK})", "abs(pushed - pulled)"), r"It returns the number .* Return True or False"),
    ("gru_step", ("([h, x], axis=-1)", "([h, x])"), r"without axis=-1 it is one below the other"),
    ("gru_step", ("hx @ W_r", "[h, x] @ W_r"), r"in Python it is a list of two"),
    ("reach", ("np.linalg.norm(g)", "np.linalg.norm(g, axis=1).max()"), r"numbers differ"),
    ("adam", ("**n", ""), r"The corrections fade with n"),
    ("minimal_gated_unit", ("candidate,)", "candidate)"), r"^Line 15: A step returns a TUPLE"),
]


@pytest.mark.parametrize("name, change, words", SAID)
def test_a_mistake_is_told_in_its_own_words(name, change, words, tmp_path):
    found = verdict(tmp_path, name, with_changes(name, change))
    assert not found.passed and re.search(words, found.message), found.message


def test_tensors_that_are_float32_are_called_so(tmp_path):
    text = """
import tinygrad_gru as tg
def slopes(w, x, b):
    inputs = [tg.Tensor(each, requires_grad=True) for each in (w, x, b)]
    w, x, b = inputs
    return tg.grad(tg.tanh(w * x + b), inputs)
"""
    assert verdict(tmp_path, "slopes", text).message.startswith(
        "Right to some digits only: it is float32, as tensors are"
    )


def test_a_factor_that_is_not_the_same_in_every_case_is_none(tmp_path):
    change = ("g * y, g * x", "g * y * len(g.shape), g * x * len(g.shape)")
    assert (
        verdict(tmp_path, "multiply_vjp", with_changes("multiply_vjp", change)).message
        == "∂L/∂x: 6 of 6 numbers differ."
    )
