"""The samples of shapes, joining and indexing: indices that repeat, parts of no size, scalars."""

import numpy as np

from tinygrad_gru.core import ops
from tinygrad_gru.core.tools.samples.layout import INDEXING, JOINING, SHAPES


def test_each_operation_has_samples():
    assert SHAPES.keys() == set(ops.FAMILIES["shapes"])
    assert JOINING.keys() == set(ops.FAMILIES["joining"])
    assert INDEXING.keys() == set(ops.FAMILIES["indexing"])


def test_an_index_that_repeats_is_among_those_of_each_way_to_take():
    def repeats(index):
        return isinstance(index, list | np.ndarray) and len(np.unique(index)) < np.size(index)

    assert any(repeats(options["key"]) for _, options in INDEXING["getitem"])
    for name in ("take", "take_along_axis"):
        assert any(repeats(indices) for (_, indices), _ in INDEXING[name])


def test_nothing_and_single_numbers_are_joined_padded_and_repeated():
    assert any(0 in x.shape for xs, _ in JOINING["concat"] for x in xs)
    for entries in (JOINING["pad"], JOINING["stack"], SHAPES["repeat"], SHAPES["tile"]):
        assert any(xs[0].shape == () for xs, _ in entries)
