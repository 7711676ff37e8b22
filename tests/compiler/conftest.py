"""Here the NumPy program runs, whether Numba is installed or not; tests of its loops ask for them."""

import pytest

from tests.compiler import in_python
from tinygrad_gru import compiler
from tinygrad_gru.compiler.code.native import machine_code


@pytest.fixture(autouse=True)
def numpy_program():
    with compiler.jit(False):
        yield


@pytest.fixture
def loops_in_python(monkeypatch):
    """Native loops, run by Python itself."""
    monkeypatch.setattr(machine_code, "_module_of", in_python.module_of)
    monkeypatch.setattr(machine_code, "_installed", lambda: True)
    monkeypatch.setattr("tinygrad_gru.compiler.compile._of_text", {})  # takes nothing of Numba's, leaves nothing
    with compiler.jit(True):
        yield
