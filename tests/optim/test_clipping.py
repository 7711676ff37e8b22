"""Clipping: all gradients together by their length, or each number by itself; in place."""

import math

import numpy as np
import pytest

from tinygrad_gru import errors, nn, optim


def with_gradients(*gradients):
    params = [nn.Parameter(np.zeros(np.shape(g))) for g in gradients]
    for p, g in zip(params, gradients, strict=True):
        p.grad = np.array(g, float)
    return params


def test_gradients_are_scaled_together_and_in_place():
    params = with_gradients([3.0, 0.0], [[4.0]])
    arrays = [p.grad for p in params]

    assert optim.clip_grad_norm_(params, 1.0) == 5.0
    assert [p.grad is a for p, a in zip(params, arrays, strict=True)] == [True, True]
    assert params[0].grad.tolist() == pytest.approx([0.6, 0]) and params[1].grad.item() == pytest.approx(0.8)


def test_short_gradients_are_left_as_they_are():
    params = with_gradients([3.0], [4.0])

    assert optim.clip_grad_norm_(params, 5.1) == 5.0
    assert [p.grad.item() for p in params] == [3, 4]
    assert optim.clip_grad_norm_(params, math.inf) == 5.0


def test_a_parameter_without_a_gradient_counts_for_nothing():
    params = [*with_gradients([3.0]), nn.Parameter([1.0])]

    assert optim.clip_grad_norm_(params, 1.0) == 3.0
    assert optim.clip_grad_norm_(params[1:], 1.0) == 0.0
    optim.clip_grad_value_(params, 0.5)
    assert params[0].grad.item() == 0.5 and params[1].grad is None


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_length_that_is_not_finite_is_returned_and_changes_nothing(bad):
    params = with_gradients([bad, 1.0], [2.0])

    assert not math.isfinite(optim.clip_grad_norm_(params, 1.0))
    assert params[1].grad.item() == 2.0


def test_the_length_of_large_float32_gradients_does_not_overflow():
    p = nn.Parameter(np.zeros(4, np.float32))
    p.grad = np.full(4, 1e30, np.float32)

    assert optim.clip_grad_norm_([p], 1.0) == pytest.approx(2e30)
    assert p.grad.tolist() == pytest.approx([0.5] * 4)


def test_values_are_held_between_the_bounds():
    (p,) = with_gradients([-3.0, 0.2, 3.0])
    array = p.grad
    optim.clip_grad_value_([p], 1.0)

    assert p.grad is array and array.tolist() == [-1, 0.2, 1]


@pytest.mark.parametrize("bad", [0, -1, math.nan])
def test_a_bound_is_above_zero(bad):
    with pytest.raises(errors.ArgumentError, match="max_norm must be a number above 0, got"):
        optim.clip_grad_norm_(with_gradients([1.0]), bad)
    with pytest.raises(errors.ArgumentError, match="clip_value must be a finite number above 0, got"):
        optim.clip_grad_value_(with_gradients([1.0]), bad)
    with pytest.raises(errors.ArgumentError, match="wants a list of parameters, got a Parameter"):
        optim.clip_grad_norm_(nn.Parameter([[1.0]]), 1.0)


def test_the_length_loses_no_digits_however_many_and_however_large_the_numbers_are():
    many = nn.Parameter(np.zeros((1_000_000, 3), np.float32))
    many.grad = np.full(many.shape, 0.1, np.float32)
    assert optim.clip_grad_norm_([many], 1.0) == pytest.approx(float(np.float32(0.1)) * math.sqrt(3e6), rel=1e-9)
    assert np.linalg.norm(many.grad.astype(float)) == pytest.approx(1, rel=1e-5)

    for large, dtype in ((1e30, np.float32), (1e300, float), (1e-30, np.float32), (1e-300, float)):
        p = nn.Parameter(np.zeros(2, dtype))
        p.grad = np.array([3, 4], dtype) * dtype(large)
        assert optim.clip_grad_norm_([p], 5 * large / 2) == pytest.approx(5 * large, rel=1e-6)
        if large > 1:
            assert p.grad == pytest.approx(np.array([1.5, 2]) * large, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_told_and_left(bad):
    params = with_gradients([bad, 1.0])
    norm = optim.clip_grad_norm_(params, 1.0)
    assert not math.isfinite(norm) and params[0].grad[1] == 1.0


def test_many_small_gradients_and_large_ones_of_both_dtypes_have_one_norm():
    rng = np.random.default_rng(0)
    shapes = [(), (3,), (0, 2), (200, 100), (5, 4), (300, 300), (7,)]
    params = with_gradients(*[rng.normal(size=shape) for shape in shapes])
    for i, p in enumerate(params[::2]):
        params[2 * i] = nn.Parameter(p.data.astype(np.float32))
        params[2 * i].grad = p.grad.astype(np.float32)
    numbers = [float(g) for p in params for g in p.grad.ravel()]
    wanted = math.sqrt(math.fsum(g * g for g in numbers))

    assert optim.clip_grad_norm_(params, 1.0) == pytest.approx(wanted, rel=1e-12)
    after = [float(g) for p in params for g in p.grad.ravel()]
    assert after == pytest.approx([g / (wanted + 1e-6) for g in numbers], rel=1e-6)


@pytest.mark.parametrize("shape", [(1,), (40_000,)])
def test_huge_and_tiny_gradients_side_by_side_do_not_overflow(shape):
    params = with_gradients([3e200], [4e200], np.full(shape, 1e-200))

    assert optim.clip_grad_norm_(params, 1.0) == pytest.approx(5e200)
    assert params[0].grad.item() == pytest.approx(0.6) and params[1].grad.item() == pytest.approx(0.8)
    assert np.isnan(optim.clip_grad_norm_(with_gradients([math.nan], [3e200]), 1.0))


def test_the_gradient_of_a_number_that_two_losses_share_is_clipped():
    p = nn.Parameter(3.0)
    (p * p).backward()
    (p * p).backward()

    assert optim.clip_grad_norm_([p], 1.0) == 12.0
    assert p.grad == pytest.approx(1.0)
    p.grad *= 3
    optim.clip_grad_value_([p], 2.0)
    assert p.grad == 2.0
