"""One step of a native loop: products are calls, and everything between them one loop over rows and columns."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, both, difference, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import forward
from tinygrad_gru.compiler.code.native.loop import Loop, Sizes
from tinygrad_gru.compiler.code.native.loops import forward_loop
from tinygrad_gru.compiler.code.native.step import Step
from tinygrad_gru.compiler.plan import planned


class Own(nn.Cell):
    def __init__(self, f, size=4):
        super().__init__(size, size)
        self.f = f
        self.W = nn.Parameter(np.linspace(-1, 1, size * size).reshape(size, size))

    def step(self, x, h):
        return (tg.tanh(x @ self.W + self.f(self, h)),)


def loop_of(cell):
    """The forward loop."""
    plan = planned(compiler.program(cell), cell.state_names)
    return forward_loop(forward(plan, plan.program.names()))


def body(cell):
    """The statements of a step, as they are indented; without the views of its arrays."""
    return [line for line in loop_of(cell).body if "_of(" not in line]


# --- fusion ----------------------------------------------------------------------------------------------------------


def test_everything_between_two_products_is_one_loop_in_which_a_value_is_a_number():
    """And x W + h U is one product, of x and h side by side."""
    assert body(nn.RNNCell(2, 4)) == [
        "copy_columns(t2_row_left, 0, x_now, 0, n2)",
        "copy_columns(t2_row_left, n2, h, 0, n3)",
        "product(t2_row_left, 0, n2 + n3, packed_t2_row, n2 + n3, 0, t2_row, False)",
        "for b in range(B):",
        "    stays = masked and stay[t, lo + b]",
        "    for j in range(n1):",
        "        b_h_j = b_h[j]",
        "        t2_j = t2_row[b, j]",
        "        t3_j = b_h_j + t2_j",
        "        h_2_j = tanh(t3_j)  # h, new state",
        "        new_h[b, j] = h[b, j] if stays else h_2_j",
    ]


def test_a_gru_has_three_products_and_two_loops():
    """x and h with the matrices of all gates side by side; r·h is in memory for the third; z is read from its place."""
    lines = body(nn.GRUCell(2, 4))

    assert [line for line in lines if line.startswith("product(")] == [
        "product(x_now, 0, n2, packed_t9, n2, 0, t10_row, False)",
        "product(h, 0, n1, packed_t17, n1, 0, t18_row, False)",
        "product(t23_row, 0, n1, packed_t24, n1, 0, t25_row, False)",
    ]
    assert lines.count("for b in range(B):") == 2
    assert "        t10_2_j = t10_row[b, j + 2 * n1]" in lines, "the third matrix begins at column 2 n1"
    assert "        z_r_0_j = z_r_now_0[b, j]  # z_r, update gate, reset gate" in lines


def step_of(cell):
    """The step of the forward loop, before it is written, and the instructions by name."""
    plan = planned(compiler.program(cell), cell.state_names)
    names = plan.program.names()
    step = Step(forward(plan, names), Loop("loop", Sizes(plan.program.instructions())))
    return step, {names[i]: i for i in plan.program.instructions()}


def test_levels_count_the_products_before_a_value():
    step, named = step_of(nn.GRUCell(2, 4))

    assert {name: step.level(named[name]) for name in ("x", "t10", "t18", "z", "t23", "t25", "candidate", "h_2")} == {
        "x": 0, "t10": 1, "t18": 1, "z": 1, "t23": 1, "t25": 2, "candidate": 2, "h_2": 2,
    }  # fmt: skip


def test_what_is_costly_and_read_behind_a_later_product_is_stored():
    """sin h is read before the product with W and behind it: computed once. 2·h is cheap, and computed twice."""
    lines = [line.strip() for line in body(Own(lambda cell, h: tg.sin(h) + (tg.sin(h) + h) @ cell.W))]
    assert sum("np.sin" in line for line in lines) == 1 and "t2_row[b, j] = t2_j" in lines
    assert lines.index("t2_row[b, j] = t2_j") < lines.index("t2_j = t2_row[b, j]")

    lines = body(Own(lambda cell, h: 2 * h + (2 * h * h) @ cell.W))
    assert lines.count("        t2_j = number_1 * h_j") == 2


# --- products of blocks ----------------------------------------------------------------------------------------------


def test_products_of_one_value_stand_side_by_side_in_one_matrix():
    step, named = step_of(nn.GRUCell(2, 4))
    name = step.panels(named["t10"])

    assert (name, step.wide) == ("t10_row", {"t10_row": "n1"})
    assert step.loop.allocations == ["packed_t9 = pack(weights_t9)", "t10_row = np.empty((B, padded(3 * n1)), real)"]


def test_a_matrix_is_packed_once_however_many_products_read_it():
    loop = loop_of(Own(lambda cell, h: tg.sin(h @ cell.W) @ cell.W))

    assert sum("packed_W, " in line for line in loop.body) == 3
    assert [line for line in loop.allocations if "packed_W" in line] == ["packed_W = pack(weights_W)"]


class Several(nn.Cell):
    """Two states, and a step that is a function of the cell, x and these."""

    def __init__(self, f):
        super().__init__(4, 4, states=("h", "k"))
        self.f = f
        rng = np.random.default_rng(0)
        self.U, self.V, self.W = (nn.Parameter(rng.uniform(-1, 1, (4, 4))) for _ in "UVW")
        self.b, self.v = nn.Parameter(rng.uniform(-1, 1, 4)), nn.Parameter(rng.uniform(-1, 1, (4, 1)))

    def step(self, x, h, k):
        return self.f(self, x, h, k)


def middle(a):
    """The sum of the columns that are not outermost, times these."""
    return tg.sum(a[:, 1:3], axis=1, keepdims=True) * a[:, :1] * a[:, 3:]


PRODUCTS = {
    "a product into another": lambda c, x, h, k: (tg.tanh(x @ c.W + h @ c.U + k @ c.V), tg.sin(h)),
    "two, of which one stands on another level": lambda c, x, h, k: (tg.tanh(x @ c.W + tg.sin(h @ c.U) @ c.V), h * 0.5),
    "a sum of which a part is a state": lambda c, x, h, k: ((y := x @ c.W + h @ c.U) - y * y, tg.tanh(y + k @ c.V)),
    "and the other way round": lambda c, x, h, k: (tg.tanh((y := x @ c.W + h @ c.U) + k @ c.V), y),
    "gradients that are added up, and are those of states": (
        lambda c, x, h, k: (tg.tanh((x + h) @ c.U), tg.tanh((x + k) @ c.V))),
    "gradients that are added up, and read one by one": (
        lambda c, x, h, k: (tg.tanh((tg.sin(x) + h) @ c.U), tg.tanh((tg.sin(x) + tg.sin(k)) @ c.V))),
    "a block of gradients, and one matrix": (
        lambda c, x, h, k: (tg.tanh((h + tg.tanh(x @ c.U)) @ c.V) * tg.tanh((h + tg.tanh(x @ c.W)) @ c.V), 0.5 * k)),
    "a sum of the second of two products side by side": (
        lambda c, x, h, k: (tg.tanh(h @ c.U) + tg.softmax(h @ c.V, axis=1), tg.sin(x @ c.W) + k)),
    "a sum of some columns of a product": (
        lambda c, x, h, k: (tg.tanh(x @ c.W + middle(h @ c.U)), tg.sin(h @ c.V) + k)),
}  # fmt: skip


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_goes_where_it_is_read(name, loops_in_python):
    rng = np.random.default_rng(0)
    x, h0 = rng.uniform(-1, 1, (3, 2, 4)), [*rng.uniform(-1, 1, (2, 1, 2, 4))]

    worst, whose = difference(*both(Several(PRODUCTS[name]), x, h0))
    assert worst < 1e-12, whose


# --- what needs whole rows -------------------------------------------------------------------------------------------


def test_a_sum_over_columns_is_a_loop_of_its_own():
    lines = body(Own(lambda cell, h: h - tg.sum(h, axis=1, keepdims=True)))

    at = lines.index("    row, total = h[b], real(0.0)")
    assert lines[at - 1 : at + 4] == [
        "for b in range(B):", "    row, total = h[b], real(0.0)", "    for j in range(n1):",
        "        total = total + row[j]", "    t2_row[b, 0] = total",
    ]  # fmt: skip


def test_a_maximum_over_columns_begins_at_minus_infinity():
    assert any("real(-np.inf)" in line for line in body(Own(lambda cell, h: tg.softmax(h, axis=1))))


def test_what_stands_side_by_side_is_written_from_its_column_on():
    loop = loop_of(Own(lambda cell, h: tg.concat([h[:, 1:], h[:, :1]], axis=1)))
    numbers = {name: passed for name, (kind, passed) in loop.arguments.items() if kind == "int64"}
    lines = [line.strip() for line in loop.body]

    assert lines[(at := lines.index("h_j = h[b, j + n3]")) - 1 : at + 2] == [
        "for j in range(n4):", "h_j = h[b, j + n3]", "t4_row[b, j] = h_j",
    ]  # fmt: skip
    assert lines[(at := lines.index("h_j = h[b, 0]")) - 1 : at + 2] == [
        "for j in range(1):", "h_j = h[b, 0]", "t4_row[b, j + n5] = h_j",
    ]  # fmt: skip
    assert (numbers["n3"], numbers["n4"], numbers["n5"]) == ("1", "3", "3")


COLUMN = {
    "the first": lambda cell, h: tg.concat([(one := h[:, :1]) * h[:, 1:], one], axis=1),
    "the last": lambda cell, h: tg.concat([(one := h[:, 3:]) * h[:, :3], one], axis=1),
}


@pytest.mark.parametrize("name", COLUMN)
def test_a_single_column_that_was_cut_out_goes_with_every_column(name, loops_in_python):
    x, h0 = np.random.default_rng(0).uniform(-1, 1, (3, 2, 4)), [np.linspace(-1, 1, 8).reshape(1, 2, 4)]

    assert difference(*both(Own(COLUMN[name]), x, h0))[0] < 1e-12


@pytest.mark.parametrize("kind", KNOWN)
def test_every_variable_is_written_before_it_is_read(kind):
    for text in compiler.compiled(known(kind)).code.loops():
        compile(text, "<loop>", "exec")
        written = set()
        for line in text.splitlines():
            name, equals, value = line.partition("  #")[0].strip().partition(" = ")
            read = set(re.findall(r"\b\w+_j\b", value if equals else ""))
            assert read <= written, line
            written = set() if name.startswith("for b in") else written | {name}  # another loop has others
