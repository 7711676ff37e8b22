"""Our font: what it has, against fontTools and against the DejaVu that Matplotlib brings."""

import re
import unicodedata
import zlib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # Matplotlib brings it

import tinygrad_gru
from tests.diagram.render.fonts.make import BLOCKS, SCRIPTS
from tests.machines.fonts import FONTS
from tinygrad_gru.diagram.render.fonts import FAMILY, FILES, FOLDER
from tinygrad_gru.diagram.render.fonts.coverage import covered, lacking

PACKAGE = Path(tinygrad_gru.__file__).parent
WHOLE = {"DejaVuSansCondensed.ttf": "DejaVuSans.ttf", "DejaVuSansCondensed-Bold.ttf": "DejaVuSans-Bold.ttf"}


def test_what_is_covered_is_what_fonttools_reads_in_both_files():
    both = [set(map(chr, TTFont(FOLDER / name).getBestCmap())) for name in FILES]
    assert covered() == both[0] & both[1] and 2000 < len(covered()) < len(both[0] | both[1])


def test_it_covers_letters_and_signs_and_no_other_scripts():
    assert lacking("h̃₁ = (1 − z₁) ⊙ h₀ ‖∂L/∂W_r‖ ≤ ½ Σ √ ∇ δ α ж ŷ ẑ ᵀ … ◌ \ufffd") == []
    assert lacking("h 状 ب 🚪 द") == ["ب", "द", "状", "🚪"]


def test_entities_are_read_and_line_ends_are_no_characters():
    assert lacking("&#29366;&amp;\n\t") == ["状"]


def test_every_sign_that_the_package_writes_in_a_picture_is_covered():
    folders = [
        PACKAGE / "diagram",
        PACKAGE / "symbolic",
        PACKAGE / "playback",
        PACKAGE / "core" / "ops",
        PACKAGE / "nn",
    ]
    text = "".join(file.read_text(encoding="utf-8") for folder in folders for file in folder.rglob("*.py"))
    assert set(lacking(re.sub("&[^;]*;", "", text))) <= {"𝔥"} and len(set(text)) > 150  # of names in Fraktur


@pytest.mark.parametrize("name", FILES)
def test_it_is_the_condensed_of_dejavu_letter_by_letter(name):
    """Nine tenths as wide, as DejaVu's makers made it, of every letter that both have."""
    ours, whole = TTFont(FOLDER / name), TTFont(FONTS / WHOLE[name])
    names, theirs = ours.getBestCmap(), whole.getBestCmap()
    common = [c for c in names if c in theirs]
    assert len(common) > 0.95 * len(names) and ours["head"].unitsPerEm == whole["head"].unitsPerEm
    for c in common:
        width = ours["hmtx"][names[c]][0]
        assert width == pytest.approx(0.9 * whole["hmtx"][theirs[c]][0], abs=2), unicodedata.name(chr(c), hex(c))


@pytest.mark.parametrize(("name", "style"), FILES.items())
def test_it_has_a_name_of_its_own_its_copyright_and_nothing_that_a_machine_could_disagree_about(name, style):
    font = TTFont(FOLDER / name)
    said = font["name"]
    assert [said.getDebugName(i) for i in (1, 2)] == [FAMILY, style]
    assert all(word not in FAMILY for word in ("Bitstream", "Vera", "Arev", "Tavmjong"))  # as the licence demands
    assert "Bitstream" in said.getDebugName(0)
    assert not {"fpgm", "prep", "cvt "} & set(font.keys()), "instructions for coarse screens"
    for table in ("GSUB", "GPOS"):
        for script in font[table].table.ScriptList.ScriptRecord:
            assert f"{script.ScriptTag.strip()}.dflt" in SCRIPTS and not script.Script.LangSysRecord


def test_it_holds_no_more_than_the_blocks_that_were_chosen():
    assert all(any(first <= ord(c) <= last for first, last in BLOCKS) for c in covered())


def test_a_wheel_grows_by_less_than_400_kb():
    assert sum(len(zlib.compress(file.read_bytes(), 6)) for file in FOLDER.iterdir() if file.is_file()) < 400_000
