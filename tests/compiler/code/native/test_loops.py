"""The two loops for Numba: those of an RNN written out, and one text for all sizes."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, RandomCell, both, difference, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import forward
from tinygrad_gru.compiler.code.native import machine_code
from tinygrad_gru.compiler.code.native.loops import forward_loop
from tinygrad_gru.compiler.plan import planned


def loops(cell):
    """The texts of the two loops, with their types."""
    return compiler.compiled(cell).code.loops()


# T, lo, hi, shard, flushing, masked, stay
FIRST = ["int64", "int64", "int64", "int64", "boolean", "boolean", "boolean[:, ::1]"]
OVER_TIME, MATRIX = "float32[:, :, ::1]", "float32[:, ::1]"  # arrays without holes, that are written to
READ_OVER_TIME, READ_ROW = "Array(float32, 3, 'C', readonly=True)", "Array(float32, 1, 'C', readonly=True)"
SIZE = "int64"


def typed(text):
    """The names of the arguments, and their types."""
    first, head = text.splitlines()[:2]
    types = first.removeprefix('@njit("void(').removesuffix(')", **options)')
    names = head.partition("(")[2].removesuffix("):").split(", ")
    return dict(zip(names, re.findall(r"Array\([^)]*\)|\w+(?:\[[^]]*\])?", types), strict=True))


FORWARD = """
def forward_loop(T, lo, hi, shard, flushing, masked, stay, x, all_h, n1, weights_t1, weights_t4, n2, n3, b_h):
    wide_vectors()
    B = hi - lo  # the sequences of this thread
    zero = real(0)
    half = real(0.5)
    one = real(1)
    t2_row = np.empty((B, padded(n1)), real)
    t2_row_left = np.empty((B, n2 + n3), real)
    packed_t2_row = np.zeros(padded(n1) * (n2 + n3), real)
    pack_into(packed_t2_row, weights_t1, n2 + n3, 0)
    pack_into(packed_t2_row, weights_t4, n2 + n3, n2)
    for t in range(T):
        x_now = step_of(x, t, lo, hi)
        h = step_of(all_h, t % len(all_h), lo, hi)
        new_h = step_of(all_h, (t + 1) % len(all_h), lo, hi)
        copy_columns(t2_row_left, 0, x_now, 0, n2)
        copy_columns(t2_row_left, n2, h, 0, n3)
        product(t2_row_left, 0, n2 + n3, packed_t2_row, n2 + n3, 0, t2_row, False)
        for b in range(B):
            stays = masked and stay[t, lo + b]
            for j in range(n1):
                b_h_j = b_h[j]
                t2_j = t2_row[b, j]
                t3_j = b_h_j + t2_j
                h_2_j = tanh(t3_j)  # h, new state
                new_h[b, j] = h[b, j] if stays else h_2_j
"""


def test_the_way_there():
    text = loops(nn.RNNCell(2, 4))[0]

    assert text.splitlines()[1:] == FORWARD.strip().splitlines()
    assert [*typed(text).values()] == [
        *FIRST, READ_OVER_TIME, OVER_TIME, SIZE, READ_OVER_TIME, READ_OVER_TIME, SIZE, SIZE, READ_ROW,
    ]  # fmt: skip


BACKWARD = """
    h_rows = np.zeros((chunk * B + 1, padded(n1)), real)
    t9_rows = np.zeros((chunk * B + 1, padded(n2)), real)
    x_rows = np.zeros((chunk * B + 1, padded(n3)), real)
    packed_t12 = pack(weights_t12)
    t13_row = np.empty((B, padded(n4)), real)
    t14_total = np.zeros((n1, padded(n2)), real)
    t14_total_tiles = np.empty(BLOCK * (n1 + ROWS), real)
    panel = np.empty(BLOCK * PANEL, real)
    t15_total = np.zeros((n3, padded(n2)), real)
    t15_total_tiles = np.empty(BLOCK * (n3 + ROWS), real)
    t17_total = np.zeros(n2, np.float64)
    packed_t10 = pack(weights_t10)
    t11_row = np.empty((chunk * B, padded(n5)), real)
    first = -1
    dh = given_dh = given_dh[lo:hi]
    next_dh = np.empty_like(dh)
    nothing = np.zeros((B, outside.shape[2]), real)
    if T > 0:
        arrive(dh, step_of(outside, T - 1, lo, hi))
    stop, ended = T, False
    while stop > 0:
        start = max(0, stop - chunk)
        t = stop - 1
        while t >= start:
            if flushing and vanishing(dh):
                first = first_step(outside, lo, hi) if first < 0 else first
                if t < first:
                    ended = True
                    if want_x:
                        clear(d_x, t + 1, lo, hi)
                    zero_out(dh)
                    break
            arriving = step_of(outside, t - 1, lo, hi) if t > 0 else nothing
            if flushing and vanishing(dh):
                zero_out(dh)
            x_now = step_of(x, t, lo, hi)
            h_now = step_of(before_h, t, lo, hi)
            h_2_now = step_of(after_h, t, lo, hi)
            h_rows_now = rows_of(h_rows, (t - start) * B, (t - start) * B + B)
            t9_rows_now = rows_of(t9_rows, (t - start) * B, (t - start) * B + B)
            x_rows_now = rows_of(x_rows, (t - start) * B, (t - start) * B + B)
            for b in range(B):
                stays = masked and stay[t, lo + b]
                for j in range(n1):
                    h_j = h_now[b, j]
                    h_rows_now[b, j] = h_j
            for b in range(B):
                stays = masked and stay[t, lo + b]
                for j in range(n3):
                    x_j = x_now[b, j]
                    x_rows_now[b, j] = x_j
            for b in range(B):
                stays = masked and stay[t, lo + b]
                for j in range(n2):
                    dh_j = zero if stays else dh[b, j]
                    h_2_j = h_2_now[b, j]  # h, new state
                    t7_j = h_2_j * h_2_j
                    t8_j = one - t7_j
                    t9_j = dh_j * t8_j
                    t9_rows_now[b, j] = t9_j
            product(t9_rows_now, 0, n2, packed_t12, n2, 0, t13_row, False)
            for b in range(B):
                stays = masked and stay[t, lo + b]
                for j in range(n4):
                    t13_j = t13_row[b, j]
                    next_dh[b, j] = t13_j + (dh[b, j] if stays else zero) + arriving[b, j]
            dh, next_dh = next_dh, dh
            t -= 1
        first_row, past_rows = (t + 1 - start) * B, (stop - start) * B
        add_outer(h_rows, 0, t9_rows, 0, first_row, past_rows - first_row, t14_total, panel, t14_total_tiles)
        add_outer(x_rows, 0, t9_rows, 0, first_row, past_rows - first_row, t15_total, panel, t15_total_tiles)
        add_rows(rows_of(t9_rows, first_row, past_rows), 0, t17_total)
        if want_x:
            product(rows_of(t9_rows, first_row, past_rows), 0, n2, packed_t10, n2, 0, OUT, False)
            for t in range(t + 1, stop):
                t11_row_now = rows_of(t11_row, (t - start) * B, (t - start + 1) * B)
                d_x_now = step_of(d_x, t, lo, hi)
                for b in range(B):
                    stays = masked and stay[t, lo + b]
                    for j in range(n5):
                        t11_j = t11_row_now[b, j]
                        d_x_now[b, j] = t11_j
        stop = 0 if ended else start
    copy_into(sum_t14[shard], t14_total)
    copy_into(sum_t15[shard], t15_total)
    for j in range(len(t17_total)):
        sum_t17[shard, j] = t17_total[j]
    copy_into(given_dh, dh)
"""


def test_the_way_back_with_its_sums():
    text = loops(nn.RNNCell(2, 4))[1].replace("rows_of(t11_row, first_row, past_rows)", "OUT")

    assert text.splitlines()[7:] == BACKWARD.strip("\n").splitlines()
    kinds = typed(text)
    assert [*kinds.values()][: len(FIRST)] == FIRST
    read = ("x", "before_h", "after_h", "weights_t12", "outside")
    assert [kinds[name] for name in read] == [READ_OVER_TIME] * len(read) and kinds["d_x"] == OVER_TIME
    assert (kinds["given_dh"], kinds["want_x"], kinds["chunk"]) == (MATRIX, "boolean", SIZE)
    assert (kinds["sum_t14"], kinds["sum_t17"]) == (OVER_TIME, "float64[:, ::1]"), "rows are added up in double"


class Deep(nn.Cell):
    """The gradient of U needs that of tanh(x U): a product that is computed after the loop, for all steps at once."""

    def __init__(self):
        super().__init__(4, 4)
        self.U, self.V = (nn.Parameter(np.eye(4) / n) for n in (2, 3))

    def step(self, x, h):
        return (tg.tanh(tg.tanh(x @ self.U) @ self.V + h),)


def test_where_sums_need_what_is_computed_after_the_loop_all_steps_are_kept():
    """Then the sums are those of the NumPy program; once gradients have vanished, those of earlier steps are zeros."""
    text = loops(Deep())[1]
    arrays = [name for name in typed(text) if f"_kept = step_of({name}, t, lo, hi)" in text]

    assert "    for t in range(T - 1, -1, -1):" in text.splitlines() and "add_outer" not in text
    assert arrays and all(f"                clear({name}, t + 1, lo, hi)" in text.splitlines() for name in arrays)
    assert not {"chunk", "d_x", "want_x"} & {*typed(text)}


def test_both_kinds_of_loops_give_the_eager_numbers(loops_in_python):
    x, h0 = np.random.default_rng(0).uniform(-1, 1, (5, 3, 4)), [np.linspace(-1, 1, 12).reshape(1, 3, 4)]
    for cell in (Deep(), known("lstm", 4, 4), known("gru", 4, 4)):
        start = h0 * len(cell.state_names)
        for lengths in (None, np.array([5, 0, 2])):
            worst, whose = difference(*both(cell, x, start, lengths=lengths))
            assert worst < 1e-12, whose


def test_the_loops_of_random_cells_give_the_eager_numbers(loops_in_python, soak_size):
    for seed in range(soak_size(200)):
        cell = RandomCell(seed)
        assert not compiler.why(cell)
        x = np.random.default_rng(seed).uniform(-1, 1, (3, 2, cell.input_size))
        worst, whose = difference(*both(cell, x, lengths=np.array([3, 2]) if seed % 2 else None))
        assert worst < 1e-11, f"seed {seed}, {whose}"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("t13_j + (dh[b, j]", "t13_j - (dh[b, j]"), ("h_rows_now[b, j] = h_j", "h_rows_now[b, j] = one")],
)
def test_a_wrong_loop_is_caught(right, wrong, loops_in_python, monkeypatch):
    run = machine_code._module_of
    monkeypatch.setattr(machine_code, "_module_of", lambda a, b, *rest: run(a, b.replace(right, wrong), *rest))

    assert difference(*both(known("rnn"), np.ones((4, 2, 3)), lengths=np.array([4, 3])))[0] > 1e-3


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
    assert "h_j = h[b, j + n3]" in there and "t4_row[b, j + n5] = h_j" in there


def test_sizes_that_are_equal_by_chance_have_the_same_text_as_others():
    assert loops(Turned(4, 2)) == loops(Turned(5, 2))


# --- what goes from step to step -------------------------------------------------------------------------------------


def test_a_step_reads_the_state_before_and_writes_the_one_after_which_are_two_where_nothing_is_saved():
    loop = forward_loop(forward(plan := planned(compiler.program(known("lstm")), ("h", "c")), plan.program.names()))

    assert "h = step_of(all_h, t % len(all_h), lo, hi)" in loop.body
    assert "new_c = step_of(all_c, (t + 1) % len(all_c), lo, hi)" in loop.body


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

    assert "next_dh[b, j] = (dh[b, j] if stays else zero) + arriving[b, j]" in loops(Forgetful(2, 2))[1]
