"""Buffers of programs: named, reused from call to call, and kept apart; and sums that lose no digits."""

import itertools
import threading

import numpy as np
import pytest

from tests.nn.reference import error
from tinygrad_gru.compiler.code import memory as memories
from tinygrad_gru.compiler.code.memory import Memory, Pool


@pytest.fixture(name="memory")
def fixture_memory():
    """Memory of float64 for 5 steps of 2 sequences."""
    memory = Memory(np.dtype(float))
    memory.steps_and_batch = (5, 2)
    return memory


# --- buffers ---------------------------------------------------------------------------------------------------------


def test_a_name_is_the_same_memory_again_and_two_names_are_two(memory):
    one, again, other = (memory.all(name, (5, 2, 3), False) for name in ("t1", "t1", "t2"))

    assert np.shares_memory(one, again) and not np.shares_memory(one, other)
    assert (one.shape, one.dtype) == ((5, 2, 3), np.dtype(float)) and one.flags.c_contiguous


def test_a_buffer_grows_and_never_shrinks(memory):
    small, large = memory.back("t1", (2, 3), False), memory.back("t1", (4, 3), False)
    assert not np.shares_memory(small, large)
    again = memory.back("t1", (2, 3), False)
    assert np.shares_memory(again, large) and again.shape == (2, 3)


def test_true_and_false_have_memory_of_their_own(memory):
    numbers, bools = memory.step("t1", (2, 3), False), memory.step("t1", (2, 3), True)

    assert bools.dtype == bool and not np.shares_memory(numbers, bools)


def test_a_buffer_of_a_step_is_not_that_of_all_steps(memory):
    assert not np.shares_memory(memory.step("t1", (2, 3), False), memory.all("t1", (5, 2, 3), False))


def test_where_nothing_is_saved_every_step_has_the_same_memory(memory):
    memory.saving = False
    array = memory.steps("t1", (5, 2, 3), False)
    array[2] = 7

    assert array.shape == (5, 2, 3) and (array == 7).all()
    assert sum(a.nbytes for a in memory._arrays.values()) == 2 * 3 * 8
    memory.saving = True
    assert memory.steps("t1", (5, 2, 3), False).strides[0] == 2 * 3 * 8


def test_blocks_before_the_steps_share_the_memory_of_a_step_and_not_of_each_other(memory):
    memory.saving = False
    array = memory.block_steps("t1", (4, 5, 2, 3), False)
    for gate in range(4):
        array[gate, 1] = gate

    assert array.shape == (4, 5, 2, 3) and array.strides[1] == 0
    assert (array == np.arange(4.0)[:, None, None, None]).all()
    memory.saving = True
    assert memory.block_steps("t1", (4, 5, 2, 3), False).flags.c_contiguous


# --- the arrays of each step -----------------------------------------------------------------------------------------


def test_the_arrays_of_all_steps_are_made_once(memory):
    array = memory.all("t1", (5, 2, 3), False)
    views = memory.each("t1", array)

    assert isinstance(views, list) and len(views) == 5 and all(np.shares_memory(v, array) for v in views)
    assert memory.each("t1", memory.all("t1", (5, 2, 3), False)) is views


def test_they_are_dropped_when_the_buffer_is_another_or_its_shape(memory):
    views = memory.each("t1", memory.all("t1", (5, 2, 3), False))
    longer = memory.all("t1", (9, 2, 3), False)
    assert len(memory.each("t1", longer)) == 9 and np.shares_memory(memory.each("t1", longer)[8], longer)
    shorter = memory.each("t1", memory.all("t1", (5, 2, 3), False))
    assert shorter is not views and len(shorter) == 5 and np.shares_memory(shorter[0], longer)


def test_two_views_of_one_buffer_are_kept_under_two_names(memory):
    array = memory.all("t1", (5, 4, 2, 3), False)
    whole, part = memory.each("t1", array), memory.each("t1[:, 0]", array[:, 0])

    assert whole[0].shape == (4, 2, 3) and part[0].shape == (2, 3)
    assert memory.each("t1", array) is whole and memory.each("t1[:, 0]", array[:, 0]) is part


def test_the_same_memory_at_each_step_is_one_array_again_and_again(memory):
    memory.saving = False
    array = memory.steps("t1", (5, 2, 3), False)
    views = list(memory.each("t1", array))

    assert len(views) == 5 and all(v is views[0] for v in views)


def test_very_many_steps_are_not_kept(memory, monkeypatch):
    monkeypatch.setattr(memories, "MOST_KEPT", 4)
    array = memory.all("t1", (5, 2, 3), False)

    assert memory.each("t1", array) is array and len(memory.each("t2", memory.all("t2", (4, 2, 3), False))) == 4


# --- states ----------------------------------------------------------------------------------------------------------

START = np.array([[1.0, 2.0], [3.0, 4.0]])


def through(memory, name, steps):
    """The states after each of so many steps, each the one before plus 1."""
    every, state, after = memory.states(name, START)
    for new in itertools.islice(after, steps):
        np.add(state, 1, new)
        state = new
    return every, memory.last(name)


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("saving", [True, False])
def test_a_state_starts_where_it_is_told_and_ends_after_the_last_step(memory, steps, saving):
    memory.steps_and_batch, memory.saving = (steps, 2), saving
    every, last = through(memory, "c", steps)

    assert (last == START + steps).all() and (START == [[1, 2], [3, 4]]).all()
    assert every is None if not saving else (every == START + np.arange(steps + 1)[:, None, None]).all()


def test_the_first_state_goes_where_the_caller_wants_it(memory):
    memory.first = outputs = np.zeros((6, 2, 2))
    every, _ = through(memory, "h", 5)

    assert every is outputs and (outputs[5] == START + 5).all() and memory.first is None


@pytest.mark.parametrize("steps", [1, 4, 5])
@pytest.mark.parametrize("saving", [True, False])
def test_for_native_loops_a_state_has_all_steps_or_two(memory, saving, steps):
    memory.saving, memory.steps_and_batch = saving, (steps, 2)
    every = memory.run_states("h", START)
    for t in range(steps):
        every[(t + 1) % len(every)] = every[t % len(every)] + 1

    assert len(every) == (steps + 1 if saving else 2) and (memory.last("h") == START + steps).all()


def test_for_native_loops_what_is_not_saved_has_one_step(memory):
    memory.saving = False
    assert memory.run("t1", (5, 2, 3), False).shape == (1, 2, 3)
    assert memory.block_run("t1", (4, 5, 2, 3), False).shape == (4, 1, 2, 3)
    memory.saving = True
    assert memory.run("t1", (5, 2, 3), False).shape == (5, 2, 3)


def test_rows_that_stay_are_a_table_of_steps_and_sequences(memory):
    assert memory.stay([None, None], 3)[0] is False
    masked, rows = memory.stay([None, np.array([[True], [False]])], 2)
    assert masked and rows.tolist() == [[False, False], [True, False]] and rows.flags.c_contiguous


@pytest.mark.parametrize(
    "array",
    [np.ones((3, 4))[:, ::2], np.asfortranarray(np.ones((3, 4))), np.float64(1.0), np.ones(3, np.float32),
     np.broadcast_to(np.ones(3), (2, 3)), np.frombuffer(bytes(24)), np.array([1, 0, 1])],
    ids=["holes", "columns first", "a number", "float32", "one row again and again", "read-only", "integers"],
)  # fmt: skip
def test_what_numba_would_take_for_another_type_is_copied(array, memory):
    solid = memory.solid(np.asarray(array))

    assert solid.flags.c_contiguous and solid.flags.writeable and solid.ndim >= 1 and solid.dtype == float
    assert not np.shares_memory(solid, array) and np.array_equal(solid, np.atleast_1d(array))


@pytest.mark.parametrize("array", [np.ones((3, 4)), np.ones((0, 4)), np.array([[True, False]])])
def test_what_is_solid_is_passed_as_it_is(array, memory):
    assert memory.solid(array) is array


# --- threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch", "threads", "shares"), [
    (8, 4, [(0, 8)]), (32, 1, [(0, 32)]), (32, 2, [(0, 16), (16, 32)]), (50, 8, [(0, 16), (16, 33), (33, 50)]),
    (0, 4, [(0, 0)]),
])  # fmt: skip
def test_sequences_are_shared_where_each_thread_has_enough(batch, threads, shares, monkeypatch):
    """Each part has a number: that of the place where it adds up its sums."""
    monkeypatch.setattr(memories, "threads", lambda: threads)
    calls, lock = [], threading.Lock()

    def loop(steps, lo, hi, shard, *rest):
        with lock:
            calls.append((steps, lo, hi, shard, rest))

    Memory.share(loop, 7, batch, "x")
    assert sorted(calls) == [(7, lo, hi, shard, ("x",)) for shard, (lo, hi) in enumerate(shares)]
    assert Memory.shards(batch) == len(shares)


def test_what_a_thread_raises_is_raised(monkeypatch):
    monkeypatch.setattr(memories, "threads", lambda: 2)

    def loop(steps, lo, hi, shard):
        if shard:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Memory.share(loop, 1, 64)


def test_what_threads_add_up_is_added():
    memory = Memory(np.dtype(np.float32))
    sums = memory.sums((3, 2, 4), False)
    sums[...] = [[[1, 2, 3, 4], [5, 6, 7, 8]], [[10] * 4] * 2, [[100] * 4] * 2]

    whole = memory.added(sums, 0)
    assert sums.dtype == whole.dtype == np.float32
    assert whole.tolist() == [[111, 112, 113, 114], [115, 116, 117, 118]]


def test_what_they_add_up_of_a_block_stands_gate_by_gate():
    """Side by side in the loop, (m, G·n), and a matrix for each gate after it, (G, m, n)."""
    memory = Memory(np.dtype(np.float32))
    sums = np.array([[[1, 2, 10, 20], [3, 4, 30, 40]]], np.float32)
    blocks = memory.added(sums, 2)
    biases = memory.added(np.array([[1.0, 2.0, 10.0, 20.0], [0.5] * 4]), 2)

    assert blocks.tolist() == [[[1, 2], [3, 4]], [[10, 20], [30, 40]]] and blocks.flags.c_contiguous
    assert biases.tolist() == [[1.5, 2.5], [10.5, 20.5]] and biases.dtype == np.float32


def test_sums_of_rows_are_added_in_double():
    """1 + 2⁻³⁰ − 1: what float32 would lose."""
    memory = Memory(np.dtype(np.float32))
    sums = memory.sums((3, 1), True)
    sums[:, 0] = [1.0, 2.0**-30, -1.0]

    assert sums.dtype == np.float64 and memory.added(sums, 0).tolist() == [2.0**-30]


# --- the end of the way back -----------------------------------------------------------------------------------------

TINY, LARGE = np.full((2, 3), 1e-35, np.float32), np.full((2, 3), 1e-3, np.float32)


def test_gradients_are_flushed_in_float32_alone():
    for dtype, flushing in ((np.float32, True), (np.float64, False)):
        memory = Memory(np.dtype(dtype))
        memory.start_back()
        assert memory.flushing is flushing


def test_it_ends_where_nothing_more_flows():
    memory = Memory(np.dtype(np.float32))
    memory.start_back()
    outside = np.zeros((9, 2, 3), np.float32)
    outside[4] = 1

    assert memory.finished(4, outside, TINY) and memory.finished(3, outside, TINY * 0, TINY)
    assert not memory.finished(5, outside, TINY), "a gradient from outside is still to come"
    assert not memory.finished(4, outside, TINY, LARGE), "one of two states carries something"
    memory.start_back()
    assert memory.finished(9, np.zeros((9, 2, 3), np.float32), TINY), "nothing from outside at all"


def test_a_vanishing_gradient_becomes_zeros_and_another_stays():
    memory = Memory(np.dtype(np.float32))
    memory.start_back()
    tiny, large = TINY.copy(), LARGE.copy()
    memory.flush(tiny)
    memory.flush(large)

    assert not tiny.any() and (large == LARGE).all()


# --- sums ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 63, 64, 127, 128, 129, 1000, 100_003, 1_000_000])
def test_a_table_of_equal_rows_adds_up(rows):
    for value in (0.1, -3e7, 1e-20):
        table = np.full((rows, 3), value, np.float32)
        assert error(Memory.total(table), table[0].astype(float) * rows) < 2e-6, value


def test_of_columns_of_a_table_nothing_and_what_is_not_finite():
    table = np.random.default_rng(0).normal(size=(999, 5)).astype(np.float32)
    lost = np.abs(Memory.total(table[:, 1:3]) - table[:, 1:3].sum(axis=0, dtype=float))
    assert (lost < 1e-7 * np.abs(table).sum(axis=0)[1:3]).all()
    assert Memory.total(table[:0]).tolist() == [0] * 5
    table[3, 0], table[700, 1], table[800, 2], table[3, 2] = np.nan, np.inf, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        total = Memory.total(table)
    assert np.isnan(total[[0, 2]]).all() and total[1] == np.inf and np.isfinite(total[3:]).all()


def test_of_a_block_each_table_is_added_up():
    blocks = np.random.default_rng(0).normal(size=(3, 1000, 4))

    assert np.abs(Memory.total(blocks) - blocks.sum(axis=1)).max() < 1e-11


def test_naive_addition_is_caught():
    table = np.full((100_000, 3), 0.1, np.float32)
    assert error(np.add.reduce(table), table[0].astype(float) * len(table)) > 1e-4


# --- the pool --------------------------------------------------------------------------------------------------------


def test_memory_comes_from_the_pool_and_goes_back():
    pool = Pool(np.dtype(float))
    one, two = pool.take(), pool.take()
    assert one is not two
    pool.give_back(one)
    assert pool.take() is one and pool.take() is not two


def test_the_pool_keeps_a_few_and_lets_others_go():
    pool = Pool(np.dtype(float))
    for memory in [pool.take() for _ in range(Pool.MOST + 3)]:
        pool.give_back(memory)

    assert len(pool._free) == Pool.MOST
