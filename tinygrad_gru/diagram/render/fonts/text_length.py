"""The width of each text, written into the SVG: a viewer with another font squeezes or stretches what it draws.

Graphviz's SVG says where a text stands, and not how wide it was measured; its xdot of the same layout says both.
"""

from __future__ import annotations

import re

__all__ = ["with_text_lengths"]

END = b"</svg>\n"
TEXT = re.compile(r'<text ([^>]*\bx="(-?[\d.]+)" y="(-?[\d.]+)"[^>]*)>([^<]*)</text>')
# x, y, alignment, width, number of bytes: numbers with two decimals at most, as in SVG.
DRAWN = re.compile(r"\bT (-?[\d.]+) (-?[\d.]+) -?[01] ([\d.]+) \d+ -")
BROKEN = b"\\\n"  # within a long line


def with_text_lengths(svg_and_xdot: bytes) -> bytes:
    """An SVG of Graphviz, followed by the same layout as xdot: the SVG, each of its texts with its width."""
    svg, end, xdot = svg_and_xdot.partition(END)
    drawn = DRAWN.findall(xdot.replace(BROKEN, b"").decode())
    widths = {(float(x), float(y)): float(width) for x, y, width in drawn}

    def widened(text: re.Match[str]) -> str:
        attributes, x, y, words = text.groups()
        width = widths.get((float(x), -float(y))) if words.strip() else None
        if width is None:
            return text[0]
        return f'<text {attributes} textLength="{width:g}" lengthAdjust="spacingAndGlyphs">{words}</text>'

    return TEXT.sub(widened, svg.decode()).encode() + end
