"""The samples of reductions and scans go over all axes, one, several and none, and over zeros."""

import numpy as np

from tinygrad_gru.core import ops
from tinygrad_gru.core.tools.samples.along_axes import REDUCTIONS, SCANS


def test_each_operation_has_samples():
    assert REDUCTIONS.keys() == set(ops.FAMILIES["reductions"]) and SCANS.keys() == set(ops.FAMILIES["scans"])


def test_a_reduction_is_tried_over_all_axes_one_several_and_none():
    for name in ("sum", "mean", "max", "prod", "logsumexp", "vector_norm"):
        axes = [options.get("axis") for _, options in REDUCTIONS[name]]
        assert all(axis in axes for axis in (None, 0, -1, (0, 2), (-1, 0), ()))
        assert any(options.get("keepdims") for _, options in REDUCTIONS[name])


def test_a_product_is_tried_with_one_zero_and_with_several_along_an_axis():
    arrays = [xs[0] for xs, options in REDUCTIONS["prod"] if options.get("axis") == 1]
    zeros = {int(n) for x in arrays if x.size for n in (x == 0).sum(axis=1).ravel()}
    assert {0, 1, 2} <= zeros


def test_no_two_of_which_one_is_chosen_are_equal():
    for entries in (REDUCTIONS["max"], REDUCTIONS["min"], SCANS["cumulative_max"], SCANS["cumulative_min"]):
        for (x,), _ in entries:
            assert (np.diff(np.sort(x.ravel())) > 0.1).all()
