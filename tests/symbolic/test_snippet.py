"""The program that `explain --snippet` prints, run: it computes what the engine computes, on its own numbers."""

import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.symbolic.test_api import CELLS
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.symbolic.api import equations_of_cell


def run_of(text):
    space = {}
    exec(text.partition("\nprint(")[0], space)
    return space


def engine(cell, space):
    """The new states and all gradients of the cell itself, for the numbers of the program, under its names."""
    for p in cell.parameters():
        p.assign(space[p.name])
    leaves = {name: tg.Tensor(space[name], requires_grad=True) for name in ("x", *cell.state_names)}
    cell.zero_grad()
    new = cell.step(*leaves.values())
    total = tg.Tensor(0.0)
    for name, t in zip(cell.state_names, new, strict=True):
        from_outside = space.get(f"d{name}_new_from_next", space.get(f"d{name}_new"))
        total = total + (t * from_outside).sum()
    total.backward()
    states = {f"{name}_new": t.data for name, t in zip(cell.state_names, new, strict=True)}
    gradients = {f"d{name}": t.grad for name, t in leaves.items()}
    return states | gradients | {f"d{p.name}": p.grad for p in cell.parameters() if p.grad is not None}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: repr(cell).split(chr(10))[0])
@pytest.mark.parametrize("numbers", [False, True])
def test_the_program_computes_the_states_and_gradients_of_the_cell(cell, numbers):
    cell = cell.astype(np.float64)
    space = run_of(equations_of_cell(cell).snippet(numbers))
    wanted = engine(cell, space)
    assert len(wanted) > 3
    for name, value in wanted.items():
        np.testing.assert_allclose(space[name], value, rtol=1e-7, atol=1e-10, err_msg=name)


def test_it_is_short_and_plain_and_its_names_are_those_of_the_code():
    text = equations_of_cell(nn.GRUCell(2, 4)).snippet()
    assert text.isascii() and len(text.splitlines()) < 50 and "tinygrad" not in text
    assert "candidate = np.tanh(np.concatenate([r * h, x], axis=-1) @ W_h + b_h)" in text
    assert (
        "h_new = (1 - z) * h + z * candidate" in text and "dW_r = np.concatenate([h, x], axis=-1).T @ delta_r" in text
    )
    assert "B, I, H = 3, 2, 4  # sequences in a batch, numbers in the input, in the state" in text


def test_the_lines_on_the_page_are_those_of_the_program():
    page = (Path(__file__).parents[2] / "docs" / "equations.md").read_text(encoding="utf-8")
    lines = re.search(r"```text\n(h_new = .*?)```", page, re.DOTALL)[1].splitlines()
    program = [line.split("  #")[0].rstrip() for line in equations_of_cell(nn.GRUCell(2, 4)).snippet().splitlines()]
    assert len(lines) == 4 and {line.split("  #")[0] for line in lines} <= set(program)


def test_a_graph_of_ones_own_is_a_program_too():
    x = tg.Tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True, name="x y")
    W = tg.Tensor([[0.5, 0.1], [0.25, -0.5]], requires_grad=True, name="W")
    y = tg.softmax(x @ W.T, axis=-1).named("lambda")
    loss = (y * tg.log(y)).sum(axis=1).mean().named("L")
    loss.backward()
    text = tg.equations(loss).snippet(numbers=True)
    np.testing.assert_allclose(run_of(text)["dW"], W.grad, rtol=1e-5)
    assert "lambda_ = softmax(" in text


def test_a_layer_over_time_is_a_program_with_a_line_for_each_step():
    with tg.seed(0):
        gru = nn.GRU(2, 4).astype(np.float64)
    out, _ = gru(tg.Tensor(np.random.default_rng(0).normal(size=(3, 5, 2)), name="x"))
    loss = (out * out).sum()
    loss.backward()
    text = tg.equations(loss).snippet(numbers=True)
    space = run_of(text)
    assert "h1 = (1 - z1) * h0 + z1 * candidate1" in text and "L = np.sum(np.stack([h1, h2, h3])**2)" in text
    for p in gru.parameters():  # numbers are written with six digits after the point
        np.testing.assert_allclose(space[f"d{p.name}"], p.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda x: tg.sort(x), "NumPy has no function for sort"),
        (lambda x: x[[1, 0]], r"NumPy has no short form of \[\[1, 0\]\]"),
    ],
)
def test_what_it_cannot_write_is_refused_and_not_written_wrongly(make, problem):
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    with pytest.raises(ArgumentError, match=problem):
        tg.equations(make(x).sum()).snippet()


def test_a_program_that_gives_other_numbers_is_refused():
    found = tg.equations((tg.Tensor([1.0, 2.0], requires_grad=True, name="x") * 2).named("y"))
    object.__setattr__(found.forward[0], "value", np.array([2.0, 5.0]))
    with pytest.raises(ArgumentError, match="snippet: y cannot be written in NumPy"):
        found.snippet()


@pytest.mark.parametrize("name", ["print", "np", "rng", "relu", "sigmoid", "B", "H", "lambda", '"""', "a\nb"])
def test_a_tensor_of_any_name_is_a_variable_and_what_the_program_uses_stays(name, capsys):
    x = tg.Tensor([1.0, -2.0], requires_grad=True, name=name)
    text = tg.equations((tg.sigmoid(tg.relu(x)) * x).sum().named("L"), title='"""; a\\').snippet(numbers=True)
    exec(text, {})
    assert capsys.readouterr().out.startswith("L =\n")


def test_infinities_small_numbers_and_masks_are_written_as_numpy_has_them():
    x = tg.Tensor([1e-9, -2.0], requires_grad=True, name="x")
    y = (tg.minimum(tg.clip(x, 0.0, None), np.inf) * 1e9).named("y")
    np.testing.assert_allclose(run_of(tg.equations(y.sum()).snippet(numbers=True))["y"], [1, 0], rtol=1e-6)
    masked = tg.where(np.array([True, False] * 50), tg.Tensor(np.ones(100), requires_grad=True, name="x"), 0.0)
    program = run_of(tg.equations(masked.sum().named("L")).snippet())
    assert program["c_1"].dtype == bool and 0 < program["c_1"].sum() < 100


def test_what_it_computes_has_the_shape_beside_it_in_a_batch_of_one_too():
    found = equations_of_cell(nn.GRUCell(2, 3).astype(np.float64), batch=1)
    space = run_of(found.snippet(numbers=True))
    assert space["db_r"].shape == (3,) and space["dx"].shape == (1, 2)
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    program = tg.equations((x * 3).sum()).snippet()
    np.testing.assert_array_equal(run_of(program)["dx"], np.full((2, 3), 3))


@pytest.mark.parametrize("sizes", [{2: "B", 3: "H"}, {2: "K", 3: "d_k"}, {2: "n·m"}])
def test_letters_of_sizes_are_variables_where_they_can_be(sizes):
    """Shapes of random numbers are written in letters that are defined."""
    M = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="M")
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    found = tg.equations((M @ x).named("y"), sizes=sizes)
    program = run_of(found.snippet())
    assert program["dM"].shape == program["M"].shape == (2, 2) and program["x"].shape == (2, 3)


def test_letters_that_are_no_variables_are_refused_where_they_are_needed():
    M = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="M")
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    for sizes in ({2: "x", 3: "n·m"}, {3: "lambda", 2: "np"}):
        with pytest.raises(ArgumentError, match="cannot be written in NumPy"):
            tg.equations((M @ x).sum(), sizes=sizes).snippet()
