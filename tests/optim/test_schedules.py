"""Schedules: the learning rate of each update."""

import math

import numpy as np
import pytest

from tinygrad_gru import errors, nn, optim


def optimizer(lr=0.5):
    return optim.SGD([nn.Parameter([1.0])], lr=lr)


def rates(make, n, lr=0.5):
    o = optimizer(lr)
    schedule, found = make(o), []
    for _ in range(n):
        schedule.step()
        found.append(o.lr)
        o.step()
    return found


def test_constant_stays():
    assert rates(optim.ConstantLR, 3) == [0.5, 0.5, 0.5]


def test_step_falls_by_gamma_every_so_often():
    assert rates(lambda o: optim.StepLR(o, 2, gamma=0.5), 6) == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_cosine_falls_from_one_to_its_final_fraction_and_stays_there():
    got = rates(lambda o: optim.CosineLR(o, 4, final=0.1), 6, lr=1.0)

    wanted = [0.1 + 0.9 * (1 + math.cos(math.pi * n / 4)) / 2 for n in range(5)]
    assert got == pytest.approx([*wanted, 0.1])
    assert got[0] == 1.0 and got[2] == pytest.approx(0.55)


def test_the_warm_up_is_a_straight_line_to_the_top_of_the_cosine():
    got = rates(lambda o: optim.CosineLR(o, 10, warmup_steps=3), 11, lr=1.0)

    assert got[:4] == [0.25, 0.5, 0.75, 1.0]
    assert got[3:] == sorted(got[3:], reverse=True) and got[10] == 0


def test_the_first_rate_is_set_at_once_and_a_step_too_many_does_no_harm():
    o = optimizer()
    schedule = optim.CosineLR(o, 10, warmup_steps=4)
    first = o.lr
    schedule.step()
    schedule.step()

    assert first == o.lr == pytest.approx(0.1)


def test_a_run_that_is_resumed_goes_on_where_it_was():
    one, other = optimizer(), optimizer()
    schedule = optim.CosineLR(one, 10)
    for _ in range(4):
        schedule.step()
        one.step()
    resumed = optim.CosineLR(other, 10)
    other.load_state_dict(one.state_dict())
    schedule.step()
    resumed.step()

    assert one.lr == other.lr < 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: optim.StepLR(o, 0), "step_size must be a whole number from 1 up, got 0"),
        (lambda o: optim.StepLR(o, 1, gamma=0), "gamma must be a finite number above 0, got 0"),
        (lambda o: optim.CosineLR(o, 0), "total_steps must be a whole number from 1 up, got 0"),
        (lambda o: optim.CosineLR(o, 2.5), "total_steps must be a whole number from 1 up, got 2.5"),
        (lambda o: optim.CosineLR(o, 5, -1), "warmup_steps must be a whole number from 0 up, got -1"),
        (lambda o: optim.CosineLR(o, 5, 5), "warmup_steps must be below total_steps 5, got 5"),
        (lambda o: optim.CosineLR(o, 5, final=np.nan), "final must be a finite number from 0 up, got nan"),
    ],
)
def test_settings_that_make_no_sense_are_named(make, message):
    with pytest.raises(errors.ArgumentError, match=message):
        make(optimizer())


def test_a_schedule_of_ones_own_needs_only_a_factor():
    class Halving(optim.Schedule):
        def factor(self, n):
            return 0.5**n

    assert rates(Halving, 3) == [0.5, 0.25, 0.125]
    with pytest.raises(NotImplementedError, match="Schedule needs a factor"):
        optim.Schedule(optimizer())
