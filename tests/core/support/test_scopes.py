"""Scopes, names, and the line that an error points at."""

import contextvars
import inspect
import threading

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors
from tinygrad_gru.core.support import scopes
from tinygrad_gru.core.support.flushing import FLUSHING


def here():
    return inspect.currentframe().f_back.f_lineno


def test_scopes_nest_and_carry_index_and_role():
    with tg.scope("step", 3), tg.scope("reset gate", role="reset"):
        t = tg.Tensor([1.0]) * 2

    assert [place.title for place in t.scope.path] == ["step 3", "reset gate"]
    assert t.scope.role == "reset" and t.scope.parent.index == 3
    assert repr(t.scope) == "step 3 / reset gate"
    assert tg.Tensor([1.0]).scope.path == ()


def test_a_scope_ends_when_an_error_leaves_it():
    with pytest.raises(KeyError), tg.scope("outer"):
        raise KeyError

    assert tg.Tensor([1.0]).scope.path == ()


def in_a_scope():
    with tg.scope("inside"):
        yield


def test_a_generator_left_in_the_middle_of_its_scope_leaves_the_mode_alone():
    generator = in_a_scope()
    next(generator)
    x = tg.Tensor([1.0], requires_grad=True)
    with tg.no_grad():
        generator.close()
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad
    assert repr((x * 2).scope) == "top"


def test_a_generator_may_be_closed_in_another_context_than_its_scope_was_entered_in():
    generator = in_a_scope()
    contextvars.copy_context().run(next, generator)
    generator.close()
    assert repr((tg.Tensor([1.0]) * 2).scope) == "top"


def test_every_way_to_call_an_operation_records_the_callers_line():
    x = tg.Tensor([[1.0, 2.0]], requires_grad=True)
    calls = [
        (x + 1, here()),
        (1 - x, here()),
        (tg.tanh(x), here()),
        (x.sum(axis=1), here()),
        (x.T, here()),
        (x.reshape(2, 1), here()),
        (tg.core.ops.activations.Tanh()(x), here()),
        (tg.split(x, 2, axis=1)[1], here()),
        (np.float32(2) * x, here()),
        (x.astype(np.float64), here()),
        (tg.Tensor([1.0]), here()),
        (next(iter(x)), here()),
    ]

    for t, line in calls:
        assert t.line == (__file__, line), t


def test_an_operation_inside_the_package_is_put_down_to_the_line_that_called_the_package():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    slope = tg.grad((x * x).sum(), x, create_graph=True)

    assert slope.line[0] == __file__
    assert slope.scope.role == "backward"


def test_an_error_names_tensors_shapes_scope_and_line():
    h = tg.Tensor(np.zeros((16, 32), np.float32), name="h")
    W_r = tg.Tensor(np.zeros((64, 32), np.float32), name="W_r")

    with pytest.raises(errors.ShapeError) as caught, tg.scope("step", 3), tg.scope("reset gate"):
        line = here() + 1
        h @ W_r

    assert str(caught.value) == (
        "matmul: inner sizes differ: h (16, 32) @ W_r (64, 32) in step 3 / reset gate, at test_scopes.py:" + str(line)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x + np.zeros(2), r"add: shapes do not broadcast: x \(3,\) \+ tensor \(2,\)"),
        (lambda x: tg.concat([x, np.zeros((2, 2))]), r"concat: sizes differ outside axis 0: x \(3,\), tensor \(2, 2\)"),
        (lambda x: tg.stack([x, np.zeros(2)]), "stack: wants equal shapes"),
        (lambda x: x.reshape(2, 2), r"reshape: cannot give shape \(2, 2\) to: x \(3,\)"),
        (lambda x: x.sum(axis=1), r"sum: axis 1 is not an axis of: x \(3,\)"),
        (lambda x: x[5], r"getitem: index \[5\] does not fit: x \(3,\)"),
        (lambda x: tg.take(x, [7]), "take: an index is out of range"),
    ],
)
def test_each_family_explains_what_does_not_fit(call, message):
    with pytest.raises(errors.ShapeError, match=message):
        call(tg.Tensor([1.0, 2.0, 3.0], name="x"))


def test_named_names_a_tensor_in_passing():
    r = tg.sigmoid(tg.Tensor([0.0])).named("r")

    assert r.name == "r" and r.data.tolist() == [0.5]


@pytest.mark.parametrize("manager", [tg.no_grad(), tg.record(), tg.detect_anomaly(), tg.flush_subnormals(False)])
def test_several_threads_may_be_inside_one_manager_and_a_thread_inside_it_twice(manager):
    problems = []
    both_inside = threading.Barrier(2, timeout=10)

    def run():
        try:
            with manager:
                both_inside.wait()
                with manager:
                    both_inside.wait()
            assert scopes.current_mode() is scopes.NORMAL and FLUSHING.get() == (True,)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
