"""What becomes an array, a number or another tensor: nothing is lost on the way without a word."""

import copy
import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors


def leaf(data=(1.0, 2.0)):
    return tg.Tensor(np.array(data), requires_grad=True, name="x")


LOSES = {
    "np.asarray": np.asarray,
    "np.array": np.array,
    "np.array of another dtype": lambda x: np.array(x, np.float32),
    "a list of elements": lambda x: np.array([x[0], x[1]]),
    "a list of elements and numbers": lambda x: np.array([[x[0], 1.0], [2.0, x[1]]]),
    "a list of vectors": lambda x: np.array([x, x]),
    "the mean of a list": lambda x: np.mean([x[0], x[1]]),
    "a slice of an array": lambda x: np.zeros(2).__setitem__(slice(None), x),
    "np.full": lambda x: np.full(3, x[0]),
    "np.interp": lambda x: np.interp(0.5, [0.0, 1.0], [x[0], x[1]]),
    "a random generator": lambda x: np.random.default_rng(0).normal(x),
    "Tensor": tg.Tensor,
    "a list in Tensor": lambda x: tg.Tensor([x[0], x[1]]),
}


@pytest.mark.parametrize("convert", LOSES.values(), ids=LOSES)
def test_a_gradient_is_not_dropped_without_a_word(convert):
    with pytest.raises(errors.TinygradError, match="gradient.*try: ") as caught:
        convert(leaf())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["np.asarray", "np.array", "a list of elements", "np.full", "Tensor"])
def test_it_is_fine_where_there_is_no_gradient_to_lose(name):
    convert = LOSES[name]
    convert(tg.Tensor([1.0, 2.0]))
    with tg.no_grad():
        convert(leaf())
    convert(leaf().detach())


def test_numbers_can_be_read_at_any_time():
    x = leaf([3.0])

    assert (float(x), x.item(), int(x), f"{x:.1f}", math.sqrt(x + 1)) == (3.0, 3.0, 3, "3.0", 2.0)
    assert x.numpy().tolist() == x.data.tolist() == [3]
    assert (copy.copy(x).requires_grad, copy.deepcopy(x).requires_grad) == (True, True)
    assert tg.Tensor(x, requires_grad=True).requires_grad  # a leaf of its own, said explicitly


def test_the_mask_of_a_masked_array_is_not_dropped():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    x = leaf()
    for use in (
        lambda: tg.Tensor(masked),
        lambda: tg.Tensor([1.0, np.ma.masked]),
        lambda: tg.Tensor([masked, masked]),
        lambda: x * masked,
        lambda: tg.concat([x, masked]),
        lambda: x.assign(masked),
        lambda: setattr(x, "data", masked),
    ):
        with pytest.raises(errors.DtypeError, match="no mask.*try: array.filled"):
            use()


def test_a_masked_array_does_not_take_the_numbers_of_a_tensor_and_leave_its_gradient():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for use in (lambda x: masked * x, lambda x: np.ma.array(x), lambda x: np.ma.getdata(x), lambda x: masked + x):
        with pytest.raises(errors.TinygradError, match="gradient|no mask"):
            use(leaf())


def test_an_array_is_not_changed_in_place_by_a_tensor():
    a, x = np.zeros(2), leaf()
    for name in ("__iadd__", "__isub__", "__imul__", "__itruediv__"):
        with pytest.raises(errors.GraphError, match="in place would drop the gradient.*try: a = a [+] t"):
            getattr(a, name)(x)
    with pytest.raises(errors.GraphError, match="w.data = w.data - step.data"):
        x.data -= 0.1 * x
    assert a.tolist() == [0, 0]
    a = a + x
    assert a.requires_grad


def test_the_array_of_a_tensor_is_read_only():
    x = leaf()
    with pytest.raises(ValueError, match="read-only"):
        x.data -= 0.1
    with pytest.raises(ValueError, match="read-only"):
        x.data[0] = 5
    x.data = x.data - 0.5
    assert x.data.tolist() == [0.5, 1.5]


@pytest.mark.parametrize("other", [None, "x", b"x", object(), {"a": 1}, {1}, print])
def test_what_can_be_no_operand_is_equal_to_no_tensor(other):
    x = leaf()

    assert (x == other) is False and (other == x) is False
    assert (x != other) is True and (other != x) is True
    with pytest.raises(TypeError, match="not supported between"):
        x < other  # noqa: B015


def test_numbers_arrays_lists_and_tensors_are_compared_element_by_element():
    x = leaf()
    for other in (1.0, np.float32(1), np.array([1.0, 3.0]), [1.0, 3.0], (1.0, 3.0), tg.Tensor([1.0, 3.0])):
        assert (x == other).tolist() == [True, False]
        assert (x >= other).tolist()[0] is True
    assert x in [None, x]


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4)])
def test_a_transpose_that_numpy_and_pytorch_read_differently_is_refused(shape):
    t = tg.Tensor(np.zeros(shape))
    with pytest.raises(errors.ArgumentError, match=r"transpose\(0, 1\) .* two ways. try: .mT"):
        t.transpose(0, 1)
    with pytest.raises(errors.ArgumentError, match="two ways"):
        t.transpose(-2, -1)


def test_the_other_transposes_are_numpys():
    t = tg.Tensor(np.arange(6.0).reshape(2, 3))
    for got in (t.transpose(), t.transpose(1, 0), t.transpose((1, 0)), t.transpose(-1, -2), t.T, t.mT):
        assert got.data.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert t.transpose((0, 1)).data.tolist() == t.data.tolist()
    assert tg.Tensor(np.zeros((2, 3, 4))).transpose(1, 0, 2).shape == (3, 2, 4)
