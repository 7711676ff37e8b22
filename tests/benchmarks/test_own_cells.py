"""Cells of one's own are timed against the products of their own matrices, each three times."""

import numpy as np
import pytest

import tinygrad_gru as tg
from benchmarks import own_cells
from tests.compiler.cells import both, difference


def test_the_products_are_those_of_each_matrix_and_of_its_gradients():
    """(I+H, H) twice: the gates; biases are no matrices."""
    cell = own_cells.MinimalGatedUnit(3, 4)
    own_cells.products(cell, 5)()

    assert [p.shape for p in cell.parameters() if p.ndim == 2] == [(7, 4), (7, 4)]


@pytest.mark.parametrize("kind", [own_cells.MinimalGatedUnit, own_cells.ProjectedLSTM])
def test_the_compiled_cells_give_the_eager_numbers(kind):
    with tg.seed(0):
        cell = kind(3, 4).astype(np.float64)
    assert difference(*both(cell, np.random.default_rng(0).normal(size=(5, 2, 3))))[0] < 1e-12


def test_the_states_of_the_projected_lstm_are_of_unequal_size():
    assert own_cells.ProjectedLSTM(3, 8).state_sizes == (4, 8)


@pytest.mark.jit
def test_a_row_for_each_cell_and_the_gru_is_the_measure(monkeypatch):
    monkeypatch.setattr(own_cells, "SHAPES", [(2, 5, 3, 4)])
    monkeypatch.setattr(own_cells, "ROWS", (0,))
    rows = own_cells.main()

    assert [row["cell"] for row in rows] == [*own_cells.CELLS]
    assert rows[0]["beside the GRU"] == 1 and all(row["of its floor"] > 0 for row in rows)
