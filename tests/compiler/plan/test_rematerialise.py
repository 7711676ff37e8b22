"""What is saved for the backward pass, and what is cheap enough to be computed again."""

import pytest

from tests.compiler.cells import KNOWN, RandomCell, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.ir import Program, Stage
from tinygrad_gru.compiler.ir.notation import formula
from tinygrad_gru.compiler.plan.rematerialise import CHEAP, choose_saved


def chosen(program, states):
    """What is saved, and what is computed again, as it is written."""
    forward = program.instructions(of=[program.outputs[f"new {s}"] for s in states])
    saved, again = choose_saved(program, forward, program.instructions(of=program.outputs.values()))
    names = program.names()
    return tuple([f"{names[i]} = {formula(i, names)}" for i in part] for part in (saved, again))


def of(cell):
    return chosen(compiler.program(cell), cell.state_names)


def test_an_rnn_saves_its_new_state_alone():
    assert of(nn.RNNCell(2, 4)) == (["h_2 = tanh(t6)"], ["t7 = h_2·h_2", "t8 = 1 − t7"])


def test_a_gru_saves_its_gates_and_its_candidate():
    """z and r and not the tanh beneath them, since nothing else reads it; r·h and the factors are cheap."""
    saved, again = of(nn.GRUCell(2, 4))

    assert saved == ["z_r = ½ + t21", "candidate = tanh(t26)"]
    assert again[:2] == ["t23 = r·h", "t27 = candidate − h"]


def test_an_lstm_saves_the_tanh_of_all_four_gates_and_that_of_the_memory():
    """One of the four is the candidate, which is read; the others are computed from theirs again."""
    saved, again = of(nn.LSTMCell(2, 4))

    assert saved == ["t25 = tanh(t24)", "t30 = tanh(c_2)"]
    assert again[:4] == ["t27 = ½·t26", "o_f_i = ½ + t27", "t28 = f·c", "t29 = i·g"]


def test_a_new_state_is_not_computed_again():
    p = compiler.compiled(nn.LSTMCell(2, 4)).code.plan
    names = p.program.names()

    assert {names[i] for i in p.pre}.isdisjoint({"h_2", "c_2"})
    assert {names[i] for i in p.outputs} == {"h_2", "c_2"}


@pytest.fixture(name="p")
def fixture_p():
    """g·tanh(h), and what is made of it."""
    program = Program()
    for name, stage in [("x", Stage.INPUT), ("h", Stage.STATE), ("dh", Stage.GRADIENT)]:
        program.input(name, ("B", 2), stage)
    return program


def with_gradient(p, new, factor):
    p.outputs = {"new h": new, "grad h": p.make("multiply", p.inputs["dh"], factor)}
    return chosen(p, ["h"])


def test_what_is_costly_is_saved_and_what_is_cheap_is_computed_from_it(p):
    t = p.make("tanh", p.inputs["h"])
    u = p.make("subtract", t, p.inputs["h"])

    assert with_gradient(p, p.make("exp", u), p.make("divide", t, u))[0] == ["t1 = tanh(h)"]
    assert with_gradient(p, p.make("exp", u), u) == (["t2 = t1 − h"], [])  # of t1, which nothing else needs


def test_what_only_a_saved_value_needs_is_not_saved(p):
    new = p.make("exp", p.make("tanh", p.inputs["h"]))

    assert with_gradient(p, new, new) == (["t2 = exp(t1)"], [])


def test_what_needs_the_input_alone_is_saved_for_all_steps_at_once(p):
    scaled = p.make("multiply", p.inputs["x"], p.number(2.0))

    assert with_gradient(p, p.make("tanh", p.make("add", scaled, p.inputs["h"])), scaled)[0] == ["t1 = x·2"]


@pytest.mark.parametrize("kind", KNOWN)
def test_all_that_the_gradients_read_is_there_or_computed_again(kind):
    check(known(kind))


def test_all_that_the_gradients_of_random_cells_read_is_there(soak_size):
    for seed in range(soak_size(200)):
        check(RandomCell(seed))


def check(cell):
    program = compiler.program(cell)
    forward = program.instructions(of=[program.outputs[f"new {s}"] for s in cell.state_names])
    everything = program.instructions(of=program.outputs.values())
    saved, again = choose_saved(program, forward, everything)
    there = set(saved) | {i for i in everything if i.op in ("input", "number") or i.stage is Stage.FIXED}
    for i in again:
        assert all(a in there or a.op in ("part", "parts", "columns") for a in i.args)
        assert i.op in CHEAP or i not in forward, "what is costly is computed once"
        there.add(i)
