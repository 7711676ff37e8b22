"""One update: backward, clip, step."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.updates.step import take_step


def test_the_norm_is_that_before_clipping_and_the_clipped_gradient_is_what_moves_the_weights():
    p = tg.nn.Parameter([3.0, 4.0])
    step = take_step((p * p).sum() / 2, [p], tg.optim.SGD([p], lr=1.0), clip=1.0)
    assert (step.loss, step.norm) == (12.5, 5.0) and step.finite
    np.testing.assert_allclose(p.data, [2.4, 3.2], rtol=1e-6)  # (3, 4) − (0.6, 0.8)


@pytest.mark.parametrize("factor", [np.inf, np.nan])
def test_without_a_finite_loss_nothing_is_moved(factor):
    p = tg.nn.Parameter([3.0, 4.0])
    with np.errstate(all="ignore"):
        step = take_step((p * factor).sum(), [p], tg.optim.SGD([p], lr=1.0))
    assert not step.finite and not math.isfinite(step.loss)
    np.testing.assert_array_equal(p.data, [3.0, 4.0])
