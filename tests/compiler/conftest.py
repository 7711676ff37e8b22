"""Here the NumPy program runs, whether Numba is installed or not; tests of its loops ask for them."""

import pytest

from tinygrad_gru import compiler


@pytest.fixture(autouse=True)
def numpy_program():
    with compiler.jit(False):
        yield
