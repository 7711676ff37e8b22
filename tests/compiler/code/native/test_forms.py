"""The form of each operation in a native loop: there is one, and it means what NumPy's operation means."""

from types import SimpleNamespace

import numpy as np
import pytest

from tinygrad_gru.compiler.code.native.forms import FUNCTIONS, OPERATORS, SPECIAL, form_of
from tinygrad_gru.compiler.ir.primitives import UFUNCS


def test_every_operation_element_by_element_has_its_form():
    assert {*OPERATORS, *FUNCTIONS, *SPECIAL} == {*UFUNCS, "where"}


ODD = [0.0, -0.0, 1.0, -1.5, 0.3, 2.0, 1e-40, 1e20, -800.0, 800.0, np.inf, -np.inf, np.nan]
A, C = (np.array(column) for column in zip(*[(a, c) for a in ODD for c in ODD], strict=True))


OPS, LOGICAL = sorted({*UFUNCS, "where"}), ("logical_and", "logical_or", "logical_not")


@pytest.fixture(params=["python", pytest.param("numba", marks=pytest.mark.jit)], name="of_all")
def fixture_of_all(request):
    """A function of (a, c, out) that writes what the form of each operation gives into a row of its own."""
    forms = []
    for row, op in enumerate(OPS):
        args = ["p[n]", "a[n]", "c[n]"] if op == "where" else ["p[n]", "q[n]"] if op in LOGICAL else ["a[n]", "c[n]"]
        forms.append(f"        out[{row}, n] = {form_of(SimpleNamespace(op=op), args[: UFUNCS.get(op)])}")
    text = "\n".join(["def of_all(a, c, p, q, out):", "    for n in range(len(a)):", *forms])
    space = {"np": np, "tanh": np.tanh}
    exec(text, space)
    if request.param == "python":
        return space["of_all"]
    import numba

    return numba.njit(error_model="numpy", fastmath={"contract"})(space["of_all"])


def test_a_form_means_what_the_operation_means(of_all):
    """Also for what is not finite, for zeros of both signs, and where numbers overflow."""
    p, q, out = A > 0, C > 0, np.empty((len(OPS), len(A)))
    with np.errstate(all="ignore"):
        of_all(A, C, p, q, out)
        for op, got in zip(OPS, out, strict=True):
            args = (p, A, C) if op == "where" else (p, q) if op in LOGICAL else (A, C)
            wanted = 1.0 * getattr(np, op)(*args[: UFUNCS.get(op)])
            np.testing.assert_allclose(got, wanted, rtol=1e-14, err_msg=op)
            if op not in ("maximum", "minimum", "sign"):  # which zero these give is not said
                assert (np.signbit(got) == np.signbit(wanted))[~np.isnan(wanted)].all(), op
