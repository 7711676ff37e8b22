"""The two loops for Numba: those of an RNN written out, and one text for all sizes."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import forward
from tinygrad_gru.compiler.code.native.loops import forward_loop
from tinygrad_gru.compiler.plan import planned


def loops(cell):
    """The texts of the two loops, with their types."""
    return compiler.compiled(cell).code.loops()


SIX = "int64, int64, int64, boolean, boolean, boolean[:, ::1]"  # T, lo, hi, flushing, masked, stay
OVER_TIME, MATRIX = "float32[:, :, ::1]", "float32[:, ::1]"  # arrays without holes

FORWARD = """
def forward_loop(T, lo, hi, flushing, masked, stay, all_t3, all_h, n1, t4):
    B = hi - lo  # the sequences of this thread
    zero = real(0)
    half = real(0.5)
    one = real(1)
    t5_row = np.empty((B, n1), real)
    for t in range(T):
        t3_now = all_t3[t, lo:hi]
        h = all_h[t % len(all_h), lo:hi]
        new_h = all_h[(t + 1) % len(all_h), lo:hi]
        np.dot(h, t4, t5_row)
        for b in range(B):
            stays = masked and stay[t, lo + b]
            for j in range(n1):
                t3_j = t3_now[b, j]
                t5_j = t5_row[b, j]
                t6_j = t3_j + t5_j
                h_2_j = tanh(t6_j)  # h, new state
                new_h[b, j] = h[b, j] if stays else h_2_j
"""


def test_the_way_there():
    types, *lines = loops(nn.RNNCell(2, 4))[0].splitlines()

    assert lines == FORWARD.strip().splitlines()
    assert (
        types == f'@njit("void({SIX}, {OVER_TIME}, {OVER_TIME}, int64, {MATRIX})", **options)'
    )  # all_t3, all_h, n1, t4


BACKWARD = """
def backward_loop(T, lo, hi, flushing, masked, stay, after_h, all_t9, given_dh, outside, n1, t12):
    B = hi - lo  # the sequences of this thread
    zero = real(0)
    half = real(0.5)
    one = real(1)
    t13_row = np.empty((B, n1), real)
    first = -1
    dh = given_dh = given_dh[lo:hi]
    next_dh = np.empty_like(dh)
    for t in range(T - 1, -1, -1):
        if flushing and vanishing(dh):
            first = first_step(outside, lo, hi) if first < 0 else first
            if t < first:
                clear(all_t9, t + 1, lo, hi)
                zero_out(dh)
                break
        arrive(dh, outside[t, lo:hi])
        if flushing and vanishing(dh):
            zero_out(dh)
        h_2_now = after_h[t, lo:hi]
        t9_kept = all_t9[t, lo:hi]
        for b in range(B):
            stays = masked and stay[t, lo + b]
            for j in range(n1):
                dh_j = zero if stays else dh[b, j]
                h_2_j = h_2_now[b, j]  # h, new state
                t7_j = h_2_j * h_2_j
                t8_j = one - t7_j
                t9_j = dh_j * t8_j
                t9_kept[b, j] = t9_j
        np.dot(t9_kept, t12, t13_row)
        for b in range(B):
            stays = masked and stay[t, lo + b]
            for j in range(n1):
                t13_j = t13_row[b, j]
                next_dh[b, j] = t13_j + (dh[b, j] if stays else zero)
        dh, next_dh = next_dh, dh
    copy_into(given_dh, dh)
"""


def test_the_way_back():
    types, *lines = loops(nn.RNNCell(2, 4))[1].splitlines()

    assert lines == BACKWARD.strip().splitlines()
    assert types == f'@njit("void({SIX}, {OVER_TIME}, {OVER_TIME}, {MATRIX}, {OVER_TIME}, int64, {MATRIX})", **options)'


# --- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KNOWN)
def test_the_text_is_the_same_for_all_sizes(kind):
    """So nothing is compiled for a second size."""
    assert len({loops(KNOWN[kind](*sizes)) for sizes in [(2, 4), (3, 8), (16, 130), (4, 4), (130, 16)]}) == 1


def test_two_dtypes_have_two_texts():
    one, other = (loops(nn.RNNCell(2, 4, dtype=dtype))[0] for dtype in (np.float32, np.float64))

    assert one != other and one.replace("float32", "float64") == other


def test_a_single_unit_is_a_column_with_a_text_of_its_own():
    assert "for j in range(1):" in loops(nn.RNNCell(2, 1))[0] and "for j in range(1):" not in loops(nn.RNNCell(2, 2))[0]


class Turned(nn.Cell):
    """h' = tanh(x W + h turned by k)."""

    def __init__(self, n, k):
        super().__init__(n, n)
        self.k = k
        self.W = nn.Parameter(np.ones((n, n)))

    def step(self, x, h):
        return (tg.tanh(x @ self.W + tg.concat([h[:, self.k :], h[:, : self.k]], axis=-1)),)


def test_other_numbers_of_a_cell_are_arguments_too():
    (there, back), (other_there, other_back) = loops(Turned(5, 2)), loops(Turned(9, 4))

    assert there == other_there and back == other_back
    assert "h_j = h[b, j + n2]" in there and "t4_row[b, j + n3] = h_j" in there


@pytest.mark.xfail(reason="two sizes that are equal by chance are one argument, and the text another", strict=True)
def test_sizes_that_are_equal_by_chance_have_the_same_text_as_others():
    assert loops(Turned(4, 2)) == loops(Turned(5, 2))


# --- what goes from step to step -------------------------------------------------------------------------------------


def test_a_step_reads_the_state_before_and_writes_the_one_after_which_are_two_where_nothing_is_saved():
    loop = forward_loop(forward(plan := planned(compiler.program(known("lstm")), ("h", "c")), plan.program.names()))

    assert "h = all_h[t % len(all_h), lo:hi]" in loop.body and "new_c = all_c[(t + 1) % len(all_c), lo:hi]" in loop.body


@pytest.mark.parametrize("kind", KNOWN)
def test_an_argument_that_the_loop_does_not_read_is_not_passed(kind):
    for text in loops(known(kind)):
        _, head, *body = text.splitlines()
        arguments = head[head.index("(") + 1 : -2].split(", ")
        assert all(any(name in line for line in body) for name in arguments[6:])


def test_gradients_of_states_that_no_step_reads_go_back_where_rows_stay():
    class Forgetful(nn.Cell):
        def step(self, x, h):
            return (tg.tanh(x),)

    assert "next_dh[b, j] = dh[b, j] if stays else zero" in loops(Forgetful(2, 2))[1]
