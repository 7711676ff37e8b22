"""Equations and their numbers, written out: for the terminal, as a LaTeX document, as Markdown."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np

from ..core.support.arguments import flag
from ..errors import ArgumentError
from ..notebook import formula, table
from .expression import Expression
from .latex import latex_name, latex_number, latex_title
from .printer import LATEX, UNICODE, in_rows, written
from .short import number as short
from .snippet import snippet

__all__ = ["Equation", "Equations"]

SIZES = {"T": "T steps", "B": "a batch of B", "I": "an input of I", "H": "a state of H"}
FORMATS = ("unicode", "latex", "markdown")
LARGEST_SHOWN = 64  # numbers
WIDEST = 90  # columns of a formula, in the terminal and in a line of LaTeX
DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage[margin=2cm]{geometry}
\allowdisplaybreaks
\begin{document}
%s
\end{document}
"""


@dataclass(frozen=True, repr=False)
class Equation:
    """A line: a name, what it is, the shape in letters, and the numbers there are at the moment."""

    name: str
    expression: Expression
    shape: str
    value: Any
    detail: bool = False  # what a function is taken of: shown with the numbers only
    in_detail: Expression | None = None  # the same, where that has a line of its own

    def stepwise(self) -> Equation:
        """`z = σ(a_z)`, for after the line of a_z."""
        return self if self.in_detail is None else replace(self, expression=self.in_detail)

    def __str__(self) -> str:
        """`z = σ([h, x] W_z + b_z)`."""
        return f"{self.name} = {written(self.expression)}"

    def __repr__(self) -> str:
        return f"Equation({self})"

    @property
    def latex(self) -> str:
        r"""`z = \sigma([h, x] \, W_{z} + b_{z})`."""
        return f"{latex_name(self.name)} = {written(self.expression, LATEX)}"


class Equations:
    """The equations of a graph: `.forward` and `.backward`, and all of it as text.

    `given` are the values and gradients they begin with, leaves and what comes from outside: (name, shape, value).
    """

    def __init__(
        self,
        forward: list[Equation],
        backward: list[Equation],
        given: list[tuple[str, str, Any]],
        title: str = "",
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self.forward = forward
        self.backward = backward
        self.given = given
        self.title = title
        self.sizes = dict(sizes or {})  # of the letters in shapes

    def text(self, form: str = "unicode", numbers: bool = False, width: int | None = None) -> str:
        """All equations as "unicode", "latex" (a document) or "markdown"; with `numbers` each with its values.

        In unicode, sums are broken to lines of `width` columns, where they can be.
        """
        if form not in FORMATS:
            raise ArgumentError(f"equations: got the format {form!r}, wanted {', '.join(FORMATS)}. try: unicode")
        if form == "unicode":
            return self._unicode(numbers, width)
        return {"latex": self._latex, "markdown": self._markdown}[form](numbers)

    def snippet(self, numbers: bool = False) -> str:
        """A short program of NumPy that computes the equations, on random input, or on the `numbers` they have.

        It has been run, and gave their values; ArgumentError where NumPy has no function for one of them.
        """
        return snippet(self, flag("snippet: numbers", numbers))

    def __str__(self) -> str:
        """For the terminal."""
        return self._unicode(False)

    def __repr__(self) -> str:
        return self._unicode(False)

    def _repr_html_(self) -> str:
        """For notebooks: a table of the equations with their shapes, which needs no MathJax."""
        given = "   ".join(f"{formula(name)} {escape(shape)}" for name, shape, _ in self.given)
        rows = [["<b>Given</b>", ""], [given, ""]] if given else []
        for title, lines in self._parts(False):
            rows.append([f"<b>{title}</b>", ""])
            rows += [[formula(str(line)), escape(line.shape)] for line in lines]
        notes = "".join(f"<div>{formula(note)}</div>" for note in self._notes())
        return table(rows, caption=escape(self.title)) + notes

    def _repr_markdown_(self) -> str:
        return self._markdown(False)

    def _parts(self, numbers: bool) -> list[tuple[str, list[Equation]]]:
        forward = [line.stepwise() if numbers else line for line in self.forward if numbers or not line.detail]
        parts = [("Forward", forward), ("Backward", self.backward)]
        return [(title, lines) for title, lines in parts if lines]

    def _notes(self, latex: bool = False) -> list[str]:
        """What the letters that are ours alone mean."""
        names = {line.name for line in self.backward} | {name for name, _, _ in self.given}
        notes = []
        if sizes := [words for letter, words in SIZES.items() if letter in self.sizes]:
            *most, last = sizes
            notes.append(f"Shapes: {', '.join(most)}{' and ' if most else ''}{last}.")
        start = {name for name, _, _ in self.given}
        if before := [line.name[:-1] for line in self.forward if line.name[-1:] == "′" and line.name[:-1] in start]:
            write = (lambda name: f"${latex_name(name)}$") if latex else str
            notes.append(
                ", ".join(f"{write(x + '′')} is {write(x)} after the step" for x in sorted(before)[::-1]) + "."
            )
        if any(name.startswith("δ") for name in names):
            notes.append(
                r"$\delta$: the gradient of what the function is taken of: "
                r"where $r = \sigma(a)$, $\delta_{r} = \partial L / \partial a$"
                if latex
                else "δ: the gradient of what the function is taken of: where r = σ(a), δ_r = ∂L/∂a"
            )
        if any(name.startswith("γ") for name in names):
            notes.append(("$\\gamma$" if latex else "γ") + ": a gradient that several others need")
        if any("⁺" in name for name in names):
            sign = r"$\partial L^{+}$" if latex else "∂L⁺"
            notes.append(f"{sign}: the part of a gradient that comes from the next step")
        return notes

    def _unicode(self, numbers: bool, width: int | None = None) -> str:
        text = [self.title] if self.title else []
        parts = self._parts(numbers)
        shapes = max((columns(line.shape) for _, lines in parts for line in lines), default=0)
        room = None if width is None else max(1, width - shapes - 4)  # for a formula: two columns before it, two after
        formulas = {title: [_rows(line, room) for line in lines] for title, lines in parts}
        widest = max((columns(row) for part in formulas.values() for rows in part for row in rows), default=0)
        across = WIDEST if width is None else max(1, min(WIDEST, width - 2))
        if self.given and numbers:
            text += ["", "Given", *[line for name, _, value in self.given for line in _numbers(f"  {name} = ", value)]]
        elif self.given:
            there = "   ".join(f"{name} {shape}".replace(" ", "\xa0") for name, shape, _ in self.given)
            text += ["", "Given", *[f"  {line}".replace("\xa0", " ") for line in textwrap.wrap(there, across)]]
        for title, lines in parts:
            text += ["", title]
            for line, (first, *more) in zip(lines, formulas[title], strict=True):
                padding = " " * max(0, min(widest, WIDEST if room is None else room) - columns(first))
                text += [f"  {first}{padding}  {line.shape}".rstrip(), *(f"  {row}" for row in more)]
                if numbers:
                    text += _numbers("    = ", line.value)
        notes = [note if width is None else textwrap.fill(note, max(1, width)) for note in self._notes()]
        return "\n".join([*text, *(["", *notes] if notes else [])]).strip("\n")

    def _latex(self, numbers: bool) -> str:
        blocks = [rf"\section*{{{latex_title(self.title)}}}"] if self.title else []
        parts = [(title, [_row(line, numbers) for line in lines]) for title, lines in self._parts(numbers)]
        known = [rf"{latex_name(name)} &{_equal(value, numbers)} && {shape}" for name, shape, value in self.given]
        for title, rows in [("Given", known), *parts] if known else parts:
            body = " \\\\\n".join(rows)
            blocks.append(f"\\subsection*{{{title}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}")
        return DOCUMENT % "\n".join([*blocks, "\n\n".join(rf"\noindent {note}" for note in self._notes(latex=True))])

    def _markdown(self, numbers: bool) -> str:
        text = [f"# {self.title}"] if self.title else []
        if self.given:
            between = "\n\n" if numbers else ", "
            values = [_beside(name, shape, value, numbers) for name, shape, value in self.given]
            text += ["## Given", between.join(values)]
        for title, lines in self._parts(numbers):
            text.append(f"## {title}")
            for line in lines:
                text += [f"$$ {line.latex} $$", _beside(line.name, line.shape, line.value, numbers)]
        return "\n\n".join([*text, *self._notes()]) + "\n"


def columns(text: str) -> int:
    """How wide a text is in a terminal: an accent stands above the letter before it, a Chinese letter takes two."""
    return sum((not unicodedata.combining(c)) + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _rows(line: Equation, room: int | None) -> list[str]:
    """The line, a sum that is wider than the room in several: each begins with + or −, below the first term."""
    if room is None or columns(str(line)) <= room:
        return [str(line)]
    before = f"{line.name} = "
    first, *more = in_rows(line.expression, UNICODE, max(1, room - columns(before)))
    return [before + first, *(" " * (columns(before) - 2) + row for row in more)]


def _row(line: Equation, numbers: bool) -> str:
    """A line of LaTeX, a long sum in several rows, its numbers in one of their own."""
    first, *more = in_rows(line.expression, LATEX, WIDEST)
    rows = [f"{latex_name(line.name)} &= {first} && {line.shape}", *[rf"&\quad {row}" for row in more]]
    if numbers:
        rows.append(f"&{_equal(line.value, numbers)}")
    return " \\\\\n".join(rows)


def _equal(value: Any, numbers: bool) -> str:
    return f"= {shown(value, latex=True)}" if numbers else ""


def _beside(name: str, shape: str, value: Any, numbers: bool) -> str:
    marks = "``" if "`" in name else "`"
    return f"{marks}{name}{marks} {shape}" + (f" = `{shown(value)}`" if numbers else "")


def shown(value: Any, latex: bool = False) -> str:
    """Numbers in a line: `[0.12  −0.5]`, rows of a matrix after each other; what is no number as NaN and ∞."""
    array = np.asarray(value)
    if array.ndim == 0:
        return _digits(float(array), latex)
    if array.ndim > 1 and array.shape[0] == 1:  # a batch of one
        return shown(array[0], latex)
    if array.size > LARGEST_SHOWN:
        low, high = _digits(float(array.min()), latex), _digits(float(array.max()), latex)
        text = f"{array.size} numbers between {low} and {high}"
        return rf"\text{{{array.size} numbers between }} {low} \text{{ and }} {high}" if latex else text
    if latex and array.ndim == 2:
        rows = r" \\ ".join(" & ".join(shown(v, latex) for v in row) for row in array)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
    between = r" \;\, " if latex else "  "
    return f"[{between.join(shown(part, latex) for part in array)}]"


def _digits(value: float, latex: bool) -> str:
    """Four digits after the point, or four in all where these would be zeros."""
    if not np.isfinite(value):
        text = short(value)
    elif 0 < abs(value) < 0.00095 or abs(value) >= 1e7:
        mantissa, _, exponent = f"{value:.3e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:.4f}".rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
    return latex_number(text) if latex else text.replace("-", "−")


def _numbers(start: str, value: Any) -> list[str]:
    """The same in several lines where it is a matrix, its rows below each other."""
    array = np.asarray(value)
    if array.ndim != 2 or array.shape[0] == 1 or array.size > LARGEST_SHOWN:
        return [start + shown(array)]
    cells = [[shown(v) for v in row] for row in array]
    widths = [max(len(row[j]) for row in cells) for j in range(array.shape[1])]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
    indent = " " * columns(start)
    lines = [(start if i == 0 else indent) + ("[" if i == 0 else " ") + line for i, line in enumerate(lines)]
    return [*lines[:-1], lines[-1] + "]"]
