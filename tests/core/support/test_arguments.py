"""What an argument may be: near misses that would be taken for something else are refused, and so are endless ones."""

import itertools

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support import arguments
from tinygrad_gru.errors import ArgumentError, DtypeError, ShapeError, TinygradError

NEAR_MISSES = {
    "True is not axis 1": lambda x: tg.sum(x, axis=True),
    "nor is True among several": lambda x: tg.flip(x, axis=(0, True)),
    "a truth is no size": lambda x: tg.reshape(x, (6, True)),
    "nor a width": lambda x: tg.pad(x, (True, 2)),
    "nor a bound": lambda x: tg.clip(x, False, 1),
    "2.0 is not axis 2": lambda x: tg.softmax(x, axis=1.0),
    "a fraction is no size": lambda x: tg.reshape(x, (3.7, 2)),
    "letters are no sizes": lambda x: tg.tile(x, "12"),
    "a set has no order": lambda x: tg.permute_dims(x, {1, 0}),
    "NumPy takes −5 for −1": lambda x: tg.reshape(x, (-5, 2)),
    "and 2**32 for 0": lambda x: tg.permute_dims(x, (1, 2**32)),
    "and −2**63 of two for none": lambda x: tg.repeat(x, -(2**63), axis=0),
    "an axis has one size": lambda x: tg.squeeze(x[:1], axis=(0, 0)),
    "text is no truth": lambda x: tg.sum(x, keepdims="no"),
    "nor is 1": lambda x: tg.grad(x.sum(), x, create_graph=1),
    "text is no array of numbers": lambda x: x.assign([["1", "2", "3"]] * 2),
    "complex numbers are not their real part": lambda x: tg.std(np.array([1j, 2])),
    "None is no number": lambda x: tg.where(np.array([True]), None, 0.0),
    "a name is text": lambda x: x.named(3),
    "a hook is a function": lambda x: x.register_hook("print"),
    "what is decorated is a function": lambda x: tg.no_grad()(3),
}


@pytest.mark.parametrize("call", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_near_miss_is_refused(call):
    with pytest.raises(TinygradError):
        call(tg.Tensor(np.ones((2, 3), np.float32), requires_grad=True))


def test_whole_numbers_of_numpy_and_lists_are_as_good_as_pythons():
    x = np.arange(6.0).reshape(2, 3)
    assert tg.sum(x, axis=np.int64(1)).tolist() == tg.sum(x, axis=[1]).tolist() == [3, 12]
    assert tg.reshape(x, np.array([3, -1])).shape == tg.reshape(x, range(3, 1, -1)).shape == (3, 2)
    assert tg.sum(x, keepdims=np.bool_(True)).shape == (1, 1)


def test_a_list_without_end_is_refused_and_not_read():
    for call in (lambda: tg.reshape(np.ones(2), itertools.count()), lambda: tg.Tensor(endless())):
        with pytest.raises(ArgumentError, match="more than 64"):
            call()


def endless():
    """A list that holds itself, twice."""
    values = []
    values += [values, values]
    return values


def test_a_leaf_of_float64_is_given_every_digit_of_a_list():
    x = tg.Tensor(np.zeros(1))
    x.assign([0.1])
    assert x.item() == 0.1


def test_gradients_of_more_axes_than_numpys_add_at_survives_are_right():
    """NumPy 2.4 crashes in add.at for more than 32 axes of the array or of what is added."""
    x = tg.Tensor(np.full((1,) * 39 + (2,), 3.0), requires_grad=True)
    (tg.reshape(x, (1,) * 38 + (1, 2))[..., [0, 0], [1, 1]] * np.array([2.0, 5.0])).sum().backward()
    assert x.grad.ravel().tolist() == [0, 7]


def test_a_message_shows_of_many_axes_the_first_and_last():
    assert arguments.brief(np.ones((1,) * 60)) == "float64 (1, 1, 1, 1, …, 1, 1) of 60 axes"
    with pytest.raises(ShapeError) as caught:
        tg.Tensor(np.ones((2,) * 12)) + np.ones(3)
    assert "tensor (2, 2, 2, 2, …, 2, 2) of 12 axes" in str(caught.value)


def test_a_dtype_is_named_or_given_as_such():
    assert arguments.float_dtype("astype", "<f4") == arguments.float_dtype("astype", np.float32) == np.float32
    for odd in (None, "float16", "a", 10**5000, object(), tg.Tensor):
        with pytest.raises(DtypeError, match="astype: wants float32 or float64, got .* try: np.float32"):
            arguments.float_dtype("astype", odd)


def test_an_axis_of_a_shape_is_counted_from_either_end_and_others_are_refused():
    assert [arguments.axis_of("split", n, (2, 3)) for n in (0, 1, -1, -2, np.int64(1))] == [0, 1, -1, -2, 1]
    for n in (2, -3, 2**32):
        with pytest.raises(ShapeError) as caught:
            arguments.axis_of("split", n, (2, 3))
        assert str(caught.value) == f"split: axis {n} is not an axis of shape (2, 3)"
    with pytest.raises(ArgumentError):
        arguments.axis_of("split", None, (2, 3))


@pytest.mark.parametrize(
    ("value", "words"),
    [([1], "a list"), (3, "an int"), (np.ones(1), "an ndarray"), (tg.nn.GRU, "the class GRU"), (None, "a NoneType")],
)
def test_what_was_given_is_named_with_its_article(value, words):
    assert arguments.kind_of(value) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("abc", r"got text. try: array.astype\(np.float32\), if it holds numbers"),
        (None, "got objects, such as None. try: .* if it holds numbers"),
        (np.ones(1, np.float16), r"got float16. try: array.astype\(np.float32\)"),
    ],
)
def test_what_holds_no_numbers_is_told_so(data, words):
    with pytest.raises(DtypeError, match=words):
        tg.Tensor(data)


def test_a_ragged_list_is_told_so_in_one_sentence():
    with pytest.raises(ArgumentError, match=r"rectangular: .*[^.]\. try: lists of equal lengths$"):
        tg.Tensor([[1.0, 2.0], [3.0]])
