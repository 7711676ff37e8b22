"""Machine code is made for runs that gain from it, by their sizes alone, and whoever asks for it gets it."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import compiler
from tinygrad_gru.updates import native
from tinygrad_gru.updates.native import pays, suited


def layer(hidden=32):
    return tg.compile(tg.nn.GRU(2, hidden))


@pytest.mark.parametrize(
    ("updates", "steps", "batch", "hidden", "worth"),
    [(400, 50, 32, 32, False), (20_000, 50, 32, 32, True), (1, 1, 1, 1, False), (2_000, 100, 64, 128, True)],
)
def test_it_pays_for_long_runs_and_large_states(updates, steps, batch, hidden, worth):
    assert pays(layer(hidden), updates, steps, batch) is worth


def test_a_model_without_recurrent_layers_gains_nothing():
    assert not pays(tg.nn.Linear(2, 3), 10**9, 100, 100)


def test_two_kinds_of_cells_cost_twice_as_much():
    one = layer()
    both = tg.nn.Sequential(tg.compile(tg.nn.LSTM(2, 1)), one)
    few = next(n for n in range(1, 10**6, 100) if pays(one, n, 50, 32))
    assert not pays(both, few, 50, 32)


@pytest.fixture(name="installed")
def fixture_installed(monkeypatch):
    monkeypatch.setattr("tinygrad_gru.compiler.code.native.machine_code._installed", lambda: True)
    monkeypatch.setenv("TINYGRAD_GRU_JIT", "")


def used(updates, monkeypatch, **options):
    """Whether native loops run within, and for how many models they were compiled before."""
    compiled = []
    monkeypatch.setattr(native, "compile_natively", compiled.append)
    with suited(layer(), updates, 50, 32, **options):
        return compiler.code.native.machine_code.uses_numba(), len(compiled)


def test_a_short_run_takes_the_numpy_program(installed, monkeypatch):
    assert used(400, monkeypatch) == (False, 0)


def test_a_long_run_has_its_loops_compiled_before_it_begins(installed, monkeypatch):
    assert used(10**6, monkeypatch) == (True, 1)


def test_whoever_asks_for_either_gets_it(installed, monkeypatch):
    with compiler.jit(False):
        assert used(10**6, monkeypatch) == (False, 0)
    with compiler.jit(True):
        assert used(1, monkeypatch) == (True, 0)
    monkeypatch.setenv("TINYGRAD_GRU_JIT", "1")
    assert used(1, monkeypatch) == (True, 0)
    monkeypatch.setenv("TINYGRAD_GRU_JIT", "0")
    assert used(10**6, monkeypatch) == (False, 0)


@pytest.mark.jit
def test_a_line_is_said_while_a_cell_is_compiled_and_none_when_it_is_there(installed, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lines = []

    class Own(tg.nn.RNNCell):
        def step(self, x, h):
            return (tg.tanh(super().step(x, h)[0] * 0.75 + 0.125),)

    model = tg.compile(tg.nn.Recurrent(Own(2, 3)))
    with suited(model, 10**6, 50, 32, lines.append):
        assert lines == ["compiling Own for this machine, once: a few seconds …"]
        model(np.ones((2, 1, 2), np.float32))
    compiler.compile._of_text.clear()
    with suited(tg.compile(tg.nn.Recurrent(Own(2, 7))), 10**6, 50, 32, lines.append):
        assert len(lines) == 1  # another size is the same text
