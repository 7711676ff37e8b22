"""The samples of products are vectors, matrices, stacks that broadcast, and some without elements."""

from tinygrad_gru.core import ops
from tinygrad_gru.core.tools.samples.products import PRODUCTS


def test_each_operation_has_samples():
    assert PRODUCTS.keys() == set(ops.FAMILIES["products"])


def test_matmul_is_tried_with_every_pair_of_vector_matrix_and_stack():
    axes = {tuple(min(x.ndim, 3) for x in xs) for xs, _ in PRODUCTS["matmul"]}
    assert axes == {(m, n) for m in (1, 2, 3) for n in (1, 2, 3)}
    shapes = [tuple(x.shape for x in xs) for xs, _ in PRODUCTS["matmul"]]
    assert ((5, 1, 2, 3), (4, 3, 2)) in shapes and ((2, 0), (0, 3)) in shapes


def test_einsum_is_tried_with_a_letter_that_repeats_one_that_is_summed_and_an_ellipsis():
    subscripts = [options["subscripts"] for _, options in PRODUCTS["einsum"]]
    assert {"ii->i", "ii->", "ij->j", "...ij,jk->...ik", "ij,jk"} <= set(subscripts)
