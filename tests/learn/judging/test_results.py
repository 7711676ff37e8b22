"""What was returned is read as what is wanted, however it is wrapped."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.learn.judging.results import NoNumbers, arrays_of, solution_arrays

MATRIX, VECTOR = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
NUMBERS = [np.array(1.0), np.array(2.0), np.array(3.0)]


def same(got, wanted):
    return len(got) == len(wanted) and all(np.array_equal(g, w) for g, w in zip(got, wanted, strict=True))


@pytest.mark.parametrize(
    "result, wanted",
    [
        (MATRIX.tolist(), [MATRIX]),
        (tuple(map(tuple, MATRIX)), [MATRIX]),
        ([row for row in MATRIX], [MATRIX]),
        ((MATRIX,), [MATRIX]),
        ([tg.Tensor([1.0, 2.0, 3.0])], [VECTOR]),
        (VECTOR.tolist(), [VECTOR]),
        ([np.array(1.0), tg.Tensor(2.0), 3], [VECTOR]),
        ((1.0, 2.0, 3.0), NUMBERS),
        ([1, 2, 3], NUMBERS),
        (VECTOR, NUMBERS),
        (tg.Tensor([1.0, 2.0, 3.0]), NUMBERS),
        (np.stack([MATRIX, MATRIX]), [MATRIX, MATRIX]),
        (tg.Tensor(np.stack([MATRIX, MATRIX])), [MATRIX, MATRIX]),
        ((MATRIX.tolist(), VECTOR.tolist()), [MATRIX, VECTOR]),
        ((MATRIX, (VECTOR, VECTOR)), [MATRIX, VECTOR, VECTOR]),
        ([MATRIX, VECTOR], [MATRIX, VECTOR]),
    ],
)
def test_it_is_read_as_what_is_wanted(result, wanted):
    assert same(arrays_of(result, wanted), wanted)


@pytest.mark.parametrize(
    "result, wanted, shapes",
    [
        (MATRIX, [MATRIX, MATRIX], [(2, 3)]),  # two rows are not two matrices
        ((MATRIX, VECTOR), [MATRIX], [(2, 3), (3,)]),
        ((1.0, 2.0, 3.0, 4.0), NUMBERS, [()] * 4),
        (np.arange(4.0), NUMBERS, [()] * 4),
        ([VECTOR, VECTOR], [VECTOR], [(2, 3)]),
        ([], [VECTOR], [(0,)]),
    ],
)
def test_what_cannot_be_read_so_is_left_as_it_is(result, wanted, shapes):
    assert [array.shape for array in arrays_of(result, wanted)] == shapes


@pytest.mark.parametrize(
    "result, words",
    [
        (None, "It returns None: is there a `return`?"),
        ([VECTOR, None], "One of its results is None."),
        ({0: 1.0}, "It returns a dict; wanted is a list: take its values in order, [d[key] for key in sorted(d)]."),
        ({1, 2}, "It returns a set, which has no order; wanted is a list."),
        ({0: 1.0}.values(), "It returns a dict_values; wanted is a list: list(...)."),
        (iter([1.0]), "It returns a list_iterator; wanted is a list: list(...)."),
        ("x", "It returns str where numbers are wanted."),
        (1j, "It returns complex where numbers are wanted."),
        (10**400, "It returns int where numbers are wanted."),
    ],
)
def test_what_is_no_numbers_is_called_what_it_is(result, words):
    with pytest.raises(NoNumbers, match=f"^{re.escape(words)}$"):
        arrays_of(result, [VECTOR])


def test_a_list_in_itself_is_called_lists_within_lists():
    endless = []
    endless.append(endless)
    for wanted in ([VECTOR], NUMBERS):
        with pytest.raises(NoNumbers, match="It returns lists within lists within lists, wanted arrays."):
            arrays_of(endless, wanted)


def test_bools_stay_bools_and_float32_stays_float32():
    assert arrays_of(True, [np.array(True)])[0].dtype == bool
    assert arrays_of(np.float32(1), [np.array(1.0)])[0].dtype == np.float32


def test_a_solution_returns_one_array_or_a_list_of_numbers_or_several_results():
    assert same(solution_arrays([1.0, 2.0, 3.0]), [VECTOR])
    assert same(solution_arrays((1.0, 2.0)), NUMBERS[:2])
    assert same(solution_arrays([VECTOR, VECTOR]), [VECTOR, VECTOR])
    assert same(solution_arrays(MATRIX), [MATRIX])
