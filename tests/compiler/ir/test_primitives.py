"""Primitive operations: the sizes that each says its result has, and what its result is."""

import math

import numpy as np
import pytest

from tests.compiler.meaning import MEANING
from tinygrad_gru.compiler.ir.primitives import BOOLEAN, ELEMENTWISE, PRIMITIVES, UFUNCS, broadcast

# The sizes of arguments. Each number from 2 up stands for any size, the same wherever it stands.
ROWS, BLOCK = ("B", 4), (3, "B", 4)
ONE = [(ROWS,), (BLOCK,), ((4,),), ((5, 4),), ((),)]
TWO = [(ROWS, ROWS), (ROWS, (4,)), ((), ROWS), (("B", 1), ROWS), (BLOCK, ROWS), (BLOCK, (3, 1, 4)), (BLOCK, BLOCK),
       ((4,), (4,)), ((), ())]  # fmt: skip
OTHERS = {
    "where": [(ROWS, ROWS, ROWS), (ROWS, (4,), ()), (("B", 1), BLOCK, ROWS)],
    "matmul": [(ROWS, (4, 5)), (ROWS, (3, 4, 5)), (BLOCK, (3, 4, 5)), (BLOCK, (4, 5)), ((2, 4), (4, 5))],
    "outer": [(ROWS, ("B", 5)), (ROWS, (3, "B", 5)), (BLOCK, (3, "B", 5))],
    "transpose_batch": [(ROWS,)],
    "sum_batch": [(ROWS,), (BLOCK,)],
    "stack": [(ROWS, ROWS), (BLOCK, ROWS, BLOCK), ((4,), (4,)), ((4, 5), (2, 4, 5)), (ROWS,)],
    "part": [(BLOCK,), ((3, 4, 5),)],
    "parts": [(BLOCK,), ((3, 4, 5),)],
    "concat": [(ROWS, ("B", 2)), (ROWS, ROWS, ("B", 1)), ((4,), (2,)), (BLOCK, (3, "B", 2))],
    "columns": [(ROWS,), (BLOCK,), ((4,),), ((5, 4),)],
    "stack_rows": [((2, 4), (3, 4)), ((1, 4), (1, 4), (5, 4))],
    "rows": [((5, 4),)],
    "transpose": [((5, 4),)],
    "reshape": [((4,),), ((5, 4),), ((1,),)],
    "broadcast_columns": [(("B", 1),)],
    "sum_columns": [(ROWS,), (("B", 1),)],
    "max_columns": [(ROWS,), (("B", 1),)],
}
CASES = [(op, shapes) for op in PRIMITIVES for shapes in (OTHERS.get(op) or (ONE if UFUNCS[op] == 1 else TWO))]
AXES = {"columns": -1, "rows": 0, "part": 0, "parts": 0}


def drawn(op, shapes, seed):
    """Random sizes, options and arrays."""
    rng = np.random.default_rng(seed)
    sizes = {1: 1, "B": int(rng.integers(1, 7)), **{n: int(rng.integers(1, 7)) for n in range(2, 6)}}
    dims = [tuple("B" if n == "B" else sizes[n] for n in shape) for shape in shapes]
    options = {"width": int(rng.integers(1, 7))} if op == "broadcast_columns" else {}
    if op == "reshape":
        options = {"dims": (math.prod(dims[0]), 1)}
    if op in AXES:
        n = sizes[shapes[0][AXES[op]]]
        start = int(rng.integers(n))
        options = {"index": start} if op == "part" else {"start": start, "stop": int(rng.integers(start, n)) + 1}
    arrays = [rng.uniform(0.1, 0.9, [sizes["B"] if n == "B" else n for n in shape]) for shape in dims]
    arrays = [a < 0.5 if op.startswith("logical") or (op == "where" and n == 0) else a for n, a in enumerate(arrays)]
    return sizes["B"], dims, options, arrays


@pytest.mark.parametrize(("op", "shapes"), CASES, ids=lambda value: str(value))
def test_the_sizes_are_those_of_the_result_and_the_result_is_what_the_operation_means(op, shapes):
    for seed in range(10):
        batch, dims, options, arrays = drawn(op, shapes, seed)

        result = PRIMITIVES[op].run(*arrays, **options)
        sizes = PRIMITIVES[op].dims(*dims, **options)

        assert np.shape(result) == tuple(batch if n == "B" else n for n in sizes)
        assert (result.dtype == bool) == (op in BOOLEAN)
        assert np.allclose(result, MEANING[op](*arrays, **options), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("op", "wrong"),
    [("matmul", lambda a, W: (*a[:-1], W[0])), ("concat", lambda a, b: a), ("part", lambda x, index: (1, *x[1:]))],
)
def test_wrong_sizes_are_noticed(op, wrong, monkeypatch):
    monkeypatch.setitem(PRIMITIVES, op, type(PRIMITIVES[op])(wrong, PRIMITIVES[op].run))

    with pytest.raises(AssertionError):
        test_the_sizes_are_those_of_the_result_and_the_result_is_what_the_operation_means(op, OTHERS[op][0])


def test_every_primitive_is_among_them():
    assert {case[0] for case in CASES} == set(PRIMITIVES) == set(MEANING)
    assert set(UFUNCS) | {"where"} == ELEMENTWISE and set(OTHERS) == set(PRIMITIVES) - set(UFUNCS)


def test_random_sizes_broadcast_as_those_of_numpy(soak_size):
    for seed in range(soak_size(500)):
        rng = np.random.default_rng(seed)
        whole = [int(n) for n in rng.integers(1, 5, rng.integers(0, 4))]
        shapes = [[n if rng.random() < 0.7 else 1 for n in whole[rng.integers(0, len(whole) + 1) :]] for _ in range(3)]
        assert broadcast(*map(tuple, shapes)) == np.broadcast_shapes(*map(tuple, shapes))


def test_a_batch_fits_itself_and_one_row():
    assert broadcast(("B", 4), (4,)) == ("B", 4)
    assert broadcast(("B", 4), (1, 4)) == ("B", 4)
    assert broadcast((3, "B", 4), ("B", 1)) == (3, "B", 4)
    for other in ((2, 4), ("B", 3)):
        with pytest.raises(ValueError, match="do not broadcast"):
            broadcast(("B", 4), other)
