"""The command `graph`: a cell unrolled, drawn to a file or as DOT on stdout."""

import pytest

from tests.cli.command import complaint, run
from tinygrad_gru.cli import main

FIRST_BYTES = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


def dot(capsys, *arguments):
    """The DOT text the command writes, in this process."""
    assert main(["graph", *arguments, "-o", "-"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


@pytest.mark.parametrize("suffix", FIRST_BYTES)
def test_the_suffix_decides_the_format(suffix, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--length", "1", "-o", f"gru.{suffix}"]) == 0
    assert capsys.readouterr().out == f"gru.{suffix}\n"  # stdout is data: where the picture is
    assert (tmp_path / f"gru.{suffix}").read_bytes().startswith(FIRST_BYTES[suffix])


def test_quiet_says_only_where_the_picture_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--quiet", "-o", "gru.dot"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("gru.dot\n", "")


@pytest.mark.parametrize("level", ["gate", "op"])
@pytest.mark.parametrize(
    ("cell", "gates"),
    [
        ("rnn", ["h₁", "h₂", "h₃"]),
        ("gru", ["r₁", "z₂", "h̃₃", "h₃"]),
        ("lstm", ["i₁", "f₂", "g₃", "o₃", "c₃", "h₃"]),
    ],
)
def test_every_step_and_every_gate_is_named(cell, gates, level, capsys):
    text = dot(capsys, "--cell", cell, "--level", level)
    assert all(f"time step {n}" in text for n in (1, 2, 3))
    assert "time step 4" not in text
    assert all(gate in text for gate in gates)
    assert "1×4" in text and "6×4" in text  # a state, and a weight of (H+I, H)


def test_the_sizes_are_those_asked_for(capsys):
    text = dot(capsys, "--hidden", "3", "--inputs", "5", "--length", "2", "--level", "op")
    assert "1×3" in text and "1×5" in text and "8×3" in text
    assert "time step 2" in text and "time step 3" not in text


def test_the_other_dialect_has_the_other_weights(capsys):
    assert "step1_W_hx" not in dot(capsys, "--level", "op")
    assert "step1_W_hx" in dot(capsys, "--level", "op", "--reset-after")


def test_values_and_gradients_can_be_left_out(capsys):
    everything = dot(capsys)
    assert ">value<" in everything and ">grad<" in everything
    without = dot(capsys, "--no-values", "--no-grads")
    assert ">value<" not in without and ">grad<" not in without


def test_the_same_seed_draws_the_same_picture_and_another_seed_another(capsys):
    first = dot(capsys, "--seed", "5")
    assert dot(capsys, "--seed", "5") == first
    assert dot(capsys, "--seed", "6") != first


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("--cell grw", "error: cell: got 'grw', wanted rnn, gru or lstm. did you mean gru?"),
        ("--level gat", "error: level: got 'gat', wanted gate or op. did you mean gate?"),
        ("--length 0", "error: length: got 0, wanted a whole number from 1 to 200. try: --length 3"),
        ("--hidden 0", "error: hidden: got 0, wanted a whole number from 1 to 4096. try: --hidden 3"),
        ("--inputs=-1", "error: inputs: got -1, wanted a whole number from 1 to 4096. try: --inputs 3"),
        ("--seed=-1", "error: seed: got -1, wanted a whole number of at least 0. try: --seed 0"),
        ("--cell rnn --reset-after", "error: reset-after: only a gru has a reset gate, got --cell rnn."),
        ("-o gru.sgv", "error: picture gru.sgv: no format '.sgv', wanted svg, png, pdf or dot. did you mean gru.svg?"),
        ("-o gru", "error: picture gru: no suffix, wanted svg, png, pdf or dot. try: gru.svg"),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing_behind(line, want, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", *line.split()]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    (said,) = told.err.splitlines()
    assert said.startswith(want)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_one_line_in_a_process_of_its_own_too(tmp_path):
    done = run("graph", "--length", "1", "-o", "nowhere/gru.svg", cwd=tmp_path)
    assert complaint(done, code=1).startswith("error: cannot write nowhere/gru.svg: No such file or directory")
    assert list(tmp_path.iterdir()) == []


def test_dot_on_stdout_is_the_same_whatever_the_hash_seed(tmp_path):
    texts = {run("graph", "-o", "-", cwd=tmp_path, env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "2")}
    assert len(texts) == 1
    assert texts.pop().startswith("digraph")
