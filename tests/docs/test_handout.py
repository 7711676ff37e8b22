"""The handout: its equations of one step are those that `explain` derives, with g for ∂L/∂h′."""

import re
from pathlib import Path

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.symbolic.api import equations_of_cell

HANDOUT = (Path(__file__).parents[2] / "docs" / "handout.md").read_text(encoding="utf-8")


def rows_of_one_step():
    """The equation and the shape of each row of the two tables of one step."""
    one_step = HANDOUT.partition("## All steps")[0]
    return re.findall(r"^\| `([^`]+)` \| .+ \| (\([^)]*\)) \|$", one_step, flags=re.M)


def derived():
    """What `explain` prints: each equation with its shape."""
    with tg.seed(0):
        cell = tg.nn.GRUCell(2, 4).astype(np.float64)
    lines = equations_of_cell(cell, 3).text().replace("∂L/∂h′", "g").splitlines()
    return {tuple(re.split(r"\s{2,}", line.strip())) for line in lines if " = " in line}


def test_the_equations_of_one_step_are_those_that_are_derived_from_the_code():
    rows = rows_of_one_step()
    assert len(rows) == 4 + 8 and set(rows) <= derived()


def test_no_equation_that_is_derived_is_missing_but_those_that_are_summed_over_all_steps():
    missing = {equation for equation, *_ in derived() - set(rows_of_one_step()) if not equation.startswith("δ:")}
    assert {equation.split(" = ")[0] for equation in missing} == {f"∂L/∂{p}_{gate}" for p in "Wb" for gate in "rzh"}
