"""Makes the two font files of tinygrad_gru/diagram/render/fonts from DejaVu's, which are seven times as large.

`apt install fonts-dejavu-extra` brings them to /usr/share/fonts/truetype/dejavu, and of version 2.37-6 the files are
made, byte by byte; `python -m tests.diagram.render.fonts.make FOLDER` reads them. It needs fontTools (Matplotlib). The
licence of the fonts allows it, under any name without the words Bitstream, Vera, Tavmjong Bah and Arev.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

import tinygrad_gru.diagram.render.fonts as ours

FOLDER = Path(ours.__file__).parent

# What names and formulas are written with. Other scripts come from the fonts of the machine.
BLOCKS = [
    (0x0020, 0x007E), (0x00A0, 0x024F),  # Latin
    (0x0250, 0x02FF), (0x0300, 0x036F),  # phonetic letters, spacing modifiers and combining marks: the tilde of h̃
    (0x0370, 0x03FF), (0x0400, 0x052F),  # Greek, Cyrillic
    (0x1D00, 0x1DBF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F),  # more Latin: small letters above and below the line, accents
    (0x2000, 0x20CF), (0x20D0, 0x20FF),  # punctuation, digits above and below the line, currencies, marks for symbols
    (0x2100, 0x23FF), (0x2423, 0x2423),  # letterlike symbols, numbers, arrows, mathematics, technical signs; a blank
    (0x2500, 0x25FF), (0x2605, 0x2606), (0x2660, 0x2667), (0x2713, 0x2718),  # lines, shapes, stars, suits, ticks
    (0x27C0, 0x27FF), (0xFB00, 0xFB06), (0xFFFD, 0xFFFD),  # more mathematics and arrows, ligatures, no character
    (0x1D400, 0x1D7FF),  # letters of mathematics: 𝔼
]  # fmt: skip
SCRIPTS = ["DFLT.dflt", "latn.dflt", "grek.dflt", "cyrl.dflt"]  # whatever the language of the machine
FEATURES = ["ccmp", "mark", "mkmk", "kern"]  # accents and pairs of letters


def made(source: Path, style: str) -> TTFont:
    """The part of a font that we bring, without instructions for coarse screens."""
    options = subset.Options(
        hinting=False, layout_features=FEATURES, layout_scripts=SCRIPTS, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        recalc_timestamp=False, notdef_outline=True,
    )  # fmt: skip
    options.drop_tables += ["FFTM", "MATH"]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in BLOCKS for c in range(first, last + 1)])
    subsetter.subset(font)
    words = {1: ours.FAMILY, 2: style, 4: f"{ours.FAMILY} {style}", 6: f"{ours.FAMILY.replace(' ', '')}-{style}"}
    for name in font["name"].names:
        name.string = words.get(name.nameID, name.toUnicode())
    font["name"].setName(f"a part of {source.name}", 3, 3, 1, 0x409)
    return font


def main(folder: Path) -> None:
    for name, style in ours.FILES.items():
        made(folder / name, style).save(FOLDER / name)
        print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
