"""`tinygrad-gru program`: the program of a cell, as text."""

import pytest

from tinygrad_gru import compiler, nn
from tinygrad_gru.cli import main

OWN = """
import tinygrad_gru as tg

class Leaky(tg.nn.Cell):
    def step(self, x, h):
        return (0.5 * h + tg.tanh(x),)

class Hasty(tg.nn.Cell):
    def step(self, x, h):
        return (h if float(h.sum()) > 0 else x,)
"""


def printed(capsys, *words):
    code = main(["program", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_it_prints_the_functions_that_run(capsys, cell):
    made = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[cell](5, 7)
    source = compiler.compiled(made).code.source

    code, forward, _ = printed(capsys, "--cell", cell, "--hidden", "7", "--inputs", "5")
    _, backward, _ = printed(capsys, "--cell", cell, "--hidden", "7", "--inputs", "5", "--backward")

    assert code == 0
    assert forward.startswith("def prepare(") and "def forward(" in forward and forward.rstrip("\n") in source
    assert backward.startswith("def prepare_back(") and "def backward(" in backward and backward.rstrip("\n") in source


def test_it_prints_the_loops_that_numba_compiles_also_where_numba_is_not_installed(capsys):
    code, forward, _ = printed(capsys, "--cell", "gru", "--jit")
    _, backward, _ = printed(capsys, "--cell", "gru", "--jit", "--backward")

    assert code == 0
    assert forward.startswith("@njit(") and "def forward_loop(T, lo, hi" in forward and "candidate" in forward
    assert "def backward_loop(T, lo, hi" in backward and "vanishing(dh)" in backward


def test_a_stage_is_the_program_after_so_many_passes(capsys):
    _, recorded, _ = printed(capsys, "--cell", "gru", "--reset-after", "--stage", "0")
    _, last, _ = printed(capsys, "--cell", "gru", "--reset-after", "--stage", str(len(compiler.PASSES)))

    assert recorded.startswith("# as recorded\nx = input") and "W_hh" in recorded and "[h, x]" in recorded
    assert last.startswith("# stage 10 of 10, batch_sums\n") and "[h, x]" not in last


def test_a_stage_shows_each_rule_that_fired_with_the_line_before_and_after(capsys):
    _, out, _ = printed(capsys, "--cell", "gru", "--stage", "5")

    assert "#   (1 − z)·a + z·b → a + z·(b − a)\n" in out
    assert "(1 − z)·h + z·candidate  →  h + z·(candidate − h)\n" in out


def test_why_says_whether_a_cell_can_be_compiled(capsys, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN, encoding="utf-8")
    size = ("--hidden", "3", "--inputs", "3")

    assert printed(capsys, "--why")[1] == "GRUCell can be compiled\n"
    assert printed(capsys, "--cell", f"{file}:Leaky", "--why", *size)[1] == "Leaky can be compiled\n"
    _, answer, _ = printed(capsys, "--cell", f"{file}:Hasty", "--why", *size)
    assert answer.startswith("Hasty cannot be compiled: its step reads the value of") and "own.py:10" in answer
    code, _, error = printed(capsys, "--cell", f"{file}:Hasty", *size)
    assert code == 2 and "error: Hasty cannot be compiled: its step reads the value" in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cell", "gur"), "cell: got 'gur', wanted rnn, gru, lstm or FILE.py:CLASS. did you mean gru?"),
        (("--hidden", "0"), "hidden: got 0, wanted a whole number of at least 1. try: --hidden 64"),
        (("--stage", "99"), "stage: got 99, wanted 0 to 10, as many passes. try: --stage 1"),
        (("--cell", "lstm", "--reset-after"), "reset-after: only a gru has a reset gate, got --cell lstm."),
        (("--cell", "nowhere.py:Cell"), "cell: there is no file nowhere.py. try: the path of a file of Python"),
    ],
)
def test_what_does_not_fit_is_one_line(capsys, words, message):
    code, out, error = printed(capsys, *words)

    assert code == 2 and out == ""
    assert error.startswith(f"error: {message}") and error.count("\n") == 1


def test_a_class_that_is_not_there_is_named(capsys, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN, encoding="utf-8")

    assert f"cell: there is no Leeky in {file}" in printed(capsys, "--cell", f"{file}:Leeky")[2]
