"""Whole programs over time: random steps, there and back, against an interpreter that goes step by step."""

import numpy as np
import pytest
from hypothesis import given

from tests.compiler.meaning import B, random_values, values_of
from tests.compiler.meaning import interpreted as interpreted_once
from tests.compiler.programs import STATES, choices, layer_of
from tinygrad_gru.compiler import compile as compiling
from tinygrad_gru.compiler import plan
from tinygrad_gru.compiler.code.native import machine_code
from tinygrad_gru.compiler.compile import Code, Compiled
from tinygrad_gru.compiler.ir import Stage
from tinygrad_gru.compiler.plan import Unplannable

T = 4
RNG = np.random.default_rng(0)
X, OUTSIDE = RNG.uniform(-1, 1, (T, B, 2)), RNG.uniform(-1, 1, (T, B, 2))
H, K, DK = RNG.uniform(-1, 1, (3, B, 2))  # the states before, and the gradient of the last k
ZEROS = np.zeros((B, 2))
NONE_STAYS = [None] * T
SOME_STAY = [None, np.array([[True], [False], [False]]), np.array([[True], [True], [False]]), None]  # (B, 1) each


def interpreted(program, fixed, stays):
    """All states, the gradients of x, of the states before and of the parameters, and the largest number on the way.

    In a row that stays the states are those before, and so are their gradients; the step has a gradient of zeros.
    """
    states, gradients, sums, largest = [(H, K)], (ZEROS, DK), 0, 1.0

    def step(t, states, gradients):
        nonlocal largest
        values = values_of(program, fixed | {"x": X[t]} | dict(zip(STATES, states, strict=True))
                           | {f"d{s}": g for s, g in zip(STATES, gradients, strict=True)})  # fmt: skip
        largest = max(largest, *(float(np.abs(v).max()) for v in values.values()))
        return {name: values[i] for name, i in program.outputs.items()}

    for t in range(T):
        outputs, stay = step(t, states[-1], (ZEROS, ZEROS)), False if stays[t] is None else stays[t]
        states.append(
            tuple(np.where(stay, old, outputs[f"new {s}"]) for s, old in zip(STATES, states[-1], strict=True))
        )
    d_x = np.zeros_like(X)
    for t in reversed(range(T)):
        after, stay = (gradients[0] + OUTSIDE[t], gradients[1]), False if stays[t] is None else stays[t]
        outputs = step(t, states[t], [np.where(stay, 0, g) for g in after])
        d_x[t] = outputs.get("grad x", 0)
        gradients = tuple(outputs.get(f"grad {s}", ZEROS) + np.where(stay, g, 0)
                          for s, g in zip(STATES, after, strict=True))  # fmt: skip
        sums = [outputs[f"grad {n}"] + (sums[n] if sums else 0) for n in range(len(fixed))]
    return states, {"x": d_x, **dict(zip(STATES, gradients, strict=True)), **dict(enumerate(sums))}, largest


def check(program, chunks=(1, 2, 64), optimised=True, stays=NONE_STAYS):
    """The program over time gives these numbers: with and without what backward reads, for each chunk, and twice.

    False for a program that the compiler leaves to the eager engine.
    """
    try:
        code = Code(compiling._optimised(program) if optimised else program, STATES, np.dtype(float))
    except Unplannable:
        return False
    rng = np.random.default_rng(1)
    fixed = {name: rng.uniform(-0.9, 0.9, i.dims) for name, i in program.inputs.items() if i.stage is Stage.FIXED}
    with np.errstate(all="ignore"):
        states, wanted, largest = interpreted(program, fixed, stays)
    if not largest < 1e4:
        return False  # what cancels out is rounding
    assert machine_code.uses_numba() == (code.directions() != (code.forward, code.backward))
    layer, arrays = Compiled(code, [], len(fixed), ()), list(fixed.values())

    def near(a, b, name):
        assert np.abs(a - b).max() <= 1e-11 * largest, name

    for saving in (False, True):
        every = np.empty((T + 1, B, 2))
        last, left = layer.forward(X, every, [H, K], arrays, stays, saving)
        near(every, np.array([h for h, _ in states]), "h")
        near(last[0], states[-1][1], "k")
    for chunk in chunks:
        for want_x in (True, False):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(compiling, "FEWEST", chunk)
                patch.setattr(compiling, "CACHE", 1)
                d_x, carried, sums = layer.backward(X, left[1], arrays, OUTSIDE, [DK], stays, want_x)
            found = {"x": d_x, **dict(zip(STATES, carried, strict=True)), **dict(enumerate(sums))}
            for name, array in wanted.items():
                if name != "x" or want_x:
                    near(found[name], array, f"gradient of {name}, chunks of {chunk}")
    return True


@given(choices)
def test_random_programs_over_time(numbers):
    program = layer_of(numbers)
    check(program)
    check(program, optimised=False)


def random_program(seed):
    rng = np.random.default_rng(seed)
    return layer_of(rng.integers(0, 2**16, rng.integers(30, 140)).tolist())


def vanishes(program):
    """Whether all gradients are zeros where those of the new states are, as in every cell: only then may rows stay."""
    outputs = interpreted_once(program, random_values(program) | {"dh": ZEROS, "dk": ZEROS})
    return not any(value.any() for name, value in outputs.items() if name.startswith("grad"))


def check_the_first(count):
    """In some of the programs some rows stay."""
    checked = staying = 0
    for program in map(random_program, range(count)):
        stays = SOME_STAY if vanishes(program) else NONE_STAYS
        checked += check(program, chunks=(2,), stays=stays)
        staying += stays is SOME_STAY
    assert checked > 0.8 * count and staying > 0.2 * count


def test_random_programs_over_time_by_the_dozen(soak_size):
    check_the_first(soak_size(2000))


def test_native_loops_of_random_programs(loops_in_python, soak_size):
    check_the_first(soak_size(1000))


def test_a_wrong_program_is_caught(monkeypatch):
    """A buffer that is shared too early."""
    settle = plan.Layout.settle

    def without_pins(self, phase, pinned, lifetime, prefix=""):
        return settle(self, phase, (), lifetime, prefix)

    monkeypatch.setattr(plan.Layout, "settle", without_pins)
    with pytest.raises((AssertionError, KeyError)):
        for seed in range(100):
            check(random_program(seed), chunks=(2,))
