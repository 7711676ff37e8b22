"""PyTorch's names that are others here, each with what to write instead: the advice of an AttributeError.

`t` and `u` stand for tensors, `x` for an array. Nothing is loaded for it: a misspelt name is to cost nothing either.
"""

from __future__ import annotations

__all__ = ["FUNCTIONS", "METHODS", "advice"]

BOTH = {
    "acos": "tg.arccos(t)",
    "acosh": "tg.arccosh(t)",
    "amax": "tg.max(t, axis=0)",
    "amin": "tg.min(t, axis=0)",
    "asin": "tg.arcsin(t)",
    "asinh": "tg.arcsinh(t)",
    "atan": "tg.arctan(t)",
    "atan2": "tg.arctan2(t, u)",
    "atanh": "tg.arctanh(t)",
    "bmm": "t @ u",
    "cholesky": "tg.linalg.cholesky(t @ t.T)",
    "chunk": "tg.split(t, 2, axis=0)",
    "clamp": "tg.clip(t, min=0, max=1)",
    "cummax": "tg.cumulative_max(t, axis=0)",
    "cummin": "tg.cumulative_min(t, axis=0)",
    "cumprod": "tg.cumulative_prod(t, axis=0)",
    "cumsum": "tg.cumulative_sum(t, axis=0)",
    "det": "tg.linalg.det(t)",
    "div": "t / u",
    "eq": "t == u",
    "expand": "tg.broadcast_to(t, shape)",
    "flatten": "tg.reshape(t, -1)",
    "gather": "tg.take_along_axis(t, indices, axis=0)",
    "ge": "t >= u",
    "gt": "t > u",
    "index_select": "tg.take(t, indices, axis=0)",
    "inverse": "tg.linalg.inv(t)",
    "le": "t <= u",
    "logdet": "tg.linalg.slogdet(t)[1]",
    "lt": "t < u",
    "masked_fill": "tg.where(mask, 0.0, t)",
    "mm": "t @ u",
    "mul": "t * u",
    "ne": "t != u",
    "neg": "-t",
    "norm": "tg.vector_norm(t)",
    "numel": "t.size",
    "permute": "tg.permute_dims(t, axes)",
    "slogdet": "tg.linalg.slogdet(t)",
    "sub": "t - u",
    "svd": "tg.linalg.svd(t)",
    "t": "t.T",
    "unbind": "tg.unstack(t, axis=0)",
    "unsqueeze": "tg.expand_dims(t, axis=0)",
    "view": "tg.reshape(t, shape)",
}

FUNCTIONS = BOTH | {
    "autograd": "tg.grad, tg.Op or tg.gradcheck",
    "cat": "tg.concat([t, u], axis=0)",
    "from_numpy": "tg.Tensor(x)",
    "manual_seed": "tg.seed(0)",
    "ones": "tg.Tensor(np.ones(shape))",
    "randn": "tg.Tensor(tg.generator().normal(size=shape))",
    "tensor": "tg.Tensor(x)",
    "transpose": "t.mT",
    "zeros": "tg.Tensor(np.zeros(shape))",
}

METHODS = BOTH | {
    "abs": "tg.abs(t)",
    "clone": "t, which no operation changes",
    "cos": "tg.cos(t)",
    "cpu": "t, whose array is in the memory of the CPU",
    "dim": "t.ndim",
    "double": "t.astype(np.float64)",
    "exp": "tg.exp(t)",
    "float": "t.astype(np.float32)",
    "grad_fn": "t.op",
    "is_leaf": "t.op is None",
    "log": "tg.log(t)",
    "log_softmax": "tg.log_softmax(t, axis=-1)",
    "logsumexp": "tg.logsumexp(t, axis=-1)",
    "matmul": "t @ u",
    "pow": "t**2",
    "relu": "tg.relu(t)",
    "requires_grad_": "t.requires_grad = True",
    "retain_grad": "tg.grad(loss, t)",
    "sigmoid": "tg.sigmoid(t)",
    "sin": "tg.sin(t)",
    "softmax": "tg.softmax(t, axis=-1)",
    "split": "tg.split(t, 2, axis=0)",
    "sqrt": "tg.sqrt(t)",
    "square": "tg.square(t)",
    "tanh": "tg.tanh(t)",
    "to": "t.astype(np.float32)",
    "tolist": "t.data.tolist()",
}


def advice(owner: str, name: str, instead: str) -> str:
    """The message for a name that `owner` has not.

    >>> advice("tinygrad_gru", "cat", FUNCTIONS["cat"])
    'tinygrad_gru has no cat. try: tg.concat([t, u], axis=0), with axis= and not dim='
    """
    return f"{owner} has no {name}. try: {instead}" + (", with axis= and not dim=" if "axis=" in instead else "")
