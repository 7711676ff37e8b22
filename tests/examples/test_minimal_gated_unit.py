"""The example runs as it stands, learns, and its cell is the equations that it claims to be."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import tinygrad_gru as tg
from examples.minimal_gated_unit import MinimalGatedUnit

ROOT = Path(__file__).parents[2]


def test_the_example_learns_to_add_and_its_gate_opens_at_the_marks(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "minimal_gated_unit.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    error, gate = done.stdout.splitlines()[-2:]
    assert float(error.split()[2].rstrip(";")) < 0.01
    at_marks, elsewhere = float(gate.split()[6].rstrip(",")), float(gate.split()[8])
    assert at_marks > elsewhere


def test_its_cell_is_the_equations():
    cell = MinimalGatedUnit(1, 1)
    for p, value in zip((cell.W_f, cell.W_h, cell.b_f, cell.b_h), ([0.5, -1.0], [1.2, 0.4], 0.1, -0.1), strict=True):
        p.assign(np.reshape(value, p.shape).astype(np.float32))

    (h,) = cell(np.float32([[2.0]]), np.float32([[0.5]]))

    f = 1 / (1 + np.exp(-(0.5 * 0.5 + -1.0 * 2.0 + 0.1)))
    candidate = np.tanh(1.2 * (f * 0.5) + 0.4 * 2.0 - 0.1)
    assert abs(h.item() - ((1 - f) * 0.5 + f * candidate)) < 1e-6


def test_it_goes_wherever_the_layers_own_cells_go():
    layer = tg.nn.Recurrent([(MinimalGatedUnit(2, 3), MinimalGatedUnit(2, 3)), (MinimalGatedUnit(6, 3),) * 2],
                            dropout=0.1, recurrent_dropout=0.1)  # fmt: skip
    x = np.random.default_rng(0).normal(size=(5, 3, 2)).astype(np.float32)

    out, h_n, gates = layer(x, lengths=[5, 0, 2], return_gates=True)
    out.sum().backward()

    assert out.shape == (5, 3, 6) and h_n.shape == (4, 3, 3) and gates[3]["f"].shape == (5, 3, 3)
    assert all(p.grad is not None for p in layer.parameters())
