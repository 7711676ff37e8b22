"""Which products are added up by the product itself: those that one sum reads, and nothing else."""

import pytest

from tests.compiler.written import Written
from tinygrad_gru.compiler.code.native.joined import of_blocks, only_summed, sums_above


@pytest.fixture(name="w")
def fixture_w():
    return Written()


def users_of(*instructions):
    users = {}
    for i in instructions:
        for a in i.args:
            users.setdefault(a, []).append(i)
    return users


def test_a_value_is_followed_up_to_the_longest_sum(w):
    x, h, c = w("x U"), w("h U"), w("c")
    two = w.program.make("add", x, h)
    three = w.program.make("add", two, c)

    assert sums_above(x, users_of(two, three), ()) == [x, two, three]
    assert sums_above(x, users_of(two, three), {two}) == [x, two], "what is stored is read elsewhere"
    assert sums_above(x, users_of(two, three, w.program.make("tanh", two)), ()) == [x, two]
    assert sums_above(x, users_of(w.program.make("subtract", x, h)), ()) == [x]


def block_of_products(w, weights):
    block = w.program.make("matmul", w.program.stack([w("g"), w("d")]), weights)
    return block, [w.program.part(block, k) for k in (0, 1)]


def test_a_block_is_only_summed_if_one_sum_reads_all_of_its_matrices(w):
    block, (one, two) = block_of_products(w, w.program.stack([w("U"), w("V")]))
    total = w.program.make("add", one, two)

    assert of_blocks(block)
    assert only_summed(block, users_of(one, two, total), ())
    assert not only_summed(block, users_of(one, two, total), {one}), "a result of the step"
    assert not only_summed(block, users_of(one, two, total, w.program.make("tanh", two)), ())
    assert not only_summed(block, users_of(one, two), ())
    assert not only_summed(block, users_of(one, total), ())


def test_a_block_times_one_matrix_is_no_product_of_blocks(w):
    assert not of_blocks(block_of_products(w, w("U"))[0])
    assert not of_blocks(w("x U"))
