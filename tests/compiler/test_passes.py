"""Each pass alone preserves what a program computes: interpreted before and after, on random numbers."""

import numpy as np
import pytest

from tests.compiler.cells import KNOWN, RandomCell, known
from tinygrad_gru import compiler
from tinygrad_gru.compiler.listing import Program

# What the operations mean, independent of the compiler's own table.
MEANING = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "negative": lambda a: -a,
    "maximum": lambda a, b: np.where(a >= b, a, b),
    "minimum": lambda a, b: np.where(a <= b, a, b),
    "logaddexp": lambda a, b: np.log(np.exp(a) + np.exp(b)),
    "tanh": lambda a: (np.exp(2 * a) - 1) / (np.exp(2 * a) + 1),
    "exp": np.exp,
    "sin": np.sin,
    "cos": np.cos,
    "absolute": lambda a: np.where(a < 0, -a, a),
    "sign": lambda a: 1.0 * (a > 0) - 1.0 * (a < 0),
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "logical_and": lambda a, b: a & b,
    "logical_or": lambda a, b: a | b,
    "logical_not": lambda a: ~a,
    "where": lambda condition, a, b: np.choose(condition, [b, a]),
    "matmul": lambda a, b: np.einsum("ij,jk->ik", a, b),
    "outer": lambda a, b: np.einsum("bi,bj->ij", a, b),
    "transpose": lambda a: np.swapaxes(a, 0, 1),
    "transpose_batch": lambda a: np.swapaxes(a, 0, 1),
    "columns": lambda a, start, stop: np.take(a, range(start, stop), axis=-1),
    "rows": lambda a, start, stop: np.take(a, range(start, stop), axis=0),
    "concat": lambda *parts: np.block(list(parts)),
    "stack_rows": lambda *parts: np.vstack(parts),
    "repeat": lambda a, times: np.tile(a, (1, times)),
    "spread": lambda a, width: np.tile(a, (1, width)),
    "sum_batch": lambda a: a.sum(0),
    "sum_columns": lambda a: a.sum(1, keepdims=True),
    "max_columns": lambda a: a.max(1, keepdims=True),
    "flatten": lambda a: a.ravel(),
}
B = 3


def interpreted(program, values):
    """The outputs by name; each line has the sizes that it says it has, and depends on what it says it does."""
    found = {}
    for line in program.lines(everything=True):
        if line.op == "input":
            found[line] = values[line.option("name")]
            continue
        if line.op == "number":
            found[line] = np.float64(line.option("value"))
            continue
        found[line] = MEANING[line.op](*[found[a] for a in line.args], **dict(line.options))
        assert found[line].shape == tuple(B if n == "B" else n for n in line.dims), line.op
        assert line.kind == max(a.kind for a in line.args)
    return {name: found[line] for name, line in program.outputs.items()}


def random_values(program, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-0.9, 0.9, [B if n == "B" else n for n in line.dims])
            for name, line in program.inputs.items()}  # fmt: skip


def change(one, other, seed=0):
    """By how much two programs differ, on random inputs."""
    values = random_values(one, seed)
    wanted, got = interpreted(one, values), interpreted(other, values)
    assert got.keys() == wanted.keys()
    return max(float(np.abs(got[name] - a).max()) / max(1.0, float(np.abs(a).max())) for name, a in wanted.items())


def check_each_pass(cell, seed=0):
    """Each pass in the place that it has, and each alone on the program as recorded."""
    recorded = now = compiler.program(cell, 0)
    for name, apply_pass in compiler.PASSES:
        after = apply_pass(now)
        assert change(now, after, seed) < 1e-12, name
        assert change(recorded, apply_pass(recorded), seed) < 1e-12, f"{name} alone"
        now = after


@pytest.mark.parametrize("kind", KNOWN)
def test_each_pass_preserves_each_cell(kind):
    check_each_pass(known(kind))


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_cell_of_one_unit(kind):
    check_each_pass(known(kind, 1, 1))


def test_each_pass_preserves_cells_of_random_operations(soak_size):
    for seed in (1177, *range(soak_size(500))):  # 1177 once found True + True, which is no 2
        check_each_pass(RandomCell(seed), seed)


@pytest.mark.parametrize("kind", KNOWN)
def test_programs_run_as_they_are_interpreted(kind):
    program = compiler.program(known(kind))
    values = random_values(program)

    wanted = interpreted(program, values)
    for name, got in program.run(values).items():
        assert np.abs(got - wanted[name]).max() < 1e-13


def test_a_pass_does_not_touch_the_program_that_it_is_given():
    program = compiler.program(known("gru"), 0)
    before = str(program)

    for _, apply_pass in compiler.PASSES:
        apply_pass(program)

    assert str(program) == before


def test_recorded_it_is_the_step_and_its_derivatives():
    cell = known("rnn")
    program = compiler.program(cell, 0)
    v = random_values(program)
    W, b = (v[name] for name in list(program.inputs)[3:])

    h = np.tanh(np.concatenate([v["h"], v["x"]], 1) @ W + b)
    inside = v["dh"] * (1 - h * h)
    wanted = {"new h": h, "grad h": inside @ W[:4].T, "grad x": inside @ W[4:].T, "grad 1": inside.sum(0),
              "grad 0": np.concatenate([v["h"], v["x"]], 1).T @ inside}  # fmt: skip

    got = interpreted(program, v)
    assert got.keys() == wanted.keys()
    assert all(np.abs(got[name] - a).max() < 1e-14 for name, a in wanted.items())


# --- wrong rewrites --------------------------------------------------------------------------------------------------


def swap_subtractions(p, line, args):
    return p.line("subtract", args[1], args[0]) if line.op == "subtract" else None


def drop_a_term(p, line, args):
    return args[0] if line.op == "add" and args[0].dims == line.dims else None


def forget_a_half(p, line, args):
    halves = [a for a in args if a.op == "number" and a.option("value") == 0.5]
    return args[1 - args.index(halves[0])] if line.op == "multiply" and halves else None


def wrong_rows(p, line, args):
    if line.op != "outer" or line.dims[0] < 2:
        return None
    half = p.line("rows", p.line("outer", *args), start=0, stop=line.dims[0] - 1)
    return p.line("stack_rows", p.line("rows", half, start=0, stop=1), half)


def square_for_product(p, line, args):
    return p.line("multiply", args[0], args[0]) if line.op == "multiply" and args[0].dims == line.dims else None


WRONG = [swap_subtractions, drop_a_term, forget_a_half, wrong_rows, square_for_product]


@pytest.mark.parametrize("rule", WRONG, ids=[rule.__name__ for rule in WRONG])
@pytest.mark.parametrize("kind", ["gru", "gru, reset after", "lstm", "minimal gated unit"])
def test_a_wrong_rewrite_is_caught(rule, kind):
    program = compiler.program(known(kind), 0)

    assert change(program, program.rewritten(rule)) > 1e-6
    assert change(program, program.rewritten(lambda p, line, args: None)) == 0


def test_a_pass_that_drops_an_output_is_caught():
    program = compiler.program(known("gru"), 0)
    less = Program(program.inputs, {k: v for k, v in program.outputs.items() if k != "grad 3"})

    with pytest.raises(AssertionError):
        change(program, less)
