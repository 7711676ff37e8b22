"""Methods that are more than an operation, and what a tensor says to NumPy."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.hints import OfPytorch
from tinygrad_gru.errors import ArgumentError, DtypeError, GraphError, ShapeError

t = tg.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True, name="t")


def test_operators_work_with_the_tensor_on_the_right():
    assert (10 - t).data.tolist()[0] == [9.0, 8.0, 7.0] and (6 / t).data.tolist()[0] == [6.0, 3.0, 2.0]
    assert (np.ones((1, 2)) @ t.astype(np.float64)).data.tolist() == [[5.0, 7.0, 9.0]]


def test_comparisons_are_plain_arrays_and_what_is_no_number_is_unequal():
    assert (t > 3).tolist() == [[False, False, False], [True, True, True]]
    assert (t == None) is False and 5.0 in t and 7.0 not in t  # noqa: E711


def test_a_shape_is_given_in_words_or_as_a_tuple():
    assert t.reshape(3, -1).shape == t.reshape((3, 2)).shape == (3, 2)
    for wrong in ((), (None,)):
        with pytest.raises(ArgumentError, match="wanted a shape for t"):
            t.reshape(*wrong)


def test_axes_that_numpy_and_pytorch_read_differently_are_refused():
    assert t.transpose().shape == t.T.shape == t.mT.shape == (3, 2)
    with pytest.raises(ArgumentError, match="can be read in two ways. try: .mT"):
        t.transpose(0, 1)
    with pytest.raises(ShapeError, match="T: wants a matrix"):
        _ = tg.Tensor([1.0]).T


def test_numpy_is_refused_where_it_would_drop_the_gradient():
    with pytest.raises(GraphError, match="np.asarray would drop the gradient of t"):
        np.asarray(t)
    with pytest.raises(DtypeError, match=r"try: tg.tanh\(t\)"):
        np.tanh(t)
    with pytest.raises(DtypeError, match=r"try: tg.concat\(t\), or np.concatenate\(t.data\)"):
        np.concatenate([t, t])
    assert np.shape(t) == (2, 3)


def test_adding_into_an_array_in_place_is_refused():
    array = np.ones((2, 3), np.float32)
    with pytest.raises(GraphError, match="into an array in place would drop the gradient"):
        array += t


@pytest.mark.parametrize(
    ("name", "instead"), [("clamp", r"tg.clip\(t, min=0, max=1\)"), ("view", r"tg.reshape\(t, shape\)")]
)
def test_a_name_of_pytorchs_tensors_says_what_to_write(name, instead):
    with pytest.raises(AttributeError, match=f"^Tensor has no {name}. try: {instead}$"):
        getattr(t, name)
    assert not hasattr(t, name) and name not in dir(t)
    assert repr(getattr(tg.Tensor, name)).startswith("<not here. try: ")


def test_other_names_are_answered_by_python_itself():
    assert "sum" in dir(t) and "shape" in dir(t)
    for name in ("sgmoid", "__array_interface__", "__array_struct__", "_fields"):  # as NumPy and others ask
        with pytest.raises(AttributeError, match=f"^'Tensor' object has no attribute '{name}'$"):
            getattr(t, name)


def test_attributes_that_are_there_are_as_fast_as_without():
    """CPython caches attributes of classes that have no __getattr__ only."""
    assert not hasattr(tg.Tensor, "__getattr__") and not hasattr(OfPytorch, "__set__")
