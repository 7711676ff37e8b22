"""Where values live: members inside their block, operands in the memory of the result, and a buffer used again."""

import pytest

from tests.compiler.cells import known
from tests.compiler.written import Written
from tinygrad_gru import compiler
from tinygrad_gru.compiler.code.build import backward, forward
from tinygrad_gru.compiler.ir import Stage
from tinygrad_gru.compiler.plan import Layout, Lifetime, Place, base


@pytest.fixture(name="w")
def fixture_w():
    return Written()


def laid_out(w, *phase, pinned=(), carried=(), given=None, lifetime=Lifetime.STEP, block_first=()):
    """The layout of a phase, and its new buffers; names are numbers t1, t2, … in the order of the phase."""
    names = {i: i.label for i in w.letters.values()} | {i: f"t{n}" for n, i in enumerate(phase, 1)}
    layout = Layout(names, phase, set(block_first))
    for i, name in (given or {}).items():
        layout.give(i, name, Lifetime.GIVEN)
    for i in w.letters.values():
        layout.give(i, i.label, Lifetime.GIVEN) if i not in layout.buffers else None
    layout.place_members(phase)
    layout.lead(phase, set(pinned), carried)
    new = layout.settle(phase, set(pinned), lifetime)
    return layout, [b.name for b in new]


def buffers(layout, *instructions):
    return [layout.buffer(i).name for i in instructions]


# --- places ----------------------------------------------------------------------------------------------------------


def test_a_part_of_a_block_is_a_view_of_it(w):
    p = w.program
    g = p.input("gates", (4, "B", 4), Stage.STATE)
    last = p.part(g, 1, 4)
    layout = Layout({}, [], set())

    assert layout.place(g) == Place(g) and Place(g).whole
    assert layout.place(p.part(g, 2)) == Place(g, 2)
    assert layout.place(last) == Place(g, (1, 4))
    assert layout.place(p.make("part", last, index=1)) == Place(g, 2)  # of the parts from 1
    assert layout.place(p.make("parts", last, start=1, stop=3)) == Place(g, (2, 4))


def test_columns_are_a_view_too_and_of_columns_and_parts(w):
    p = w.program
    g = p.input("gates", (4, "B", 4), Stage.STATE)
    x = w.letters["x"]
    columns = w("x[:, i:j]", i=1, j=4)
    layout = Layout({}, [], set())

    assert layout.place(columns) == Place(x, None, (1, 4))
    assert layout.place(p.make("columns", columns, start=1, stop=2)) == Place(x, None, (2, 3))
    assert layout.place(p.make("columns", p.part(g, 2), start=1, stop=3)) == Place(g, 2, (1, 3))
    assert layout.place(p.make("part", p.make("columns", g, start=1, stop=3), index=0)) == Place(g, 0, (1, 3))
    assert layout.place(p.make("columns", x, start=0, stop=4)) == Place(x), "all of the columns are no cut"
    assert base(p.make("columns", p.part(g, 2), start=1, stop=3)) is g


def test_a_layout_prints_as_a_table_of_values_and_buffers(w):
    one, two = w("x U"), w("h + a")
    block = w.program.stack([one, two])

    layout, _ = laid_out(w, one, two, block)

    assert str(layout).splitlines() == [
        "t1                t3[0]                 one step",
        "t2                t3[1]                 one step",
        "t3                t3                    one step",
    ]


# --- members ---------------------------------------------------------------------------------------------------------


def test_members_are_computed_inside_their_block(w):
    one, two = w("x U"), w("h + a")
    block = w.program.stack([one, two])

    layout, new = laid_out(w, one, two, block)

    assert new == ["t3"]
    assert [layout.place(i) for i in (one, two)] == [Place(block, 0), Place(block, 1)]


def test_what_stands_side_by_side_is_computed_there(w):
    one, two = w("x·2"), w("h + a")
    joined = w.program.make("concat", one, two)

    layout, new = laid_out(w, one, two, joined)

    assert new == ["t3"] and [layout.place(i) for i in (one, two)] == [
        Place(joined, None, (0, 4)), Place(joined, None, (4, 8)),
    ]  # fmt: skip


def test_a_product_beside_something_has_memory_of_its_own(w):
    """BLAS writes whole rows."""
    product, other = w("x U"), w("h + a")

    layout, new = laid_out(w, product, other, joined := w.program.make("concat", product, other))

    assert new == ["t1", "t3"] and layout.place(other) == Place(joined, None, (4, 8))


def test_a_block_in_a_block_is_a_part_of_it(w):
    inner = w.program.stack([one := w("h + a"), two := w("h·a")])
    outer = w.program.stack([other := w("h − a"), inner])

    layout, new = laid_out(w, one, two, inner, other, outer)

    assert layout.place(inner) == Place(outer, (1, 3)) and new == ["t5"]
    assert [layout.place(i) for i in (other, one, two)] == [Place(outer, 0), Place(outer, 1), Place(outer, 2)]


def test_a_value_has_one_home(w):
    one, two = w("h + a"), w("h·a")
    first, second = w.program.stack([one, two]), w.program.stack([two, one])

    layout, new = laid_out(w, one, two, first, second)

    assert [layout.place(i).root for i in (one, two)] == [first, first] and new == ["t3", "t4"]


# --- operands in the memory of the result ----------------------------------------------------------------------------


def test_an_operand_is_computed_where_its_result_goes(w):
    """tanh(x + h U), all of it in the memory of the new state."""
    product = w("h U")
    total, new = w("x + h U"), w.program.make("tanh", w("x + h U"))

    layout, scratch = laid_out(w, product, total, new, given={new: "new_h"})

    assert scratch == [] and buffers(layout, product, total, new) == ["new_h", "new_h", "new_h"]


def test_an_operand_that_is_read_again_is_not(w):
    total = w("x + h")
    once, twice = w.program.make("tanh", total), w.program.make("multiply", total, w.letters["a"])

    layout, _scratch = laid_out(w, total, once, twice, pinned=[once, twice], given={once: "new_h"})

    assert buffers(layout, total, once) == ["t1", "new_h"]
    layout, _ = laid_out(w, total, once, pinned=[total, once], given={once: "new_h"})
    assert buffers(layout, total, once) == ["t1", "new_h"], "what is saved is not written over"


def test_an_operand_of_another_size_is_not(w):
    column = w("y·2")
    total = w.program.make("add", column, w.letters["h"])

    layout, _ = laid_out(w, column, total, pinned=[total], given={total: "new_h"})

    assert buffers(layout, column, total) == ["t1", "new_h"]


def test_true_and_false_are_in_other_memory_than_numbers(w):
    p = w.program
    above = p.make("greater", w.letters["x"], w.letters["h"])
    chosen = p.make("multiply", above, w.letters["x"])

    layout, new = laid_out(w, above, chosen, pinned=[chosen])

    assert new == ["t1", "t2"] and [layout.buffers[i].boolean for i in (above, chosen)] == [True, False]


# --- the gradient that is carried from step to step ------------------------------------------------------------------


def test_an_old_gradient_is_not_written_over_before_it_has_been_read(w):
    """dh = d U + d·p, where d is the old dh: d U goes elsewhere, because d is read once more."""
    d = w.letters["d"]
    product, rest = w("d U"), w("d·p")
    new = w.program.make("add", product, rest)

    layout, scratch = laid_out(w, product, rest, new, carried=[d], given={d: "dh", new: "dh"})

    assert buffers(layout, product, rest, new) == ["t1", "dh", "dh"] and scratch == ["t1"]


def test_after_its_last_reading_an_old_gradient_is_written_over(w):
    d = w.letters["d"]
    scaled = w("d·p")
    new = w.program.make("add", scaled, w.letters["q"])

    layout, scratch = laid_out(w, scaled, new, carried=[d], given={d: "dh", new: "dh"})

    assert buffers(layout, scaled, new) == ["dh", "dh"] and scratch == []


def test_a_product_is_never_computed_over_its_own_operand(w):
    """Element by element it may be: each number is read before it is written. BLAS reads them many times."""
    d = w.letters["d"]
    product = w("d U")
    new = w.program.make("add", product, w.letters["q"])

    layout, scratch = laid_out(w, product, new, carried=[d], given={d: "dh", new: "dh"})

    assert buffers(layout, product, new) == ["t1", "dh"] and scratch == ["t1"]


# --- buffers used again ----------------------------------------------------------------------------------------------


def test_a_buffer_serves_again_after_its_value_has_been_read_for_the_last_time(w):
    products = [w("x U"), w("h U"), w("a U")]
    one = w.program.make("concat", products[0], w.letters["x"])
    two = w.program.make("concat", products[1], w.letters["h"])

    layout, new = laid_out(w, products[0], one, products[1], two, products[2], pinned=[one, two, products[2]])

    assert buffers(layout, products[0], products[1], products[2]) == ["t1", "t1", "t1"]
    assert new == ["t1", "t2", "t4"]


def test_a_result_is_written_over_an_operand_that_ends_with_it(w):
    one = w("x U")
    two = w.program.make("tanh", one)
    three = w.program.make("exp", one)

    layout, new = laid_out(w, one, two, three, pinned=[two, three])

    assert buffers(layout, one, two, three) == ["t1", "t2", "t1"] and new == ["t1", "t2"]


def test_what_another_phase_filled_is_not_written_over(w):
    """It may belong to the forward pass, which can be walked back twice."""
    saved = w("x U")
    layout = Layout({saved: "saved", (i := w.program.make("tanh", saved)): "t1"}, [i], set())
    layout.give(saved, "all_saved", Lifetime.CHUNK)

    layout.settle([i], {i}, Lifetime.CHUNK)

    assert layout.buffers[i].name == "t1"


def test_a_buffer_is_not_shared_by_values_of_other_sizes(w):
    small, large = w("h U[:, i:j]", i=0, j=2), w("h U")
    one, two = w.program.make("concat", small, w.letters["h"]), w.program.make("concat", large, w.letters["h"])

    _, new = laid_out(w, small, one, large, two, pinned=[one, two])

    assert new == ["t1", "t2", "t3", "t4"]


# --- blocks over time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lifetime", "first"), [(Lifetime.TIME, True), (Lifetime.CHUNK, True), (Lifetime.STEP, False)])
def test_blocks_of_several_steps_are_stored_gate_by_gate_where_a_product_over_time_reads_them(w, lifetime, first):
    block = w.program.stack([w("x U"), w("x V")])

    layout, _ = laid_out(w, *block.args, block, lifetime=lifetime, block_first=[block])
    other, _ = laid_out(w, *block.args, block, lifetime=lifetime)

    assert layout.buffers[block].block_first is first and layout.buffers[block].of_blocks
    assert not other.buffers[block].block_first


def test_a_gru_stores_its_input_gate_by_gate_and_its_gates_step_by_step():
    plan = compiler.compiled(known("gru")).code.plan
    names = plan.program.names()
    there, back = forward(plan, names), backward(plan, names)

    first = {b.name: b.block_first for tree in (there, back) for b in tree.layout.buffers.values() if b.of_blocks}
    assert first["all_z_r"] is False  # each step writes and reads both gates
    assert first["all_t11"] is True  # x ⟨U, V, W⟩, one product for all steps
    assert first["all_t44"] is True  # ⟨dh̃, dz, dr⟩, which the sums over time read
