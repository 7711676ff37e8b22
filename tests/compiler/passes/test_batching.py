"""The passes that make blocks: runs of what is done alike become one instruction, in the order that later ones want."""

import pytest

from tests.compiler.cells import known
from tests.compiler.meaning import change
from tests.compiler.written import Written
from tinygrad_gru import compiler
from tinygrad_gru.compiler.ir import Stage
from tinygrad_gru.compiler.passes import PASSES
from tinygrad_gru.compiler.passes.batching import Batching, batch_gradients, batch_products, batch_sums, vectorise


@pytest.fixture(name="written")
def fixture_written():
    return Written()


def outputs(written, *instructions):
    written.program.outputs = {f"out {n}": i for n, i in enumerate(instructions)}
    return written.program


def texts(written, program):
    return [written.text(i) for i in program.outputs.values()]


# --- products of one value -------------------------------------------------------------------------------------------


def test_products_of_one_value_are_one_product_with_a_block(written):
    assert written.after(batch_products, "h U", "h V") == ["(h ⟨U, V⟩)[0]", "(h ⟨U, V⟩)[1]"]


def test_products_of_two_values_or_with_matrices_of_other_sizes_stay(written):
    assert written.after(batch_products, "h U", "x V", "h U[:, 0:2]") == ["h U", "x V", "h U[:, 0:2]"]


def test_products_that_fare_alike_stand_next_to_each_other(written):
    """r and z go through tanh and the candidate does not: the block is ⟨z, r, candidate⟩, whatever their order was."""
    results = written.after(batch_products, "(h U)·2", "h (W[0:4])", "(h V)·2")

    assert results[1] == "(h ⟨W[0:4], U, V⟩)[0]"


def test_a_product_that_needs_another_one_is_not_in_its_block(written):
    assert written.after(batch_products, "h U", "(h U) V") == ["h U", "(h U) V"]


def test_products_of_gradients_are_left_to_the_next_pass(written):
    assert written.after(batch_products, "g U", "g V") == ["g U", "g V"]


# --- products that one sum adds up -----------------------------------------------------------------------------------


def test_products_that_are_added_up_are_one_product_of_a_block_with_a_block(written):
    (total,) = written.after(batch_gradients, "g U + d V")

    assert total == "((⟨g, d⟩ ⟨U, V⟩)[0]) + ((⟨g, d⟩ ⟨U, V⟩)[1])"


def test_products_of_the_same_gradient_and_single_ones_stay(written):
    assert written.after(batch_gradients, "g U + d") == ["(g U) + d"]
    assert written.after(batch_gradients, "g U + h V") == ["(g U) + (h V)"]


def test_two_sums_with_gradients_in_common_take_them_from_one_block(written):
    """The gradients of a GRU: those of r and z for the state, and for the input that of the candidate too."""
    p = written.program
    r, z, candidate = (p.make("multiply", written.letters["g"], written.letters[name]) for name in "pqa")
    U, V, rows = written.letters["U"], written.letters["V"], written("W[0:2]ᵀ")
    for_state = p.make("add", p.make("matmul", r, U), p.make("matmul", z, V))
    for_input = p.make(
        "add", p.make("matmul", r, rows), p.make("add", p.make("matmul", z, rows), p.make("matmul", candidate, rows))
    )

    after = batch_gradients(outputs(written, for_state, for_input))

    stacks = [i for i in after.instructions() if i.op == "stack" and i.stage is Stage.GRADIENT]
    assert [len(i.args) for i in stacks] == [3]
    assert change(written.program, after) < 1e-12


# --- operations element by element -----------------------------------------------------------------------------------


@pytest.fixture(name="block")
def fixture_block(written):
    """gates[0], gates[1] and gates[2], parts of a block."""
    gates = written.program.input("gates", (3, "B", 4), Stage.STATE)
    return [written.program.part(gates, k) for k in range(3)]


def test_what_is_done_alike_to_neighbours_is_done_to_the_block(written, block):
    p = written.program
    after = vectorise(outputs(written, *(p.make("tanh", part) for part in block)))

    assert texts(written, after) == [f"(tanh(gates))[{k}]" for k in range(3)]


def test_a_gap_ends_a_run_and_so_does_another_operation(written, block):
    p = written.program
    after = vectorise(outputs(written, p.make("tanh", block[0]), p.make("tanh", block[2]), p.make("sin", block[1])))

    assert texts(written, after) == ["tanh(gates[0])", "tanh(gates[2])", "sin(gates[1])"]


def test_what_all_of_them_have_stays_one_and_rows_of_parameters_become_a_block(written, block):
    p, h = written.program, written.letters["h"]
    b = [p.input(name, (4,), Stage.FIXED) for name in ("b0", "b1")]
    after = vectorise(outputs(written, *(p.make("multiply", part, h) for part in block[:2])))
    assert texts(written, after)[0] == "(gates[0:2]·h)[0]"

    after = vectorise(outputs(written, *(p.make("add", part, row) for part, row in zip(block[:2], b, strict=True))))
    assert texts(written, after)[1] == "(gates[0:2] + ⟨b0, b1⟩)[1]"


def test_two_steps_of_the_same_kind_are_two_operations_on_blocks(written, block):
    p = written.program
    halves = [p.make("multiply", p.number(0.5), p.make("tanh", part)) for part in block[:2]]

    after = vectorise(outputs(written, *halves))

    assert texts(written, after) == ["(½·(tanh(gates[0:2])))[0]", "(½·(tanh(gates[0:2])))[1]"]


def test_neighbours_that_scale_one_gradient_are_one_product(written):
    p = written.program
    after = vectorise(outputs(written, p.stack([written("g·p"), written("g·q"), written("d·q")])))

    assert texts(written, after) == ["⟨(g·⟨p, q⟩), (d·q)⟩"]


# --- sums over the batch ---------------------------------------------------------------------------------------------


def test_sums_of_neighbours_are_parts_of_one_sum(written):
    p, h = written.program, written.letters["h"]
    gates = p.input("dgates", (2, "B", 4), Stage.GRADIENT)
    parts = [p.part(gates, k) for k in range(2)]

    after = batch_sums(
        outputs(written, *(p.make("outer", h, g) for g in parts), *(p.make("sum_batch", g) for g in parts))
    )

    assert texts(written, after) == ["(hᵀ dgates)[0]", "(hᵀ dgates)[1]", "(Σ dgates)[0]", "(Σ dgates)[1]"]


def test_what_is_written_into_a_block_is_read_there(written):
    p, h = written.program, written.letters["h"]
    d, e = written("g·p"), written("d·q")
    block = p.stack([d, e])

    after = batch_sums(outputs(written, block, p.make("outer", h, d), p.make("outer", h, e)))

    assert texts(written, after)[1:] == [f"(hᵀ ⟨(g·p), (d·q)⟩)[{k}]" for k in range(2)]


def test_sums_with_other_left_sides_stay(written):
    p = written.program
    gates = p.input("dgates", (2, "B", 4), Stage.GRADIENT)
    sums = [p.make("outer", written.letters[a], p.part(gates, k)) for k, a in enumerate("hx")]

    assert texts(written, batch_sums(outputs(written, *sums))) == ["hᵀ dgates[0]", "xᵀ dgates[1]"]


# --- the GRU ---------------------------------------------------------------------------------------------------------


def counted(op, stage):
    program = compiler.program(known("gru"), stage)
    return sum(i.op == op for i in program.instructions())


def test_the_products_and_sums_of_a_gru():
    """Products of h, x and r·h with three matrices, and back; sums of two parameters for each equation."""
    assert [counted("matmul", stage) for stage in (0, 1, 7, 8)] == [6, 12, 9, 6]
    assert [counted("outer", stage) for stage in (0, 1, 10)] == [3, 6, 3]
    assert [counted("sum_batch", stage) for stage in (0, 10)] == [3, 1]
    assert [counted("tanh", stage) for stage in (0, 9)] == [3, 2]


def test_what_fired_says_which_values_are_in_the_block():
    firings = []
    compiler.program(known("gru"), 9, firings)

    assert "z, r" in [f.name for f in firings]
    assert {f.rule for f in firings} == {"f(x[0]), f(x[1]) → f(x[0:2])"}


def test_a_block_in_the_wrong_order_is_caught(monkeypatch):
    program = compiler.program(known("gru"), 6)
    find = batch_products.find

    class Turned(Batching):
        def __call__(self, program, firings=None):
            (run, *_) = [run for run in find(program) if len(run) > 1]
            block = program.make("matmul", run[0].args[0], program.stack([i.args[1] for i in run]))
            return program.substitute({i: program.part(block, k) for k, i in enumerate(reversed(run))})

    assert PASSES[6] is batch_products
    assert change(program, batch_products(program)) < 1e-12
    assert change(program, Turned("turned", "", "", find)(program)) > 1e-3
