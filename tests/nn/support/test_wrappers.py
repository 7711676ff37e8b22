"""What wraps a step from outside: rows that stay, outputs that count, the states before each step."""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.nn.support.wrappers import checked_once, freezing, frozen_rows, outputs_that_count, states_before

VALID = np.array([[True, True], [True, False]])  # (T, B)


def plus_one(x, h):
    return (h + 1,)


def test_rows_that_are_not_valid_are_frozen_in_the_order_of_the_loop():
    forward, backward = frozen_rows(VALID, False), frozen_rows(VALID, True)
    assert forward[0] is None and forward[1].tolist() == [[False], [True]]
    assert backward[1] is None and frozen_rows(None, False) is None


def test_a_frozen_row_keeps_its_state():
    step = freezing(plus_one, frozen_rows(VALID, False))
    h = tg.Tensor(np.zeros((2, 1)))
    (h,) = step(None, h)
    (h,) = step(None, h)
    assert h.data.tolist() == [[2.0], [1.0]]


def test_a_step_that_all_rows_sit_out_is_left_out():
    frozen = frozen_rows(np.array([[True], [False]]), False)
    step = freezing(plus_one, frozen)
    (h,) = step(None, tg.Tensor(np.zeros((1, 1))))
    assert step(None, h) == (h,)


def test_outputs_that_do_not_count_are_zero_or_the_one_before():
    states = tg.Tensor(np.array([[[1.0], [2.0]], [[3.0], [4.0]]]))  # (T, B, H)
    assert outputs_that_count(states, VALID, False, "zero").data[:, :, 0].tolist() == [[1.0, 2.0], [3.0, 0.0]]
    assert outputs_that_count(states, VALID, False, "repeat").data[:, :, 0].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert outputs_that_count(states, None, False, "zero") is states


def test_the_state_before_each_step_is_the_one_after_the_step_before():
    start, states = tg.Tensor(np.array([[0.0]])), tg.Tensor(np.array([[[1.0]], [[2.0]]]))
    assert states_before(start, states, False).data.ravel().tolist() == [0.0, 1.0]
    assert states_before(start, states, True).data.ravel().tolist() == [2.0, 0.0]


def test_only_the_first_result_of_a_step_is_checked():
    checked = []

    class Cell:
        parameters = staticmethod(list)
        state_names = ("h",)

        def checked_result(self, after, before):
            checked.append(after)

    step = checked_once(Cell(), plus_one)
    for _ in range(3):
        step(None, tg.Tensor([0.0]))
    assert len(checked) == 1


def recorded_first_steps(cell, x, h):
    step = checked_once(cell, cell.step)
    return [step(x, h)[0], step(x, h)[0]]


def test_the_first_step_is_recorded_whole_if_something_in_it_is_learned():
    cell, x, h = tg.nn.RNNCell(1, 1), tg.Tensor([[1.0]]), tg.Tensor([[0.0]])
    first, second = (t.inputs[0].inputs[0].inputs[0] for t in recorded_first_steps(cell, x, h))  # tanh(hx W + b)
    assert first.inputs == (h, x) and second.inputs == ()
    for p in cell.parameters():
        p.requires_grad = False
    assert all(t.op is None for t in recorded_first_steps(cell, x, h))
    with tg.no_grad():
        assert all(t.op is None for t in recorded_first_steps(tg.nn.RNNCell(1, 1), x, h))
