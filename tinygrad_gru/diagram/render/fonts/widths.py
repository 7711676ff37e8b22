"""How wide a text is in our font, as its files say: without a layout, to break a legend or to size a cell."""

from __future__ import annotations

import struct
from functools import lru_cache

from . import FILES, FOLDER
from .coverage import glyphs, tables

__all__ = ["width_of"]


def width_of(words: str, points: float, bold: bool = False) -> float:
    """The width in points; of a character that our font lacks, a whole em, as wide as most letters can be."""
    advances = _advances(bold)
    return points * sum(advances.get(c, 1.0) for c in words)


@lru_cache(maxsize=2)
def _advances(bold: bool) -> dict[str, float]:
    """The advance of each character, in ems."""
    (name,) = (file for file in FILES if ("Bold" in file) is bold)
    data = (FOLDER / name).read_bytes()
    at = tables(data)
    (em,) = struct.unpack_from(">H", data, at[b"head"] + 18)
    (count,) = struct.unpack_from(">H", data, at[b"hhea"] + 34)  # of glyphs after the last all are as wide as it
    metrics = [advance for advance, _ in struct.iter_unpack(">Hh", data[at[b"hmtx"] : at[b"hmtx"] + 4 * count])]
    return {c: metrics[min(glyph, count - 1)] / em for c, glyph in glyphs(data).items()}
