"""Good calls of tensors, operations and transforms."""

import numpy as np

import tinygrad_gru as tg
from tests.faults.odd_calls import Mine, call


def x(*shape):
    """A tensor of 1, 2, 3, ... that requires a gradient: (2, 3) by default."""
    shape = shape or (2, 3)
    return tg.Tensor(np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape), requires_grad=True)


def definite():
    """A symmetric tensor that requires a gradient."""
    return tg.Tensor(np.float32([[2, 1], [1, 3]]), requires_grad=True)


def backward_of(f, *args, **kwargs):
    """The function's result, and what its backward pass makes: odd parameters are used there too."""
    ys = f(*args, **kwargs)
    for y in ys if isinstance(ys, list) else [ys]:
        if isinstance(y, tg.Tensor) and y.requires_grad and y.size < 10**6:
            y.backward(np.ones(y.shape, y.dtype))
    return ys


def used(function, *args, **kwargs):
    """A call of the function, and of its backward pass."""
    return call(lambda *args, **kwargs: backward_of(function, *args, **kwargs), *args, **kwargs)


def of(function, *args, **kwargs):
    """A maker of such a call on a tensor first."""
    return lambda: used(function, x(), *args, **kwargs)


def operator(function):
    return lambda: used(function, x(), 2.0)


def method(name, *args, **kwargs):
    """A maker of a call of a tensor's method or operator, and of its backward pass."""
    return lambda: used(lambda *args, **kwargs: getattr(x(), name)(*args, **kwargs), *args, **kwargs)


def square_sum(t):
    if isinstance(t, dict | list):
        raise Mine("a tree, for a function of tensors")
    return (t**2).sum()


def recorded():
    """A result and the tensor it was made of."""
    t = x()
    return square_sum(t), t


def entered(manager, *args, **kwargs):
    """Enter a context manager, make a tensor inside, say where it was made, and leave."""
    with manager(*args, **kwargs):
        y = tg.tanh(x())
        y.backward(np.ones(y.shape, y.dtype))
    return y.where_made


def decorating(manager):
    return lambda: call(lambda f: manager()(f)(x()), square_sum)


class Cube(tg.Op):
    def __init__(self, factor=1.0):
        self.factor = factor

    def forward(self, x):
        try:
            return x**3
        except Exception:
            raise Mine from None

    def vjp(self, g, out, x):
        return g * 3 * x * x


def assigned(attribute, value):
    t = x()
    setattr(t, attribute, value)
    return repr(t), (t * 2).sum().backward()


ONE = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "softplus", "silu", "gelu"]
ONE += ["abs", "negative", "square", "sign", "matrix_transpose", "isfinite", "isinf", "isnan", "logical_not"]
ONE += ["exp2", "log2", "log10", "reciprocal", "erf", "erfc", "tan", "arctan", "sinh", "cosh", "arcsinh", "arccosh"]
ONE += ["floor", "ceil", "trunc", "elu", "selu", "softsign"]
UP_TO_1 = ["arcsin", "arccos", "arctanh"]
TWO = ["add", "subtract", "multiply", "divide", "pow", "maximum", "minimum"]
TWO += ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
TWO += ["logical_and", "logical_or", "logical_xor", "arctan2", "hypot", "logaddexp", "remainder", "floor_divide"]
TWO += ["leaky_relu"]
ALONG = ["sum", "mean", "prod", "max", "min", "logsumexp", "any", "all"]
OPERATORS = ["add", "sub", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv", "rpow"]
OPERATORS += ["mod", "rmod", "floordiv", "rfloordiv"]
OPERATORS += ["eq", "ne", "lt", "le", "gt", "ge"]

CALLS = {
    "tg.Tensor": lambda: call(tg.Tensor, [[1.0, 2.0]], requires_grad=True, name="x", copy=True),
    "tg.Tensor of an array": lambda: call(lambda a, **kw: repr(tg.Tensor(a, **kw)), np.ones(2), copy=False, name="x"),
    "tg.Op": lambda: call(lambda t, factor: backward_of(Cube(factor), t), x(), 2.0),
    **{f"tg.{name}": of(getattr(tg, name)) for name in ONE},
    **{f"tg.{name}": operator(getattr(tg, name)) for name in TWO},
    **{f"tg.{name}": of(getattr(tg, name), axis=0, keepdims=True) for name in ALONG},
    **{f"tg.{name} of an array": lambda name=name: call(getattr(tg, name), np.ones((2, 3))) for name in ONE},
    **{f"tg.{name}": lambda name=name: used(getattr(tg, name), x() / 8) for name in UP_TO_1},
    "tg.gelu, by tanh": of(tg.gelu, approximate="tanh"),
    "tg.round": of(tg.round, decimals=1),
    "tg.isclose": lambda: call(tg.isclose, x(), np.ones((2, 3)), rtol=1e-5, atol=1e-8, equal_nan=False),
    "tg.allclose": lambda: call(tg.allclose, x(), np.ones((2, 3)), rtol=1e-5, atol=1e-8, equal_nan=False),
    "tg.argsort": of(tg.argsort, axis=0),
    "tg.topk": lambda: call(lambda *a, **kw: backward_of(lambda: tg.topk(x(), *a, **kw)[0]), 1, axis=0, largest=True),
    "tg.cumulative_max": of(tg.cumulative_max, axis=0),
    "tg.cumulative_min": of(tg.cumulative_min, axis=0),
    "tg.diff": of(tg.diff, n=1, axis=0),
    "tg.inner": lambda: used(tg.inner, x(2, 3), x(4, 3)),
    "tg.kron": lambda: used(tg.kron, x(2, 3), x(3, 2)),
    "tg.trace": of(tg.trace, offset=1),
    "tg.vstack": lambda: used(tg.vstack, [x(), x()]),
    "tg.hstack": lambda: used(tg.hstack, [x(), x()]),
    "tg.dstack": lambda: used(tg.dstack, [x(), x()]),
    "tg.column_stack": lambda: used(tg.column_stack, [x(), x()]),
    "tg.vstack of things": lambda: used(lambda a, b: tg.vstack([a, b]), x(), x()),
    "tg.clip between arrays": of(tg.clip, min=np.ones((2, 3), np.float32), max=np.full(3, 2.0, np.float32)),
    "tg.pad of a mode": of(tg.pad, 1, mode="edge"),
    "tg.linalg.cholesky": lambda: used(tg.linalg.cholesky, definite()),
    "tg.linalg.det": lambda: used(tg.linalg.det, definite()),
    "tg.linalg.eigh": lambda: used(lambda x: list(tg.linalg.eigh(x)), definite()),
    "tg.linalg.eigvalsh": lambda: used(tg.linalg.eigvalsh, definite()),
    "tg.linalg.inv": lambda: used(tg.linalg.inv, definite()),
    "tg.linalg.matrix_norm": of(tg.linalg.matrix_norm, "fro", keepdims=True),
    "tg.linalg.slogdet": lambda: used(lambda x: list(tg.linalg.slogdet(x)), definite()),
    "tg.linalg.solve": lambda: used(tg.linalg.solve, definite(), x(2)),
    "tg.linalg.svd": lambda: used(lambda x, **kw: list(tg.linalg.svd(x, **kw)), x(), full_matrices=False),
    "tg.linalg.svdvals": of(tg.linalg.svdvals),
    **{f"tg.{name} of an array": lambda name=name: call(getattr(tg, name), np.ones((2, 3)), 2.0) for name in TWO},
    "tg.var": of(tg.var, axis=0, correction=1, keepdims=True),
    "tg.std": of(tg.std, axis=0, correction=1, keepdims=True),
    "tg.softmax": of(tg.softmax, axis=-1),
    "tg.log_softmax": of(tg.log_softmax, axis=-1),
    "tg.vector_norm": of(tg.vector_norm, axis=-1, keepdims=False, ord=2),
    "tg.argmax": of(tg.argmax, axis=-1, keepdims=False),
    "tg.argmin": of(tg.argmin, axis=-1, keepdims=False),
    "tg.one_hot": lambda: call(tg.one_hot, [0, 1], size=3, dtype=np.float32),
    "tg.clip": of(tg.clip, min=0.0, max=2.0),
    "tg.where": lambda: used(tg.where, np.array([True, False, True]), x(), 0.0),
    "tg.cumulative_sum": of(tg.cumulative_sum, axis=-1),
    "tg.cumulative_prod": of(tg.cumulative_prod, axis=-1),
    "tg.matmul": lambda: used(tg.matmul, x(2, 3), x(3, 2)),
    "tg.outer": lambda: used(tg.outer, x(2), x(3)),
    "tg.einsum": lambda: used(tg.einsum, "ij,jk->ik", x(2, 3), x(3, 2)),
    "tg.einsum with dots": lambda: used(tg.einsum, "...i,i", x(2, 3), x(3)),
    "tg.tensordot": lambda: used(tg.tensordot, x(2, 3), x(3, 2), axes=1),
    "tg.tensordot of lists": lambda: used(tg.tensordot, x(2, 3), x(3, 2), axes=([0], [1])),
    "tg.tensordot of odd lists": lambda: used(lambda a, b: tg.tensordot(x(2, 3), x(3, 2), (a, b)), [0], [1]),
    "tg.astype": of(tg.astype, np.float64),
    "tg.broadcast_to": of(tg.broadcast_to, (4, 2, 3)),
    "tg.broadcast_to of sizes": lambda: used(lambda a, b: tg.broadcast_to(x(), (a, b, 3)), 4, 2),
    "tg.expand_dims": of(tg.expand_dims, axis=1),
    "tg.flip": of(tg.flip, axis=0),
    "tg.moveaxis": of(tg.moveaxis, 0, -1),
    "tg.moveaxis of lists": of(tg.moveaxis, (0, 1), (1, 0)),
    "tg.permute_dims": of(tg.permute_dims, (1, 0)),
    "tg.permute_dims of axes": lambda: used(lambda a, b: tg.permute_dims(x(), (a, b)), 1, 0),
    "tg.repeat": of(tg.repeat, 2, axis=0),
    "tg.repeat each": of(tg.repeat, [1, 2], axis=0),
    "tg.reshape": of(tg.reshape, (3, 2)),
    "tg.reshape of sizes": lambda: used(lambda a, b: tg.reshape(x(), (a, b)), 3, 2),
    "tg.roll": of(tg.roll, 1, axis=0),
    "tg.roll of tuples": of(tg.roll, (1, -1), axis=(0, 1)),
    "tg.squeeze": lambda: used(tg.squeeze, x(1, 3), axis=0),
    "tg.tile": of(tg.tile, (2, 1)),
    "tg.tile of numbers": lambda: used(lambda a, b: tg.tile(x(), (a, b)), 2, 1),
    "tg.concat": lambda: used(tg.concat, [x(), x()], axis=0),
    "tg.concat of things": lambda: used(lambda a, b: tg.concat([a, b]), x(), x()),
    "tg.stack": lambda: used(tg.stack, [x(), x()], axis=0),
    "tg.stack of things": lambda: used(lambda a, b: tg.stack([a, b]), x(), x()),
    "tg.unstack": of(tg.unstack, axis=0),
    "tg.split": of(tg.split, 3, axis=1),
    "tg.split of sizes": of(tg.split, [1, 2], axis=1),
    "tg.split of odd sizes": lambda: used(lambda a, b: tg.split(x(), [a, b], 1), 1, 2),
    "tg.pad": of(tg.pad, ((1, 0), (0, 2)), value=0.0),
    "tg.pad of numbers": lambda: used(lambda a, b: tg.pad(x(), (a, b)), 1, 2),
    "tg.diagonal": of(tg.diagonal, offset=1),
    "tg.tril": of(tg.tril, offset=0),
    "tg.triu": of(tg.triu, offset=0),
    "tg.sort": of(tg.sort, axis=-1),
    "tg.take": of(tg.take, [0, 1], axis=1),
    "tg.take_along_axis": of(tg.take_along_axis, [[0], [1]], axis=1),
    "tg.getitem": of(tg.getitem, 0),
    "tg.getitem of several": lambda: used(lambda a, b: x()[a, b], 0, [0, 1]),
    "tg.getitem of a slice": lambda: used(lambda a, b, c: x()[a:b:c], 0, 2, 1),
    "tg.grad": lambda: call(tg.grad, *[[t] for t in recorded()], grad_outputs=[1.0], create_graph=True),
    "tg.grad of outputs": lambda: call(tg.grad, *recorded()),
    "tg.grad with a watcher": lambda: call(lambda watch: tg.grad(*recorded(), watch=watch), lambda *c: None),
    "tg.grad of one": lambda: call(lambda g: tg.grad((t := x()) * 2, t, g), np.ones((2, 3), np.float32)),
    "tg.grad_of": lambda: call(
        lambda f, x, **kwargs: tg.grad_of(f, **kwargs)(x), square_sum, x(), argnum=0, create_graph=True
    ),
    "tg.value_and_grad": lambda: call(
        lambda f, x, **kwargs: tg.value_and_grad(f, **kwargs)(x), square_sum, x(), argnum=0, create_graph=True
    ),
    "tg.vjp": lambda: call(
        lambda f, x, g, **kwargs: tg.vjp(f, x, **kwargs)[1](g), tg.tanh, x(), np.ones((2, 3)), create_graph=True
    ),
    "tg.jvp": lambda: call(tg.jvp, tg.tanh, x(), np.ones((2, 3)), create_graph=True),
    "tg.jvp of several": lambda: call(tg.jvp, tg.add, [x(), 2.0], [np.ones((2, 3)), 1.0], create_graph=False),
    "tg.jvp of odd places": lambda: call(lambda a, v: tg.jvp(tg.add, [x(), a], [np.ones((2, 3)), v]), 2.0, 1.0),
    "tg.jacobian": lambda: call(tg.jacobian, tg.tanh, x(), create_graph=True),
    "tg.hessian": lambda: call(tg.hessian, square_sum, x(), create_graph=True),
    "tg.hvp": lambda: call(tg.hvp, square_sum, x(), np.ones((2, 3)), create_graph=True),
    "tg.checkpoint": lambda: used(tg.checkpoint, tg.tanh, x()),
    "tg.gradcheck": lambda: call(
        tg.gradcheck, tg.tanh, np.array([0.5]), order=1, eps=6e-6, rtol=1e-6, atol=1e-8, full=True, seed=0
    ),
    "tg.scope": lambda: call(lambda **kwargs: entered(tg.scope, **kwargs), label="step", index=3, role="reset"),
    "tg.no_grad": decorating(tg.no_grad),
    "tg.enable_grad": decorating(tg.enable_grad),
    "tg.record": decorating(tg.record),
    "tg.detect_anomaly": decorating(tg.detect_anomaly),
    "tg.flush_subnormals": lambda: call(lambda on: entered(tg.flush_subnormals, on), True),
    "tg.seed": lambda: call(lambda n: entered(tg.seed, n), 0),
    "tg.generator": lambda: call(tg.generator),
    **{f"Tensor.__{name}__": method(f"__{name}__", 2.0) for name in OPERATORS},
    "Tensor.__matmul__": method("__matmul__", np.ones((3, 2))),
    "Tensor.__rmatmul__": method("__rmatmul__", np.ones((4, 2))),
    "Tensor.__getitem__": lambda: used(lambda key: x()[key], (0, slice(0, 2))),
    "Tensor.__contains__": lambda: call(lambda value: value in x(), 2.0),
    "Tensor.__format__": lambda: call(lambda spec: format(x(1), spec if isinstance(spec, str) else ""), ".3f"),
    **{
        f"Tensor.{name}": lambda name=name: used(lambda *a, **kw: getattr(x(), name)(*a, **kw), axis=0, keepdims=True)
        for name in ["sum", "mean", "prod", "max", "min", "argmax", "argmin"]
    },
    "Tensor.var": lambda: used(x().var, axis=0, correction=1, keepdims=True),
    "Tensor.std": lambda: used(x().std, axis=0, correction=1, keepdims=True),
    "Tensor.clip": lambda: used(x().clip, min=0.0, max=2.0),
    "Tensor.repeat": lambda: used(x().repeat, 2, axis=0),
    "Tensor.take": lambda: used(x().take, [0, 1], axis=1),
    "Tensor.diagonal": lambda: used(x().diagonal, offset=1),
    "Tensor.flatten": lambda: used(x().flatten, 0, end_axis=1),
    "Tensor.all": lambda: used(x().all),
    "Tensor.any": lambda: used(x().any),
    "Tensor.arccos": lambda: used(x().arccos),
    "Tensor.arccosh": lambda: used(x().arccosh),
    "Tensor.arcsin": lambda: used(x().arcsin),
    "Tensor.arcsinh": lambda: used(x().arcsinh),
    "Tensor.arctan": lambda: used(x().arctan),
    "Tensor.arctanh": lambda: used(x().arctanh),
    "Tensor.argsort": lambda: used(x().argsort),
    "Tensor.ceil": lambda: used(x().ceil),
    "Tensor.cosh": lambda: used(x().cosh),
    "Tensor.diff": lambda: used(x().diff),
    "Tensor.erf": lambda: used(x().erf),
    "Tensor.erfc": lambda: used(x().erfc),
    "Tensor.exp2": lambda: used(x().exp2),
    "Tensor.floor": lambda: used(x().floor),
    "Tensor.isfinite": lambda: used(x().isfinite),
    "Tensor.isinf": lambda: used(x().isinf),
    "Tensor.isnan": lambda: used(x().isnan),
    "Tensor.kron": lambda: used(x().kron, x()),
    "Tensor.log10": lambda: used(x().log10),
    "Tensor.log2": lambda: used(x().log2),
    "Tensor.reciprocal": lambda: used(x().reciprocal),
    "Tensor.round": lambda: used(x().round),
    "Tensor.sinh": lambda: used(x().sinh),
    "Tensor.tan": lambda: used(x().tan),
    "Tensor.trace": lambda: used(x().trace),
    "Tensor.trunc": lambda: used(x().trunc),
    "Tensor.ravel": lambda: used(x().ravel),
    "Tensor.tolist": lambda: call(x().tolist),
    "Tensor.swapaxes": lambda: used(x().swapaxes, 0, axis2=1),
    "Tensor.cumsum": lambda: used(x().cumsum, axis=1),
    "Tensor.cumprod": lambda: used(x().cumprod, axis=1),
    "Tensor.dot": lambda: used(x().dot, x(3, 2)),
    "Tensor.broadcast_to": lambda: used(x().broadcast_to, (2, 2, 3)),
    "Tensor.flip": lambda: used(x().flip, axis=1),
    "Tensor.log_softmax": lambda: used(x().log_softmax, axis=1),
    "Tensor.logsumexp": lambda: used(x().logsumexp, axis=1, keepdims=True),
    "Tensor.softmax": lambda: used(x().softmax, axis=1),
    "Tensor.matmul": lambda: used(x().matmul, x(3, 2)),
    "Tensor.maximum": lambda: used(x().maximum, 2.0),
    "Tensor.minimum": lambda: used(x().minimum, 2.0),
    "Tensor.moveaxis": lambda: used(x().moveaxis, 0, destination=1),
    "Tensor.outer": lambda: used(x(3).outer, x(2)),
    "Tensor.pow": lambda: used(x().pow, 2.0),
    "Tensor.roll": lambda: used(x().roll, 1, axis=1),
    "Tensor.tile": lambda: used(x().tile, (2, 1)),
    "Tensor.tril": lambda: used(x().tril, offset=1),
    "Tensor.triu": lambda: used(x().triu, offset=1),
    **{
        f"Tensor.{name}": lambda name=name: used(getattr(x(), name))
        for name in [
            "abs",
            "cos",
            "exp",
            "expm1",
            "log",
            "log1p",
            "relu",
            "sigmoid",
            "sign",
            "sin",
            "sqrt",
            "square",
            "tanh",
        ]
    },
    # creation and batches
    "tg.zeros": lambda: call(tg.zeros, 2, 3, dtype=np.float32, requires_grad=True, name="x"),
    "tg.zeros of a tuple": lambda: call(tg.zeros, (2, 3)),
    "tg.ones": lambda: call(tg.ones, (2, 3), dtype=np.float32, requires_grad=True, name="x"),
    "tg.full": lambda: call(tg.full, (2, 3), 0.5, dtype=np.float32, requires_grad=True, name="x"),
    "tg.eye": lambda: call(tg.eye, 2, 3, dtype=np.float32, requires_grad=True, name="x"),
    "tg.arange": lambda: call(tg.arange, 0, 6, 2, dtype=np.float32, requires_grad=True, name="x"),
    "tg.linspace": lambda: call(tg.linspace, 0, 1, num=5, dtype=np.float32, requires_grad=True, name="x"),
    "tg.rand": lambda: call(tg.rand, 2, 3, dtype=np.float32, requires_grad=True, name="x"),
    "tg.randn": lambda: call(tg.randn, (2, 3), dtype=np.float32, requires_grad=True, name="x"),
    "tg.zeros_like": lambda: call(tg.zeros_like, x(), dtype=np.float32, requires_grad=True, name="x"),
    "tg.ones_like": lambda: call(tg.ones_like, x(), dtype=np.float32, requires_grad=True, name="x"),
    "tg.full_like": lambda: call(tg.full_like, x(), 2.0, dtype=np.float32, requires_grad=True, name="x"),
    "tg.rand_like": lambda: call(tg.rand_like, x(), dtype=np.float32, requires_grad=True, name="x"),
    "tg.randn_like": lambda: call(tg.randn_like, x(), dtype=np.float32, requires_grad=True, name="x"),
    "tg.batches": lambda: call(
        lambda *a, **k: list(tg.batches(*a, **k)), x(), x(), batch_size=1, shuffle=True, drop_last=True, axis=0
    ),
    "Tensor.squeeze": lambda: used(x(1, 3).squeeze, axis=0),
    "Tensor.reshape": lambda: used(x().reshape, 3, 2),
    "Tensor.reshape of a tuple": lambda: used(x().reshape, (3, 2)),
    "Tensor.transpose": lambda: used(x().transpose, (1, 0)),
    "Tensor.transpose of axes": lambda: used(x(2, 3).transpose, 1, 0),
    "Tensor.astype": lambda: used(x().astype, np.float64),
    "Tensor.assign": lambda: call(x().assign, np.ones((2, 3))),
    "Tensor.data": lambda: call(lambda value: assigned("data", value), np.ones((2, 3), np.float32)),
    "Tensor.named": lambda: call(lambda name: repr(x().named(name) * 2), "x"),
    "Tensor.backward": lambda: call((x() * 2).backward, np.ones((2, 3), np.float32)),
    "Tensor.register_hook": lambda: call(
        lambda hook: [(t := x()).register_hook(hook), square_sum(t).backward()], lambda g: g * 2
    ),
    "Tensor.item": lambda: call(x(1).item),
    "Tensor.numpy": lambda: call(x().numpy),
    "Tensor.detach": lambda: call(x().detach),
}
