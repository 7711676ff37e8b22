"""From phases to trees: states and gradients are computed where they belong, or copied there in an order that works."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, both, difference, known
from tests.compiler.trees import written
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import backward, forward, single_step
from tinygrad_gru.compiler.code.statements import Apply, Copy
from tinygrad_gru.compiler.plan import Lifetime, planned
from tinygrad_gru.compiler.plan.phases import VIEWS


def plan_of(cell):
    plan = planned(compiler.program(cell), cell.state_names)
    return plan, plan.program.names()


def test_a_gru_computes_everything_where_it_is_wanted():
    tree = forward(*plan_of(nn.GRUCell(2, 4)))

    assert written(tree, tree.steps) == [
        "t18 = h t17 → all_z_r", "t19 = t12 + t18 → all_z_r", "t20 = tanh(t19) → all_z_r", "t21 = ½·t20 → all_z_r",
        "z_r = ½ + t21 → all_z_r", "t23 = r·h → t23", "t25 = t23 t24 → all_candidate",
        "t26 = t22 + t25 → all_candidate", "candidate = tanh(t26) → all_candidate", "t27 = candidate − h → new_h",
        "t28 = z·t27 → new_h", "h_2 = h + t28 → new_h",
    ]  # fmt: skip
    assert [b.name for b in tree.scratch] == ["t23"], "one array of a step is neither a state nor saved"


def test_the_gradients_of_a_gru_stand_in_one_block():
    tree = backward(*plan_of(nn.GRUCell(2, 4)))

    assert written(tree, tree.steps)[:4] == [
        "t37 = dh·t36 → all_t44[(0, 2)]", "t40 = t38 t39 → t40", "t43 = t40·t42 → all_t44[2]",
        "t44 = ⟨t37, t43⟩ → all_t44",
    ]  # fmt: skip


# --- copies ----------------------------------------------------------------------------------------------------------


def example(states):
    """x, and the states to start from."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, 3, 2)).astype(np.float32), [*rng.normal(size=(states, 1, 3, 2)).astype(np.float32)]


class Round(nn.Cell):
    """Each state becomes the next one, and the last the first."""

    def __init__(self, n):
        super().__init__(2, 2, states=tuple("abcd"[:n]))

    def step(self, x, *states):
        return (*states[1:], states[0])


def test_two_gradients_that_change_places_are_read_before_either_is_written():
    tree = backward(*plan_of(Round(2)))

    assert written(tree, tree.steps) == ["da ← db, aside", "db ← da, aside"]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_states_that_go_round_in_a_circle(n):
    assert difference(*both(Round(n), *example(n)))[0] < 1e-6


class Chain(nn.Cell):
    """c forgets, b becomes c, a becomes b: a chain of copies that has a beginning."""

    def __init__(self):
        super().__init__(2, 2, states=("a", "b", "c"))

    def step(self, x, a, b, c):
        return b, c, tg.tanh(x) + 0 * c


def test_in_a_chain_that_is_copied_first_which_nothing_else_reads_any_more():
    tree = backward(*plan_of(Chain()))

    copies = [s for s in tree.steps if isinstance(s, Copy)]
    assert not any(s.aside for s in copies)
    assert written(tree, copies) == ["db ← da", "da ← 0"]
    assert difference(*both(Chain(), *example(3)))[0] < 1e-6


def test_a_wrong_order_of_copies_is_caught(monkeypatch):
    def as_they_come(copies, layout):
        return [Copy(name, value) for name, value in copies.items()]

    monkeypatch.setattr("tinygrad_gru.compiler.code.build._in_order", as_they_come)
    monkeypatch.setattr("tinygrad_gru.compiler.compile._of_text", {})

    assert difference(*both(Round(2), *example(2)))[0] > 1e-3


def test_a_state_that_is_a_result_computed_before_is_copied():
    class Forgetful(nn.Cell):
        def __init__(self):
            super().__init__(2, 2, states=("h", "c"))

        def step(self, x, h, c):
            y = tg.tanh(x)
            return y, y * 2.0

    tree = forward(*plan_of(Forgetful()))
    assert written(tree, tree.steps) == ["new_h ← t1", "new_c ← t2"]
    back = backward(*plan_of(Forgetful()))
    assert written(back, back.steps) == ["carried_dh ← 0", "carried_dc ← 0"]
    assert {c.carry: back.layout.buffers[c.gradient].lifetime for c in back.carried} == {
        "carried_dh": Lifetime.CHUNK, "carried_dc": Lifetime.CHUNK,
    }, "the gradients of all steps are there after them: they are needed in bulk"  # fmt: skip


# --- all cells -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KNOWN)
def test_every_instruction_of_a_phase_is_computed_once_and_has_its_place(kind):
    plan, names = plan_of(known(kind))
    there, back, step = forward(plan, names), backward(plan, names), single_step(plan, names)
    for tree, statements, phases in [
        (there, [*there.bulk, *there.steps], [*plan.bulk, *plan.loop]),
        (step, step.steps, [*plan.bulk, *plan.loop]),
        (back, [*back.pre, *back.steps, *back.post], [*plan.pre, *plan.back, *plan.post]),
        (back, [*back.late, *back.late_for_x], plan.late),
    ]:
        computed = [s.instruction for s in statements if isinstance(s, Apply)]
        assert sorted(map(id, computed)) == sorted(id(i) for i in phases if i.op not in VIEWS)
        assert all(tree.layout.buffer(i) for i in computed)


@pytest.mark.parametrize("kind", KNOWN)
def test_two_buffers_have_two_names(kind):
    plan, names = plan_of(known(kind))
    for tree in (forward(plan, names), backward(plan, names), single_step(plan, names)):
        buffers = set(tree.layout.buffers.values())
        assert len({b.name for b in buffers}) == len(buffers)
