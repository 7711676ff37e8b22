"""`tinygrad-gru explain`: equations for people, in the terminal or in a file."""

import subprocess
import sys

import pytest

from tinygrad_gru.cli import main
from tinygrad_gru.symbolic.document import columns

OWN = """
import tinygrad_gru as tg

class Leaky(tg.nn.Cell):
    def __init__(self, inputs, hidden):
        super().__init__(inputs, hidden)
        (self.W,) = self.weights(1)

    def step(self, x, h):
        return ((0.5 * h + 0.5 * tg.tanh(tg.concat([h, x], axis=-1) @ self.W)).named("h"),)
"""


def explained(capsys, *words):
    code = main(["explain", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_gru_is_explained_forward_and_backward(capsys):
    code, out, err = explained(capsys)
    lines = [" ".join(line.split()) for line in out.splitlines()]

    assert (code, err) == (0, "")
    assert lines[0] == "GRUCell" and lines.index("Forward") < lines.index("Backward")
    assert "h′ = (1 − z) ⊙ h + z ⊙ h̃ (B, H)" in lines
    assert "∂L/∂z = ∂L/∂h′ ⊙ (h̃ − h) (B, H)" in lines
    assert "∂L/∂W_r = [h, x]ᵀ δ_r (H+I, H)" in lines
    assert lines[-1] == "δ: the gradient of what the function is taken of: where r = σ(a), δ_r = ∂L/∂a"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--cell", "rnn"), "h′ = tanh([h, x] W_h + b_h)"),
        (("--cell", "lstm"), "∂L/∂c′ = ∂L⁺/∂c′ + ∂L/∂h′ ⊙ o ⊙ (1 − tanh(c′)²)"),
        (("--reset-after",), "h̃ = tanh(x W_hx + b_xh + r ⊙ (h W_hh + b_hh))"),
    ],
)
def test_so_are_the_others(capsys, words, line):
    code, out, _ = explained(capsys, *words)
    assert code == 0 and f"  {line} " in out


def test_a_cell_of_ones_own_is_explained_too(capsys, tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    code, out, _ = explained(capsys, "--cell", f"{tmp_path / 'own.py'}:Leaky")
    assert code == 0 and out.startswith("Leaky\n")
    assert "  h′ = ½ h + ½ tanh([h, x] W) " in out and "∂L/∂W = ½ [h, x]ᵀ (∂L/∂h′" not in out


def test_numbers_are_worked_through_and_the_seed_repeats_them(capsys):
    _, first, _ = explained(capsys, "--numbers", "--seed", "3")
    _, again, _ = explained(capsys, "--numbers", "--seed", "3")
    _, other, _ = explained(capsys, "--numbers", "--seed", "4")
    lines = first.splitlines()

    assert first == again != other
    at = next(i for i, line in enumerate(lines) if line.startswith("  r = σ(a_r)"))
    assert lines[at - 2].startswith("  a_r = [h, x] W_r + b_r") and lines[at + 1].startswith("    = [0.")
    assert lines[0] == "GRUCell(3, 2)" and first.count("    = [") == 7 + 14


@pytest.mark.parametrize("words", [("--cell", "lstm"), ("--cell", "rnn"), ("--reset-after",), ("--numbers",), ()])
@pytest.mark.parametrize("width", [60, 80])
def test_in_a_narrow_terminal_no_line_is_wider_than_it(words, width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = explained(capsys, *words)
    assert max(map(columns, out.splitlines())) <= width


def test_a_sum_that_is_broken_has_its_other_terms_below_the_first(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = explained(capsys)[1].splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  ∂L/∂h = "))
    assert lines[at].endswith("(B, H)") and lines[at + 1] == "        + δ_r W_r[:H]ᵀ"


def test_where_no_terminal_is_a_line_stays_whole(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    assert explained(capsys, "-o", tmp_path / "gru.txt")[0] == 0
    assert "+ δ_z W_z[:H]ᵀ + δ_r W_r[:H]ᵀ" in (tmp_path / "gru.txt").read_text(encoding="utf-8")


def test_latex_and_markdown_go_into_files_that_are_not_written_over(capsys, tmp_path):
    for form, name, start in (("latex", "gru.tex", "\\documentclass"), ("markdown", "gru.md", "# GRUCell")):
        file = tmp_path / name
        assert explained(capsys, "--format", form, "-o", file)[:2] == (0, f"{file}\n")
        assert file.read_text(encoding="utf-8").startswith(start)
        code, _, err = explained(capsys, "--format", form, "-o", file)
        assert code == 2 and "is there already. try: another name, or --force" in err


BAD = """
import tinygrad_gru as tg

class Alone(tg.nn.Cell):
    def step(self, x, h):
        return h

class Broken(tg.nn.Cell):
    def step(self, x, h):
        return (h * self.W,)

class Two(tg.nn.Cell):
    def step(self, x, h):
        return h, h

class Bare(tg.nn.Cell):
    def __init__(self):
        super().__init__(1, 1)

class Other:
    pass
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (":Alone", "Alone.step gave a Tensor, wanted a tuple of 1: h. try: return (h,)"),
        (":Two", "Two.step gave 2 results, wanted a tuple of 1: h."),
        (
            ":Broken",
            "cell: Broken.step: AttributeError: 'Broken' object has no attribute 'W' at bad.py:10. try: --debug",
        ),
        (":Bare", "cell: Bare(input_size, hidden_size): TypeError: "),
        (":Other", "cell: Other in "),
        (":Alnoe", "cell: there is no Alnoe in "),
        (":", "cell: there is no class in "),
        ("2.py:X", "cell: there is no file "),
    ],
)
def test_what_is_wrong_in_a_file_of_ones_own_is_one_line_too(capsys, tmp_path, name, message):
    (tmp_path / "bad.py").write_text(BAD, encoding="utf-8")
    path = tmp_path / ("bad.py" if name[0] == ":" else "bad")
    code, out, err = explained(capsys, "--cell", f"{path}{name}")
    assert (code, out) == (2, "") and err.startswith(f"error: {message}") and err.count("\n") == 1


def test_a_file_that_is_no_python_is_one_line_and_whole_with_debug(capsys, tmp_path):
    (tmp_path / "bad.py").write_text("class X(", encoding="utf-8")
    code, _, err = explained(capsys, "--cell", f"{tmp_path / 'bad.py'}:X")
    assert code == 2 and "SyntaxError: '(' was never closed" in err and err.count("\n") == 1
    code, _, err = explained(capsys, "--cell", f"{tmp_path / 'bad.py'}:X", "--debug")
    assert code == 2 and err.count("\n") > 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cell", "gur"), "cell: got 'gur', wanted rnn, gru, lstm or FILE.py:CLASS. did you mean gru?"),
        (("--format", "tex"), "format: got 'tex', wanted unicode, latex or markdown. "),
        (("--hidden", "3"), "hidden: got 3 without --numbers. try: --numbers --hidden 3"),
        (("--numbers", "--inputs", "9"), "inputs: got 9, wanted a whole number from 1 to 8. try: --inputs 1"),
        (("--cell", "lstm", "--reset-after"), "reset-after: only a gru has a reset gate, got --cell lstm."),
        (("--seed", "-1"), "seed: got -1, wanted a whole number of at least 0. try: --seed 0"),
    ],
)
def test_what_does_not_fit_is_one_line(capsys, words, message):
    code, out, err = explained(capsys, *words)
    assert (code, out) == (2, "") and err.startswith(f"error: {message}") and err.count("\n") == 1


@pytest.mark.parametrize("words", [(), ("--cell", "lstm"), ("--cell", "rnn"), ("--reset-after",), ("--numbers",)])
def test_a_snippet_is_a_program_that_runs(capsys, tmp_path, words):
    file = tmp_path / "gru.py"
    assert explained(capsys, "--snippet", *words, "-o", file)[:2] == (0, f"{file}\n")
    assert explained(capsys, "--snippet", *words)[1] == file.read_text(encoding="utf-8")
    ran = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("h_new =\n[[") and ran.stderr == ""


def test_a_snippet_has_the_numbers_that_are_worked_through(capsys):
    """`--snippet --numbers`, run, prints the new state that `--numbers` prints."""
    program = explained(capsys, "--snippet", "--numbers")[1]
    space = {}
    exec(program.partition("\nprint(")[0], space)
    printed = explained(capsys, "--numbers")[1].partition("\n  h′ = ")[2].partition("    = [")[2].partition("]")[0]
    assert [round(float(n), 4) for n in space["h_new"].ravel()] == [float(n.replace("−", "-")) for n in printed.split()]


def test_a_snippet_in_another_format_is_refused(capsys):
    code, out, err = explained(capsys, "--snippet", "--format", "latex")
    assert (code, out) == (2, "")
    assert err == "error: snippet: a program is no latex. try: --snippet without --format\n"
