"""`check` tells which derivatives agree with finite differences, and fails if one does not."""

import json

import pytest

from tinygrad_gru.cli import main
from tinygrad_gru.core.ops.activations import Tanh
from tinygrad_gru.core.tools.op_samples import SAMPLES


@pytest.fixture
def fault(monkeypatch):
    """A derivative that is wrong by 0.05 %."""
    right = Tanh.vjp
    monkeypatch.setattr(Tanh, "vjp", lambda op, g, y, x: 1.0005 * right(op, g, y, x))


def test_all_operations_are_checked(capsys):
    assert main(["check"]) == 0
    told = capsys.readouterr()
    assert told.out.split("\n")[0].split() == ["operation", "samples", "1st", "order", "2nd", "order"]
    assert [line.split()[0] for line in told.out.splitlines()[1:]] == list(SAMPLES)
    assert told.err == f"{len(SAMPLES)} of {len(SAMPLES)} operations agree with finite differences to a millionth\n"


def test_json_is_for_programs(capsys):
    assert main(["check", "tanh", "matmul", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["ok"]) for row in rows] == [("tanh", True), ("matmul", True)]
    assert all(0 <= error < 1e-6 for row in rows for error in row["errors"])


def test_a_wrong_derivative_is_exit_code_1_and_is_named(fault, capsys):
    assert main(["check", "tanh", "sigmoid"]) == 1
    told = capsys.readouterr()
    assert [line.split()[-1] for line in told.out.splitlines()[1:]] == ["WRONG", "ok"]
    assert "tanh" in told.err.splitlines()[0]
    assert told.err.splitlines()[-1].startswith("1 of 2 operations agree")


def test_an_error_that_is_not_a_number_is_null(monkeypatch, capsys):
    monkeypatch.setattr(Tanh, "vjp", lambda op, g, y, x: float("nan") * g)
    assert main(["check", "tanh", "--json"]) == 1
    (row,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert not row["ok"]
