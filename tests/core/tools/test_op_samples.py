"""Every operation, on all its samples, to second order; and that no operation is left out."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core import ops
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.core.op import Op
from tinygrad_gru.core.tools.gradcheck import findings
from tinygrad_gru.core.tools.op_samples import SAMPLES, check_operations
from tinygrad_gru.errors import ArgumentError


@pytest.mark.parametrize("name", SAMPLES)
def test_the_derivatives_of_an_operation_are_right_to_second_order(name):
    (row,) = check_operations([name])

    assert row.ok, row.report
    assert row.samples >= 1 and len(row.errors) == 2
    assert max(row.errors) < 1e-8  # what central differences reach


@pytest.mark.parametrize("name", SAMPLES)
def test_the_whole_jacobian_of_an_operation_is_right(name):
    for sample in SAMPLES[name]:
        if sum(np.size(x) for x in sample.xs) < 20:
            assert tg.gradcheck(sample, *sample.xs, order=1, full=True)


def differentiable():
    names = {name for family, names in ops.FAMILIES.items() if family != "predicates" for name in names}
    return names | {f"linalg.{name}" for name in ops.linalg.__all__}


def test_every_differentiable_operation_has_samples():
    assert set(SAMPLES) == differentiable()


def every_op():
    """The subclasses of Op in core/ops that have a vjp of their own, or inherit one."""
    found, pending = set(), [Op]
    while pending:
        kinds = [kind for kind in pending.pop().__subclasses__() if kind.__module__.startswith(ops.__name__ + ".")]
        pending += kinds
        found |= {kind for kind in kinds if kind.vjp is not Op.vjp and kind.forward is not Op.forward}
    return found


def recorded(sample, dtype=np.float64):
    """Everything in the graph of a sample and of its gradient."""
    xs = [np.asarray(x) for x in sample.xs]
    leaves = [tg.Tensor(x.astype(dtype), requires_grad=True) if x.dtype.kind == "f" else tg.Tensor(x) for x in xs]
    y = sample(*leaves)
    ys = [t for t in (y if isinstance(y, list | tuple) else [y]) if t.requires_grad]
    wanted = [t for t in leaves if t.requires_grad]
    us = [tg.Tensor(np.ones(t.shape, t.dtype), requires_grad=True) for t in ys]
    gs = tg.grad(ys, wanted, us, create_graph=True) if ys else []
    return toposort([*ys, *(g for g in gs if g is not None)], everything=True)


def test_every_kind_of_operation_is_exercised_by_the_samples():
    exercised = {type(t.op) for entries in SAMPLES.values() for sample in entries for t in recorded(sample)}

    assert every_op() - exercised == set()
    assert len(every_op()) > 50


def test_samples_without_axes_without_elements_and_with_broadcasting_are_among_them():
    shapes = {np.shape(x) for entries in SAMPLES.values() for sample in entries for x in sample.xs}

    assert {(), (0,), (0, 3), (2, 1), (4, 1, 3)} <= shapes


def test_a_planted_fault_is_reported_in_its_row(monkeypatch):
    tanh = type(tg.tanh(tg.Tensor([1.0], requires_grad=True)).op)
    monkeypatch.setattr(tanh, "vjp", lambda self, g, y, x: g * (1 - y * y) * 1.0005)
    right, wrong = check_operations(["sigmoid", "tanh"])

    assert right.ok and right.report == ""
    assert not wrong.ok and 1e-4 < wrong.errors[0] < 1e-3
    assert wrong.report.startswith("tanh, argument 0: derivative of order 1 is wrong")


def test_an_unknown_operation_is_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match="'sigmiod'. did you mean sigmoid?"):
        check_operations(["sigmiod"])


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "astype"])
def test_float32_stays_float32_in_the_result_and_in_the_whole_gradient(name):
    for sample in SAMPLES[name]:
        assert {str(t.dtype) for t in recorded(sample, np.float32)} <= {"float32", "int64", "bool"}


@pytest.mark.parametrize("name", SAMPLES)
def test_given_arrays_an_operation_returns_the_same_numbers_as_arrays(name):
    for sample in SAMPLES[name]:
        xs = [np.asarray(x) for x in sample.xs]
        with_tensors, with_arrays = sample(*[tg.Tensor(x) for x in xs]), sample(*xs)
        if not isinstance(with_tensors, list | tuple):
            with_tensors, with_arrays = [with_tensors], [with_arrays]
        for t, array in zip(with_tensors, with_arrays, strict=True):
            assert isinstance(array, np.ndarray | np.generic)
            assert array.dtype == t.dtype and np.array_equal(array, t.data)


def test_a_sample_says_which_call_it_is():
    sample = SAMPLES["sum"][3]

    assert next(findings(sample, *sample.xs)).label == "sum(keepdims=True), argument 0"
