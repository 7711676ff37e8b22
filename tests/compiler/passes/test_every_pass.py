"""Each pass preserves what a program computes: interpreted before and after, on random numbers."""

import numpy as np
import pytest
from hypothesis import given

from tests.compiler.cells import KNOWN, Packed, RandomCell, known
from tests.compiler.meaning import change, interpreted, random_values, values_of
from tests.compiler.programs import choices, program_of
from tinygrad_gru import compiler
from tinygrad_gru.compiler.ir import Program


def check_each_pass(cell, seed=0):
    """Each pass in the place that it has, and each alone on the program as recorded."""
    recorded = now = compiler.program(cell, 0)
    for apply_pass in compiler.PASSES:
        after = apply_pass(now)
        assert change(now, after, seed) < 1e-12, apply_pass.name
        assert change(recorded, apply_pass(recorded), seed) < 1e-12, f"{apply_pass.name} alone"
        now = after


@pytest.mark.parametrize("kind", KNOWN)
def test_each_pass_preserves_each_cell(kind):
    check_each_pass(known(kind))


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_cell_of_one_unit(kind):
    check_each_pass(known(kind, 1, 1))


def test_each_pass_preserves_a_cell_that_cuts_and_joins():
    check_each_pass(Packed())


def test_each_pass_preserves_cells_of_random_operations(soak_size):
    for seed in (1177, *range(soak_size(500))):  # 1177 once found True + True, which is no 2
        check_each_pass(RandomCell(seed), seed)


# --- programs made of instructions -----------------------------------------------------------------------------------


def check_programs_before_and_after(program, name, after):
    """The same outputs to 1e-12 of the largest number in between: what cancels out has its rounding."""
    values = random_values(program)
    everything = values_of(program, values)
    got = interpreted(after, values)
    largest = max(1.0, *(float(np.abs(v).max()) for v in everything.values()))
    assert got.keys() == program.outputs.keys(), name
    for output, i in program.outputs.items():
        assert np.abs(got[output] - everything[i]).max() <= 1e-12 * largest, f"{name}: {output}"


def check_passes_of_program(numbers):
    program = now = program_of(numbers)
    for apply_pass in compiler.PASSES:
        after = apply_pass(now)
        check_programs_before_and_after(now, apply_pass.name, after)
        check_programs_before_and_after(program, f"{apply_pass.name} alone", apply_pass(program))
        assert str(apply_pass(after)) == str(after), f"{apply_pass.name} has left something to do"
        now = after


@given(choices)
def test_each_pass_preserves_random_programs_and_leaves_it_nothing_to_do(numbers):
    check_passes_of_program(numbers)


def random_numbers(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2**16, rng.integers(5, 150)).tolist()


def test_random_programs_again_by_the_dozen(soak_size):
    for seed in range(soak_size(3000)):
        check_passes_of_program(random_numbers(seed))


def test_there_is_work_for_each_pass_in_random_programs():
    work = dict.fromkeys([each.name for each in compiler.PASSES], 0)
    for seed in range(200):
        now = program_of(random_numbers(seed))
        for each in compiler.PASSES:
            firings = []
            now = each(now, firings)
            work[each.name] += len(firings)
    assert min(work.values()) > 5, work


@pytest.mark.parametrize("wrong", ["a + b → b", "(g·p)·q → g·(p + q)", "g·p + g·q → g·(p − q)", "−(g·p) → g·p"])
def test_a_wrong_pass_is_caught_by_random_programs(wrong, monkeypatch):
    monkeypatch.setattr(compiler, "PASSES", [compiler.passes.Pass("wrong", "", [compiler.passes.Rule(wrong)])])

    with pytest.raises(AssertionError):
        for seed in range(50):
            check_passes_of_program(random_numbers(seed))


# --- programs stay what they are -------------------------------------------------------------------------------------


def test_a_pass_does_not_touch_the_program_that_it_is_given():
    program = compiler.program(known("gru"), 0)
    before = str(program)

    for apply_pass in compiler.PASSES:
        apply_pass(program)

    assert str(program) == before


def test_a_pass_that_drops_an_output_is_caught():
    program = compiler.program(known("gru"), 0)
    less = Program(program.inputs, {k: v for k, v in program.outputs.items() if k != "grad 3"})

    with pytest.raises(AssertionError):
        change(program, less)
