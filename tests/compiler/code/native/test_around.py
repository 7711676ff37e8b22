"""What stands around a native loop: the NumPy program of an RNN with a call in the place of its loop."""

import pytest

from tests.compiler.cells import KNOWN, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.native.around import backward_around, forward_around
from tinygrad_gru.compiler.code.build import backward, forward
from tinygrad_gru.compiler.code.native.loops import backward_loop, forward_loop
from tinygrad_gru.compiler.plan import planned

FORWARD = """
def forward(T, B, x, h, fixed, stays, memory):
    t1, b_h, t4 = fixed
    all_t3 = memory.all('all_t3', (T, B, 4), False)
    matmul(x.reshape(T * B, 2), t1, all_t3.reshape(T * B, 4))
    add(b_h, all_t3, all_t3)
    all_h = memory.run_states('h', h)
    memory.share(
        forward_loop, T, B, memory.flushing, *memory.stay(stays, B),
        memory.solid(all_t3), memory.solid(all_h), 4, memory.solid(t4))
    return all_h,
"""
BACKWARD = """
def backward(T, B, x, all_h, fixed, outside, dh, stays, want_x, chunk, memory):
    t12, t10 = fixed
    before_h, after_h = all_h[:-1], all_h[1:]
    all_t9 = memory.back('all_t9', (T, B, 4), False)
    dh = memory.solid(dh)
    memory.share(
        backward_loop, T, B, memory.flushing, *memory.stay(stays, B),
        memory.solid(after_h), memory.solid(all_t9), memory.solid(dh), memory.solid(outside), 4, memory.solid(t12))

    # for all steps at once: the gradients of the input, and those of the parameters as sums over time
    d_x = memory.new((T, B, 2)) if want_x else None
    if want_x:
        matmul(all_t9.reshape(T * B, 4), t10, d_x.reshape(T * B, 2))
    t14 = matmul(before_h.reshape(T * B, 4).T, all_t9.reshape(T * B, 4))
    t15 = matmul(x.reshape(T * B, 2).T, all_t9.reshape(T * B, 4))
    t16 = np.concatenate([t14, t15])
    t17 = memory.total(all_t9.reshape(T * B, 4))
    return d_x, [dh], [t16, t17]
"""


def unfolded(lines):
    """The words, wherever lines end."""
    return " ".join(" ".join(lines).split()).replace("( ", "(")


def trees(cell):
    plan = planned(compiler.program(cell), cell.state_names)
    return forward(plan, plan.program.names()), backward(plan, plan.program.names(), chunks=False)


def test_the_way_there():
    there, _ = trees(nn.RNNCell(2, 4))

    assert unfolded(forward_around(there, forward_loop(there))) == unfolded(FORWARD.strip().splitlines())


def test_the_way_back():
    _, back = trees(nn.RNNCell(2, 4))

    assert unfolded(backward_around(back, backward_loop(back))) == unfolded(BACKWARD.strip().splitlines())


@pytest.mark.parametrize("kind", KNOWN)
def test_it_differs_from_the_numpy_program_in_the_loop_and_its_memory_alone(kind):
    """The same head, the same products before the loop and after it."""
    code = compiler.compiled(known(kind)).code
    there, back = trees(known(kind))
    around = forward_around(there, forward_loop(there)), backward_around(back, backward_loop(back))
    for lines, name in zip(around, ("forward", "backward"), strict=True):
        numpy_lines = code.texts[name].splitlines()
        rest = [line for line in lines if line not in numpy_lines]
        assert lines[0] == numpy_lines[0] and lines[-1] == numpy_lines[-1]
        assert all(line.strip().split(" = ")[-1].startswith("memory.") for line in rest), rest
        assert sum("memory.share(" in line for line in rest) == 1


def test_what_is_passed_fits_the_arguments_of_the_loop():
    there, back = trees(known("lstm"))
    for loop in (forward_loop(there), backward_loop(back)):
        head, _, passed = loop.call().partition("*memory.stay(stays, B), ")
        assert head == f"memory.share({loop.name}, T, B, memory.flushing, "  # T, the rows of a thread, and then these
        assert loop.text()[0].startswith(f"def {loop.name}(T, lo, hi, flushing, masked, stay, ")
        assert len(passed.split(", ")) == len(loop.text()[0].split(", ")) - 6
