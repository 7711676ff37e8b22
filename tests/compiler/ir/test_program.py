"""Programs: an instruction is made once, dead code is never there, and a program can be printed, rewritten and run."""

import numpy as np
import pytest

from tests.compiler.cells import KNOWN, known
from tests.compiler.meaning import interpreted, random_values
from tinygrad_gru import compiler
from tinygrad_gru.compiler.ir import Program, Stage
from tinygrad_gru.compiler.ir.program import span


@pytest.fixture(name="p")
def fixture_p():
    """A program with inputs of each stage."""
    program = Program()
    for name, dims, stage in [("U", (4, 4), Stage.FIXED), ("x", ("B", 4), Stage.INPUT), ("h", ("B", 4), Stage.STATE),
                              ("dh", ("B", 4), Stage.GRADIENT), ("gates", (4, "B", 4), Stage.STATE)]:  # fmt: skip
        program.input(name, dims, stage)
    return program


def inputs(p, *names):
    return [p.inputs[name] for name in names]


# --- making instructions ---------------------------------------------------------------------------------------------


def test_what_is_made_again_is_what_there_is(p):
    x, h = inputs(p, "x", "h")

    assert p.make("add", x, h) is p.make("add", x, h)
    assert p.make("columns", x, start=0, stop=2) is p.make("columns", x, stop=2, start=0)
    assert p.make("columns", x, start=0, stop=2) is not p.make("columns", x, start=0, stop=3)


def test_a_product_turned_round_is_the_same_and_a_sum_is_not(p):
    """In floating point both are, but the order of a sum says what is added up first."""
    x, h = inputs(p, "x", "h")

    assert p.make("multiply", x, h) is p.make("multiply", h, x)
    assert p.make("add", x, h) is not p.make("add", h, x)
    assert p.make("subtract", x, h) is not p.make("subtract", h, x)


def test_an_instruction_has_the_stage_of_what_it_waits_for(p):
    U, x, h, dh = inputs(p, "U", "x", "h", "dh")

    assert p.make("tanh", U).stage is Stage.FIXED
    assert p.make("matmul", x, U).stage is Stage.INPUT
    assert p.make("add", x, h).stage is Stage.STATE
    assert p.make("multiply", dh, h).stage is Stage.GRADIENT
    assert Stage.FIXED < Stage.INPUT < Stage.STATE < Stage.GRADIENT


def test_a_value_gets_its_name_when_someone_knows_it(p):
    x, h = inputs(p, "x", "h")

    nameless = p.make("add", x, h)
    assert p.make("add", x, h, label="z", scope="gate") is nameless
    assert (nameless.label, nameless.scope) == ("z", "gate")
    p.make("add", x, h, label="other")
    assert nameless.label == "z"


@pytest.mark.parametrize(("number", "other"), [(1.0, 2.0), (0.0, -0.0)])
def test_a_number_is_made_once_and_minus_nothing_is_another(p, number, other):
    assert p.number(number) is p.number(number)
    assert p.number(number) is not p.number(other)


def test_true_and_false_add_up_otherwise_than_numbers(p):
    x, h = inputs(p, "x", "h")
    above = p.make("greater", x, h)

    assert above.is_boolean and p.make("multiply", above, above).is_boolean
    assert p.make("columns", above, start=0, stop=1).is_boolean
    assert not p.make("multiply", above, x).is_boolean and not p.make("add", above, above).is_boolean


def test_what_has_a_row_for_each_sequence_at_each_step(p):
    U, x, dh = inputs(p, "U", "x", "dh")

    assert x.per_step and p.make("multiply", dh, x).per_step
    assert not U.per_step and not p.make("outer", x, dh).per_step and not p.make("sum_batch", dh).per_step


# --- blocks ----------------------------------------------------------------------------------------------------------


def test_a_stack_of_neighbouring_parts_is_the_parts(p):
    (g,) = inputs(p, "gates")
    one, two, three = (p.part(g, k) for k in (0, 1, 2))

    assert p.stack([one, two, three]) is p.part(g, 0, 3)
    assert p.stack([one, p.part(g, 1, 3)]) is p.part(g, 0, 3)
    assert p.stack([one, two, three, p.part(g, 3)]) is g


def test_a_stack_of_others_is_a_new_block(p):
    (g,) = inputs(p, "gates")

    turned = p.stack([p.part(g, 1), p.part(g, 0)])
    assert (turned.op, turned.dims, turned.args) == ("stack", (2, "B", 4), (p.part(g, 1), p.part(g, 0)))
    with_a_gap = p.stack([p.part(g, 0), p.part(g, 2), p.part(g, 3)])
    assert with_a_gap.args == (p.part(g, 0), p.part(g, 2, 4))
    alone = p.stack([p.part(g, 2)])
    assert (alone.op, alone.dims) == ("stack", (1, "B", 4))


def test_a_part_of_parts_is_a_part_of_the_block(p):
    (g,) = inputs(p, "gates")
    last = p.part(g, 1, 4)

    assert p.part(last, 1) is p.part(g, 2)
    assert p.part(last, 1, 3) is p.part(g, 2, 4)
    assert p.part(g, 0, 4) is g
    assert span(p.part(g, 2)) == (g, 2, 3) and span(p.part(g, 1, 3)) == (g, 1, 3) and span(g) is None


def test_a_block_has_members_of_one_size(p):
    U, x = inputs(p, "U", "x")

    assert p.stack([x, x]).dims == (2, "B", 4)
    assert p.stack([p.make("sum_batch", x), p.make("sum_batch", x)]).dims == (2, 1, 4)  # of rows
    with pytest.raises(ValueError, match="make no block"):
        p.stack([x, U])


# --- reading ---------------------------------------------------------------------------------------------------------


def small(p):
    """out = tanh(x + h U)."""
    U, x, h = inputs(p, "U", "x", "h")
    product = p.make("matmul", h, U)
    total = p.make("add", x, product)
    out = p.make("tanh", total, label="out", scope="here")
    p.outputs = {"out": out}
    return product, total, out


def test_instructions_come_after_their_arguments_and_dead_code_never(p):
    product, total, out = small(p)
    p.make("exp", total)  # nothing needs it

    assert p.instructions() == [*p.inputs.values(), product, total, out]
    assert p.instructions(of=[product]) == [p.inputs["h"], p.inputs["U"], product]


def test_users_are_counted_for_each_place_and_the_caller_is_one(p):
    product, total, out = small(p)
    square = p.make("multiply", total, total)
    p.outputs["square"] = square

    users = p.users()
    assert users[product] == [total] and users[total] == [out, square, square] and users[out] == [out]
    assert users[p.inputs["dh"]] == []


def test_each_instruction_has_a_name_of_its_own(p):
    product, total, out = small(p)
    other = p.make("exp", total, label="out")
    p.outputs["other"] = other

    names = p.names()
    assert [names[i] for i in (product, total, out, other)] == ["t1", "t2", "out", "out_2"]


def test_a_program_is_printed_line_by_line(p):
    small(p)  # what nothing needs is there only if it is an input

    assert str(p).splitlines() == [
        "U = input       # (4, 4) fixed",
        "x = input       # (B, 4) input",
        "h = input       # (B, 4) state",
        "dh = input      # (B, 4) gradient",
        "gates = input   # (4, B, 4) state",
        "t1 = h U        # (B, 4) state",
        "t2 = x + t1     # (B, 4) state",
        "out = tanh(t2)  # (B, 4) state, here",
        "return out=out",
    ]


# --- substitution ----------------------------------------------------------------------------------------------------


def test_what_is_replaced_is_replaced_wherever_it_stands(p):
    product, total, _ = small(p)
    p.outputs["also"] = p.make("negative", total)

    after = p.substitute({total: p.make("subtract", p.inputs["x"], product)})

    assert [line.split("  ")[0] for line in str(after).splitlines()[-5:-1]] == [
        "t1 = h U", "t2 = x − t1", "out = tanh(t2)", "t3 = −t2",
    ]  # fmt: skip
    assert "x + t1" in str(p), "the program itself is as it was"


def test_a_replacement_keeps_the_name(p):
    _, total, out = small(p)

    after = p.substitute({out: p.make("sin", total)})

    assert (after.outputs["out"].op, after.outputs["out"].label, after.outputs["out"].scope) == ("sin", "out", "here")


def test_replacements_may_need_what_is_replaced_too(p):
    product, _, out = small(p)
    (x,) = inputs(p, "x")

    after = p.substitute({product: x, out: p.make("exp", product)})

    assert str(after.outputs["out"].args[0].label) == "x"


def test_what_becomes_equal_becomes_one(p):
    x, h = inputs(p, "x", "h")
    p.outputs = {"one": p.make("exp", p.make("add", x, h)), "two": p.make("exp", p.make("add", h, x))}

    after = p.substitute({p.make("add", h, x): p.make("add", x, h)})

    assert after.outputs["one"] is after.outputs["two"]


def test_parts_that_become_neighbours_become_one(p):
    (g,) = inputs(p, "gates")
    x, h = inputs(p, "x", "h")
    p.outputs = {"block": p.stack([x, h])}

    after = p.substitute({x: p.part(g, 0), h: p.part(g, 1)})

    assert (after.outputs["block"].op, after.outputs["block"].dims) == ("parts", (2, "B", 4))


# --- running ---------------------------------------------------------------------------------------------------------


def test_a_program_written_out_runs_as_one_expects():
    p = Program()
    x, U = p.input("x", ("B", 2), Stage.INPUT), p.input("U", (2, 2), Stage.FIXED)
    p.outputs = {"out": p.make("add", p.make("matmul", x, U), p.number(1.0)), "sum": p.make("sum_batch", x)}

    results = p.run({"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "U": np.array([[0.0, 1.0], [1.0, 0.0]])})

    assert results["out"].tolist() == [[3, 2], [5, 4]] and results["sum"].tolist() == [4, 6]


@pytest.mark.parametrize("kind", KNOWN)
def test_programs_run_as_they_are_interpreted(kind):
    program = compiler.program(known(kind))
    values = random_values(program)

    wanted = interpreted(program, values)
    for name, got in program.run(values).items():
        assert np.abs(got - wanted[name]).max() < 1e-13
