"""LaTeX of equations: matplotlib typesets every formula, and LaTeX, where there is one, the document."""

import re
import shutil
import subprocess

import numpy as np
import pytest

import tinygrad_gru as tg
from examples.minimal_gated_unit import MinimalGatedUnit
from tests.symbolic.test_api import CELLS, assert_true, engine_of_cell
from tinygrad_gru import nn
from tinygrad_gru.symbolic.api import equations_of_cell
from tinygrad_gru.symbolic.latex import latex_name, latex_title
from tinygrad_gru.symbolic.names import readable

HOSTILE = "50% {p} #1 $&~^\\"


class Odd_Names(nn.Cell):
    """A cell whose names mean something to LaTeX, to HTML, to a terminal, or to nobody."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        rng = np.random.default_rng(0)
        self.W_x_1 = nn.Parameter(rng.normal(size=(input_size, hidden_size)))
        self.Wλ = nn.Parameter(rng.normal(size=(hidden_size, hidden_size)))
        for name in ("b__", "权重", "ẍ_ü", "déjà", "a_b"):
            setattr(self, name, nn.Parameter(rng.normal(size=hidden_size)))
        self.table = rng.normal(size=(hidden_size, hidden_size))

    def step(self, x, h):
        p = tg.sigmoid(x @ self.W_x_1 + self.b__).named(HOSTILE)
        q = (tg.tanh(h @ self.Wλ) * self.权重).named("q\u202e\x00\ñ ⁷")
        s = tg.relu(p * q + self.ẍ_ü).named(" ")
        e = (tg.abs(s) * tg.exp(self.déjà)).named("𝔥🙂")
        b = tg.tanh(e @ self.table * self.a_b).named("b")  # what is inside would be a_b, which there is
        b = b * (q * 2).named("a + b") + (e * 3).named("2") * tg.sqrt(e * e + 1)
        return ((b + tg.maximum(p, h) + tg.softplus(q).named("<img src=x onerror=alert(1)>")).named("h"),)


ALL = [*CELLS, MinimalGatedUnit(2, 4), Odd_Names(2, 4)]
IDS = [repr(cell).split(chr(10))[0] for cell in ALL]


def text_of(cell, form, numbers=False):
    return equations_of_cell(cell.astype(np.float64), 1 if numbers else 3).text(form, numbers)


@pytest.mark.parametrize("cell", ALL, ids=IDS)
def test_every_formula_is_typeset_by_matplotlib(cell):
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    found = equations_of_cell(cell.astype(np.float64))
    lines = [line.latex for line in [*found.forward, *found.backward]]
    for formula in [*lines, *(latex_name(name) for name, _, _ in found.given)]:
        parser.parse(f"${formula}$".replace(r"\&", "+"))  # the one sign of LaTeX that it does not know


def test_a_planted_fault_is_not_typeset():
    from matplotlib.mathtext import MathTextParser

    with pytest.raises(ValueError, match="Expected"):
        MathTextParser("path").parse(r"$\tanh(x_{1}$" + r"\tilde{h$")


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("cell", ALL, ids=IDS)
def test_a_document_is_ascii_and_balanced_and_has_nothing_unescaped(cell, numbers):
    text = text_of(cell, "latex", numbers)
    assert text.isascii() and "%" not in text.replace(r"\%", "") and "#" not in text.replace(r"\#", "")
    bare = re.sub(r"\\[{}]", "", text)
    depths = np.cumsum([1 if sign == "{" else -1 for sign in re.findall(r"[{}]", bare)])
    assert depths.min() >= 0 and depths[-1] == 0
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert ("Given" in text) and bool(re.search(r"= \[-?\d", text)) == numbers


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("numbers", [False, True])
def test_latex_compiles_the_documents_as_they_stand(tmp_path, numbers):
    for i, cell in enumerate([*ALL[:2], ALL[7], *ALL[-4:]]):
        (tmp_path / f"{i}.tex").write_text(text_of(cell, "latex", numbers), encoding="ascii")
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", f"{i}.tex"],
            cwd=tmp_path, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


@pytest.mark.parametrize("batch", [1, 3])
def test_equations_with_odd_names_are_still_those_that_are_computed(batch):
    cell = Odd_Names(2, 4).astype(np.float64)
    found = equations_of_cell(cell, batch)
    engine = {readable(name): g for name, g in engine_of_cell(cell, found).items()}
    assert len(engine) == 9
    assert_true(found, engine, batch=batch)


def test_each_name_is_a_name_and_nothing_else():
    text = text_of(Odd_Names(2, 4), "unicode", numbers=True)
    assert all(c.isprintable() or c == "\n" for c in text)
    for line in ("⟨a + b⟩ = 2 ⟨q̃ ⁷⟩", "⟨2⟩ = 3 ⟨𝔥🙂⟩", f"⟨{HOSTILE}⟩ = σ(a_⟨{HOSTILE}⟩)", "a_b_1 = (⟨𝔥🙂⟩ c_1) ⊙ a_b"):
        assert f"  {line} " in text, line
    assert "\n  c_1 = [" in text and "const" not in text


def test_no_name_is_a_tag_in_markdown():
    text = text_of(Odd_Names(2, 4), "markdown")
    outside_of_code = re.sub(r"``.*?``|`.*?`", "", text)
    assert "<img" in text and "<img" not in outside_of_code
    assert text.count("$$ ") == text.count(" $$") > 20


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("h", "h"), ("h̃", "h̃"), ("h′", "h′"), ("W_x_1", "W_x_1"), ("layer.W", "layer.W"), ("权重", "权重"),
        ("2", "⟨2⟩"), ("x²", "⟨x²⟩"), ("a b", "⟨a b⟩"), ("∂L/∂h", "⟨∂L/∂h⟩"), ("⟨x⟩", "⟨(x)⟩"), ("\x00\n", ""),
        ("a\nb", "ab"),
    ],
)  # fmt: skip
def test_a_name_that_could_be_a_formula_stands_in_angles(name, wanted):
    assert readable(name) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("W_x_1", "W_{x_{1}}"), ("ẍ_ü", r"\ddot{x}_{\ddot{u}}"), ("déjà", r"\mathrm{d\acute{e}j\grave{a}}"),
        ("权", r"\mathrm{U{+}6743}"), ("⟨a b⟩₂′", r"\mathrm{a\ b}_{2}'"), ("Ω", r"\Omega"),
        ("Wλ", r"\mathrm{W\lambda{}}"),
        ("𝔥", "h"), ("⟨<b>⟩", r"\mathrm{{<}b{>}}"), ("∂L/∂W_x_1", r"\frac{\partial L}{\partial W_{x_{1}}}"),
    ],
)  # fmt: skip
def test_odd_names_in_latex(name, wanted):
    assert latex_name(name) == wanted


def test_a_title_is_escaped_too():
    assert latex_title("My_Cell(3, reset_after=True)") == r"My\_Cell(3, reset\_after=True)"
    assert latex_title("50% é\\x^2") == r"50\% $\mathrm{\acute{e}}$$\mathrm{\backslash{}}$x$\mathrm{\wedge{}}$2"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("W_r", "W_{r}"), ("h̃", r"\tilde{h}"), ("ŷ", r"\hat{y}"), ("h₁₂", "h_{12}"), ("c′", "c'"),
        ("δ_h̃", r"\delta_{\tilde{h}}"), ("∂L⁺/∂c′", r"\frac{\partial L^{+}}{\partial c'}"), ("loss", r"\mathrm{loss}"),
        ("b_xh", r"b_{\mathrm{xh}}"), ("50%{x}$", r"\mathrm{50\%\{x\}\$}"), ("a\\b", r"\mathrm{a\backslash{}b}"),
    ],
)  # fmt: skip
def test_names_in_latex(name, wanted):
    assert latex_name(name) == wanted
