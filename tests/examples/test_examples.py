"""Every example is read in a minute, runs as it stands, and prints what its reader came for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def run(name, folder, *words):
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / f"{name}.py", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_says_how_to_run_it_and_is_listed(path):
    text = path.read_text(encoding="utf-8")
    assert f"python examples/{path.name}" in text and len(text.splitlines()) <= 95
    assert f"`{path.name}`" in (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    tested = Path(__file__).parent / f"test_{path.stem}.py"
    assert tested.exists() or f'run("{path.stem}"' in Path(__file__).read_text(encoding="utf-8")


def test_a_gradient(tmp_path):
    lines = run("gradient", tmp_path).splitlines()
    assert lines == ["y = 0.0", "∂y/∂x = [[0.5, -0.25]]", "∂y/∂W = [[1.0], [2.0]]", "wiggled: 1.0"]


def test_the_spiral_is_told_apart_and_drawn(tmp_path):
    lines = run("spiral", tmp_path).splitlines()
    (right,) = [float(line.split()[1].rstrip("%")) for line in lines if line.startswith("right")]
    drawn = [line for line in lines if set(line) == {".", "#"}]
    assert right > 97 and len(lines[-1]) == 64 and len(drawn) > 8


def test_characters_are_learned_from_a_text_of_ones_own(tmp_path):
    (tmp_path / "mine.txt").write_text("the cat sat on the mat. " * 200)
    *_, bits, written = run("characters", tmp_path, "mine.txt").splitlines()
    assert float(bits.split()[2]) < 0.5 and "the cat sat on the mat" in written


def test_the_gru_wins(tmp_path):
    rnn, gru, keep = run("rnn_against_gru", tmp_path).splitlines()
    errors = [float(re.search(r"error ([\d.]+)", line)[1]) for line in (rnn, gru)]
    assert errors[0] > 0.1 > 0.02 > errors[1] and keep == "keep GRU"


def test_an_own_operation_is_right_and_a_wrong_one_is_caught(tmp_path):
    right, first, second, wrong = run("own_operation", tmp_path).splitlines()
    assert right == "right: True" and first.endswith("[0.1111 0.4444 0.0625]")
    assert second.split("[")[1].split() == ["0.0741", "-0.5926", "-0.0312]"]  # −2·sign(x)/(1 + |x|)³
    assert wrong.startswith("wrong, argument 0: derivative of order 1 is wrong")


def test_newton_finds_the_lowest_point(tmp_path):
    out = run("newton", tmp_path)
    assert "x = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]" in out and float(out.split("f = ")[1]) < 1e-15


def test_weights_from_pytorch_give_the_same_numbers(tmp_path):
    difference, back = run("from_pytorch", tmp_path).splitlines()
    assert float(difference.rpartition(" ")[2]) < 1e-12 and back.endswith("True")


def test_an_onnx_file_gives_the_same_numbers_elsewhere(tmp_path):
    assert float(run("to_onnx", tmp_path).rpartition(" ")[2]) < 1e-5
    assert (tmp_path / "classifier.onnx").stat().st_size > 1000


def test_of_two_slides_one_has_values_and_gradients_and_the_other_says_what_was_left_out(tmp_path):
    one, three = run("slide", tmp_path).splitlines()
    assert one.startswith("slide1.svg") and "gradients" not in one
    assert "grad −" in (tmp_path / "slide1.svg").read_text(encoding="utf-8")
    assert re.match(r"slide3\.svg: .+ to fit a slide in letters of 12 pt", three)
    assert "<svg" in (tmp_path / "slide3.svg").read_text(encoding="utf-8")
