"""Sparse gradients: pieces at their keys, added up without being made dense."""

import numpy as np

from tinygrad_gru.core.support.sparse import SparseGrad


def test_pieces_are_collected():
    total = SparseGrad("g0", 0).add(SparseGrad("g1", 1))
    assert total.pieces == [(0, "g0"), (1, "g1")] and total.dense is None


def test_dense_gradients_are_added_beside_the_pieces():
    total = SparseGrad("g", 0).add(np.ones(2)).add(np.ones(2))
    assert total.dense.tolist() == [2.0, 2.0] and len(total.pieces) == 1


def test_the_dense_part_of_another_comes_along():
    other = SparseGrad("g1", 1).add(np.ones(2))
    total = SparseGrad("g0", 0).add(other)
    assert total.dense.tolist() == [1.0, 1.0] and len(total.pieces) == 2
