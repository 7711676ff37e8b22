"""Every operation, activation and loss at special values, beside PyTorch: values, first and second derivatives.

Special are ±∞, NaN, ±0, subnormal numbers ("tiny"), numbers at the end of the range ("huge"), equal elements, no
elements at all, and tensors without axes. Where we differ, the difference stands in special_differences.py with its
reason; one that is not listed fails, and so does one that is listed and is none.
"""

import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.parity.special_differences import DIFFERENCES
from tinygrad_gru.core import ops
from tinygrad_gru.core.ops.reductions import Logsumexp
from tinygrad_gru.errors import TinygradError
from tinygrad_gru.nn import losses
from tinygrad_gru.nn.activations import ACTIVATIONS

pytestmark = pytest.mark.parity

INF, NAN = np.inf, np.nan
DTYPES = {"float32": np.float32, "float64": np.float64}
RTOL = {"float32": 1e-5, "float64": 1e-11}
I = np.array([0, 2, 2])


# --- special values --------------------------------------------------------------------------------------------------


def numbers(dtype):
    """Single numbers by their labels, for what is computed element by element."""
    tiny, huge = (1e-40, 1e38) if dtype == np.float32 else (1e-310, 1e308)
    return {
        "inf": INF, "-inf": -INF, "nan": NAN, "0": 0.0, "-0": -0.0, "tiny": tiny, "-tiny": -tiny,
        "huge": huge, "-huge": -huge, "1e4": 1e4, "-1e4": -1e4,
        "30": 30.0, "-30": -30.0, "1": 1.0, "-1": -1.0, "0.5": 0.5, "-2": -2.0,
    }  # fmt: skip


PAIRED = ("inf", "-inf", "nan", "0", "-0", "tiny", "huge", "-huge", "1", "-1", "0.5", "-2")


def vectors(dtype):
    """Vectors by their labels, for what looks at several numbers at once."""
    tiny, huge = (1e-40, 3e38) if dtype == np.float32 else (1e-310, 1.7e308)
    return {
        "inf 5 -inf": [INF, 5, -INF], "inf 5 1": [INF, 5, 1], "-inf 5 1": [-INF, 5, 1], "inf inf 1": [INF, INF, 1],
        "-inf -inf -inf": [-INF, -INF, -INF], "nan 5 1": [NAN, 5, 1], "nan inf 1": [NAN, INF, 1], "0 0 0": [0, 0, 0],
        "-0 0 -0": [-0.0, 0, -0.0], "0 2 3": [0, 2, 3], "0 0 3": [0, 0, 3], "tiny 0 -tiny": [tiny, 0, -tiny],
        "tiny tiny tiny": [tiny, tiny, tiny], "huge huge huge": [huge, huge, huge], "huge -huge 1": [huge, -huge, 1],
        "huge 1 0": [huge, 1, 0], "equal": [2, 2, 2], "two equal": [1, 2, 2], "1e4 -1e4 0": [1e4, -1e4, 0],
        "plain": [0.5, -1, 2], "one": [3], "0-d": 3.0, "empty": [],
    }  # fmt: skip


def single_numbers(dtype):
    return {"": [np.array(list(numbers(dtype).values()), dtype)], **without(dtype, 1)}


def without(dtype, count):
    """Arrays without axes, and without elements."""
    return {"0-d": [np.array(0.5, dtype)] * count, "empty": [np.zeros((0, 3), dtype)] * count}


def pairs(dtype):
    values = numbers(dtype)
    first = [values[a] for a in PAIRED for _ in PAIRED]
    second = [values[b] for _ in PAIRED for b in PAIRED]
    return {"": [np.array(first, dtype), np.array(second, dtype)], **without(dtype, 2)}


def one_vector(dtype):
    return {label: [np.array(v, dtype)] for label, v in vectors(dtype).items()}


def long_vector(dtype):
    """Those of three elements, for what picks the third."""
    return {label: xs for label, xs in one_vector(dtype).items() if xs[0].shape == (3,)}


def two_vectors(dtype):
    plain = np.array([0.5, -1, 2], dtype)
    cases = {label: [*xs, plain] for label, xs in long_vector(dtype).items()}
    return {**cases, "empty": [plain[:0], plain[:0]]}


def matrices(dtype):
    cases = {label: [np.stack([xs[0], xs[0][::-1], xs[0]])] for label, xs in long_vector(dtype).items()}
    return {**cases, "0-d": [np.array(3, dtype)], "empty": [np.zeros((0, 0), dtype)]}


# --- what is compared ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.fixture(scope="module")
def table(torch):
    """By name: our function, PyTorch's, and the special values for their arguments."""
    F, T = torch.nn.functional, torch.from_numpy

    def every_axis(x):
        return tuple(range(x.ndim))

    elementwise = {
        "abs": (tg.abs, torch.abs),
        "cos": (tg.cos, torch.cos),
        "arccos": (tg.arccos, torch.arccos),
        "arccosh": (tg.arccosh, torch.arccosh),
        "arcsin": (tg.arcsin, torch.arcsin),
        "arcsinh": (tg.arcsinh, torch.arcsinh),
        "arctan": (tg.arctan, torch.arctan),
        "arctanh": (tg.arctanh, torch.arctanh),
        "ceil": (tg.ceil, torch.ceil),
        "cosh": (tg.cosh, torch.cosh),
        "elu": (tg.elu, F.elu),
        "erf": (tg.erf, torch.erf),
        "erfc": (tg.erfc, torch.erfc),
        "arctan2": (lambda x: tg.arctan2(x, 2.0), lambda x: torch.arctan2(x, torch.full_like(x, 2))),
        "arctan2 of the other": (lambda x: tg.arctan2(2.0, x), lambda x: torch.arctan2(torch.full_like(x, 2), x)),
        "hypot": (lambda x: tg.hypot(x, 2.0), lambda x: torch.hypot(x, torch.full_like(x, 2))),
        "hypot of the other": (lambda x: tg.hypot(2.0, x), lambda x: torch.hypot(torch.full_like(x, 2), x)),
        "logaddexp": (lambda x: tg.logaddexp(x, 2.0), lambda x: torch.logaddexp(x, torch.full_like(x, 2))),
        "logaddexp of the other": (lambda x: tg.logaddexp(2.0, x), lambda x: torch.logaddexp(torch.full_like(x, 2), x)),
        "exp2": (tg.exp2, torch.exp2),
        "floor": (tg.floor, torch.floor),
        "gelu by tanh": (lambda x: tg.gelu(x, "tanh"), lambda x: F.gelu(x, approximate="tanh")),
        "isinf": (tg.isinf, torch.isinf),
        "isnan": (tg.isnan, torch.isnan),
        "leaky_relu": (lambda x: tg.leaky_relu(x, 0.01), F.leaky_relu),
        "log10": (tg.log10, torch.log10),
        "log2": (tg.log2, torch.log2),
        "logical_not": (tg.logical_not, torch.logical_not),
        "reciprocal": (tg.reciprocal, torch.reciprocal),
        "round": (tg.round, torch.round),
        "selu": (tg.selu, F.selu),
        "sinh": (tg.sinh, torch.sinh),
        "softsign": (tg.softsign, F.softsign),
        "tan": (tg.tan, torch.tan),
        "trunc": (tg.trunc, torch.trunc),
        "exp": (tg.exp, torch.exp),
        "expm1": (tg.expm1, torch.expm1),
        "isfinite": (tg.isfinite, torch.isfinite),
        "log": (tg.log, torch.log),
        "log1p": (tg.log1p, torch.log1p),
        "negative": (tg.negative, torch.neg),
        "relu": (tg.relu, F.relu),
        "sigmoid": (tg.sigmoid, torch.sigmoid),
        "sign": (tg.sign, torch.sign),
        "silu": (tg.silu, F.silu),
        "sin": (tg.sin, torch.sin),
        "softplus": (tg.softplus, F.softplus),
        "sqrt": (tg.sqrt, torch.sqrt),
        "square": (tg.square, torch.square),
        "tanh": (tg.tanh, torch.tanh),
        "gelu": (tg.gelu, F.gelu),
        "astype": (
            lambda x: tg.astype(x, np.float64 if x.dtype == np.float32 else np.float32),
            lambda x: x.to(torch.float64 if x.dtype == torch.float32 else torch.float32),
        ),
        "clip": (lambda x: tg.clip(x, -1, 1), lambda x: torch.clamp(x, -1, 1)),
        "clip from 0 on": (lambda x: tg.clip(x, min=0), lambda x: torch.clamp(x, min=0)),
        "activation linear": (ACTIVATIONS["linear"], lambda x: x),
        "activation leaky_relu": (ACTIVATIONS["leaky_relu"], lambda x: F.leaky_relu(x, 0.2)),
        "activation hard_sigmoid": (ACTIVATIONS["hard_sigmoid"], lambda x: torch.clamp(x * (1 / 6) + 0.5, 0, 1)),
        "activation exponential": (ACTIVATIONS["exponential"], torch.exp),
        "activation log_sigmoid": (ACTIVATIONS["log_sigmoid"], F.logsigmoid),
        "activation mish": (ACTIVATIONS["mish"], F.mish),
        "activation relu6": (ACTIVATIONS["relu6"], F.relu6),
        "activation hard_silu": (ACTIVATIONS["hard_silu"], F.hardswish),
        "activation hard_tanh": (ACTIVATIONS["hard_tanh"], lambda x: torch.clamp(x, -1, 1)),
        "activation hard_shrink": (ACTIVATIONS["hard_shrink"], F.hardshrink),
        "activation soft_shrink": (ACTIVATIONS["soft_shrink"], F.softshrink),
        "activation tanh_shrink": (ACTIVATIONS["tanh_shrink"], F.tanhshrink),
        "activation sparse_sigmoid": (ACTIVATIONS["sparse_sigmoid"], lambda x: torch.clamp((x + 1) / 2, 0, 1)),
        "activation sparse_plus": (
            ACTIVATIONS["sparse_plus"],
            lambda x: torch.where(x > 1, x, torch.clamp(x + 1, 0, 2) ** 2 / 4),
        ),
    }
    for p in (0, 1, 2, 3, -1, 0.5, 1.5, 2.5, -0.5):
        elementwise[f"x to the power {p}"] = (lambda x, p=p: x**p, lambda x, p=p: x**p)
    for p in (0, 1, 2, 0.5, -2):
        elementwise[f"{p} to the power x"] = (lambda x, p=p: p**x, lambda x, p=p: p**x)

    of_two = {
        "add": (tg.add, torch.add),
        "subtract": (tg.subtract, torch.sub),
        "multiply": (tg.multiply, torch.mul),
        "divide": (tg.divide, torch.div),
        "pow": (tg.pow, torch.pow),
        "maximum": (tg.maximum, torch.maximum),
        "minimum": (tg.minimum, torch.minimum),
        "where": (lambda x, y: tg.where(x > y, x, y), lambda x, y: torch.where(x > y, x, y)),
        "arctan2 of pairs": (
            lambda x, y: tg.arctan2(x.data, y.data),
            lambda x, y: torch.arctan2(x.detach(), y.detach()),
        ),
        "floor_divide": (tg.floor_divide, lambda x, y: torch.floor_divide(x.detach(), y.detach())),
        "hypot of pairs": (lambda x, y: tg.hypot(x.data, y.data), lambda x, y: torch.hypot(x.detach(), y.detach())),
        "isclose": (tg.isclose, torch.isclose),
        "logaddexp of pairs": (
            lambda x, y: tg.logaddexp(x.data, y.data),
            lambda x, y: torch.logaddexp(x.detach(), y.detach()),
        ),
        "logical_and": (tg.logical_and, torch.logical_and),
        "logical_or": (tg.logical_or, torch.logical_or),
        "logical_xor": (tg.logical_xor, torch.logical_xor),
        "remainder": (tg.remainder, torch.remainder),
        "clip from an array on": (lambda x, y: tg.clip(x, y), lambda x, y: torch.clamp(x, y)),
        "clip up to an array": (lambda x, y: tg.clip(x, max=y), lambda x, y: torch.clamp(x, max=y)),
        "equal": (tg.equal, torch.eq),
        "not_equal": (tg.not_equal, torch.ne),
        "less": (tg.less, torch.lt),
        "less_equal": (tg.less_equal, torch.le),
        "greater": (tg.greater, torch.gt),
        "greater_equal": (tg.greater_equal, torch.ge),
    }

    of_a_vector = {
        "sum": (tg.sum, torch.sum),
        "mean": (tg.mean, torch.mean),
        "max": (tg.max, torch.amax),
        "min": (tg.min, torch.amin),
        "prod": (tg.prod, torch.prod),
        "var": (tg.var, lambda x: torch.var(x, correction=0)),
        "std": (tg.std, lambda x: torch.std(x, correction=0)),
        "vector_norm": (tg.vector_norm, torch.linalg.vector_norm),
        **{
            f"vector_norm of order {p}": (
                lambda x, p=p: tg.vector_norm(x, ord=p),
                lambda x, p=p: torch.linalg.vector_norm(x, p),
            )
            for p in (0, 1, 3, 0.5, -1, INF, -INF)
        },
        "all": (tg.all, torch.all),
        "any": (tg.any, torch.any),
        "argsort": (tg.argsort, lambda x: torch.argsort(x, stable=True)),
        "cumulative_max": (tg.cumulative_max, lambda x: torch.cummax(x, -1).values),
        "cumulative_min": (tg.cumulative_min, lambda x: torch.cummin(x, -1).values),
        "diff": (tg.diff, torch.diff),
        "pad by the edge": (lambda x: tg.pad(x, 1, mode="edge"), lambda x: F.pad(x[None], (1, 1), "replicate")[0]),
        "logsumexp": (tg.logsumexp, lambda x: torch.logsumexp(x, every_axis(x))),
        "softmax": (tg.softmax, lambda x: F.softmax(x, -1)),
        "log_softmax": (tg.log_softmax, lambda x: F.log_softmax(x, -1)),
        "cumulative_sum": (tg.cumulative_sum, lambda x: torch.cumsum(x, -1)),
        "cumulative_prod": (tg.cumulative_prod, lambda x: torch.cumprod(x, -1)),
        "sort": (tg.sort, lambda x: torch.sort(x, -1).values),
        "argmax": (tg.argmax, torch.argmax),
        "argmin": (tg.argmin, torch.argmin),
        "reshape": (lambda x: tg.reshape(x, (-1, 1)), lambda x: x.reshape(-1, 1)),
        "expand_dims": (tg.expand_dims, lambda x: x.unsqueeze(0)),
        "squeeze": (lambda x: tg.squeeze(tg.expand_dims(x), 0), lambda x: x.unsqueeze(0).squeeze(0)),
        "broadcast_to": (lambda x: tg.broadcast_to(x, (2, *x.shape)), lambda x: x.expand(2, *x.shape)),
        "flip": (tg.flip, lambda x: torch.flip(x, every_axis(x))),
        "roll": (lambda x: tg.roll(x, 1), lambda x: torch.roll(x, 1)),
        "repeat": (lambda x: tg.repeat(x, 2), lambda x: torch.repeat_interleave(x, 2)),
        "tile": (lambda x: tg.tile(x, (2, 1)), lambda x: torch.tile(x, (2, 1))),
        "pad": (lambda x: tg.pad(x, (1, 2), INF), lambda x: F.pad(x, (1, 2), value=INF)),
    }

    of_three = {
        "getitem": (lambda x: x[I], lambda x: x[T(I)]),
        "take": (lambda x: tg.take(x, I), lambda x: torch.index_select(x, 0, T(I))),
        "take_along_axis": (lambda x: tg.take_along_axis(x, I), lambda x: torch.take_along_dim(x, T(I), -1)),
        "topk": (lambda x: tg.topk(x, 2)[0], lambda x: torch.topk(x, 2).values),
        "split": (lambda x: tg.split(x, [1, 2])[1], lambda x: torch.split(x, [1, 2])[1]),
        "unstack": (lambda x: tg.unstack(x)[2], lambda x: torch.unbind(x)[2]),
    }

    of_a_matrix = {
        "matrix_transpose": (tg.matrix_transpose, lambda x: x.mT),
        "moveaxis": (lambda x: tg.moveaxis(x, 0, 1), lambda x: torch.moveaxis(x, 0, 1)),
        "permute_dims": (lambda x: tg.permute_dims(x, (1, 0)), lambda x: x.permute(1, 0)),
        "diagonal": (tg.diagonal, torch.diagonal),
        "trace": (tg.trace, torch.trace),
        "tril": (tg.tril, torch.tril),
        "triu": (tg.triu, torch.triu),
        "max along an axis": (lambda x: tg.max(x, axis=0), lambda x: torch.amax(x, 0)),
        "logsumexp along an axis": (lambda x: tg.logsumexp(x, axis=0), lambda x: torch.logsumexp(x, 0)),
    }

    of_two_vectors = {
        "matmul": (tg.matmul, torch.matmul),
        "outer": (tg.outer, torch.outer),
        "allclose": (tg.allclose, lambda x, y: torch.tensor(torch.allclose(x, y))),
        "inner": (tg.inner, torch.inner),
        "kron": (tg.kron, torch.kron),
        "hstack": (lambda *xs: tg.hstack(xs), torch_joined(torch.hstack)),
        "vstack": (lambda *xs: tg.vstack(xs), torch_joined(torch.vstack)),
        "dstack": (lambda *xs: tg.dstack(xs), torch_joined(torch.dstack)),
        "column_stack": (lambda *xs: tg.column_stack(xs), torch_joined(torch.column_stack)),
        "tensordot": (lambda x, y: tg.tensordot(x, y, 1), lambda x, y: torch.tensordot(x, y, 1)),
        "einsum": (lambda x, y: tg.einsum("i,j->ij", x, y), lambda x, y: torch.einsum("i,j->ij", x, y)),
        "concat": (lambda *xs: tg.concat(xs), torch_joined(torch.cat)),
        "stack": (lambda *xs: tg.stack(xs), torch_joined(torch.stack)),
        "loss mse": (losses.mse, F.mse_loss),
        "loss mae": (losses.mae, F.l1_loss),
        "loss binary_cross_entropy_with_logits": (
            lambda x, y: losses.binary_cross_entropy_with_logits(x, tg.sigmoid(y)),
            lambda x, y: F.binary_cross_entropy_with_logits(x, torch.sigmoid(y)),
        ),
        "loss cross_entropy of probabilities": (
            lambda x, y: losses.cross_entropy(x, tg.softmax(y)),
            lambda x, y: -(F.log_softmax(x, -1) * F.softmax(y, -1)).sum(),
        ),
        "loss mse with weights": (
            lambda x, y: losses.mse(x, y, mask=[1, 0, 2]),
            lambda x, y: (torch.square(x[T(I[:2])] - y[T(I[:2])]) * torch.tensor([1, 2])).sum() / 3,
        ),
    }
    labels = np.array([1])
    of_logits = {
        "loss cross_entropy": (
            lambda x: losses.cross_entropy(x[None], labels),
            lambda x: F.cross_entropy(x[None], T(labels)),
        ),
        "loss cross_entropy with weights": (
            lambda x: losses.cross_entropy(tg.stack([x, x * 0]), [1, 2], mask=[1, 0]),
            lambda x: F.cross_entropy(x[None], T(labels)),
        ),
    }
    kinds = [
        (elementwise, single_numbers), (of_two, pairs), (of_a_vector, one_vector), (of_three, long_vector),
        (of_a_matrix, matrices), (of_two_vectors, two_vectors), (of_logits, long_vector),
    ]  # fmt: skip
    return {name: (*functions, special) for group, special in kinds for name, functions in group.items()}


def torch_joined(join):
    return lambda *xs: join(xs)


ELSEWHERE = {
    "one_hot": "of whole numbers, of which none is special",
    "activation tanh": "tanh", "activation sigmoid": "sigmoid", "activation relu": "relu", "activation gelu": "gelu",
    "activation softplus": "softplus", "activation silu": "silu", "activation softmax": "softmax",
    "activation elu": "elu", "activation selu": "selu", "activation softsign": "softsign",
    "activation log_softmax": "log_softmax",
    **{f"activation {name}": name for name in ("gelu_tanh", "swish", "hard_swish", "celu")},
}  # fmt: skip
OTHER_NAMES = {"gelu_tanh": "gelu by tanh", "swish": "silu", "hard_swish": "activation hard_silu", "celu": "elu"}
PUBLIC = [*ops.__all__, *(f"activation {name}" for name in ACTIVATIONS), *(f"loss {name}" for name in losses.__all__)]


def test_the_table_has_every_operation_activation_and_loss(table):
    assert set(PUBLIC) - table.keys() == ELSEWHERE.keys()
    for name, other in ELSEWHERE.items():
        if name.startswith("activation "):
            assert ACTIVATIONS[other] is getattr(tg, other, None) or other in OTHER_NAMES
            assert OTHER_NAMES.get(other, other) in table


# --- the comparison --------------------------------------------------------------------------------------------------


def weights_like(shape, first):
    """Different finite numbers, so that what is compared is not a sum that cancels."""
    return np.resize([first, -2.0, 0.5], shape)


def of_ours(f, arrays):
    """Value, gradients and second derivatives: by tensors, after it is made sure that by arrays they are the same."""
    xs = [tg.Tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    if not isinstance(y, tg.Tensor) or not y.requires_grad:
        return [np.asarray(y.data if isinstance(y, tg.Tensor) else y)]
    u = weights_like(y.shape, 1.0).astype(y.dtype)
    slopes = tg.grad(y, xs, tg.Tensor(u), create_graph=True)
    for by_tensors, by_arrays in zip(slopes, tg.grad(y, xs, u), strict=True):
        np.testing.assert_array_equal(zeros_for_none(by_tensors, xs[0]), zeros_for_none(by_arrays, xs[0]))
    live = [s for s in slopes if s is not None and s.requires_grad]
    bent = tg.grad(live, xs, [weights_like(s.shape, 3.0).astype(s.dtype) for s in live]) if live else [None] * len(xs)
    return [y.data, *(zeros_for_none(r, x) for r, x in zip([*slopes, *bent], xs + xs, strict=True))]


def of_theirs(torch, f, arrays):
    xs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    if not y.requires_grad:
        return [y.numpy()]
    u = torch.tensor(weights_like(y.shape, 1.0)).to(y.dtype)
    slopes = torch.autograd.grad(y, xs, u, create_graph=True, allow_unused=True)
    live = [s for s in slopes if s is not None and s.requires_grad]
    vs = [torch.tensor(weights_like(s.shape, 3.0)).to(s.dtype) for s in live]
    bent = torch.autograd.grad(live, xs, vs, allow_unused=True) if live else [None] * len(xs)
    results = [None if r is None else r.detach().numpy(force=True) for r in (*slopes, *bent)]
    return [y.detach().numpy(), *(zeros_for_none(r, x) for r, x in zip(results, xs + xs, strict=True))]


def zeros_for_none(r, like):
    if r is None:
        return np.zeros(tuple(like.shape))
    return r.data if isinstance(r, tg.Tensor) else r


def results(compute, *args):
    """What is computed, or None where it is refused."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # both warn of what is special here
            return compute(*args)
    except (TinygradError, RuntimeError, IndexError):
        return None


def which(count):
    """The names of the results, for this number of them."""
    return {
        1: ["value"],
        3: ["value", "gradient", "second"],
        5: ["value", "gradient of x", "gradient of y", "second of x", "second of y"],
    }[count]


def apart(a, b, dtype, scale=None):
    """Where a and b are different numbers: by their own size, or by the largest of them all and this scale."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.abs(np.where(np.isfinite(b), b, 0))
    size = size if scale is None else np.max(size, initial=scale)
    near = np.abs(a - b) <= RTOL[dtype] * size + 4 * np.finfo(dtype).smallest_normal
    return ~(near | (a == b) | (np.isnan(a) & np.isnan(b)))


def differences(torch, ours, theirs, special, dtype):
    """(result, label) of all that differs, and how, and of all that was compared."""
    different, compared = {}, set()
    for label, arrays in special(DTYPES[dtype]).items():
        a, b = results(of_ours, ours, arrays), results(of_theirs, torch, theirs, arrays)
        if a is None or b is None:
            compared.add(("value", label))
            if a is not b:
                different["value", label] = "we refuse" if a is None else "PyTorch refuses"
            continue
        if len(a) != len(b):
            a, b = a[:1], b[:1]
        with np.errstate(all="ignore"):
            for result, x, y in zip(which(len(a)), a, b, strict=True):
                if x.shape != y.shape:
                    different[result, label] = f"shapes {x.shape} and {y.shape}"
                    continue
                # Derivatives of several numbers are sums of numbers about as large as the weights, and may cancel.
                wrong = apart(x, y, dtype, scale=(result != "value") * 1.0 if label else None)
                if label:
                    compared.add((result, label))
                    if wrong.any():
                        different[result, label] = f"{x.tolist()}, PyTorch {y.tolist()}"
                    continue
                for i, name in enumerate(names_of_elements(arrays, dtype)):
                    compared.add((result, name))
                    if wrong[i]:
                        different[result, name] = f"{x[i]}, PyTorch {y[i]}"
    return different, compared


def names_of_elements(arrays, dtype):
    if len(arrays) == 1:
        return list(numbers(DTYPES[dtype]))
    return [f"{a} | {b}" for a in PAIRED for b in PAIRED]


def listed(name, dtype, compared):
    """What DIFFERENCES says of this function: (result, label), also of what was not compared."""
    entries = set()
    for names, kinds, labels, _ in DIFFERENCES:
        if name not in names.split(", "):
            continue
        for kind in kinds.split(", "):
            result, _, only = kind.partition(" in ")
            if only not in ("", dtype):
                continue
            for pattern in labels.split(", "):
                fitting = {(r, l) for r, l in compared if r == result and matches(l, pattern)}
                entries |= fitting or {(result, pattern)}
    return entries


def matches(label, pattern):
    """Whether a label is meant: by its name, or by a star, which may stand on one side of a pair."""
    left, bar, right = pattern.partition(" | ")
    if not bar:
        return label == pattern
    a, _, b = label.partition(" | ")
    return left in (a, "*") and right in (b, "*")


def report(name, dtype, different, entries):
    lines = [f"{name}, {dtype}: {r} at {l}: {different[r, l]}" for r, l in different if (r, l) not in entries]
    lines += [f"{name}, {dtype}: {r} at {l} is listed, and agrees" for r, l in sorted(entries - different.keys())]
    return "\n".join(lines)


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values_are_those_of_torch_but_for_what_is_listed(dtype, table, torch):
    complaints = []
    for name, (ours, theirs, special) in table.items():
        different, compared = differences(torch, ours, theirs, special, dtype)
        complaints.append(report(name, dtype, different, listed(name, dtype, compared)))

    assert not any(complaints), "\n".join(filter(None, complaints))


def test_what_is_listed_is_in_the_table_and_has_a_reason(table):
    for names, _, _, reason in DIFFERENCES:
        assert {n.strip() for n in names.split(",")} <= table.keys() and len(reason) > 20


# --- faults planted --------------------------------------------------------------------------------------------------


class LogsumexpAsItWas(Logsumexp):
    """With the derivative that gave e⁵ for the 5 beside an infinity."""

    def vjp(self, g, y, x):
        return self.unsqueeze(g, x) * tg.exp(x - self.unsqueeze(tg.where(np.isinf(getattr(y, "data", y)), 0.0, y), x))


class WrongAtInfinity(tg.Op):
    """tanh, with a derivative that is NaN at ±∞."""

    elementwise = True

    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, y, x):
        return g * (1 - y * y) + (x - x)


def test_a_planted_fault_is_caught(torch):
    different, compared = differences(
        torch, LogsumexpAsItWas(), lambda x: torch.logsumexp(x, tuple(range(x.ndim))), one_vector, "float64"
    )
    new = different.keys() - listed("logsumexp", "float64", compared)
    assert {("gradient", "inf 5 -inf"), ("gradient", "inf 5 1")} <= new

    different, _ = differences(torch, WrongAtInfinity(), torch.tanh, single_numbers, "float32")
    assert set(different) == {(r, l) for r in ("gradient", "second") for l in ("inf", "-inf")}


def test_a_listed_difference_that_is_none_is_caught(torch):
    different, compared = differences(torch, tg.tanh, torch.tanh, single_numbers, "float64")
    assert not different and ("gradient", "inf") in compared
    assert report("tanh", "float64", different, {("gradient", "inf")}) == (
        "tanh, float64: gradient at inf is listed, and agrees"
    )
