"""Lowering: what becomes of each recorded operation, and that it is the same value."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import both, difference
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.ir.notation import formula
from tinygrad_gru.compiler.trace.lower import LOWER
from tinygrad_gru.core.ops import elementary


class Own(nn.Cell):
    """h' = tanh f(h)."""

    def __init__(self, f, size=4):
        super().__init__(size, size)
        self.f = f
        self.W = nn.Parameter(np.linspace(-1, 1, size * size).reshape(size, size))

    def step(self, x, h):
        return (tg.tanh(self.f(h)) + 0.1 * x @ self.W,)


def lines(f):
    """The lines that f becomes, on a state h."""
    program = compiler.program(Own(f), 0)
    total = program.outputs["new h"]  # tanh f + …
    program.outputs = {"f": total.args[0].args[0]}
    return [line.split("  ")[0] for line in str(program).splitlines() if " = input" not in line][:-1]


@pytest.mark.parametrize(
    ("f", "result"),
    [
        (tg.sigmoid, ["t1 = ½·h", "t2 = tanh(t1)", "t3 = ½·t2", "t4 = t3 + ½"]),
        (tg.square, ["t1 = h·h"]),
        (lambda h: h**2, ["t1 = h·h"]),
        (tg.relu, ["t1 = maximum(h, 0)"]),
        (tg.softplus, ["t1 = logaddexp(h, 0)"]),
        (lambda h: tg.clip(h, -1, None), ["t1 = maximum(h, −1)"]),
        (lambda h: tg.clip(h, -1, 2), ["t1 = maximum(h, −1)", "t2 = minimum(t1, 2)"]),
        (lambda h: tg.where(h > 0, h, -h), ["t1 = greater(h, 0)", "t2 = −h", "t3 = where(t1, h, t2)"]),
        (lambda h: h - tg.sum(h, axis=1, keepdims=True), ["t1 = sum_columns(h)", "t2 = h − t1"]),
        (lambda h: h - tg.mean(h, axis=1, keepdims=True), ["t1 = sum_columns(h)", "t2 = t1·¼", "t3 = h − t2"]),
        (lambda h: tg.softmax(h, axis=1),
         ["t1 = max_columns(h)", "t2 = h − t1", "t3 = exp(t2)", "t4 = sum_columns(t3)", "t5 = t3 / t4"]),
        (lambda h: tg.concat([h[:, 2:], h[:, :2]], axis=1), ["t1 = h[:, 2:4]", "t2 = h[:, 0:2]", "t3 = [t1, t2]"]),
        (lambda h: tg.concat([h[..., 3:], h[..., :3]], -1), ["t1 = h[:, 3:4]", "t2 = h[:, 0:3]", "t3 = [t1, t2]"]),
    ],
)  # fmt: skip
def test_what_an_operation_becomes(f, result):
    assert lines(f) == result


class Parameters(nn.Cell):
    """Operations on parameters alone."""

    def __init__(self, f):
        super().__init__(4, 4)
        self.f = f
        self.W = nn.Parameter(np.linspace(-1, 1, 16).reshape(4, 4))

    def step(self, x, h):
        return (tg.tanh((x + h) @ self.f(self.W)),)


@pytest.mark.parametrize(
    ("f", "result"),
    [
        (lambda W: W.mT, "Wᵀ"),
        (lambda W: tg.permute_dims(W, (1, 0)), "Wᵀ"),
        (lambda W: W.mT.mT, "W"),
        (lambda W: tg.concat([W[2:], W[:2]]), "[W[2:4]; W[0:2]]"),
        (lambda W: tg.concat([W[:, 2:], W[:, :2]], axis=1), "[W[:, 2:4], W[:, 0:2]]"),
        (lambda W: tg.tanh(W) * 0.5, "tanh(W)·½"),
    ],
)
def test_what_becomes_of_parameters(f, result):
    program = compiler.program(Parameters(f), 0)
    (product,) = (i for i in program.instructions(of=[program.outputs["new h"]]) if i.op == "matmul")

    def text(i):
        return "W" if i.op == "input" else formula(i, {a: text(a) for a in i.args})

    assert text(product.args[1]) == result


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda h: tg.concat([h[:, ::2]] * 2, axis=1), "there is no rule for getitem of the batch, or with steps"),
        (lambda h: tg.concat([h[:, 1:3]] * 2, axis=1), "there is no rule for scatter with gaps or overlaps"),
        (lambda h: tg.concat([h[:1], h[1:]]), "there is no rule for getitem of the batch, or with steps"),
        (lambda h: h[:, [0, 1, 2, 3]], "there is no rule for getitem by anything but slices"),
        (lambda h: h - tg.sum(h, axis=0, keepdims=True), "there is no rule for sum over axis 0 of sizes ('B', 4)"),
        (lambda h: h - tg.max(h, axis=1, keepdims=True), "there is no rule for the operation max"),
        (
            lambda h: tg.reshape(tg.reshape(h, (-1, 2, 2)), (-1, 4)),
            "there is no rule for reshape of sizes ('B', 4) to (-1, 2, 2)",
        ),
    ],
)
def test_what_has_no_rule_is_said_with_its_options(f, reason):
    assert compiler.why(Own(f, 4)).startswith(reason)


NO_RULE = {
    **{name: getattr(tg, name) for name in [
        "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arctanh", "exp2", "log2", "log10",
        "reciprocal", "erf", "erfc", "floor", "ceil", "trunc", "round",
    ]},
    "arccosh": lambda h: tg.arccosh(2 + h),
    "hypot": lambda h: tg.hypot(h, 1.0),
    "arctan2": lambda h: tg.arctan2(h, 2.0),
    "floor_divide": lambda h: h // 0.3,
    "remainder": lambda h: h % 0.3,
    "logaddexp": lambda h: tg.logaddexp(h, h * 2),
    "gelu": tg.gelu,
    "vector_p_norm": lambda h: h * tg.vector_norm(h, axis=1, keepdims=True, ord=3),
    "det": lambda h: h * tg.linalg.det(h.mT @ h),
    "svdvals": lambda h: h * tg.linalg.svdvals(h)[0],
    "singular_vectors": lambda h: tg.linalg.svd(h)[0],
    "eigvalsh": lambda h: h * tg.linalg.eigvalsh(h.mT @ h),
    "eigenvectors": lambda h: h @ tg.linalg.eigh(h.mT @ h)[1],
    "inv": lambda h: h @ tg.linalg.inv(h.mT @ h),
    "solve": lambda h: tg.linalg.solve(h.mT @ h, h.mT).mT,
    "slogdet": lambda h: h * tg.linalg.slogdet(h.mT @ h)[1],
    "cholesky": lambda h: h @ tg.linalg.cholesky(h.mT @ h + h.mT @ h),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_RULE)
def test_an_operation_without_a_rule_is_refused_by_its_name(name):
    assert compiler.why(Own(NO_RULE[name])).startswith(f"there is no rule for the operation {name}")


@pytest.mark.parametrize(
    "f",
    [
        lambda h: tg.where(tg.isnan(h), 0.0, h),
        lambda h: tg.where(tg.isinf(h), 0.0, h),
        lambda h: tg.where(tg.isfinite(h), h, 0.0),
        lambda h: tg.where(tg.isclose(h, 0.1), h, 0.0),
        lambda h: h * float(tg.any(h > 0.5)),
        lambda h: h * float(tg.all(h)),
        lambda h: tg.where(tg.logical_xor(h > 0.1, h < 0.4), h, 0.0),
        lambda h: tg.take_along_axis(h, tg.argsort(h)),
        lambda h: tg.topk(h, 4)[0],
        lambda h: tg.cumulative_max(h),
        lambda h: tg.pad(h[:, :3], ((0, 0), (0, 1)), mode="edge"),
    ],
    ids=range(11),
)
def test_what_depends_on_values_is_refused_and_not_taken_for_a_constant(f):
    reasons = ("its step reads the value of", "its step makes an array of numbers", "there is no rule for compare by")
    assert compiler.why(Own(f)).startswith(reasons)


FUNCTIONS = [
    tg.elu, tg.selu, tg.softsign, lambda h: tg.leaky_relu(h, 0.01), lambda h: tg.clip(h, h * 0.5, None),
    lambda h: tg.where(tg.logical_and(h > 0.1, h < 0.4), h, 0.0), lambda h: tg.where(tg.logical_not(h > 0.1), h, 0.0),
    lambda h: h * tg.vector_norm(h, axis=1, keepdims=True, ord=1), lambda h: tg.hstack([h[:, 2:], h[:, :2]]),
    tg.abs, tg.sign, tg.exp, tg.expm1, tg.sin, tg.cos, tg.silu, lambda h: tg.log1p(tg.square(h)),
    lambda h: tg.gelu(h, "tanh"),
    lambda h: tg.log(1.5 + h), lambda h: tg.sqrt(1.5 + h), lambda h: h / (2 + h), lambda h: tg.maximum(h, 0.1 - h),
    lambda h: tg.minimum(h, 0.2),
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_a_lowered_operation_has_the_same_values_and_gradients(f):
    x = np.random.default_rng(0).uniform(-1, 1, (3, 2, 4))

    worst, name = difference(*both(Own(f), x, [np.full((1, 2, 4), 0.3)]))

    assert compiler.why(Own(f)) == "" and worst < 1e-11, name


def test_a_wrong_rule_is_caught(monkeypatch):
    monkeypatch.setitem(LOWER, elementary.Sin, LOWER[elementary.Cos])
    x = np.random.default_rng(0).uniform(-1, 1, (3, 2, 4))

    assert difference(*both(Own(tg.sin), x, [np.full((1, 2, 4), 0.3)]))[0] > 1e-3


@pytest.mark.parametrize("exponent", [3, 0.5, -1])
def test_a_cell_with_a_power_is_compiled_or_has_a_reason(exponent):
    assert isinstance(compiler.why(Own(lambda h: (1.5 + h) ** exponent)), str)
