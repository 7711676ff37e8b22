"""Keywords of PyTorch's and NumPy's are answered with ours; everything else is Python's own words."""

import inspect
import pickle

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn, optim
from tinygrad_gru.core import ops
from tinygrad_gru.core.support.hints import OURS, in_our_words, of_module
from tinygrad_gru.torch_names import KEYWORDS, WITHOUT

t = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="t")

CALLS = [
    (lambda: tg.sum(t, dim=0), "sum has no dim=. try: axis=0"),
    (lambda: t.sum(dim=0), "sum has no dim=. try: axis=0"),
    (lambda: tg.concat([t, t], dim=1), "concat has no dim=. try: axis=1"),
    (lambda: tg.mean(t, keepdim=True), "mean has no keepdim=. try: keepdims=True"),
    (lambda: t.var(unbiased=False), "var has no unbiased=. try: correction=0"),
    (lambda: t.std(unbiased=True), "std has no unbiased=. try: correction=1"),
    (lambda: tg.triu(t, diagonal=1), "triu has no diagonal=. try: offset=1"),
    (lambda: tg.flip(t, dims=(0,)), "flip has no dims=. try: axis=(0,)"),
    (lambda: tg.permute_dims(t, dims=(1, 0)), "permute_dims has no dims=. try: axes=(1, 0)"),
    (lambda: tg.sum(t, axis=0, out=None), "sum has no out=: no operation changes an array. try: leave it out"),
    (
        lambda: tg.split(t, split_size_or_sections=1),
        "split has no split_size_or_sections=: one size is not taken. try: ",
    ),
    (lambda: tg.zeros(size=(2, 3)), "zeros has no size=. try: zeros((2, 3))"),
    (lambda: tg.Tensor([1.0], dtype=np.float64), "Tensor has no dtype=. try: np.asarray(x, np.float64), or "),
    (lambda: tg.Tensor([1.0], device="cpu"), "Tensor has no device=: arrays are in the memory of the CPU."),
    (lambda: tg.zeros_like(t, device="cpu"), "zeros_like has no device=: arrays are in the memory of the CPU."),
    (lambda: t.cumsum(dim=0), "cumsum has no dim=. try: axis=0"),
    (lambda: t.flatten(start_dim=1), "flatten has no start_dim=. try: start_axis=1"),
    (lambda: t.swapaxes(dim0=0, dim1=1), "swapaxes has no dim0=. try: axis1=0"),
    (lambda: tg.vector_norm(t, p=1), "vector_norm has no p=. try: ord=1"),
    (lambda: tg.sort(t, descending=True), "sort has no descending=: sorting is from the smallest on. try: tg.flip("),
    (lambda: tg.linalg.matrix_norm(t, keepdim=True), "matrix_norm has no keepdim=. try: keepdims=True"),
    (lambda: nn.ReLU(inplace=True), "ReLU has no inplace=: no operation changes a tensor. try: leave it out"),
    (lambda: nn.Linear(2, 3, device="cpu"), "Linear has no device=: arrays are in the memory of the CPU."),
    (lambda: nn.GRU(2, 3, proj_size=2), "GRU has no proj_size=: the output is the state. try: a Linear behind"),
    (lambda: nn.Embedding(2, 3, padding_idx=0), "Embedding has no padding_idx=: every row is learned. try: mask="),
    (lambda: nn.LayerNorm(normalized_shape=3), "LayerNorm has no normalized_shape=. try: size=3"),
    (lambda: nn.LeakyReLU(negative_slope=0.1), "LeakyReLU has no negative_slope=. try: slope=0.1"),
    (lambda: nn.losses.mse(t, t, size_average=True), "mse has no size_average=: it is gone in PyTorch too."),
    (lambda: optim.Adam([t], fused=True), "Adam has no fused=: there is one way to do it. try: leave it out"),
    (lambda: optim.SGD([t], learning_rate=0.1), "SGD has no learning_rate=. try: lr=0.1"),
]


@pytest.mark.parametrize(("call", "message"), CALLS, ids=[message for _, message in CALLS])
def test_a_keyword_of_pytorchs_is_answered(call, message):
    with pytest.raises(TypeError) as failure:
        call()
    assert str(failure.value).startswith(message) and "\n" not in str(failure.value)


WITH_AXIS = [name for name in ops.__all__ if "axis" in inspect.signature(getattr(ops, name)).parameters]


@pytest.mark.parametrize("name", WITH_AXIS)
def test_every_operation_along_an_axis_answers_dim(name):
    with pytest.raises(TypeError, match=f"^{name} has no dim=. try: axis=1$"):
        getattr(tg, name)(dim=1)


def test_what_is_advised_is_a_keyword_of_some_function():
    assert len(WITH_AXIS) > 25 and not KEYWORDS.keys() & WITHOUT.keys()
    values = [*map(tg.__getattribute__, tg.__all__), *vars(tg.Tensor).values(), *map(nn.__getattribute__, nn.__all__)]
    values += [*map(optim.__getattribute__, optim.__all__), nn.Recurrent.forward]
    functions = [value for value in values if callable(value) and getattr(value, "__module__", "").startswith("tiny")]
    ours = {name for function in functions for name in inspect.signature(function).parameters}
    assert ours >= OURS


def test_other_keywords_and_other_errors_are_pythons():
    with pytest.raises(TypeError, match=r"sum\(\) got an unexpected keyword argument 'colour'"):
        tg.sum(t, colour=1)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        tg.sum(axis=0)

    @in_our_words
    def f(axis=0):
        return (lambda: None)(dim=axis)

    with pytest.raises(TypeError, match="unexpected keyword argument 'dim'"):  # raised inside: f itself has no part
        f()


def test_a_function_that_is_wrapped_is_the_same_to_help_pickle_and_the_line_that_calls_it():
    assert tg.sum is ops.sum and "axis" in str(inspect.signature(tg.sum)) and "Σ" in tg.sum.__doc__
    assert pickle.loads(pickle.dumps(nn.Function(tg.sum))).function is tg.sum
    y = tg.sum(t, axis=0)
    assert y.line == (__file__, y.line[1]) and y.line[1] == inspect.currentframe().f_lineno - 1


def test_a_name_that_a_module_has_not_is_answered_or_an_attribute_error():
    missing = of_module("house", lambda name: "try: the door" if name == "gate" else "")
    with pytest.raises(AttributeError, match="^try: the door$"):
        missing("gate")
    with pytest.raises(AttributeError, match="^module 'house' has no attribute 'roof'$"):
        missing("roof")


def test_an_optimiser_lists_its_own_attributes_only():
    assert "param_groups" not in dir(optim.Adam([t])) and "lr" in dir(optim.Adam([t]))


def test_a_module_answers_pytorchs_attributes_and_keeps_those_of_its_own():
    layer = nn.Linear(2, 3)
    with pytest.raises(AttributeError, match=r"^Linear has no weight. try: module.W"):
        _ = layer.weight
    assert not hasattr(layer, "cuda") and "weight" not in dir(layer) and "W" in dir(layer)

    class Mine(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

    assert Mine().weight.item() == 1 and list(Mine().state_dict()) == ["weight"] and "weight" in dir(Mine())


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: nn.functional, "tinygrad_gru.nn has no functional. try: tg.relu, tg.softmax or tg.nn.losses"),
        (lambda: nn.Conv2d, "tinygrad_gru.nn has no Conv2d: there are no convolutions. try: tg.nn.Linear on"),
        (lambda: nn.losses.mse_loss, "tinygrad_gru.nn.losses has no mse_loss. try: tg.nn.losses.mse"),
        (lambda: optim.lr_scheduler, "tinygrad_gru.optim has no lr_scheduler. try: tg.optim.schedules"),
        (lambda: optim.Adam([t]).param_groups, "Adam has no param_groups. try: optimizer.lr"),
        (lambda: tg.cuda, "tinygrad_gru has no cuda: there are no devices. try: nothing in its place"),
    ],
)
def test_the_other_modules_answer_too(read, message):
    with pytest.raises(AttributeError) as failure:
        read()
    assert str(failure.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "args"),
    [(nn.GRU, (2, 3)), (nn.LSTMCell, (2, 3)), (nn.GRUCell, (2, 3)), (nn.ResetAfterGRUCell, (2, 3)), (nn.LogSoftmax, ()),
     (optim.ConstantLR, ())],
)  # fmt: skip
def test_a_misspelt_keyword_is_answered_with_the_name_of_the_class_that_was_called(kind, args):
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\(\) got an unexpected keyword argument 'misspelt'"):
        kind(*args, misspelt=True)
