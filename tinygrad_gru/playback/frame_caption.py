"""The label below a frame: the legend, the caption, and the progress of each parameter's gradient."""

from __future__ import annotations

import textwrap

from ..core.tensor import Tensor
from ..diagram.explore.captions import State, Words, caption, states
from ..diagram.explore.trace import Trace
from ..diagram.gradients import norm
from ..diagram.render import html_labels as labels
from ..diagram.render.look import Look
from ..symbolic.short import number

__all__ = ["Below"]

NARROWEST = 640.0  # points
LETTER = 0.58  # how wide a letter is, for its size
IN_A_ROW = 4
MOST_LEAVES = 12
LEGEND = 800  # points


class Below:
    """Writes the label of the whole graph, of the same size for each state of a trace."""

    def __init__(self, trace: Trace, look: Look, width: float) -> None:
        self.trace, self.theme = trace, look.theme
        self.width = max(NARROWEST, width - 70)
        self.points = min(22.0, max(11.0, self.width / 76))
        self.line = int(self.width / (LETTER * self.points))
        self.most = max(len(self._lines(caption(trace, state))) for state in states(trace))
        wanted = [t for t in trace.tensors if t.op is None and t.requires_grad and t in trace.contributions]
        self.leaves = sorted(wanted, key=lambda t: -trace.contributions[t])[:MOST_LEAVES]

    def write(self, state: State, legend: str, colour: str) -> str:
        """The label, as an HTML-like table."""
        rows = []
        if legend:  # what fills the line keeps the others together
            filler = f'<TD WIDTH="{int(max(1, self.width - LEGEND))}"></TD></TR></TABLE>'
            rows = [legend[1:-1].removesuffix("</TR></TABLE>") + filler]
        rows += [self._caption(caption(self.trace, state), colour), *self._gradients(state)]
        cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
        return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{cells}</TABLE>>'

    def _lines(self, words: Words) -> list[tuple[str, int]]:
        """The caption in lines, each with how many of its letters are marked; each contribution begins a new one."""
        paragraphs: list[list[str]] = []
        for word, marked in words if words[0][0].startswith("back") else [("".join(w for w, _ in words), False)]:
            if marked or not paragraphs:
                paragraphs.append([word if marked else "", ""])
            paragraphs[-1][1] += "" if marked else word
        if not paragraphs[0][0]:
            head, colon, rest = paragraphs[0][1].partition(": ")
            paragraphs[0] = [head, colon + rest] if colon else ["", head]
        lines = []
        for marked_words, rest in paragraphs:
            left = len(marked_words)
            for line in textwrap.wrap(" ".join((marked_words + rest).split()).strip(" ·"), self.line):
                lines.append((line, max(0, min(left, len(line)))))
                left -= len(line) + 1
        return lines

    def _caption(self, words: Words, colour: str) -> str:
        lines = self._lines(words)
        rows = []
        for line, n in lines + [(" ", 0)] * (self.most - len(lines)):
            mark = f'<FONT COLOR="{colour}"><B>{labels.text(line[:n], 1000)}</B></FONT>' if n else ""
            rest = labels.text(line[n:], 1000) if line[n:].strip() else " "
            rows.append([self._row(mark + rest, self.width)])
        return self._table(rows)

    def _gradients(self, state: State) -> list[str]:
        """How many of its contributions each leaf has got, and how large their sum is."""
        cells = [self._row(self._leaf(t, state), self.width / IN_A_ROW) for t in self.leaves]
        rows = [cells[i : i + IN_A_ROW] for i in range(0, len(cells), IN_A_ROW)]
        return [self._table(rows)] if rows else []

    def _leaf(self, t: Tensor, state: State) -> str:
        n, of = state.times.get(t, 0), self.trace.contributions[t]
        name = labels.text(f"∂L/∂{self.trace.called(t)}", 24)
        if not n:
            return f'<FONT COLOR="{self.theme.soft}">{name}: none of {of} yet</FONT>'
        return f"<B>{name}</B>: {n} of {of}, norm {labels.text(number(norm(state.sums[t])))}"

    def _row(self, words: str, width: float) -> str:
        size = f'FIXEDSIZE="TRUE" WIDTH="{int(width)}" HEIGHT="{int(1.45 * self.points)}"'
        return f'<TD {size} ALIGN="LEFT"><FONT POINT-SIZE="{self.points:.3g}">{words}</FONT></TD>'

    def _table(self, rows: list[list[str]]) -> str:
        written = "".join(f"<TR>{''.join(row)}</TR>" for row in rows)
        return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{written}</TABLE>'
