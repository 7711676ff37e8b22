"""What a tensor is to Python and NumPy, and what it owns."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors


def test_a_list_becomes_float32_and_an_array_keeps_its_dtype():
    assert tg.Tensor([1, 2]).dtype == np.float32
    assert tg.Tensor([1.5]).dtype == np.float32
    assert tg.Tensor([True, False]).dtype == np.bool_
    assert tg.Tensor(np.array([1, 2])).dtype == np.int64
    assert tg.Tensor(np.array([1.0])).dtype == np.float64
    assert tg.Tensor(np.float64(1.0)).dtype == np.float64
    assert tg.Tensor(2).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float16, np.complex64, object, "datetime64[s]", "U3"])
def test_other_dtypes_are_refused_with_the_cure(dtype):
    with pytest.raises(errors.DtypeError, match=r"try: array\.astype"):
        tg.Tensor(np.zeros(2, dtype))


def test_a_big_endian_array_is_brought_to_native_order():
    t = tg.Tensor(np.array([1.0, 2.0], ">f8"))

    assert t.dtype.isnative and t.data.tolist() == [1.0, 2.0]


def test_integers_and_booleans_cannot_require_a_gradient():
    for array in (np.array([1, 2]), np.array([True])):
        with pytest.raises(errors.DtypeError, match="only float32 and float64"):
            tg.Tensor(array, requires_grad=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: tg.Tensor([a, a]),
        lambda a: tg.Tensor([[a], [a]]),
        lambda a: tg.sum([[a], [a]]),
        lambda a: tg.mean([a, a]),
        lambda a: tg.exp((a, 1.0)),
        lambda a: tg.reshape([a, a], (2, 1)),
        lambda a: a + [a, a],  # noqa: RUF005
    ],
)
def test_a_list_of_tensors_is_refused_because_it_would_lose_their_gradients(call):
    with pytest.raises(errors.ArgumentError, match=r"try: tg\.stack"):
        call(tg.Tensor(1.0, requires_grad=True))


def test_a_tensor_owns_its_array():
    array = np.ones(3)
    t = tg.Tensor(array)
    array[0] = 9

    assert t.data.tolist() == [1, 1, 1]


def test_its_array_is_read_only():
    x = tg.Tensor([1.0], requires_grad=True)
    y = x * 2

    for t in (x, y, x.detach(), tg.reshape(x, (1, 1))):
        with pytest.raises(ValueError, match="read-only"):
            t.data[...] = 5


def test_copy_false_adopts_an_array_and_freezes_it():
    array = np.ones(3)
    t = tg.Tensor(array, copy=False)

    assert t.data is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 2
    with pytest.raises(errors.ArgumentError, match="got a view"):
        tg.Tensor(np.ones(4)[1:], copy=False)


def test_numpy_gives_a_copy_to_change_and_detach_a_leaf():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    array = x.numpy()
    array[0] = 7
    y = (x * 3).detach()

    assert x.data.tolist() == [1, 2]
    assert not y.requires_grad and y.op is None and y.data.tolist() == [3, 6]


def test_assigning_an_element_says_what_to_do_instead():
    with pytest.raises(errors.GraphError, match=r"tg\.where.*tg\.concat.*tg\.stack"):
        tg.Tensor([1.0])[0] = 2


def test_a_leaf_can_be_given_another_array_of_its_shape_only():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    x.data = [3, 4]

    assert x.data.tolist() == [3, 4] and x.dtype == np.float32
    with pytest.raises(errors.ShapeError, match=r"x \(2,\) wants shape \(2,\), got \(3,\)"):
        x.data = [1, 2, 3]
    with pytest.raises(errors.GraphError, match="made by multiply"):
        (x * 2).data = [1, 2]


def test_what_python_expects():
    t = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])

    assert len(t) == 2
    assert [row.data.tolist() for row in t] == [[1, 2], [3, 4]]
    assert float(t[0, 1]) == 2.0 and int(t[1, 0]) == 3 and t[1, 1].item() == 4.0
    assert bool(t[0, 0]) and 4.0 in t and 5.0 not in t
    assert f"{t[0, 0]:.2f}" == "1.00"
    assert list(range(3))[tg.Tensor(np.array(1))] == 1
    assert t.T.data.tolist() == [[1, 3], [2, 4]] and t.mT.shape == (2, 2)
    assert t.reshape(4).shape == t.reshape((4,)).shape == t.reshape(-1).shape == (4,)
    assert t.transpose(1, 0).data.tolist() == t.transpose().data.tolist() == [[1, 3], [2, 4]]
    for refused in (len, iter):
        with pytest.raises(TypeError, match="without axes"):
            refused(tg.Tensor(1.0))
    with pytest.raises(errors.ArgumentError, match="ambiguous"):
        bool(t)
    with pytest.raises(errors.ShapeError, match="4 elements, wanted 1"):
        t.item()
    with pytest.raises(errors.ShapeError, match=r"try: \.mT"):
        tg.Tensor([1.0]).T  # noqa: B018


def test_repr_shows_numbers_dtype_name_and_origin():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")

    assert repr(x) == "Tensor([1., 2.], dtype=float32, name='x', requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], dtype=float32, op=multiply)"
    assert str(tg.Tensor(1.0)) == "Tensor(1., dtype=float32)"


def test_copies_and_pickles_hold_the_data_but_not_the_graph():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = (x * 3).named("y")

    for other in (copy.copy(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert other.data.tolist() == [3, 6] and other.name == "y" and other.requires_grad
        assert other.op is None and other.inputs == () and other.data is not y.data


def test_comparisons_return_plain_boolean_arrays_and_hashing_is_by_identity():
    x, y = tg.Tensor([1.0, 2.0]), tg.Tensor([1.0, 3.0])

    for answer, wanted in [
        (x == y, [True, False]),
        (x != y, [False, True]),
        (x < y, [False, True]),
        (x <= y, [True, True]),
        (x > 1.5, [False, True]),
        (2.0 >= x, [True, True]),
    ]:
        assert type(answer) is np.ndarray and answer.tolist() == wanted
    assert len({x, y, x}) == 2


def test_numpy_on_the_left_works():
    t = tg.Tensor([1.0, 2.0], requires_grad=True)
    square = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)

    assert (np.float32(2) * t).data.tolist() == [2, 4]
    assert (square @ t).data.tolist() == [5, 11]
    assert (square + t).data.tolist() == [[2, 4], [4, 6]]
    assert (np.float64(1) - t).data.tolist() == [0, -1]
    assert (square[0] / t).data.tolist() == [1, 1]
    assert (square[0] > t).tolist() == [False, False]
    (square @ t).sum().backward()
    assert t.grad.tolist() == [4, 6]
    assert np.asarray(t.detach()).tolist() == [1, 2]
    assert np.array(t.detach(), dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda t: np.tanh(t), r"try: tg\.tanh\(t\)"),
        (lambda t: np.concatenate([t, t]), r"try: tg\.concat\(t\)"),
        (lambda t: np.linalg.norm(t), r"try: tg\.vector_norm\(t\)"),
        (lambda t: np.add.reduce(t), "drop the gradient"),
        (lambda t: np.arctan(t), r"try: tg\.arctan\(t\)"),
        (
            lambda t: np.linalg.inv(t),
            r"try: tg\.linalg\.inv\(t\), or np\.linalg\.inv\(t",
        ),
        (lambda t: np.linalg.qr(t), r"try: np\.linalg\.qr\(t\.data\)"),
        (lambda t: np.spacing(t), r"try: np\.spacing\(t\.data\)"),
    ],
)
def test_numpy_functions_are_refused_with_the_right_name(call, hint):
    with pytest.raises(errors.DtypeError, match=hint):
        call(tg.Tensor([1.0], requires_grad=True))


def test_python_numbers_are_weak_and_numpy_numbers_strong():
    x = tg.Tensor([1.0, 2.0])

    for y in (x * 2.0, 2 * x, x + True, x**2, x**0.5, 1 - x, x / 3, tg.maximum(x, 0.0), tg.where(x > 1, x, 0)):
        assert y.dtype == np.float32
    assert (x * np.float64(2)).dtype == np.float64
    assert (x + np.ones(2)).dtype == np.float64


def test_integers_and_booleans_take_the_dtype_of_their_float_partner():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    whole = tg.Tensor(np.array([3, 4]), name="n")

    for y in (
        x * whole,
        whole * x,
        x * np.array([3, 4]),
        tg.concat([whole, x]),
        whole @ x,
        x + np.array([True, False]),
    ):
        assert y.dtype == np.float32
    assert (x.astype(np.float64) * whole).dtype == np.float64
    assert (whole * 2).dtype == np.int64 and (whole * 0.5).dtype == np.float64


def test_minus_zero_is_not_zero():
    x = tg.Tensor([1.0])

    assert np.signbit((x * -0.0).data[0]) and not np.signbit((x * 0.0).data[0])


def test_a_gradient_has_exactly_the_dtype_and_shape_of_its_tensor():
    x = tg.Tensor([[1.0], [2.0]], requires_grad=True)  # float32, (2, 1)
    w = tg.Tensor(np.ones(3), requires_grad=True)  # float64, (3,)
    b = tg.Tensor(1.0, requires_grad=True)  # float32, ()
    (x * w + b).sum().backward()

    assert (x.grad.dtype, x.grad.shape) == (np.float32, (2, 1))
    assert (w.grad.dtype, w.grad.shape) == (np.float64, (3,))
    assert (b.grad.dtype, b.grad.shape) == (np.float32, ())
    assert x.grad.tolist() == [[3], [3]] and w.grad.tolist() == [3, 3, 3] and b.grad.item() == 6
