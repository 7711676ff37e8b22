"""What went wrong inside an operation, in a line of ours or in a note on the user's own exception."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.explain import nonfinite, refuse_nonfinite
from tinygrad_gru.errors import AnomalyError, DtypeError, ShapeError


class Picky(tg.Op):
    def forward(self, x):
        raise KeyError("mine")

    def vjp(self, g, out, x):
        return g


def test_a_misfit_of_shapes_is_explained_with_operands_and_place():
    h, W = tg.Tensor(np.ones((2, 3)), name="h"), tg.Tensor(np.ones((4, 2)), name="W")
    with tg.scope("step", 3), pytest.raises(ShapeError, match=r"^matmul: inner sizes differ: h \(2, 3\) @ W \(4, 2\)"):
        h @ W


def test_what_python_cannot_compute_is_a_misfit_of_dtypes():
    with pytest.raises(DtypeError, match="negative: .*try: tensors, arrays or numbers"):
        tg.negative(np.array([True]))


def test_an_exception_of_ones_own_stays_what_it_is_and_has_a_note():
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    with pytest.raises(KeyError, match="mine") as caught:
        Picky()(x)
    assert caught.value.__notes__[0].startswith("in Picky.forward of x (1,)")


def test_the_first_result_that_is_not_finite_is_counted_and_named():
    x = tg.Tensor([1.0, np.inf, np.nan], name="x")
    y = tg.tanh(x)
    with pytest.raises(AnomalyError, match=r"tanh\(x \(3,\)\) made NaN \(1 of 3 elements\)"):
        refuse_nonfinite(y, y.op or tg.core.ops.activations.Tanh(), (x,))
    assert "infinity (2 of 3 elements)" in str(nonfinite("it made", np.array([np.inf, 1.0, -np.inf]), y))
