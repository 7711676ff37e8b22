"""What stands around a native loop: the NumPy program of an RNN with a call in the place of its loop."""

import ast

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, known
from tests.compiler.code.native.test_loops import Deep
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import backward, forward
from tinygrad_gru.compiler.code.native.around import backward_around, forward_around
from tinygrad_gru.compiler.code.native.loops import backward_loop, forward_loop
from tinygrad_gru.compiler.plan import planned

FORWARD = """
def forward(T, B, x, h, fixed, stays, memory):
    t1, b_h, t4 = fixed
    all_h = memory.run_states('h', h)
    memory.share(
        forward_loop, T, B, memory.flushing, *memory.stay(stays, B),
        memory.contiguous(x), memory.solid(all_h), 4, memory.contiguous(t1[None]),
        memory.contiguous(t4[None]), 2, 4, memory.contiguous(b_h))
    return all_h,
"""
BACKWARD = """
def backward(T, B, x, all_h, fixed, outside, dh, stays, want_x, chunk, memory):
    t12, t10 = fixed
    before_h, after_h = all_h[:-1], all_h[1:]
    dh = memory.solid(dh)
    d_x = memory.new((T, B, 2)) if want_x else None
    sum_t14 = memory.sums((memory.shards(B), 4, 4), False)
    sum_t15 = memory.sums((memory.shards(B), 2, 4), False)
    sum_t17 = memory.sums((memory.shards(B), 4), True)
    memory.share(
        backward_loop, T, B, memory.flushing, *memory.stay(stays, B),
        memory.contiguous(x), memory.contiguous(before_h), memory.contiguous(after_h), 4, 4, 2, 4,
        memory.contiguous(t12[None]), sum_t14, sum_t15, sum_t17, 2, memory.contiguous(t10[None]),
        memory.new((0, 0, 0)) if d_x is None else d_x, d_x is not None,
        memory.solid(dh), memory.contiguous(outside), chunk)
    t14 = memory.added(sum_t14, 0)
    t15 = memory.added(sum_t15, 0)
    t16 = np.concatenate([t14, t15])
    t17 = memory.added(sum_t17, 0)
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


def test_the_gates_of_a_block_are_added_up_side_by_side_and_come_apart_after_the_loop():
    """(m, 3n) of all threads, and then (3, m, n): the sums of a GRU's three gates with x."""
    _, back = trees(nn.GRUCell(2, 4))
    lines = [line.split("  #")[0].strip() for line in backward_around(back, backward_loop(back))]

    assert "sum_t69 = memory.sums((memory.shards(B), 2, 12), False)" in lines
    assert lines[lines.index("t69 = memory.added(sum_t69, 3)") + 1] == "t70 = t69[2]"
    assert "t79 = memory.added(sum_t79, 3)" in lines, "and those of its biases, (3n,)"


class Constant(nn.Cell):
    """h' = tanh(h U): x has no gradient."""

    def __init__(self):
        super().__init__(4, 4)
        self.U = nn.Parameter(np.eye(4))

    def step(self, x, h):
        return (tg.tanh(h @ self.U),)


def test_an_input_that_no_step_reads_has_a_gradient_of_zeros():
    _, back = trees(Constant())
    lines = [line.strip() for line in backward_around(back, backward_loop(back))]

    assert lines[(at := lines.index("if want_x:")) + 1] == "d_x[...] = 0" and "share" in lines[at - 1]
    assert "d_x is not None" not in lines[at - 1]


def test_where_sums_are_computed_after_the_loop_they_are_those_of_the_numpy_program():
    _, back = trees(Deep())
    lines = backward_around(back, backward_loop(back))
    numpy_lines = compiler.compiled(Deep()).code.texts["backward"].splitlines()

    (at,) = (n for n, line in enumerate(lines) if "memory.share(" in line)
    assert "memory.sums(" not in "".join(lines) and len(lines) > at + 5
    assert lines[at + 1 :] == numpy_lines[-len(lines) + at + 1 :]


@pytest.mark.parametrize("kind", KNOWN)
def test_it_is_called_as_the_numpy_program_is_and_returns_as_much(kind):
    code = compiler.compiled(known(kind)).code
    there, back = trees(known(kind))
    for lines, name in [(forward_around(there, forward_loop(there)), "forward"),
                        (backward_around(back, backward_loop(back)), "backward")]:  # fmt: skip
        numpy_lines = code.texts[name].splitlines()
        assert lines[:2] == numpy_lines[:2] and lines[-1] == numpy_lines[-1]
        assert sum("memory.share(" in line for line in lines) == 1
        compile("\n".join(lines), name, "exec")


@pytest.mark.parametrize("kind", KNOWN)
def test_what_is_passed_fits_the_arguments_of_the_loop(kind):
    there, back = trees(known(kind))
    for loop in (forward_loop(there), backward_loop(back)):
        call = ast.parse(loop.call(), mode="eval").body
        assert [ast.unparse(a) for a in call.args[:5]] == [
            loop.name, "T", "B", "memory.flushing", "*memory.stay(stays, B)",
        ]  # fmt: skip
        function = ast.parse("\n".join(loop.text())).body[0]
        arguments = [a.arg for a in function.args.args]
        assert arguments[:7] == ["T", "lo", "hi", "shard", "flushing", "masked", "stay"]
        assert len(call.args) - 5 == len(arguments) - 7 == len({*arguments}) - 7
