"""The function of a loop: its text, its arguments, and which numbers of columns are one argument."""

import pytest

from tests.compiler.written import Written
from tinygrad_gru.compiler.code.native.loop import Loop, Sizes
from tinygrad_gru.compiler.ir import Program, Stage

# --- sizes -----------------------------------------------------------------------------------------------------------


def groups(program):
    """The names of values, those whose sizes are one argument together."""
    names, sizes = program.names(), Sizes(program.instructions())
    found = {}
    for i in program.instructions():
        if i.dims:
            found.setdefault(sizes.of(i), []).append(names[i])
    return sorted(found.values())


def test_what_is_added_has_the_size_of_its_sum_and_what_is_multiplied_by_a_matrix_has_that_of_the_matrix():
    """x W + h U: x has a size of its own, and so has h; those of W, U, both products and the sum are one."""
    p = Program()
    x, h = p.input("x", ("B", 2), Stage.INPUT), p.input("h", ("B", 4), Stage.STATE)
    W, U = p.input("W", (2, 4), Stage.FIXED, "W"), p.input("U", (4, 4), Stage.FIXED, "U")
    xW, hU = p.make("matmul", x, W), p.make("matmul", h, U)
    p.outputs = {"new h": p.make("add", xW, hU)}

    assert groups(p) == [["W", "U", "t1", "t2", "t3"], ["h"], ["x"]]


def test_equal_numbers_by_chance_are_two_arguments():
    """I = H is no reason: the text for I = 4, H = 4 is that for I = 2, H = 4."""
    w = Written()
    x, U, xU = w("x"), w("U"), w("x U")
    sizes = Sizes([x, U, xU])

    assert x.width == xU.width == 4 and sizes.of(x) is not sizes.of(xU)
    assert sizes.of(U) is sizes.of(xU)


def test_a_column_beside_wider_values_keeps_its_size():
    """y·h with y (B, 1): one column, whatever h has."""
    w = Written()
    y, h, yh = w("y"), w("h"), w("y·h")
    sizes = Sizes([y, h, yh])

    assert sizes.of(h) is sizes.of(yh) and sizes.of(y) is not sizes.of(yh)


def test_a_part_of_a_block_and_what_is_stacked_to_one_are_as_wide_as_the_block():
    w = Written()
    h, a = w("h"), w("a")
    block = w.program.stack([h, a])
    part = w.program.make("part", block, index=1)
    sizes = Sizes([h, a, block, part])

    assert len({sizes.of(i) for i in (h, a, block, part)}) == 1


def test_cut_columns_are_another_number():
    w = Written()
    h, cut = w("h"), w.program.make("columns", w("h"), start=1, stop=3)
    sizes = Sizes([h, cut])

    assert sizes.of(h) is not sizes.of(cut)


# --- the text --------------------------------------------------------------------------------------------------------


def test_the_text_of_a_function_and_the_call_that_runs_it():
    loop = Loop("some_loop", Sizes([]), allocations=["row = np.empty(n1, real)"], before=["for t in range(T):"])
    loop.body += ["a = b", "if a:", "    b = a"]
    loop.after.append("out[0] = b")
    loop.take("x", "real3")
    loop.take("y", "real3", "outputs", written=True)
    loop.arguments["n1"] = ("int64", "4")

    assert loop.text() == [
        "def some_loop(T, lo, hi, shard, flushing, masked, stay, x, y, n1):",
        "    wide_vectors()",
        "    B = hi - lo  # the sequences of this thread",
        "    zero = real(0)",
        "    half = real(0.5)",
        "    one = real(1)",
        "    row = np.empty(n1, real)",
        "    for t in range(T):",
        "        a = b",
        "        if a:",
        "            b = a",
        "    out[0] = b",
    ]
    assert loop.call() == (
        "memory.share(some_loop, T, B, memory.flushing, *memory.stay(stays, B), "
        "memory.contiguous(x), memory.solid(outputs), 4)"
    )
    assert [kind for kind, _ in loop.arguments.values()] == ["const real3", "real3", "int64"]


@pytest.mark.parametrize("field", ["wholes", "arguments", "allocations", "before", "body", "after"])
def test_two_loops_share_nothing(field):
    one, other = Loop("a", Sizes([])), Loop("b", Sizes([]))

    assert getattr(one, field) is not getattr(other, field)
