"""The steps are what the master says, small, of NumPy alone, and each prints what the page shows; the last one is as
right as the package."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.examples.steps import FOLDER, LAST, MASTER, added, file_of, written
from tinygrad_gru.core.ops import activations, arithmetic
from tinygrad_gru.nn.cells import GRUCell

STEPS = range(1, LAST + 1)
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
MOST_NEW_LINES = 50


def text_of(step):
    return file_of(step).read_text(encoding="utf-8")


def definitions(tree):
    """The classes and functions of a file, and of its classes, by name."""
    for node in ast.walk(tree):
        for member in getattr(node, "body", []) if isinstance(node, ast.Module | ast.ClassDef) else []:
            if isinstance(member, ast.ClassDef | ast.FunctionDef):
                yield f"{node.name}.{member.name}" if isinstance(node, ast.ClassDef) else member.name, member


def body_of(definition):
    """What a method does, without its docstring."""
    docstring = ast.get_docstring(definition) is not None
    return [ast.dump(statement) for statement in definition.body[docstring:]]


@pytest.fixture(scope="module")
def last():
    """The last step, as a module."""
    spec = importlib.util.spec_from_file_location("last_step", file_of(LAST))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_line_goes_to_the_steps_that_its_marker_names():
    master = "#: 1..1\nfirst\n#: 2..\nboth\n#: 2..2\nsecond\n"
    assert written(master, last=3) == {1: "first\n", 2: "both\nsecond\n", 3: "both\n"}


def test_the_files_are_what_the_master_says():
    """If not: python -m tests.examples.steps."""
    texts = written(MASTER.read_text(encoding="utf-8"))
    assert [step for step in STEPS if text_of(step) != texts[step]] == []
    assert sorted(FOLDER.glob("step*.py")) == [file_of(step) for step in STEPS]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_adds_little_to_the_one_before(step):
    before = text_of(step - 1) if step > 1 else ""
    assert 0 < added(before, text_of(step)) <= MOST_NEW_LINES


def test_an_added_line_is_counted():
    assert added("a\nb\n", "a\nc\nb\nd\n") == 2


@pytest.mark.parametrize("step", STEPS)
def test_a_step_needs_nothing_but_numpy(step):
    nodes = list(ast.walk(ast.parse(text_of(step))))
    imports = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert imports <= {"itertools", "math", "numpy"}
    assert not any(isinstance(node, ast.ImportFrom) for node in nodes)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_prints_what_the_page_shows(step, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", file_of(step)],
        cwd=tmp_path, env=os.environ | {"PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.search(rf"^\$ python step{step:02d}\.py\n(.*?)^```", PAGE, flags=re.M | re.S)
    assert shown and done.stdout == shown[1]


def test_twenty_steps_of_the_gru_have_the_loss_and_gradients_of_the_package(last):
    rng = np.random.default_rng(0)
    cell = last.GRUCell(rng, 2, 8)
    x = rng.standard_normal((20, 4, 2))  # (T, B, I)
    h = last.unroll(cell, x, np.zeros((4, 8)))[-1]
    loss = (h * h).sum()
    loss.backward()

    gru = tg.nn.GRU(2, 8, dtype=np.float64)
    names = ("W_r", "W_z", "W_h", "b_r", "b_z", "b_h")
    gru.load_state_dict({f"layers.0.forward.{name}": getattr(cell, name).data for name in names})
    _, h_n = gru(x)
    expected = (h_n * h_n).sum()
    expected.backward()

    assert float(loss.data) == pytest.approx(expected.item(), rel=1e-12)
    gradients = {key.rpartition(".")[2]: p.grad for key, p in gru.named_parameters()}
    for name in names:
        assert np.abs(getattr(cell, name).grad - gradients[name]).max() <= 1e-12 * np.abs(gradients[name]).max()


@pytest.mark.parametrize("op", ["Add", "Subtract", "Multiply", "Tanh", "Sigmoid"])
def test_a_derivative_that_the_page_calls_the_same_as_in_the_package_is_the_same(op):
    ours = dict(definitions(ast.parse(text_of(LAST))))
    package = {}
    for module in (arithmetic, activations):
        package |= dict(definitions(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))))
    assert f"`{op}`" in PAGE
    assert body_of(ours[f"{op}.vjp"]) == body_of(package[f"{op}.vjp"])


def test_another_derivative_is_noticed():
    first, second = (dict(definitions(ast.parse(f"class A:\n    def vjp(self):\n        return {x}"))) for x in "gh")
    assert body_of(first["A.vjp"]) != body_of(second["A.vjp"])


def test_the_new_state_is_that_of_the_package():
    ours = dict(definitions(ast.parse(text_of(LAST))))["GRUCell.step"]
    source = ast.parse(Path(sys.modules[GRUCell.__module__].__file__).read_text(encoding="utf-8"))
    package = dict(definitions(source))["GRUCell.h"]
    assert ast.dump(ours.body[-1]) == ast.dump(package.body[-1])


def test_a_second_derivative_is_that_of_the_package(last):
    x = np.array([0.3, -1.2, 2.0])
    v = np.array([1.0, 0.5, -2.0])
    ours = last.hvp(lambda x: (last.Tanh()(x) * x * x).sum(), x, v)
    assert np.allclose(ours, tg.hvp(lambda x: (tg.tanh(x) * x * x).sum(), x, v), rtol=1e-12)
