"""PyTorch's names that are others here, each with what to write instead: the advice of AttributeErrors and TypeErrors.

`t` and `u` stand for tensors, `x` for an array, `module` for a module. Nothing is loaded for it: a misspelt name is to
cost nothing either. docs/from-pytorch.md shows the tables.
"""

from __future__ import annotations

__all__ = [
    "FUNCTIONS", "KEYWORDS", "LINALG", "LOSSES", "METHODS", "MODULES", "NN", "NOT_HERE", "OPTIM", "OPTIMIZERS",
    "SCHEDULES", "WITHOUT", "advice", "answer",
]  # fmt: skip

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
    "det": "tg.linalg.det(t)",
    "div": "t / u",
    "eq": "t == u",
    "expand": "tg.broadcast_to(t, shape)",
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
    "movedim": "tg.moveaxis(t, 0, 1)",
    "mul": "t * u",
    "mv": "t @ u",
    "ne": "t != u",
    "neg": "-t",
    "norm": "tg.vector_norm(t)",
    "numel": "t.size",
    "permute": "tg.permute_dims(t, axes)",
    "repeat_interleave": "tg.repeat(t, 2, axis=0)",
    "rsqrt": "t**-0.5",
    "slogdet": "tg.linalg.slogdet(t)",
    "sub": "t - u",
    "svd": "tg.linalg.svd(t)",
    "swapdims": "t.swapaxes(0, 1)",
    "t": "t.T",
    "unbind": "tg.unstack(t, axis=0)",
    "unsqueeze": "tg.expand_dims(t, axis=0)",
    "view": "tg.reshape(t, shape)",
}

# of the package itself, in the place of torch
FUNCTIONS = BOTH | {
    "FloatTensor": "tg.Tensor(np.asarray(x, np.float32))",
    "LongTensor": "np.asarray(x, np.int64)",
    "as_tensor": "tg.Tensor(x)",
    "autograd": "tg.grad, tg.Op or tg.gradcheck",
    "cat": "tg.concat([t, u], axis=0)",
    "cumprod": "tg.cumulative_prod(t, axis=0)",
    "cumsum": "tg.cumulative_sum(t, axis=0)",
    "dot": "t @ u",
    "empty": "tg.zeros(2, 3)",
    "float32": "np.float32",
    "float64": "np.float64",
    "flatten": "t.flatten()",
    "from_numpy": "tg.Tensor(x)",
    "func": "tg.grad_of, tg.vjp, tg.jvp, tg.jacobian or tg.hessian",
    "inference_mode": "tg.no_grad()",
    "int64": "np.int64",
    "is_tensor": "isinstance(t, tg.Tensor)",
    "long": "np.int64",
    "manual_seed": "tg.seed(0)",
    "numel": "t.size",
    "onnx": "tg.interop.export_onnx or tg.interop.import_onnx",
    "randint": "tg.generator().integers(0, 10, size=shape)",
    "randperm": "tg.generator().permutation(10)",
    "ravel": "t.ravel()",
    "set_grad_enabled": "tg.no_grad()",
    "swapaxes": "t.swapaxes(0, 1)",
    "tensor": "tg.Tensor(x)",
    "transpose": "t.swapaxes(0, 1)",
    "utils": "tg.batches or tg.optim.clip_grad_norm_",
}

METHODS = BOTH | {
    "add": "t + u",
    "clone": "t, which no operation changes",
    "contiguous": "t, whose layout does not matter",
    "copy": "t, which no operation changes",
    "cpu": "t, whose array is in the memory of the CPU",
    "cuda": "t, whose array is in the memory of the CPU",
    "device": "t, whose array is in the memory of the CPU",
    "dim": "t.ndim",
    "double": "t.astype(np.float64)",
    "float": "t.astype(np.float32)",
    "grad_fn": "t.op",
    "is_leaf": "t.op is None",
    "new_ones": "tg.ones(2, 3)",
    "new_zeros": "tg.zeros(2, 3)",
    "requires_grad_": "t.requires_grad = True",
    "retain_grad": "tg.grad(loss, t)",
    "sort": "tg.sort(t, axis=-1)",
    "split": "tg.split(t, [1, 1], axis=0), where the list has the sizes",
    "to": "t.astype(np.float32)",
    "topk": "tg.topk(t, 1, axis=-1)",
    "type": "t.astype(np.float32)",
}
for _operator, _name in {"+": "add", "-": "sub", "*": "mul", "/": "div"}.items():
    METHODS[f"{_name}_"] = f"t {_operator} u"
METHODS |= {
    name: "w.assign(x), which gives a leaf another array" for name in ("copy_", "fill_", "normal_", "uniform_", "zero_")
}

# Attributes of a module. Those that a module of the user's own sets are found before these.
MODULES = {
    "add_module": "module.layer = tg.nn.Linear(2, 3)",
    "all_weights": "module.parameters()",
    "apply": "for part in module.modules(): print(part)",
    "bias": "module.b, or a key of module.state_dict()",
    "bias_hh_l0": "module.cell, or tg.interop.to_torch",
    "bias_ih_l0": "module.cell, or tg.interop.to_torch",
    "cpu": "module, whose arrays are in the memory of the CPU",
    "cuda": "module, whose arrays are in the memory of the CPU",
    "double": "module.astype(np.float64)",
    "flatten_parameters": "module, whose parameters are as they are",
    "float": "module.astype(np.float32)",
    "named_buffers": "module.named_parameters()",
    "register_buffer": "module.mean = np.zeros(3), which state_dict() does not hold",
    "register_forward_hook": "t.register_hook(print)",
    "register_module": "module.layer = tg.nn.Linear(2, 3)",
    "register_parameter": "module.scale = tg.nn.Parameter([1.0])",
    "requires_grad_": "for p in module.parameters(): p.requires_grad = False",
    "to": "module.astype(np.float32)",
    "weight": "module.W, or a key of module.state_dict()",
    "weight_hh_l0": "module.cell, or tg.interop.to_torch",
    "weight_ih_l0": "module.cell, or tg.interop.to_torch",
}

OPTIMIZERS = {
    "add_param_group": "another optimiser for them",
    "param_groups": "optimizer.lr, and another optimiser for other parameters",
}

# Attributes of what changes a learning rate.
SCHEDULES = {"get_last_lr": "optimizer.lr", "get_lr": "optimizer.lr"}

# tg.linalg in the place of torch.linalg
LINALG = {
    "cond": "tg.linalg.matrix_norm(t, 2) / tg.linalg.matrix_norm(t, -2)",
    "diagonal": "tg.diagonal(t)",
    "lstsq": "tg.linalg.solve(t.T @ t, t.T @ u), where the columns of t are independent",
    "matmul": "t @ u",
    "matrix_power": "t @ t",
    "norm": "tg.vector_norm(t) or tg.linalg.matrix_norm(t)",
    "pinv": "tg.linalg.solve(t.T @ t, t.T), where the columns of t are independent",
    "vector_norm": "tg.vector_norm(t)",
}

# tg.nn in the place of torch.nn
NN = {
    "BCEWithLogitsLoss": "tg.nn.losses.binary_cross_entropy_with_logits",
    "CrossEntropyLoss": "tg.nn.losses.cross_entropy",
    "L1Loss": "tg.nn.losses.mae",
    "MSELoss": "tg.nn.losses.mse",
    "NLLLoss": "tg.nn.losses.cross_entropy, on what the softmax was taken of",
    "ModuleDict": "module.parts = {'a': tg.nn.Linear(2, 3)}, which the module finds by itself",
    "ParameterDict": "module.parts = {'a': tg.nn.Parameter([1.0])}, which the module finds by itself",
    "ParameterList": "module.parts = [tg.nn.Parameter([1.0])], which the module finds by itself",
    "functional": "tg.relu, tg.softmax or tg.nn.losses",
    "init": "tg.nn.initialisers",
    "utils": "tg.optim.clip_grad_norm_, or lengths= in the call of a layer for padded sequences",
}

LOSSES = {
    "bce_with_logits": "tg.nn.losses.binary_cross_entropy_with_logits",
    "binary_cross_entropy": "tg.nn.losses.binary_cross_entropy_with_logits, on what the sigmoid was taken of",
    "l1_loss": "tg.nn.losses.mae",
    "mse_loss": "tg.nn.losses.mse",
    "nll_loss": "tg.nn.losses.cross_entropy, on what the softmax was taken of",
}

OPTIM = {"lr_scheduler": "tg.optim.schedules", "Adamax": "tg.optim.Adam, or a class with an update of your own"}

# What is not here at all, by what it is for, with the nearest that is.
NOT_HERE = {
    "convolutions": (
        "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d conv1d conv2d MaxPool1d MaxPool2d AvgPool1d AvgPool2d "
        "AdaptiveAvgPool2d",
        "tg.nn.Linear on windows of the input, or tg.nn.GRU",
    ),
    "statistics of a batch": ("BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm InstanceNorm1d", "tg.nn.LayerNorm"),
    "layers of attention": (
        "MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoderLayer "
        "scaled_dot_product_attention",
        "tg.softmax(q @ k.mT) @ v in a module of your own",
    ),
    "devices": (
        "cuda device backends mps xpu amp autocast distributed DataParallel", "nothing in its place: the CPU is used",
    ),
    "other dtypes": ("float16 bfloat16 half complex64 complex128", "np.float32 or np.float64"),
    "traced modules": ("jit fx export", "tg.compile(module), or tg.interop.export_onnx"),
    "other decompositions": ("eig eigvals lu lu_factor qr", "tg.linalg.svd, tg.linalg.eigh or tg.linalg.cholesky"),
    "other optimisers": ("LBFGS Adadelta Adafactor ASGD RAdam Rprop SparseAdam", "tg.optim.Adam, or one of your own"),
}  # fmt: skip
_WHY = {name: (what, instead) for what, (names, instead) in NOT_HERE.items() for name in names.split()}

# Keywords: what it is called here, of which a function takes one.
KEYWORDS = {
    "a_max": ("max",),
    "a_min": ("min",),
    "ddof": ("correction",),
    "diagonal": ("offset",),
    "dim": ("axis",),
    "dim0": ("axis1",),
    "dim1": ("axis2",),
    "dims": ("axis", "axes"),
    "end_dim": ("end_axis",),
    "fill_value": ("value",),
    "hx": ("h0",),
    "index": ("indices",),
    "k": ("offset",),
    "keepdim": ("keepdims",),
    "learning_rate": ("lr",),
    "negative_slope": ("slope",),
    "normalized_shape": ("size",),
    "num_classes": ("size",),
    "p": ("ord",),
    "parameters": ("params",),
    "reps": ("repetitions",),
    "shifts": ("shift",),
    "size": ("shape",),
    "start_dim": ("start_axis",),
    "steps": ("num",),
    "tensors": ("arrays",),
    "unbiased": ("correction",),
}

# Keywords with nothing in their place.
WITHOUT = {
    "backend": "there is one way to do it. try: leave it out",
    "capturable": "there is one way to do it. try: leave it out",
    "centered": "the mean is not subtracted. try: leave it out, or Adam",
    "decoupled_weight_decay": "weight decay is added to the gradient. try: AdamW",
    "descending": "sorting is from the smallest on. try: tg.flip(tg.sort(t), axis=-1), or tg.topk(t, k)",
    "device": "arrays are in the memory of the CPU. try: leave it out",
    "elementwise_affine": "gain and b are always there. try: leave it out",
    "foreach": "there is one way to do it. try: leave it out",
    "fused": "there is one way to do it. try: leave it out",
    "indices_or_sections": "places are not taken. try: sections=2 for two parts, sections=[1, 3] for their sizes",
    "fullgraph": "there is one way to do it. try: leave it out",
    "inplace": "no operation changes a tensor. try: leave it out",
    "mode": "there is one way to do it. try: leave it out",
    "out": "no operation changes an array. try: leave it out",
    "padding_idx": "every row is learned. try: mask= in the loss, lengths= in a recurrent layer",
    "pin_memory": "arrays are in the memory of the CPU. try: leave it out",
    "proj_size": "the output is the state. try: a Linear behind the layer",
    "reduce": 'it is gone in PyTorch too. try: reduction="mean"',
    "split_size_or_sections": "one size is not taken. try: sections=2 for two parts, sections=[1, 3] for their sizes",
    "size_average": 'it is gone in PyTorch too. try: reduction="mean"',
}


def advice(owner: str, name: str, instead: str) -> str:
    """The message for a name that `owner` has not.

    >>> advice("tinygrad_gru", "cat", FUNCTIONS["cat"])
    'tinygrad_gru has no cat. try: tg.concat([t, u], axis=0), with axis= and not dim='
    """
    return f"{owner} has no {name}. try: {instead}" + (", with axis= and not dim=" if "axis=" in instead else "")


def answer(owner: str, name: str, table: dict[str, str]) -> str:
    """The message for a name of PyTorch that is in the table, or not here at all; "" for any other.

    >>> answer("tinygrad_gru.nn", "Conv2d", NN)
    'tinygrad_gru.nn has no Conv2d: there are no convolutions. try: tg.nn.Linear on windows of the input, or tg.nn.GRU'
    """
    if name in table:
        return advice(owner, name, table[name])
    if name in _WHY:
        what, instead = _WHY[name]
        return f"{owner} has no {name}: there are no {what}. try: {instead}"
    return ""
