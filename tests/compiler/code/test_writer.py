"""Values and statements as the text of NumPy calls: at one step, at several, and as a table."""

import ast

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, both, difference, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import backward, forward
from tinygrad_gru.compiler.code.writer import Writer
from tinygrad_gru.compiler.ir import Program, Stage
from tinygrad_gru.compiler.plan import Buffer, Lifetime, Unplannable, planned


def plan_of(cell):
    plan = planned(compiler.program(cell), cell.state_names)
    return plan, plan.program.names()


def value(tree, name):
    return next(i for i, n in tree.layout.names.items() if n == name)


def written(tree, i, several=False):
    writer = Writer(tree)
    writer.apply(i, several, 0)
    return [line.split("  #")[0].strip() for line in writer.lines]


# --- values ----------------------------------------------------------------------------------------------------------


def test_a_value_of_a_gru_at_a_step_at_all_steps_and_as_a_table():
    tree = forward(*plan_of(nn.GRUCell(2, 4)))
    w = Writer(tree)

    assert [w.now(value(tree, n)) for n in ("z_r", "z", "t11", "t22", "h", "h_2")] == [
        "z_r", "z", "t11", "t11_0", "h", "new_h",
    ]  # fmt: skip
    assert [w.many(value(tree, n)) for n in ("x", "t11", "t22", "t12", "z_r", "z")] == [
        "x", "all_t11", "all_t11[0]", "all_t11[1:3]", "all_z_r.swapaxes(0, 1)", "all_z_r.swapaxes(0, 1)[0]",
    ]  # fmt: skip
    assert w.table(value(tree, "x")) == "x.reshape(T * B, 2)"
    assert w.table(value(tree, "t11")) == "all_t11.reshape(3, T * B, 4)"
    assert w.table(value(tree, "t12")) == "all_t11.reshape(3, T * B, 4)[1:3]"


def test_what_a_loop_goes_through_is_noted_as_its_values_are_named():
    tree = forward(*plan_of(nn.GRUCell(2, 4)))
    w = Writer(tree)
    for name in ("z_r", "z", "r", "t22"):
        w.now(value(tree, name))

    assert w.rows == {("all_z_r", ""): "z_r", ("all_z_r", "[:, 0]"): "z", ("all_z_r", "[:, 1]"): "r",
                      ("all_t11", "[0]"): "t11_0"}  # fmt: skip


def test_in_a_chunk_a_value_is_that_of_its_steps():
    tree = backward(*plan_of(nn.RNNCell(2, 4)))
    w = Writer(tree, slices={})

    assert w.many(value(tree, "t8")) == "some_t8_" and w.many(value(tree, "h_2")) == "some_after_h"
    assert {b.name: name for b, name in w.slices.items()} == {"some_t8": "some_t8_", "after_h": "some_after_h"}


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.5, "0.5"), (2, "2"), (float("inf"), "float('inf')"), (float("-inf"), "float('-inf')"),
     (float("nan"), "float('nan')"), (1e-7, "1e-07"), (-0.0, "-0.0")],
)  # fmt: skip
def test_a_number_as_python_reads_it(number, text):
    tree = forward(*plan_of(nn.RNNCell(2, 4)))
    small = Writer(tree).small(Program().number(number))

    assert small == text and (eval(small) == number or number != number)


def test_numbers_in_a_loop_have_names():
    tree = forward(*plan_of(nn.RNNCell(2, 4)))
    w, p = Writer(tree), Program()

    names = [w.numeral(p.number(n)) for n in (0.5, 1.0, 0.0, 2.0, 0.5, 3.0)]
    assert names == ["half", "one", "zero", "number_4", "half", "number_5"]
    assert w.once()[:2] == ["    half = memory.number(0.5)", "    one = memory.number(1.0)"]


# --- statements ------------------------------------------------------------------------------------------------------


def test_a_product_is_a_call_of_blas_at_a_step_and_one_of_all_rows_before_the_loop():
    tree = forward(*plan_of(nn.GRUCell(2, 4)))

    assert written(tree, value(tree, "t25")) == ["dot(t23, t24, candidate)"]
    assert written(tree, value(tree, "t18")) == ["matmul(h, t17, z_r)"]  # of a block
    assert written(tree, value(tree, "t10"), several=True) == [
        "matmul(x.reshape(T * B, 2), t9, all_t11.reshape(3, T * B, 4))"
    ]


def test_a_block_of_parameters_beside_values_of_all_steps_has_an_axis_for_the_time():
    tree = forward(*plan_of(nn.GRUCell(2, 4)))

    assert written(tree, value(tree, "t11"), several=True) == ["add(t3[:, None], all_t11, all_t11)"]


class Own(nn.Cell):
    def __init__(self, f):
        super().__init__(4, 4)
        self.f = f
        self.W = nn.Parameter(np.linspace(-1, 1, 16).reshape(4, 4))

    def step(self, x, h):
        return (tg.tanh(x @ self.W + self.f(h)),)


@pytest.mark.parametrize(
    ("f", "lines"),
    [
        (lambda h: tg.maximum(h, 2.0), ["maximum(h, number_1, out=new_h)"]),
        (lambda h: tg.where(h > 0, h, 2.0),
         ["greater(h, zero, t2)", "copyto(t3, number_2)", "copyto(t3, h, where=t2)"]),
        (lambda h: h - tg.sum(h, axis=1, keepdims=True),
         ["add.reduce(h, axis=-1, keepdims=True, out=t2)", "subtract(h, t2, new_h)"]),
        (lambda h: tg.concat([h[:, 1:], h[:, :1]], axis=1),
         ["copyto(t4_0_3, h_1_4)", "copyto(t4_3_4, h_0_1)"]),
    ],
    ids=["maximum", "where", "sum", "side by side"],
)  # fmt: skip
def test_what_other_operations_become(f, lines):
    text = compiler.compiled(Own(f)).code.texts["forward"]
    calls = [line.strip() for line in text.splitlines() if line.startswith("        ") and "(" in line]

    assert any(calls[n : n + len(lines)] == lines for n in range(len(calls))), calls


@pytest.mark.parametrize(
    ("buffer", "method", "line"),
    [
        (Buffer("t1", ("B", 4), Lifetime.STEP), "step", "t1 = memory.step('t1', (B, 4), False)"),
        (Buffer("all_t1", ("B", 4), Lifetime.TIME), "all", "all_t1 = memory.all('all_t1', (T, B, 4), False)"),
        (Buffer("a", (2, "B", 4), Lifetime.SAVED), "steps", "a = memory.steps('a', (T, 2, B, 4), False)"),
        (Buffer("a", (2, "B", 4), Lifetime.SAVED, block_first=True), "steps",
         "a = memory.block_steps('a', (2, T, B, 4), False)"),
        (Buffer("some_t1", ("B", 1), Lifetime.CHUNK, boolean=True), "back",
         "some_t1 = memory.back('some_t1', (chunk, B, 1), True)"),
    ],
)  # fmt: skip
def test_memory_is_taken_with_the_shape_of_the_lifetime(buffer, method, line):
    w = Writer(forward(*plan_of(nn.RNNCell(2, 4))))
    w.allocate(buffer, method)

    assert w.lines == [f"    {line}"]


def test_a_line_has_the_name_and_the_scope_of_what_it_computes_as_its_comment():
    w = Writer(forward(*plan_of(nn.RNNCell(2, 4))))
    i = Program().input("z", ("B", 4), Stage.STATE, "z\nimport os")
    i.scope = "update gate"
    w.write("add(a, b, z)", i)

    assert w.lines == ["    " + f"{'add(a, b, z)':<78}  # z import os, update gate"]


# --- names -----------------------------------------------------------------------------------------------------------


class Named(nn.Cell):
    """Values that are called as the text calls its own, or as each other."""

    def __init__(self, *names):
        super().__init__(2, 3)
        self.names = names
        self.W = nn.Parameter(np.random.default_rng(0).normal(size=(5, 3)))

    def step(self, x, h):
        u = tg.tanh(tg.concat([h, x], axis=-1) @ self.W).named(self.names[0])
        v = (u * 0.3 + h).named(self.names[1])
        return (tg.tanh(v * u).named(self.names[2]),)


@pytest.mark.parametrize("names", [("t1", "t1", "t1"), ("half", "zero", "one"), ("z_0", "z", "z_0_1"), ("h", "x", "dh"),
                                   ("some_u", "rows_u", "then_h"), ("new_h", "after_h", "before_h")])  # fmt: skip
def test_no_name_is_taken_twice(names):
    x = np.random.default_rng(0).uniform(-1, 1, (4, 3, 2))

    assert difference(*both(Named(*names), x, [np.full((1, 3, 3), 0.1)]))[0] < 1e-11


@pytest.mark.parametrize("kind", KNOWN)
def test_the_variables_of_a_loop_have_names_of_their_own(kind):
    for node in ast.walk(ast.parse(compiler.compiled(known(kind)).code.source)):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple):
            names = [ast.unparse(name) for name in node.target.elts]
            assert len(set(names)) == len(names)


# --- products on the way back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a block", "a member of a block"])
def test_a_product_that_the_way_back_alone_needs_is_left_to_the_eager_engine(kind):
    """In a block that is stored step by step, rows of several steps are a copy, and what is written there is lost. No
    cell has such a product today: what the gradients read of the state, the step computes as well."""
    p = Program()
    h, dh = p.input("h", ("B", 2), Stage.STATE), p.input("dh", ("B", 2), Stage.GRADIENT)
    p.input("x", ("B", 2), Stage.INPUT)
    U, V = (p.input(name, (2, 2), Stage.FIXED, name[-1]) for name in ("0 U", "1 V"))
    if kind == "a block":
        block = p.make("matmul", h, p.stack([U, V]))
    else:
        block = p.stack([p.make("matmul", h, U), p.make("tanh", h)])
    scaled = p.make("multiply", dh, block)
    p.outputs = {"new h": p.make("tanh", h), "grad h": p.make("add", p.part(scaled, 0), p.part(scaled, 1))}
    tree = backward(planned(p, ("h",)), p.names())
    assert "matmul" in [i.op for i in tree.phases.pre]

    with pytest.raises(Unplannable, match="a product of several steps, whose block is stored step by step"):
        Writer(tree, slices={}).body(tree.pre, several=True, indent=0)
