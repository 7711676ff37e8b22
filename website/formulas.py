"""Formulas without a script: LaTeX becomes MathML when the site is built, and the browser sets it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tinygrad_gru import nn
from tinygrad_gru.symbolic.api import equations_of_cell

__all__ = ["latex_of", "lines_of", "mathml", "page", "with_formulas"]

INTRODUCTION = """# The equations of the cells

One step, forward and backward, **derived from the code that runs** when this site was built. `tinygrad-gru explain`
prints the same, and [Equations](equations.md) says how it is done. L is the loss, a dash marks what is new (h′ is the
new state), σ is the sigmoid, ⊙ multiplies element by element, [h, x] is h and x side by side, W[:H] are the rows of W
that belong to h, and δ is the gradient of what σ or tanh is taken of: where r = σ(a), δ_r = ∂L/∂a. B is the batch, I
the inputs, H the hidden size.

"""
CELLS = {
    "RNN": lambda: nn.RNNCell(2, 4),
    "GRU": lambda: nn.GRUCell(2, 4),
    "GRU, reset after": lambda: nn.GRUCell(2, 4, reset_after=True),
    "LSTM": lambda: nn.LSTMCell(2, 4),
}
DASHED = re.compile(r"<msup><mi>([a-z])</mi><mi>&#x02032;</mi></msup>")
MATH = '<math displaystyle="true" '
SIGNS = {
    "tanh(": r"\tanh(", "σ": r"\sigma", "δ": r"\delta", "⊙": r"\odot", "ᵀ": r"^{\top}", "²": "^{2}", "−": "-", "′": "'",
    "Σ": r"\sum", "φ": r"\varphi",
}  # fmt: skip
PART = re.compile(r"\\subsection\*\{(.+?)\}\s*\\begin\{align\*\}(.+?)\\end\{align\*\}", flags=re.S)


def mathml(latex: str, display: str = "block") -> str:
    """A formula as MathML, its fractions at full size, a dash beside its letter and as large."""
    from latex2mathml.converter import convert

    text = str(convert(latex.strip(), display=display))
    return DASHED.sub(lambda match: f"<mi>{italic(match[1])}′</mi>", text).replace("<math ", MATH, 1)


def with_formulas(page: str) -> str:
    """A page with its equations in backticks, those with an equals sign, set as formulas."""
    return re.sub(r"`([^`\n]* = [^`\n]*)`", lambda match: mathml(latex_of(match[1]), "inline"), page)


def latex_of(equation: str) -> str:
    """LaTeX of an equation as `explain` prints it: ∂L/∂h̃ = g ⊙ z. ValueError for a sign that it does not know."""
    text = re.sub(r"(\S)\u0303", r"\\tilde{\1}", equation)
    text = re.sub(r"∂(\w+)/∂(\\tilde\{\w\}|\w_\w|\w′?)", r"\\frac{\\partial \1}{\\partial \2}", text)
    text = re.sub(r"_(\\tilde\{\w\}|\w)", r"_{\1}", text)
    text = re.sub(r"\[([H:]{2})\]", lambda match: f"[{match[1].replace(':', '{:}')}]", text)
    text = re.sub(r"(?<=[\w}\]])(?<!\\partial) (?=[\w\\δ])(?!\\odot)", r" \\, ", text)
    for sign, latex in SIGNS.items():
        text = text.replace(sign, latex)
    if strange := re.findall(r"[^\x00-\x7f]", text):
        raise ValueError(f"{equation}: no LaTeX for {' '.join(strange)}. try: SIGNS in website/formulas.py")
    return text


def italic(letter: str) -> str:
    """As a formula sets it: alone in its <mi> a letter is slanted by itself, beside another sign it is not."""
    return "ℎ" if letter == "h" else chr(ord("𝑎") + ord(letter) - ord("a"))


def lines_of(document: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Of a document that `explain --format latex` wrote: each part, and its formulas with their shapes."""
    for title, lines in PART.findall(document):
        rows = []
        for line in lines.strip().split("\\\\\n"):
            formula, _, shape = line.rpartition("&&")
            rows.append((" ".join(formula.replace("&", " ").split()), shape.strip()))
        yield title, rows


def page() -> str:
    """The equations of each cell, forward and backward."""
    parts = [INTRODUCTION]
    for title, cell in CELLS.items():
        parts.append(f"## {title}\n\n")
        for part, rows in lines_of(equations_of_cell(cell()).text("latex")):
            parts.append(f"**{part}**\n\n<div class='wide'><table class='formulas'>\n")
            parts += [
                f"<tr><td>{mathml(left, 'inline')}</td><td>{html.escape(shape)}</td></tr>\n" for left, shape in rows
            ]
            parts.append("</table></div>\n\n")
    return "".join(parts)
