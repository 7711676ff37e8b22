"""Each BLAS does the products that a layer needs, on arrays as they lie, and writes them where it is told."""

from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.layers import floor

INSTALLED = {blas: by for blas, by in floor.BY.items() if find_spec(blas.lower())}
A = np.arange(15, dtype=np.float32).reshape(5, 3)
B = np.arange(12, dtype=np.float32).reshape(3, 4)


def by_columns(array):
    return np.ascontiguousarray(array.T).T


@pytest.mark.parametrize("blas", INSTALLED)
@pytest.mark.parametrize(("a", "b"), [(A, B), (by_columns(A), B), (A, by_columns(B)), (A[:1], B)])
def test_a_product_is_written_into_the_array_that_is_there(blas, a, b):
    out = np.full((len(a), 4), np.nan, np.float32)
    INSTALLED[blas](a, b, out)()

    assert np.array_equal(out, a @ b)


@pytest.mark.parametrize("layer", floor.BLOCKS)
@pytest.mark.parametrize("training", [False, True])
def test_there_are_as_many_multiplications_as_the_equations_have(layer, training):
    batch, steps, inputs, hidden = 2, 5, 3, 7
    multiplications = []

    def count(a, b, out):
        assert (len(a), b.shape[1]) == out.shape
        return lambda: multiplications.append(a.shape[0] * a.shape[1] * b.shape[1])

    floor.products(layer, (batch, steps, inputs, hidden), training, count)()

    gates = {"GRU, reset after": 3, "GRU": 3, "LSTM": 4, "RNN": 1}[layer]
    forward = steps * batch * gates * hidden * (inputs + hidden)  # [h, x] W of each gate in each step
    assert sum(multiplications) == (3 * forward if training else forward)  # g Wᵀ and [h, x]ᵀ g are as many each
