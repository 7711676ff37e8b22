"""The NumPy program: that of an RNN written out, and each cell's gives what its own lines give."""

import ast

import numpy as np
import pytest

from tests.compiler.cells import KNOWN, both, difference, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.numpy_program import IMPORTS


def text_of(cell, name):
    return compiler.compiled(cell).code.texts[name].splitlines()


PREPARE = """
def prepare(W_h, b_h):
    t1 = W_h[4:6]
    t4 = W_h[0:4]
    return (t1, b_h, t4)
"""


def test_what_depends_on_the_parameters_alone_is_computed_when_they_have_changed():
    assert text_of(nn.RNNCell(2, 4), "prepare") == PREPARE.split("\n")[1:-1]


FORWARD = """
def forward(T, B, x, h, fixed, stays, memory):
    t1, b_h, t4 = fixed

    # for all steps at once: what needs the input alone
    all_t3 = memory.all('all_t3', (T, B, 4), False)
    matmul(x.reshape(T * B, 2), t1, all_t3.reshape(T * B, 4))
    add(b_h, all_t3, all_t3)

    # step by step
    all_h, h, after_h = memory.states('h', h)
    for t3, new_h, stay in zip(
        memory.each('all_t3', all_t3),
        after_h,
        stays,
    ):
        dot(h, t4, new_h)
        add(t3, new_h, new_h)
        tanh(new_h, new_h)                                                              # h, new state
        if stay is not None:
            copyto(new_h, h, where=stay)
        h = new_h
    return all_h,
"""


def test_the_way_there():
    assert text_of(nn.RNNCell(2, 4), "forward") == FORWARD.split("\n")[1:-1]


PREPARE_BACK = """
def prepare_back(W_h, b_h):
    t4 = W_h[0:4]
    t12 = np.ascontiguousarray(t4.T)
    t1 = W_h[4:6]
    t10 = np.ascontiguousarray(t1.T)
    return (t12, t10)
"""


def test_and_so_is_what_the_way_back_needs_of_them():
    assert text_of(nn.RNNCell(2, 4), "prepare_back") == PREPARE_BACK.split("\n")[1:-1]


BACKWARD = """
def backward(T, B, x, all_h, fixed, outside, dh, stays, want_x, chunk, memory):
    t12, t10 = fixed
    before_h, after_h = all_h[:-1], all_h[1:]
    all_t9 = memory.back('all_t9', (T, B, 4), False)
    some_t8 = memory.back('some_t8', (chunk, B, 4), False)
    rows_t8 = memory.each('some_t8', some_t8)
    rows_t9 = memory.each('all_t9', all_t9)
    flushing = memory.flushing and B > 0
    for stop in range(T, 0, -chunk):
        if memory.finished(stop, outside, dh):
            dh[...] = 0
            all_t9[:stop] = 0
            break
        start = max(stop - chunk, 0)
        some_after_h = after_h[start:stop]
        some_t8_ = some_t8[: stop - start]
        multiply(some_after_h, some_after_h, some_t8_)
        subtract(1.0, some_t8_, some_t8_)
        for t8, t9, from_outside, stay in zip(
            rows_t8[: stop - start][::-1],
            rows_t9[start:stop][::-1],
            outside[start:stop][::-1],
            stays[start:stop][::-1],
        ):
            add(dh, from_outside, dh)
            if flushing and abs(dh.item(0)) < 1e-30:
                memory.flush(dh)
            if stay is not None:
                past_dh = np.where(stay, dh, 0)
                copyto(dh, 0, where=stay)
            multiply(dh, t8, t9)
            dot(t9, t12, dh)
            if stay is not None:
                dh += past_dh

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


def test_the_way_back():
    assert text_of(nn.RNNCell(2, 4), "backward") == BACKWARD.split("\n")[1:-1]


STEPPER = """
def stepper(B, fixed, memory):
    t1, b_h, t4 = fixed
    t5 = memory.step('t5', (B, 4), False)

    def step(x, h, new_h):
        dot(x, t1, new_h)
        add(b_h, new_h, new_h)
        dot(h, t4, t5)
        add(new_h, t5, new_h)
        tanh(new_h, new_h)                                                              # h, new state

    return step
"""


def test_a_single_step():
    assert text_of(nn.RNNCell(2, 4), "stepper") == STEPPER.split("\n")[1:-1]


# --- what is in it, for every cell -----------------------------------------------------------------------------------

EACH = pytest.mark.parametrize("kind", KNOWN)


@EACH
def test_each_program_gives_what_the_lines_of_its_cell_give(kind):
    cell = known(kind)
    rng = np.random.default_rng(0)
    x, h0 = rng.uniform(-1, 1, (6, 3, 3)), [rng.uniform(-1, 1, (1, 3, 4)) for _ in cell.state_names]

    worst, name = difference(*both(cell, x, h0, lengths=np.array([6, 2, 0])))
    assert worst < 1e-11, name


def test_a_program_with_another_line_is_caught(monkeypatch):
    cell = known("rnn")
    code = compiler.compiled(cell).code
    assert code.source.count("add(t3, new_h, new_h)") == 1
    space = {"np": np}
    exec(code.source.replace("add(t3, new_h, new_h)", "subtract(t3, new_h, new_h)"), space)
    monkeypatch.setattr(code, "forward", space["forward"])

    assert difference(*both(cell, np.ones((3, 2, 3))))[0] > 1e-3


@EACH
def test_what_it_calls_is_imported_and_every_name_is_written_before_it_is_read(kind):
    code = compiler.compiled(known(kind)).code
    imported = IMPORTS.removeprefix("from numpy import ").split(", ")
    for function in ast.parse(code.source).body[1:]:
        bound = {*imported, "np", "max", "abs", "zip", "range", "float"}
        nodes = list(ast.walk(function))
        bound |= {a.arg for node in nodes if isinstance(node, ast.arguments) for a in node.args}
        bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        bound |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
        read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        assert read <= bound, read - bound


@EACH
def test_the_parameters_are_read_in_prepare_alone(kind):
    """So that a training loop that has not changed them computes nothing of them again."""
    plan = compiler.compiled(known(kind)).code.plan
    for name in ("forward", "backward"):
        (function,) = (f for f in ast.parse(compiler.compiled(known(kind)).code.source).body
                       if isinstance(f, ast.FunctionDef) and f.name == name)  # fmt: skip
        calls = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Call)]
        assert not any("np.stack(" in call or "ascontiguousarray" in call for call in calls)
        assert "fixed" in [a.arg for a in function.args.args]
    assert plan.fixed_back


def test_a_gru_takes_six_calls_for_both_gates_together():
    lines = [line.split("  #")[0].strip() for line in text_of(nn.GRUCell(2, 4), "forward")]

    assert lines[lines.index("matmul(h, t17, z_r)") :][:12] == [
        "matmul(h, t17, z_r)",
        "add(t11_1_3, z_r, z_r)",
        "tanh(z_r, z_r)",
        "multiply(half, z_r, z_r)",
        "add(half, z_r, z_r)",
        "multiply(r, h, t23)",
        "dot(t23, t24, candidate)",
        "add(t11_0, candidate, candidate)",
        "tanh(candidate, candidate)",
        "subtract(candidate, h, new_h)",
        "multiply(z, new_h, new_h)",
        "add(h, new_h, new_h)",
    ]


def test_a_cell_without_parameters_has_nothing_to_prepare():
    class Sum(nn.Cell):
        def step(self, x, h):
            return (x + 0.5 * h,)

    assert text_of(Sum(2, 2), "prepare") == ["def prepare():", "    return ()"]
    assert "= fixed" not in "".join(text_of(Sum(2, 2), "forward"))
