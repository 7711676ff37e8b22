"""Which characters our font has, as its files say."""

from __future__ import annotations

import html
import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

from . import FILES, FOLDER

__all__ = ["covered", "glyphs", "lacking", "tables"]

FULL = 12  # the format of a table of characters that goes beyond the first 65,536


def lacking(text: str) -> list[str]:
    """The characters of a text, its entities read, that our font does not have in both weights."""
    return sorted(c for c in set(html.unescape(text)) - covered() if unicodedata.category(c) != "Cc")


@lru_cache(maxsize=1)
def covered() -> frozenset[str]:
    """What is in every file of our font."""
    return frozenset.intersection(*(_characters(FOLDER / name) for name in FILES))


def _characters(file: Path) -> frozenset[str]:
    """Those of one file."""
    return frozenset(glyphs(file.read_bytes()))


def tables(data: bytes) -> dict[bytes, int]:
    """Where the tables of a font file begin, by their tags."""
    (count,) = struct.unpack_from(">H", data, 4)
    return {tag: at for tag, _, at, _ in struct.iter_unpack(">4sLLL", data[12 : 12 + 16 * count])}


def glyphs(data: bytes) -> dict[str, int]:
    """The glyph of each character: the table `cmap` lists groups of them, each as (first, last, glyph of the first)."""
    cmap = tables(data)[b"cmap"]
    (encodings,) = struct.unpack_from(">H", data, cmap + 2)
    for _, _, offset in struct.iter_unpack(">HHL", data[cmap + 4 : cmap + 4 + 8 * encodings]):
        at = cmap + offset
        if struct.unpack_from(">H", data, at)[0] == FULL:
            (groups,) = struct.unpack_from(">L", data, at + 12)
            spans = struct.iter_unpack(">LLL", data[at + 16 : at + 16 + 12 * groups])
            return {chr(c): glyph + c - first for first, last, glyph in spans for c in range(first, last + 1)}
    raise ValueError(f"a font without a table of characters of format {FULL}")
