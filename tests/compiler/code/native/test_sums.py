"""Sums over time within the backward loop: when they can be, what is kept of a chunk, and what is made of it."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, both, difference, known
from tests.compiler.code.native.test_step import Several
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler import compile as compiling
from tinygrad_gru.compiler.code import memory as memories
from tinygrad_gru.compiler.code.build import backward
from tinygrad_gru.compiler.code.native.loop import Loop, Sizes
from tinygrad_gru.compiler.code.native.step import Step
from tinygrad_gru.compiler.code.native.sums import Chunks, sums_in_chunks
from tinygrad_gru.compiler.plan import planned


def plan_of(cell):
    return planned(compiler.program(cell), cell.state_names)


def chunks_of(cell):
    """The matrices of a chunk of a cell, and the loop that they are in."""
    plan = plan_of(cell)
    tree = backward(plan, plan.program.names(), chunks=False)
    loop = Loop("loop", Sizes(plan.program.instructions()))
    return Chunks(tree, Step(tree, loop)), loop


# --- when they can be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KNOWN)
def test_the_sums_of_the_usual_cells_are_in_the_loop(kind):
    assert sums_in_chunks(plan_of(known(kind)))


AFTER = {
    "a gradient that is a product of all steps": lambda c, x, h, k: (tg.tanh(tg.tanh(x @ c.U) @ c.V + h), k),
    "a mean of such a one": (
        lambda c, x, h, k: (tg.tanh(x @ c.U - tg.mean(tg.tanh(x @ c.W) @ c.V, axis=1, keepdims=True) + h), k)),
}  # fmt: skip


@pytest.mark.parametrize("name", AFTER)
def test_sums_that_need_what_is_computed_after_the_loop_are_not(name):
    assert not sums_in_chunks(plan_of(Several(AFTER[name])))


# --- what is kept of a chunk -----------------------------------------------------------------------------------------


def test_of_an_rnn_the_state_before_the_gradient_and_the_input_are_kept():
    chunks, loop = chunks_of(nn.RNNCell(2, 4))
    names = chunks.step.names

    assert {names[i]: matrix for i, matrix in chunks.matrices.items()} == {
        "h": "h_rows", "t9": "t9_rows", "x": "x_rows",
    }  # fmt: skip
    assert loop.allocations == [
        f"{rows} = np.zeros((chunk * B + 1, padded({n})), real)"
        for rows, n in [("h_rows", "n1"), ("t9_rows", "n2"), ("x_rows", "n3")]
    ]


def test_the_gates_of_a_block_stand_side_by_side_in_a_row():
    chunks, loop = chunks_of(nn.GRUCell(2, 4))
    (block,) = (i for i in chunks.matrices if len(i.dims) == 3)

    assert block.dims == (3, "B", 4) and chunks.step.wide == {
        f"{name}_now": chunks.step.width(i) for i, name in chunks.matrices.items()
    }
    assert "t44_rows = np.zeros((chunk * B + 1, padded(3 * n1)), real)" in loop.allocations


def test_a_step_has_its_rows():
    chunks, _ = chunks_of(nn.RNNCell(2, 4))

    assert chunks.views({"t9_rows_now"}) == ["t9_rows_now = rows_of(t9_rows, (t - start) * B, (t - start) * B + B)"]


ROWS_OF_A_CHUNK = "first_row, past_rows - first_row"


def test_each_sum_is_a_call_for_all_rows_of_the_chunk_and_has_a_place_for_each_thread():
    chunks, loop = chunks_of(nn.RNNCell(2, 4))
    lines = chunks.statements()

    assert lines[:3] == [
        f"add_outer(h_rows, 0, t9_rows, 0, {ROWS_OF_A_CHUNK}, t14_total, panel, t14_total_tiles)",
        f"add_outer(x_rows, 0, t9_rows, 0, {ROWS_OF_A_CHUNK}, t15_total, panel, t15_total_tiles)",
        "add_rows(rows_of(t9_rows, first_row, past_rows), 0, t17_total)",
    ]
    assert "t14_total = np.zeros((n1, padded(n2)), real)" in loop.allocations
    assert "t17_total = np.zeros(n2, np.float64)" in loop.allocations, "the rows of a bias in double"
    assert loop.after[0] == "copy_into(sum_t14[shard], t14_total)"
    assert (loop.arguments["sum_t14"], loop.arguments["sum_t17"]) == (("real3", "sum_t14"), ("double2", "sum_t17"))


def test_sums_of_some_gates_begin_at_their_column():
    """Of a GRU's three gates, h is multiplied with the last two, and r·h with the first."""
    chunks, _ = chunks_of(nn.GRUCell(2, 4))

    assert chunks.statements()[:4] == [
        f"add_outer(h_rows, 0, t44_rows, 1 * n1, {ROWS_OF_A_CHUNK}, t67_total, panel, t67_total_tiles)",
        f"add_outer(x_rows, 0, t44_rows, 0, {ROWS_OF_A_CHUNK}, t69_total, panel, t69_total_tiles)",
        f"add_outer(t23_rows, 0, t44_rows, 0 * n1, {ROWS_OF_A_CHUNK}, t76_total, panel, t76_total_tiles)",
        "add_rows(rows_of(t44_rows, first_row, past_rows), 0, t79_total)",
    ]


def test_the_gradient_of_the_input_is_computed_where_it_is_wanted():
    chunks, _ = chunks_of(nn.RNNCell(2, 4))
    lines = chunks.statements()

    at = lines.index("if want_x:")
    assert all(line.startswith("    ") for line in lines[at + 1 :])
    assert lines[at + 1].strip().startswith("product(rows_of(t9_rows, first_row, past_rows), 0, n2, packed_t10, ")
    assert "    for t in range(t + 1, stop):" in lines, "from the earliest step of the chunk that was gone through"


# --- the numbers -----------------------------------------------------------------------------------------------------

X = np.random.default_rng(7).uniform(-1, 1, (7, 3, 4))
SUMS = {
    "gates of one matrix": lambda c, x, h, k: (tg.tanh(x @ c.U + h @ c.V) * tg.sigmoid(h @ c.W + c.b), tg.sin(k + x)),
    "x as it is": lambda c, x, h, k: (tg.tanh(x + h @ c.U), tg.sin(h + k * x)),
    "no sum at all": lambda c, x, h, k: (tg.tanh(x + h), tg.sin(h + k * x)),
    "x through two matrices": lambda c, x, h, k: (tg.tanh(x @ c.U + h), tg.tanh(x @ c.V + k @ c.W + c.b)),
    "one matrix twice": lambda c, x, h, k: (tg.tanh(x @ c.U + h @ c.V), tg.tanh(k @ c.V + h @ c.U)),
    "some columns": lambda c, x, h, k: (tg.tanh(x @ c.U + tg.concat([h[:, 2:] * 2, h[:, :2]], axis=1)), k * h),
    "a bias of a state": lambda c, x, h, k: (tg.tanh(h + c.b), tg.tanh(k * c.b + x)),
    "a gate of one column": (
        lambda c, x, h, k: (tg.tanh(x @ c.W) * tg.exp(-tg.square(h @ c.v)), tg.sin(k + h @ c.U))),
} | AFTER  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 2, 5, 64])
@pytest.mark.parametrize("name", SUMS)
def test_sums_give_the_eager_numbers_whatever_the_chunk(name, chunk, loops_in_python, monkeypatch):
    monkeypatch.setattr(compiling, "FEWEST", chunk)
    monkeypatch.setattr(compiling, "CACHE", 1)
    for lengths in (None, np.array([7, 0, 3])):
        worst, whose = difference(*both(Several(SUMS[name]), X, [np.full((1, 3, 4), 0.3)] * 2, lengths=lengths))
        assert worst < 1e-12, whose


def test_the_sums_of_several_threads_are_added(loops_in_python, monkeypatch):
    monkeypatch.setattr(memories, "threads", lambda: 3)
    monkeypatch.setattr(memories, "ROWS", 2)
    x = np.random.default_rng(0).uniform(-1, 1, (4, 7, 3))

    assert memories.Memory.shards(7) == 3
    assert difference(*both(known("gru"), x))[0] < 1e-12


def test_where_gradients_have_vanished_the_sums_and_the_gradient_of_the_input_end(loops_in_python, monkeypatch):
    """As in the NumPy program: in the midst of a chunk, with a gradient from outside at the last step alone."""
    monkeypatch.setattr(compiling, "FEWEST", 5)
    monkeypatch.setattr(compiling, "CACHE", 1)
    x = np.random.default_rng(0).uniform(-1, 1, (24, 2, 3)).astype(np.float32)
    found = []
    for on in (True, False):
        cell = known("rnn", dtype=np.float32)
        cell.W_h.assign(cell.W_h.data * np.float32(0.005))
        with compiler.jit(on):
            xs = tg.Tensor(x, requires_grad=True)
            out, _ = nn.Recurrent(cell, engine="compiled")(xs)
            tg.sum(out[-1]).backward()
        found.append([xs.grad, *(p.grad for p in cell.parameters())])

    assert not found[0][0][:8].any() and found[0][0][-3:].all() and not np.isnan(found[0][0]).any()
    assert all(np.abs(a - b).max() <= 1e-6 * np.abs(b).max() for a, b in zip(*found, strict=True))


def test_a_cell_whose_sums_come_after_the_loop_vanishes_as_well(loops_in_python):
    x, found = np.random.default_rng(0).uniform(-1, 1, (24, 2, 4)).astype(np.float32), []
    for on in (True, False):
        cell = Several(lambda c, x, h, k: (tg.tanh(tg.tanh(x @ c.U) @ c.V + 0.1 * h), 0.1 * k)).astype(np.float32)
        with compiler.jit(on):
            xs = tg.Tensor(x, requires_grad=True)
            out, _ = nn.Recurrent(cell, engine="compiled")(xs)
            tg.sum(out[-1] * np.float32(1e-16)).backward()
        found.append([xs.grad, *(p.grad for p in cell.parameters())])

    assert found[0][0][-10:].any(axis=(1, 2)).all() and not found[0][0][:8].any()
    for a, b in zip(*found, strict=True):
        assert (a is b is None) or np.abs(a - b).max() <= 1e-5 * np.abs(b).max()
