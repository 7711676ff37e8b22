"""Labels as Graphviz's HTML-like tables, and the one place where text is escaped.

A label that is not well-formed makes Graphviz draw an empty node without an exception, so every word of a name, a
formula or a scope goes through `text`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from ...core.support.arrays import Array
from ...symbolic.short import number
from .fonts.widths import width_of
from .theme import LIGHT, Colours, Scale, Theme, ink_on

__all__ = ["Labels", "brief_number", "is_cut", "is_matrix", "row_of", "shape", "text", "value"]

LONGEST = 32  # characters of a name
CELL = 13
CELLS = 8
NUMBERS = 4  # as many are written into their cells
IN_A_CELL = 8  # points of such a number
BESIDE = 110.0  # points for a name and what stands beside it: four numbers are about as wide
THUMBNAIL = 16  # rows or columns of a matrix that is drawn whole

# Control characters, halves of surrogate pairs, what is no character at all, and what turns the direction of writing.
UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


# What follows an underscore, letters with their accents: the r of W_r, the h̃₁ of δ_h̃₁.
SUBSCRIPT = re.compile(r"(?<=[^\W_])(_)((?:[^\W_][\u0300-\u036f]*){1,3})(?![\w\u0300-\u036f])")
WITH_ITS_LETTERS = re.compile(r"([^\W_]+)" + SUBSCRIPT.pattern.removeprefix(r"(?<=[^\W_])"))


def text(raw: str, longest: int = LONGEST) -> str:
    """Any text, made safe for a label: markup escaped, control characters replaced, never blank, never long."""
    fit = UNFIT.sub("\ufffd", raw)
    if len(fit) > longest:
        fit = fit[: longest // 2] + "…" + fit[longest // 2 - longest + 1 :]  # the ends of long names tell them apart
    if fit and unicodedata.combining(fit[0]):
        fit = "◌" + fit
    return html.escape(fit) if fit.strip() else "␣"


def squeezed(array: Array) -> Array:
    """The matrix, row or column that an array is but for axes of size 1: (1, 1, 4) is a row, (1, 3, 1) a column."""
    while array.ndim > 2 and 1 in array.shape[:-1]:
        array = array.squeeze(array.shape.index(1))
    return array


def row_of(array: Array) -> Array:
    """The part of an array that a strip shows: its first row."""
    return array[(0,) * (array.ndim - 1)] if array.ndim > 1 and array.size else array.reshape(-1)


def is_matrix(array: Array) -> bool:
    """Whether it has rows and columns: leading axes of size 1, such as a batch of one, do not count."""
    array = squeezed(array)
    return array.ndim == 2 and array.shape[0] > 1 and array.shape[1] > 0


def is_cut(array: Array) -> str:
    """What a strip leaves out of an array, but for the end of a long row: `row 0 of 64`; nothing if it is whole."""
    if array.ndim < 2 or array.size in (0, array.shape[-1]):
        return ""
    array = squeezed(array)
    if is_matrix(array) and max(array.shape) <= THUMBNAIL:
        return ""
    return f"row 0 of {array.size // array.shape[-1]}"


def shape(array: Array) -> str:
    """1×4, or nothing for a single number."""
    return "×".join(str(n) for n in array.shape)


def value(array: Array) -> str:
    """A single number, four digits of it."""
    v = float(array.reshape(-1)[0])
    return number(v) if not np.isfinite(v) else f"{v:.4g}".replace("-", "−")


def brief_number(v: float) -> str:
    """A number of a cell, in at most six characters: −0.42, 12, 2e−5."""
    if not np.isfinite(v) or v == 0 or (v == round(v) and abs(v) < 1000):
        return number(abs(v) if v == 0 else v)
    if 0.005 <= abs(v) < 1000:
        return f"{v:.{2 if abs(v) < 10 else 0}f}".replace("-", "−")
    return number(float(f"{v:.0e}"), 1) if abs(v) >= 1000 else f"{v:.0e}".replace("e-0", "e-").replace("-", "−")


class Labels:
    """Writes labels in the colours of a theme, with no letter smaller than `smallest` points.

    Where letters are large, labels are `narrow` rather than low. Up to four `numbers` are written into their cells.
    """

    def __init__(
        self, theme: Theme = LIGHT, smallest: float = 0, narrow: bool = False, numbers: bool = True, side: int = CELL
    ) -> None:
        self.theme = theme
        self.smallest = smallest
        self.narrow = narrow
        self.numbers = numbers
        self.side = side  # points, of a coloured cell

    def size(self, points: float) -> str:
        """A size of letters."""
        return f"{max(points, self.smallest):g}"

    def words(self, raw: str, points: float, longest: int = LONGEST) -> str:
        """Text, with what follows an underscore a little smaller: W_r, as far as Unicode goes.

        Where that would be too small, the letters before it are larger.
        """
        small = self.size(max(6, points - 3))
        if points - 3 >= self.smallest:
            return SUBSCRIPT.sub(f'<FONT POINT-SIZE="{small}">\\2</FONT>', text(raw, longest))
        large = f"{max(points, self.smallest + 2):g}"
        letters = f'<FONT POINT-SIZE="{large}">\\1</FONT><FONT POINT-SIZE="{small}">\\3</FONT>'
        return WITH_ITS_LETTERS.sub(letters, text(raw, longest))

    def grey(self, raw: str, points: float = 8) -> str:
        """Small words."""
        return f'<FONT POINT-SIZE="{self.size(points)}" COLOR="{self.theme.soft}">{self.words(raw, points, 200)}</FONT>'

    # --- strips of numbers -------------------------------------------------------------------------------------------

    def strip(self, array: Array, scale: Scale) -> str:
        """Up to four numbers in coloured cells; a matrix or column as a thumbnail; else the first row.

        Of a row, at most 8 numbers are shown, and their count.
        """
        array = squeezed(array)
        if self.numbers and 0 < array.size <= NUMBERS and array.dtype.kind in "biuf":
            return self.written(array, scale)
        if is_matrix(array) and not is_cut(array):
            return self.thumbnail(array, scale)
        row = row_of(array)
        if row.size == 0:
            return self.grey("empty", 8)
        cells = "".join(self._cell(float(v), scale, self.side, self.side) for v in row[:CELLS])
        n = min(row.size, CELLS)
        table = (
            f'<TABLE BORDER="1" COLOR="{self.theme.frame}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
            f'FIXEDSIZE="TRUE" WIDTH="{self.side * n + 2}" HEIGHT="{self.side + 2}"><TR>{cells}</TR></TABLE>'
        )
        if row.size == n:
            return table
        return (
            f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"><TR><TD>{table}</TD>'
            f"<TD>{self.grey(f'+ {row.size - n} more')}</TD></TR></TABLE>"
        )

    def written(self, array: Array, scale: Scale) -> str:
        """Each number in a cell of its colour: a row as a row, a column as a column, a matrix in its rows."""
        columns = array.shape[-1] if is_matrix(array) else array.size
        values = [float(v) for v in array.reshape(-1)]
        points = max(IN_A_CELL, self.smallest)
        wide = max(13, round(max(width_of(brief_number(v), points) for v in values) + 5))
        tall = round(points * 1.6)
        cells = [self._number(v, scale, wide, tall) for v in values]
        rows = "".join(f"<TR>{''.join(cells[i : i + columns])}</TR>" for i in range(0, len(cells), columns))
        size = f'WIDTH="{wide * columns + 2}" HEIGHT="{tall * -(-len(cells) // columns) + 2}"'
        return (
            f'<TABLE BORDER="1" COLOR="{self.theme.frame}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
            f'FIXEDSIZE="TRUE" {size}>{rows}</TABLE>'
        )

    def _number(self, v: float, scale: Scale, wide: int, tall: int) -> str:
        colour = scale.colour(v) if np.isfinite(v) else "#FFD400"
        return (
            f'<TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="{tall}" BGCOLOR="{colour}">'
            f'<FONT POINT-SIZE="{self.size(IN_A_CELL)}" COLOR="{ink_on(colour)}">{brief_number(v)}</FONT></TD>'
        )

    def thumbnail(self, matrix: Array, scale: Scale) -> str:
        """A whole matrix, a small cell for each of its numbers."""
        side = 13 if matrix.shape[1] <= CELLS else 6
        tall = max(2, 13 // len(matrix)) if self.narrow else 8 if len(matrix) <= CELLS else 6  # a slide has little room
        rows = "".join(f"<TR>{''.join(self._cell(float(v), scale, side, tall) for v in row)}</TR>" for row in matrix)
        return (
            f'<TABLE BORDER="1" COLOR="{self.theme.frame}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
            f'FIXEDSIZE="TRUE" WIDTH="{side * matrix.shape[1] + 2}" HEIGHT="{tall * len(matrix) + 2}">{rows}</TABLE>'
        )

    def _cell(self, value: float, scale: Scale, width: int = CELL, height: int = CELL) -> str:
        size = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"'
        if not np.isfinite(value) and height < self.side:  # no room for a letter
            return f'<TD {size} BGCOLOR="#FFD400"></TD>'
        if np.isnan(value) or np.isinf(value):
            sign = "N" if np.isnan(value) else "∞" if value > 0 else "−∞"
            return f'<TD {size} BGCOLOR="#FFD400"><FONT POINT-SIZE="{self.size(8)}" COLOR="#000000">{sign}</FONT></TD>'
        return f'<TD {size} BGCOLOR="{scale.colour(value)}"></TD>'

    # --- nodes -------------------------------------------------------------------------------------------------------

    def box(
        self,
        title: str,
        caption: str,
        formula: str,
        colours: Colours,
        strips: Sequence[tuple[str, str]],
        tags: Sequence[str],
    ) -> str:
        """A tensor: its name and role, formula, the tags of the parameters in it, and strips of numbers."""
        name = f' <FONT POINT-SIZE="{self.size(15)}"><B>{self.words(title, 15)}</B></FONT>'
        small = f'<FONT POINT-SIZE="{self.size(9)}" COLOR="{self.theme.soft}">  {text(caption, 40)} </FONT>'
        beside = not self.narrow or (self.numbers and width_of(title, 15, bold=True) + width_of(caption, 9) < BESIDE)
        rows = [f'<TR><TD COLSPAN="2">{name}{small if caption and beside else ""}</TD></TR>']
        if caption and not beside:  # large letters: narrow rather than low
            rows.append(f'<TR><TD COLSPAN="2">{small}</TD></TR>')
        rows += [
            f'<TR><TD COLSPAN="2">{self.grey(line, 9)}</TD></TR>'
            for line in _lines(formula, 34 if not self.narrow else 28 if self.numbers else 24)
        ]
        if tags:
            cells = "".join(f"<TD>{t}</TD>" for t in tags)
            rows.append(
                '<TR><TD COLSPAN="2"><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="0"><TR>'
                f"{cells}</TR></TABLE></TD></TR>"
            )
        for what, cells in strips:
            if what and self.narrow:  # above the numbers, in small words
                rows.append(f'<TR><TD COLSPAN="2">{self.grey(what)}</TD></TR><TR><TD COLSPAN="2">{cells}</TD></TR>')
            elif not self.narrow:
                left = self.grey(what) if what else ""
                rows.append(f'<TR><TD ALIGN="RIGHT">{left}</TD><TD ALIGN="LEFT">{cells}</TD></TR>')
            else:
                rows.append(f'<TR><TD COLSPAN="2">{cells}</TD></TR>')
        return _table("".join(rows), colours, border=2, spacing=1, padding=2)

    def cell(self, title: str, strips: Sequence[tuple[str, str]], colours: Colours, dashed: bool = False) -> str:
        """A whole step: its name, and strips of what comes out of it."""
        words = f'<FONT POINT-SIZE="{self.size(14)}"><B> {self.words(title, 14)} </B></FONT>'
        rows = f'<TR><TD COLSPAN="2">{words}</TD></TR>'
        for what, cells in strips:
            rows += f"<TR><TD>{self.grey(what, 10)}</TD><TD>" if what else '<TR><TD COLSPAN="2">'
            rows += f"{cells}</TD></TR>"
        return _table(rows, colours, border=2, spacing=2, padding=2, style="ROUNDED,DASHED" if dashed else "ROUNDED")

    def slim(self, title: str, strip: str, colours: Colours, dashed: bool = False) -> str:
        """A tensor in a single line: its name, and its numbers beside it."""
        inner = f'<FONT POINT-SIZE="{self.size(12)}" COLOR="{self.theme.text}"><B>{self.words(title, 12)}</B></FONT>'
        room = ' CELLPADDING="4"' if any(map(unicodedata.combining, title)) else ""  # or the frame hides the ~ of h̃
        cells = f"<TD{room}>{inner}</TD>" + (f"<TD>{strip}</TD>" if strip else "")
        style = "ROUNDED,DASHED" if dashed else "ROUNDED"
        return _table(f"<TR>{cells}</TR>", colours, border=2, spacing=0, padding=1, style=style)

    def operation(self, title: str, named: bool, formula: str, notes: Sequence[str], colours: Colours) -> str:
        """An operation: its symbol, after the name of its result if it has one, and small lines below."""
        inner = self.words(title, 13)
        if named:
            inner = f"<B>{inner}</B>" + (f" = {self.words(formula, 13)}" if formula else "")
        rows = f'<TR><TD><FONT POINT-SIZE="{self.size(13)}"> {inner} </FONT></TD></TR>'
        rows += "".join(f"<TR><TD>{note}</TD></TR>" for note in notes)
        return _table(rows, colours, border=1, spacing=1, padding=2)

    def pointwise(self, title: str, colours: Colours) -> str:
        """A small operation between tensors, in the colour of what it takes."""
        inner = f'<FONT POINT-SIZE="{self.size(13)}" COLOR="{colours.ink}">{self.words(title, 13)}</FONT>'
        return _table(f"<TR><TD>{inner}</TD></TR>", colours, border=2, spacing=0, padding=2)

    def chip(self, title: str, note: str, colours: Colours) -> str:
        """A tag within a box, in one line."""
        return (
            f'<TABLE BORDER="1" COLOR="{colours.ink}" BGCOLOR="{colours.fill}" CELLBORDER="0" CELLSPACING="0" '
            f'CELLPADDING="1"><TR><TD><FONT POINT-SIZE="{self.size(8)}" COLOR="{colours.ink}"> '
            f"{self.words(title, 9)}{' ' + text(note) if note else ''} </FONT></TD></TR></TABLE>"
        )

    def tag(self, title: str, notes: Sequence[str], colours: Colours) -> str:
        """A parameter or constant at one of its uses."""
        font = f'<FONT POINT-SIZE="{self.size(10)}" COLOR="{colours.ink}">'
        rows = f"<TR><TD>{font}{self.words(title, 10)}</FONT></TD></TR>"
        for note in notes:
            font = f'<FONT POINT-SIZE="{self.size(8)}" COLOR="{colours.ink}">'
            rows += f"<TR><TD>{font} {text(note)} </FONT></TD></TR>"
        return (
            f'<TABLE BORDER="1" COLOR="{colours.ink}" BGCOLOR="{colours.fill}" CELLBORDER="0" CELLSPACING="0" '
            f'CELLPADDING="1">{rows}</TABLE>'
        )


def _table(rows: str, colours: Colours, border: int, spacing: int, padding: int, style: str = "ROUNDED") -> str:
    return (
        f'<TABLE BORDER="{border}" COLOR="{colours.ink}" BGCOLOR="{colours.fill}" STYLE="{style}" CELLBORDER="0" '
        f'CELLSPACING="{spacing}" CELLPADDING="{padding}">{rows}</TABLE>'
    )


def _lines(formula: str, width: int) -> list[str]:
    """A formula in lines, broken at its blanks."""
    lines: list[str] = []
    for word in formula.split(" ") if formula else ():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
