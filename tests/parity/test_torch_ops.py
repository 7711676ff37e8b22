"""Every operation with a counterpart in PyTorch: values, first and second derivatives, on random float64 arrays."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core import ops

pytestmark = pytest.mark.parity
I = np.array([[2, 0, 2], [1, 1, 0]])
MASK = np.array([[True, False, True], [False, False, True]])
A, B, C, S = (2, 3), (2, 3), (3, 4), (2, 3, 3)  # shapes
NAMES = sorted({name for family, names in ops.FAMILIES.items() if family != "predicates" for name in names})
NAMES += [f"linalg.{name}" for name in ops.linalg.__all__]
NAMES.remove("astype")  # float32 between would hide what is compared here


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.fixture(scope="module")
def cases(torch):
    """Our function, torch's, and the shapes of their arguments."""
    F, T = torch.nn.functional, torch.from_numpy
    return {
        "abs": (tg.abs, torch.abs, A),
        "add": (tg.add, torch.add, A, (3,)),
        "broadcast_to": (lambda x: tg.broadcast_to(x, (4, 2, 3)), lambda x: x.expand(4, 2, 3), A),
        "clip": (lambda x: tg.clip(x, -0.5, 0.5), lambda x: torch.clamp(x, -0.5, 0.5), A),
        "concat": (lambda *xs: tg.concat(xs, axis=1), lambda *xs: torch.cat(xs, 1), A, B),
        "cos": (tg.cos, torch.cos, A),
        "cumulative_prod": (tg.cumulative_prod, lambda x: torch.cumprod(x, -1), A),
        "cumulative_sum": (lambda x: tg.cumulative_sum(x, axis=0), lambda x: torch.cumsum(x, 0), A),
        "diagonal": (lambda x: tg.diagonal(x, 1), lambda x: torch.diagonal(x, 1, -2, -1), (2, 3, 3)),
        "divide": (tg.divide, torch.div, A, (2, 1)),
        "einsum": (lambda x, y: tg.einsum("ij,jk->ki", x, y), lambda x, y: torch.einsum("ij,jk->ki", x, y), A, C),
        "exp": (tg.exp, torch.exp, A),
        "expand_dims": (lambda x: tg.expand_dims(x, 1), lambda x: x.unsqueeze(1), A),
        "expm1": (tg.expm1, torch.expm1, A),
        "flip": (lambda x: tg.flip(x, axis=1), lambda x: torch.flip(x, (1,)), A),
        "gelu": (tg.gelu, F.gelu, A),
        "getitem": (lambda x: x[:, [0, 0, 2]], lambda x: x[:, [0, 0, 2]], A),
        "log": (lambda x: tg.log(tg.exp(x) + 1), lambda x: torch.log(torch.exp(x) + 1), A),
        "log1p": (lambda x: tg.log1p(x * x), lambda x: torch.log1p(x * x), A),
        "log_softmax": (tg.log_softmax, lambda x: F.log_softmax(x, -1), A),
        "logsumexp": (lambda x: tg.logsumexp(x, axis=0), lambda x: torch.logsumexp(x, 0), A),
        "matmul": (tg.matmul, torch.matmul, (5, 1, 2, 3), (4, 3, 2)),
        "matrix_transpose": (tg.matrix_transpose, lambda x: x.mT, A),
        "max": (lambda x: tg.max(x, axis=1), lambda x: torch.amax(x, 1), A),
        "maximum": (tg.maximum, torch.maximum, A, (3,)),
        "mean": (lambda x: tg.mean(x, axis=0), lambda x: torch.mean(x, 0), A),
        "min": (lambda x: tg.min(x, axis=1), lambda x: torch.amin(x, 1), A),
        "minimum": (tg.minimum, torch.minimum, A, (3,)),
        "moveaxis": (lambda x: tg.moveaxis(x, 0, -1), lambda x: torch.moveaxis(x, 0, -1), (2, 3, 4)),
        "multiply": (tg.multiply, torch.mul, A, (3,)),
        "negative": (tg.negative, torch.neg, A),
        "outer": (tg.outer, torch.outer, (2,), (3,)),
        "pad": (lambda x: tg.pad(x, ((0, 0), (1, 2))), lambda x: F.pad(x, (1, 2)), A),
        "permute_dims": (lambda x: tg.permute_dims(x, (2, 0, 1)), lambda x: x.permute(2, 0, 1), (2, 3, 4)),
        "pow": (lambda x, y: tg.pow(tg.exp(x), y), lambda x, y: torch.pow(torch.exp(x), y), A, (3,)),
        "prod": (lambda x: tg.prod(x, axis=1), lambda x: torch.prod(x, 1), A),
        "relu": (tg.relu, F.relu, A),
        "repeat": (lambda x: tg.repeat(x, 2, axis=1), lambda x: torch.repeat_interleave(x, 2, 1), A),
        "reshape": (lambda x: tg.reshape(x, (3, 2)), lambda x: x.reshape(3, 2), A),
        "roll": (lambda x: tg.roll(x, 1, axis=1), lambda x: torch.roll(x, 1, 1), A),
        "sigmoid": (tg.sigmoid, torch.sigmoid, A),
        "sign": (lambda x: tg.sign(x) * x, lambda x: torch.sign(x) * x, A),
        "silu": (tg.silu, F.silu, A),
        "sin": (tg.sin, torch.sin, A),
        "softmax": (lambda x: tg.softmax(x, axis=0), lambda x: F.softmax(x, 0), A),
        "softplus": (tg.softplus, F.softplus, A),
        "sort": (tg.sort, lambda x: torch.sort(x, -1).values, A),
        "split": (lambda x: tg.split(x, [1, 2], axis=1)[1], lambda x: torch.split(x, [1, 2], 1)[1], A),
        "sqrt": (lambda x: tg.sqrt(x * x + 1), lambda x: torch.sqrt(x * x + 1), A),
        "square": (tg.square, torch.square, A),
        "squeeze": (tg.squeeze, torch.squeeze, (2, 1, 3)),
        "stack": (lambda *xs: tg.stack(xs, axis=1), lambda *xs: torch.stack(xs, 1), A, B),
        "std": (lambda x: tg.std(x, axis=1), lambda x: torch.std(x, 1, correction=0), A),
        "subtract": (tg.subtract, torch.sub, A, (3,)),
        "sum": (lambda x: tg.sum(x, axis=(0, 2)), lambda x: torch.sum(x, (0, 2)), (2, 3, 4)),
        "take": (lambda x: tg.take(x, I[0], axis=1), lambda x: torch.index_select(x, 1, T(I[0])), A),
        "take_along_axis": (lambda x: tg.take_along_axis(x, I), lambda x: torch.take_along_dim(x, T(I), -1), A),
        "tanh": (tg.tanh, torch.tanh, A),
        "tensordot": (lambda x, y: tg.tensordot(x, y, axes=1), lambda x, y: torch.tensordot(x, y, 1), A, C),
        "tile": (lambda x: tg.tile(x, (2, 1, 2)), lambda x: torch.tile(x, (2, 1, 2)), A),
        "tril": (tg.tril, torch.tril, (2, 3, 3)),
        "triu": (lambda x: tg.triu(x, 1), lambda x: torch.triu(x, 1), (2, 3, 3)),
        "unstack": (lambda x: tg.unstack(x, axis=1)[2], lambda x: torch.unbind(x, 1)[2], A),
        "var": (lambda x: tg.var(x, axis=1, correction=1), lambda x: torch.var(x, 1, correction=1), A),
        "vector_norm": (lambda x: tg.vector_norm(x, axis=1), lambda x: torch.linalg.vector_norm(x, dim=1), A),
        "arccos": (lambda x: tg.arccos(tg.tanh(x)), lambda x: torch.arccos(torch.tanh(x)), A),
        "arccosh": (lambda x: tg.arccosh(1.5 + x * x), lambda x: torch.arccosh(1.5 + x * x), A),
        "arcsin": (lambda x: tg.arcsin(tg.tanh(x)), lambda x: torch.arcsin(torch.tanh(x)), A),
        "arcsinh": (tg.arcsinh, torch.arcsinh, A),
        "arctan": (tg.arctan, torch.arctan, A),
        "arctan2": (tg.arctan2, torch.arctan2, A, (3,)),
        "arctanh": (lambda x: tg.arctanh(0.9 * tg.tanh(x)), lambda x: torch.arctanh(0.9 * torch.tanh(x)), A),
        "ceil": (lambda x: tg.ceil(x) * x, lambda x: torch.ceil(x) * x, A),
        "column_stack": (lambda *xs: tg.column_stack(xs), lambda *xs: torch.column_stack(xs), (3,), (3, 2)),
        "cosh": (tg.cosh, torch.cosh, A),
        "cumulative_max": (lambda x: tg.cumulative_max(x, 1), lambda x: torch.cummax(x, 1).values, A),
        "cumulative_min": (lambda x: tg.cumulative_min(x, 0), lambda x: torch.cummin(x, 0).values, A),
        "diff": (lambda x: tg.diff(x, 2), lambda x: torch.diff(x, 2), A),
        "dstack": (lambda *xs: tg.dstack(xs), lambda *xs: torch.dstack(xs), A, B),
        "elu": (tg.elu, F.elu, A),
        "erf": (tg.erf, torch.erf, A),
        "erfc": (tg.erfc, torch.erfc, A),
        "exp2": (tg.exp2, torch.exp2, A),
        "floor": (lambda x: tg.floor(x) * x, lambda x: torch.floor(x) * x, A),
        "floor_divide": (lambda x, y: x // y * x * y, lambda x, y: torch.floor(x / y) * x * y, A, (3,)),
        "hstack": (lambda *xs: tg.hstack(xs), lambda *xs: torch.hstack(xs), A, (2, 1)),
        "hypot": (tg.hypot, torch.hypot, A, (3,)),
        "inner": (tg.inner, torch.inner, A, (4, 3)),
        "kron": (tg.kron, torch.kron, A, (2, 2)),
        "leaky_relu": (lambda x: tg.leaky_relu(x, 0.01), F.leaky_relu, A),
        "log10": (lambda x: tg.log10(x * x), lambda x: torch.log10(x * x), A),
        "log2": (lambda x: tg.log2(x * x), lambda x: torch.log2(x * x), A),
        "logaddexp": (tg.logaddexp, torch.logaddexp, A, (3,)),
        "reciprocal": (tg.reciprocal, torch.reciprocal, A),
        "remainder": (tg.remainder, torch.remainder, A, (3,)),
        "round": (lambda x: tg.round(x, 1) * x, lambda x: torch.round(x, decimals=1) * x, A),
        "selu": (tg.selu, F.selu, A),
        "sinh": (tg.sinh, torch.sinh, A),
        "softsign": (tg.softsign, F.softsign, A),
        "tan": (tg.tan, torch.tan, A),
        "topk": (lambda x: tg.topk(x, 2)[0], lambda x: torch.topk(x, 2).values, A),
        "trace": (tg.trace, torch.trace, A),
        "trunc": (lambda x: tg.trunc(x) * x, lambda x: torch.trunc(x) * x, A),
        "vstack": (lambda *xs: tg.vstack(xs), lambda *xs: torch.vstack(xs), (3,), A),
        "linalg.cholesky": (lambda x: tg.linalg.cholesky(x @ x.mT), lambda x: torch.linalg.cholesky(x @ x.mT), S),
        "linalg.det": (tg.linalg.det, torch.linalg.det, S),
        "linalg.eigh": (
            lambda x: tg.abs(tg.linalg.eigh(x + x.mT)[1]),
            lambda x: torch.abs(torch.linalg.eigh(x + x.mT)[1]),
            S,
        ),
        "linalg.eigvalsh": (lambda x: tg.linalg.eigvalsh(x + x.mT), lambda x: torch.linalg.eigvalsh(x + x.mT), S),
        "linalg.inv": (tg.linalg.inv, torch.linalg.inv, S),
        "linalg.matrix_norm": (
            lambda x: tg.linalg.matrix_norm(x, "nuc"),
            lambda x: torch.linalg.matrix_norm(x, "nuc"),
            (2, 4, 2),
        ),
        "linalg.slogdet": (lambda x: tg.linalg.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1], S),
        "linalg.solve": (tg.linalg.solve, torch.linalg.solve, S, (2, 3, 1)),
        "linalg.svd": (
            lambda x: tg.abs(tg.linalg.svd(x)[0]),
            lambda x: torch.abs(torch.linalg.svd(x, False)[0]),
            (4, 2),
        ),
        "linalg.svdvals": (tg.linalg.svdvals, torch.linalg.svdvals, (2, 3, 4)),
        "where": (lambda x, y: tg.where(MASK, x, y), lambda x, y: torch.where(T(MASK), x, y), A, (3,)),
    }


def close(ours, theirs):
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape
    assert np.max(np.abs(ours - expected), initial=0.0) <= 1e-10 * max(1.0, np.max(np.abs(expected), initial=0.0))


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_agrees_with_torch_to_second_order(name, cases, torch):
    ours, theirs, *shapes = cases[name]
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    vs = [rng.standard_normal(shape) for shape in shapes]
    xs = [tg.Tensor(a, requires_grad=True) for a in arrays]
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, t = ours(*xs), theirs(*ts)
    close(y.data, t)

    u = rng.standard_normal(y.shape)
    slopes = tg.grad((y * y * u).sum(), xs, create_graph=True)  # squared, so that linear operations have curvature
    torch_slopes = torch.autograd.grad((t * t * torch.tensor(u)).sum(), ts, create_graph=True)
    for ours_, theirs_ in zip(slopes, torch_slopes, strict=True):
        close(ours_.data, theirs_)

    bent = tg.grad(sum((s * v).sum() for s, v in zip(slopes, vs, strict=True)), xs)
    torch_bent = torch.autograd.grad(
        sum((s * torch.tensor(v)).sum() for s, v in zip(torch_slopes, vs, strict=True)), ts
    )
    for ours_, theirs_ in zip(bent, torch_bent, strict=True):
        close(ours_, theirs_)


def test_ties_are_shared_as_torch_shares_them(torch):
    F = torch.nn.functional
    x = np.array([1.0, 3.0, 3.0])
    ours, theirs = tg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)

    for f, g in [(tg.max, torch.amax), (tg.min, torch.amin)]:
        close(tg.grad(f(ours), ours), torch.autograd.grad(g(theirs), theirs)[0])
    for f, g in [(tg.maximum, torch.maximum), (tg.minimum, torch.minimum)]:
        close(tg.grad(f(ours, 3.0).sum(), ours), torch.autograd.grad(g(theirs, torch.tensor(3.0)).sum(), theirs)[0])
    for f, g in [(tg.abs, torch.abs), (tg.relu, F.relu), (lambda x: tg.clip(x, 0, 9), lambda x: torch.clamp(x, 0, 9))]:
        zero, torch_zero = tg.Tensor(np.zeros(1), requires_grad=True), torch.zeros(1, dtype=float, requires_grad=True)
        close(tg.grad(f(zero).sum(), zero), torch.autograd.grad(g(torch_zero).sum(), torch_zero)[0])


@pytest.mark.parametrize("p", [0, 0.5, 1, 3, -1, float("inf"), -float("inf")])
def test_norms_of_other_orders_agree_with_torch(p, torch):
    x = np.random.default_rng(0).standard_normal((2, 3))
    ours, theirs = tg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, t = tg.vector_norm(ours, axis=1, ord=p), torch.linalg.vector_norm(theirs, p, dim=1)

    close(y.data, t)
    slope = tg.grad(y.sum(), ours)
    (wanted,) = torch.autograd.grad(t.sum(), theirs, allow_unused=True) if t.requires_grad else (None,)
    close(np.zeros((2, 3)) if slope is None else slope, torch.zeros(2, 3) if wanted is None else wanted)


def test_clip_between_arrays_sends_the_gradient_where_torch_sends_it(torch):
    arrays = [np.array([-2.0, 0.5, 3.0, 1.0]), np.array([-1.0, 0.5, 2.0, 2.0]), np.array([1.0, 1.0, 2.5, 0.0])]
    ours, theirs = (
        [tg.Tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )
    y, t = tg.clip(*ours), torch.clamp(*theirs)

    close(y.data, t)
    for a, b in zip(tg.grad(y.sum(), ours), torch.autograd.grad(t.sum(), theirs), strict=True):
        close(a, b)


@pytest.mark.parametrize(("mode", "theirs"), [("edge", "replicate"), ("reflect", "reflect"), ("wrap", "circular")])
def test_padding_of_other_modes_agrees_with_torch(mode, theirs, torch):
    x = np.random.default_rng(0).standard_normal((1, 2, 5))
    a, b = tg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, t = tg.pad(a, ((0, 0), (0, 0), (2, 3)), mode=mode), torch.nn.functional.pad(b, (2, 3), theirs)

    close(y.data, t)
    close(tg.grad((y * y).sum(), a), torch.autograd.grad((t * t).sum(), b)[0])


@pytest.mark.parametrize("form", [{}, {"approximate": "none"}, {"approximate": "tanh"}])
def test_gelu_is_torchs_in_both_forms_and_by_default(torch, form):
    x = np.linspace(-6, 6, 50)
    a, b = tg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)

    for y, t in (
        (tg.gelu(a, **form), torch.nn.functional.gelu(b, **form)), (tg.nn.GELU(**form)(a), torch.nn.GELU(**form)(b)),
    ):  # fmt: skip
        close(y.data, t)
        close(tg.grad(y.sum(), a), torch.autograd.grad(t.sum(), b)[0])
