"""The loop over time, and what stands around its step."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.nn.support.wrappers import freezing, frozen_rows, outputs_that_count, states_before
from tinygrad_gru.nn.unroll import unroll

X = tg.Tensor([[[1.0], [10.0]], [[2.0], [20.0]], [[3.0], [30.0]]])  # (T, B, I) = (3, 2, 1)
ZERO = tg.Tensor(np.zeros((2, 1), np.float32))


def add(x, h):
    return (h + x,)


def test_each_step_starts_from_the_state_that_the_one_before_left():
    out, (h,) = unroll(add, X, (ZERO,))

    assert out.data[:, :, 0].tolist() == [[1, 10], [3, 30], [6, 60]]
    assert h.data.tolist() == [[6], [60]]


def test_the_steps_may_be_taken_from_last_to_first_and_outputs_stay_at_their_times():
    out, (h,) = unroll(add, X, (ZERO,), [2, 1, 0])

    assert out.data[:, :, 0].tolist() == [[6, 60], [5, 50], [3, 30]]
    assert h.data.tolist() == [[6], [60]]


def test_the_output_is_the_first_state_and_the_others_are_carried_along():
    out, (_, n) = unroll(lambda x, h, n: (h + x * n, n + 1), X, (ZERO, ZERO))

    assert out.data[:, 0, 0].tolist() == [0, 2, 8] and n.data.tolist() == [[3], [3]]


def test_each_step_has_its_scope_with_the_time_from_one():
    with tg.record():
        out, _ = unroll(add, X, (ZERO,), [2, 1, 0])

    places = [repr(t.scope) for t in toposort([out], everything=True) if t.op is not None and t.op.name == "add"]
    assert places == ["step 1", "step 2", "step 3"]  # newest first


def test_a_frozen_row_keeps_its_state_and_a_step_that_freezes_all_is_left_out():
    calls = []

    def counted(x, h):
        calls.append(x.data[0, 0])
        return add(x, h)

    rows = [None, np.array([[False], [True]]), np.array([[True], [True]])]
    out, _ = unroll(freezing(counted, rows), X, (ZERO,))

    assert out.data[:, :, 0].tolist() == [[1, 10], [3, 10], [3, 10]] and calls == [1, 2]


def test_where_all_steps_freeze_all_rows_they_are_taken_so_that_gradients_are_zero_and_not_missing():
    w = tg.Tensor(2.0, requires_grad=True)
    out, _ = unroll(freezing(lambda x, h: (h + w * x,), [np.ones((2, 1), bool)] * 3), X, (ZERO,))

    assert (out.data == 0).all() and tg.grad(tg.sum(out), w) == 0


VALID = np.array([[True, False], [False, True], [True, False]])  # (T, B)


@pytest.mark.parametrize("backwards", [False, True])
def test_rows_are_frozen_where_steps_are_not_valid_in_the_order_of_the_loop(backwards):
    rows = [r.ravel().tolist() for r in frozen_rows(VALID, backwards)]

    assert rows == [[False, True], [True, False], [False, True]][:: -1 if backwards else 1]
    assert frozen_rows(None, backwards) is None
    assert frozen_rows(np.ones((2, 2), bool), backwards) == [None, None]


@pytest.mark.parametrize(
    ("past_end", "backwards", "wanted"),
    [
        ("zero", False, [[1, 0], [0, 20], [3, 0]]),
        ("repeat", False, [[1, 0], [2, 20], [3, 30]]),  # the state stood still: it is the output before
        ("repeat", True, [[1, 10], [2, 20], [3, 0]]),
    ],
)
def test_outputs_of_steps_that_do_not_count_are_zero_or_the_one_before(past_end, backwards, wanted):
    assert outputs_that_count(X, VALID, backwards, past_end).data[:, :, 0].tolist() == wanted


def test_the_state_before_each_step_is_that_after_the_one_before_it():
    assert states_before(ZERO, X, False).data[:, 0, 0].tolist() == [0, 1, 2]
    assert states_before(ZERO, X, True).data[:, 0, 0].tolist() == [2, 3, 0]
