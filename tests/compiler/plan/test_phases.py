"""Phases: what is computed for all steps, step by step, chunk by chunk and once, written out for an RNN and a GRU."""

import pytest

from tests.compiler.cells import KNOWN, RandomCell, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.ir import Program, Stage
from tinygrad_gru.compiler.ir.notation import formula
from tinygrad_gru.compiler.plan import Unplannable, base, planned

PHASES = ("fixed", "bulk", "loop", "fixed_back", "pre", "back", "post", "late", "sums")


def plan_of(cell):
    return planned(compiler.program(cell), cell.state_names)


def written(plan):
    """Each phase, its instructions as they are written."""
    names = plan.program.names()
    return {phase: [f"{names[i]} = {formula(i, names)}" for i in getattr(plan, phase)] for phase in PHASES}


def test_the_phases_of_an_rnn():
    plan = plan_of(nn.RNNCell(2, 4))

    assert written(plan) == {
        "fixed": ["t1 = W_h[4:6]", "t4 = W_h[0:4]"],
        "bulk": ["t2 = x t1", "t3 = b_h + t2"],
        "loop": ["t5 = h t4", "t6 = t3 + t5", "h_2 = tanh(t6)"],
        "fixed_back": ["t4 = W_h[0:4]", "t12 = t4ᵀ", "t1 = W_h[4:6]", "t10 = t1ᵀ"],
        "pre": ["t7 = h_2·h_2", "t8 = 1 − t7"],
        "back": ["t9 = dh·t8", "t13 = t9 t12"],
        "post": [],
        "late": ["t11 = t9 t10"],
        "sums": ["t14 = hᵀ t9", "t15 = xᵀ t9", "t16 = [t14; t15]", "t17 = Σ t9"],
    }
    names = plan.program.names()
    assert {names[new]: names[old] for new, old in plan.outputs.items()} == {"h_2": "h"}  # stored as it is anyway
    assert {names[i]: age for i, age in plan.ages.items()} == {
        "t7": "chunk", "t8": "chunk", "t9": "time", "t13": "step", "dh": "step",
    }  # fmt: skip


def test_it_is_printed_as_a_table():
    assert str(plan_of(nn.RNNCell(2, 4))).splitlines()[:11] == [
        "fixed       t1                2x4",
        "fixed       t4                4x4",
        "bulk        t2                Bx4",
        "bulk        t3                Bx4",
        "loop        t5                Bx4",
        "loop        t6                Bx4",
        "loop        h_2               Bx4",
        "fixed_back  t4                4x4",
        "fixed_back  t12               4x4",
        "fixed_back  t1                2x4",
        "fixed_back  t10               4x2",
    ]


def test_the_phases_of_a_gru():
    plan = plan_of(nn.GRUCell(2, 4))

    assert written(plan) == {
        "fixed": ["t1 = ½·b_z", "t2 = ½·b_r", "t3 = ⟨b_h, t1, t2⟩", "t4 = W_h[4:6]", "t5 = W_z[4:6]", "t6 = ½·t5",
                  "t7 = W_r[4:6]", "t8 = ½·t7", "t9 = ⟨t4, t6, t8⟩", "t13 = W_z[0:4]", "t14 = ½·t13", "t15 = W_r[0:4]",
                  "t16 = ½·t15", "t17 = ⟨t14, t16⟩", "t24 = W_h[0:4]"],
        "bulk": ["t10 = x t9", "t11 = t3 + t10", "t12 = t11[1:3]", "t22 = t11[0]"],
        "loop": ["t18 = h t17", "t19 = t12 + t18", "t20 = tanh(t19)", "t21 = ½·t20", "z_r = ½ + t21", "z = z_r[0]",
                 "r = z_r[1]", "t23 = r·h", "t25 = t23 t24", "t26 = t22 + t25", "candidate = tanh(t26)",
                 "t27 = candidate − h", "t28 = z·t27", "h_2 = h + t28"],
        "fixed_back": ["t24 = W_h[0:4]", "t39 = t24ᵀ", "t13 = W_z[0:4]", "t56 = t13ᵀ", "t15 = W_r[0:4]", "t57 = t15ᵀ",
                       "t58 = ⟨t56, t57⟩", "t4 = W_h[4:6]", "t45 = t4ᵀ", "t5 = W_z[4:6]", "t46 = t5ᵀ", "t7 = W_r[4:6]",
                       "t47 = t7ᵀ", "t48 = ⟨t45, t46, t47⟩"],
        "pre": ["t23 = r·h", "t27 = candidate − h", "t29 = candidate·candidate", "t30 = 1 − t29", "t31 = z·t30",
                "t32 = 1 − z_r", "t34 = z·t33", "t35 = t27·t34", "t36 = ⟨t31, t35⟩", "t42 = t23·t41"],
        "back": ["t37 = dh·t36", "t38 = t37[0]", "t40 = t38 t39", "t43 = t40·t42", "t44 = ⟨t37, t43⟩",
                 "t55 = t44[1:3]", "t59 = t55 t58", "t60 = t59[0]", "t61 = t59[1]", "t62 = t60 + t61", "t63 = dh·t33",
                 "t64 = t62 + t63", "t65 = t40·r", "t66 = t64 + t65"],
        "post": ["t75 = t44[0]"],
        "late": ["t49 = t44 t48", "t50 = t49[0]", "t51 = t49[1]", "t52 = t50 + t51", "t53 = t49[2]", "t54 = t52 + t53"],
        "sums": ["t67 = hᵀ t55", "t68 = t67[1]", "t69 = xᵀ t44", "t70 = t69[2]", "t71 = [t68; t70]", "t72 = t67[0]",
                 "t73 = t69[1]", "t74 = [t72; t73]", "t76 = t23ᵀ t75", "t77 = t69[0]", "t78 = [t76; t77]",
                 "t79 = Σ t44", "t80 = t79[2]", "t81 = t79[1]", "t82 = t79[0]"],
    }  # fmt: skip
    names = plan.program.names()
    assert [names[i] for i, age in plan.ages.items() if age == "time"] == [
        "t23",
        "t44",
    ]  # what the sums at the end read


@pytest.mark.parametrize("kind", KNOWN)
def test_each_instruction_waits_for_nothing_that_comes_later(kind):
    plan = plan_of(known(kind))
    for phase in PHASES:
        computed = getattr(plan, phase)
        assert all(a not in computed[n:] for n, i in enumerate(computed) for a in i.args), phase
    assert all(i.stage is Stage.FIXED for i in (*plan.fixed, *plan.fixed_back))
    assert all(i.stage is Stage.INPUT for i in plan.bulk) and all(i.stage is Stage.STATE for i in plan.loop)
    assert all(i.stage < Stage.GRADIENT for i in plan.pre)
    assert all(i.stage is Stage.GRADIENT for i in (*plan.back, *plan.post, *plan.late, *plan.sums))


def test_what_is_read_over_time_is_kept_over_time(soak_size):
    for seed in range(soak_size(200)):
        plan = plan_of(RandomCell(seed))
        read = {base(a) for i in (*plan.late, *plan.sums) for a in i.args} & set(plan.ages)
        assert all(plan.ages[i] == "time" for i in read), seed


def test_the_numbers_of_a_step_say_how_many_steps_fit_the_cache():
    assert plan_of(nn.RNNCell(2, 4)).width_of_a_step() == 4 + 4 + 4  # t7, t8 and t9
    rows = [8, 4, 4, 4, 4, 4, 4, 8, 4, 4, 8, 4, 12]  # z_r, candidate; t23, t27, …, t42; t44
    assert plan_of(nn.GRUCell(2, 4)).width_of_a_step() == sum(rows)


def test_what_is_not_saved_has_no_age_in_the_loop():
    rows = [line.split() for line in str(plan_of(nn.GRUCell(2, 4))).splitlines() if line.startswith("loop")]

    assert {row[1]: row[3] for row in rows if len(row) > 3} == {"z_r": "saved", "candidate": "saved"}


# --- what has no phases ----------------------------------------------------------------------------------------------


@pytest.fixture(name="p")
def fixture_p():
    program = Program()
    inputs = {"x": (("B", 2), Stage.INPUT), "h": (("B", 2), Stage.STATE), "dh": (("B", 2), Stage.GRADIENT),
              "0 W": ((2, 2), Stage.FIXED), "1 b": ((2,), Stage.FIXED)}  # fmt: skip
    for name, (dims, stage) in inputs.items():
        program.input(name, dims, stage)
    return program


def of(p, **outputs):
    p.outputs = {name.replace("_", " "): i for name, i in outputs.items()}
    return p


def test_a_step_that_mixes_the_sequences_of_a_batch(p):
    mean = p.make("sum_batch", p.inputs["h"], label="mean", scope="here")

    with pytest.raises(Unplannable, match="sum_batch mixes the sequences of a batch, at here"):
        planned(of(p, new_h=p.make("add", p.inputs["h"], mean)), ("h",))


def test_a_batch_that_is_turned_and_not_summed(p):
    turned = p.make("transpose_batch", p.inputs["h"])

    with pytest.raises(Unplannable, match="transpose_batch mixes"):
        planned(of(p, new_h=p.inputs["h"], grad_0=p.make("matmul", turned, p.inputs["dh"])), ("h",))


def test_a_gradient_of_the_state_that_sums_over_the_batch(p):
    dh = p.inputs["dh"]

    with pytest.raises(Unplannable, match="the gradient of its state sums over the batch"):
        planned(of(p, new_h=p.inputs["h"], grad_h=p.make("subtract", dh, p.make("sum_batch", dh))), ("h",))


@pytest.mark.parametrize("op", ["tanh", "multiply", "divide"])
def test_what_is_no_sum_over_time_any_more(p, op):
    """tanh Σ over all steps is not the sum of its values at each, and a product of two sums is not one of products."""
    total = p.make("sum_batch", p.inputs["dh"])
    result = p.make(op, *[total] * (1 if op == "tanh" else 2))

    with pytest.raises(Unplannable, match=f"{op} of sums over the batch"):
        planned(of(p, new_h=p.inputs["h"], grad_1=result), ("h",))


def test_what_is_linear_in_a_sum_is_one(p):
    total = p.make("multiply", p.make("sum_batch", p.inputs["dh"]), p.inputs["1 b"])

    plan = planned(of(p, new_h=p.inputs["h"], grad_1=total), ("h",))
    assert [i.op for i in plan.sums] == ["sum_batch", "multiply"]
