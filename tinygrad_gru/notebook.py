"""What a notebook shows: pages in a frame, pictures that scroll, tables, formulas with subscripts.

Nothing here imports IPython: whether there is a notebook is asked of the IPython that has been imported, if any.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from html import escape, unescape

__all__ = ["Page", "formula", "is_notebook", "scrolled", "table"]

SMALLEST = 0.6  # of its own size: a picture that is wider than its notebook shrinks so far, and scrolls beyond that
WIDTH = re.compile(r'<svg width="([\d.]+)(pt|px|)" height="[\d.]+(?:pt|px|)"')
BELOW = re.compile(r"_((?:[^\W_⁰-⁹²³¹][\u0300-\u036f]*)+)")  # the h̃ of δ_h̃, but not the ² of x_1²


class Page(str):
    """A page of HTML, which a notebook shows in a frame; it is the text, and as short as other values when printed."""

    height = 640  # pixels of the frame

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts" srcdoc="{escape(self)}" title="{escape(self.heading)}" '
            f'style="width: 100%; height: {self.height}px; border: 1px solid #8888; border-radius: 8px"></iframe>'
        )

    @property
    def heading(self) -> str:
        """What stands between its title tags, as text."""
        title = re.search(r"<title>(.*?)</title>", self, re.DOTALL)
        return unescape(title[1]) if title else ""

    def __repr__(self) -> str:
        return f"Page({len(self) / 1000:,.0f} kB). try: pathlib.Path('page.html').write_text(page, 'utf-8')"


def scrolled(svg: str) -> str:
    """An SVG that is never cut off: it shrinks to the room there is, but not below 60 %, and then scrolls.

    JupyterLab's own style would shrink it all the way: `max-width`.
    """

    def sized(head: re.Match[str]) -> str:
        own, unit = float(head[1]), head[2] or "px"
        least = f"{SMALLEST * own:g}{unit}"
        return (
            f'<svg style="display: block; height: auto; max-width: none; width: min({own:g}{unit}, max(100%, {least}))"'
        )

    element = svg[svg.index("<svg") :]
    return f'<div style="max-width: 100%; overflow-x: auto">{WIDTH.sub(sized, element, count=1)}</div>'


def formula(text: str) -> str:
    """A formula as HTML, W_r with its r set lower."""
    return BELOW.sub(r"<sub>\1</sub>", escape(text))


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = (), caption: str = "") -> str:
    """Rows of HTML as a table that leans to the left, but for numbers; wider ones scroll."""
    line = "padding: 2px 14px 2px 0; white-space: pre; vertical-align: top; text-align: "

    def cells(tag: str, row: Sequence[str]) -> str:
        sides = ["right" if NUMBER.fullmatch(cell) else "left" for cell in row]
        return "".join(f'<{tag} style="{line}{side}">{cell}</{tag}>' for side, cell in zip(sides, row, strict=True))

    titled = f'<caption style="text-align: left; caption-side: top">{caption}</caption>' if caption else ""
    above = f"<thead><tr>{cells('th', head)}</tr></thead>" if head else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div style="max-width: 100%; overflow-x: auto"><table>{titled}{above}<tbody>{body}</tbody></table></div>'


NUMBER = re.compile(r"[-−]?[\d,.]+(?:e[-−]?\d+)?|shared|nan|NaN|∞")


def is_notebook() -> bool:
    """Whether this runs in the kernel of a notebook, which shows HTML, and no terminal's IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell is not None and hasattr(shell, "kernel")
