"""A picture is the same whatever fonts a machine has, none included; what our font lacks, the machine's may have."""

import re
import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.docs.pictures import FOLDER
from tests.machines.fonts import environment_with_fonts
from tinygrad_gru.diagram.render import graphviz_process
from tinygrad_gru.diagram.render.graphviz_process import NoFonts, render

FAMILIES = ("DejaVu Sans", "STIXGeneral", None)  # a wide one, a narrow one, none
FORMS = ("svg", "png", "pdf")
SCRIPTS = {"Arabic": "بوابة", "Chinese": "状态", "Devanagari": "द्वार", "emoji": "🚪"}


def named(name):
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    return tg.draw((x * x).sum().named(name), level="op").dot


def on_each_machine(fonts, draw):
    """What is drawn on three machines, each with other fonts."""
    drawn = []
    for family in FAMILIES:
        fonts(family)
        drawn.append(draw())
    return drawn


def widths_of(svg):
    return re.findall(r'textLength="([\d.]+)"[^>]*>([^<]*)<', svg.decode())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("picture", ["gru", "gru-slide", "one-step"])
def test_the_same_bytes_with_whatever_fonts_the_machine_has_and_with_none(picture, form, fonts):
    dot = (FOLDER / f"{picture}.dot").read_text()
    first, *others = on_each_machine(fonts, lambda: render(dot, form))
    assert len(first) > 5000 and all(other == first for other in others)


@pytest.mark.skipif(shutil.which("dot") is None, reason="this machine has no `dot`")
@pytest.mark.parametrize("form", FORMS)
def test_the_dot_of_the_system_draws_the_same_too(form, fonts, monkeypatch):
    monkeypatch.setattr(graphviz_process, "find_spec", lambda name: None)
    dot = (FOLDER / "gru.dot").read_text()
    first, *others = on_each_machine(fonts, lambda: render(dot, form))
    assert len(first) > 5000 and all(other == first for other in others)
    assert form != "svg" or len(widths_of(first)) > 100


def test_what_fits_on_a_slide_is_the_same_too(fonts):
    def slide():
        with tg.seed(0):
            gru = tg.nn.GRU(2, 4)
        return tg.diagram.draw_layer(gru, np.ones((3, 1, 2), np.float32), slide=True).dot

    first, *others = on_each_machine(fonts, slide)
    assert all(other == first for other in others)


@pytest.mark.parametrize(("variable", "value"), [
    ("HOME", "/nowhere"), ("XDG_CACHE_HOME", "/nowhere"), ("FONTCONFIG_FILE", "/nowhere/fonts.conf"),
    ("FONTCONFIG_PATH", "/nowhere"), ("FONTCONFIG_SYSROOT", "/nowhere"), ("LC_ALL", "tr_TR.UTF-8"),
    ("LANG", "ja_JP.UTF-8"), ("PANGO_LANGUAGE", "sr:ro"), ("TZ", "Asia/Kathmandu"),
])  # fmt: skip
def test_the_same_bytes_whatever_else_the_environment_says(variable, value, monkeypatch):
    dot = (FOLDER / "gru.dot").read_text()
    here = [render(dot, form) for form in FORMS]
    monkeypatch.setenv(variable, value)
    assert [render(dot, form) for form in FORMS] == here


def test_the_rules_of_a_machine_do_not_disturb_our_font(fonts, tmp_path, monkeypatch):
    """The machine's fonts are asked for a door; whatever its rules say, all other words have our widths."""

    def words(dot):
        return [(width, text) for width, text in widths_of(render(dot, "svg")) if "🚪" not in text]

    plain = words(named("L"))
    machines = on_each_machine(fonts, lambda: words(named("🚪")))
    assert all(len(there) == len(plain) - 1 and set(there) < set(plain) for there in machines)
    bent = environment_with_fonts(tmp_path)["FONTCONFIG_FILE"]
    rules = "".join(
        f'<match target="{target}"><edit name="{name}" mode="assign">{what}</edit></match>'
        for target in ("pattern", "font")
        for name, what in {
            "hinting": "<bool>true</bool>", "hintstyle": "<const>hintfull</const>", "autohint": "<bool>true</bool>",
            "antialias": "<bool>false</bool>", "embolden": "<bool>true</bool>",
            "matrix": "<times><name>matrix</name><matrix><double>1.5</double><double>0.2</double><double>0</double>"
            "<double>1</double></matrix></times>",
        }.items()
    )  # fmt: skip
    Path(bent).write_text(Path(bent).read_text().replace("</fontconfig>", f"{rules}</fontconfig>"))
    monkeypatch.setenv("FONTCONFIG_FILE", bent)
    assert set(words(named("🚪"))) < set(plain)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_that_our_font_lacks_has_a_width_on_every_machine(script, fonts):
    word = SCRIPTS[script]
    for svg in on_each_machine(fonts, lambda: render(named(word), "svg")):
        (width,) = [float(width) for width, text in widths_of(svg) if text.strip() == word]
        assert width > 13 / 2


def test_a_script_is_measured_in_the_machines_font_if_it_has_one(fonts):
    wide, _, none = on_each_machine(fonts, lambda: dict(map(reversed, widths_of(render(named("بوابة"), "svg")))))
    assert wide["بوابة"] != none["بوابة"] and wide[" = Σ "] == none[" = Σ "]


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_what_no_font_of_the_machine_has_is_said_where_it_would_be_a_box(form, fonts):
    fonts(None)
    with pytest.raises(NoFonts, match=f"no font of this machine has 态, 状: a {form} would show boxes. try: "):
        render(named("状态"), form)
    with pytest.raises(NoFonts, match="has ا, ب, ة, و: "):
        render(named("بوابة"), form)
    fonts("DejaVu Sans")
    assert render(named("بوابة"), form)
    with pytest.raises(NoFonts, match="has द, र, व: "):
        render(named("ب द्वार"), form)


def test_of_many_that_no_font_has_five_are_named(fonts):
    fonts(None)
    with pytest.raises(NoFonts, match=r"has 一, 丁, 丂, 七, 丄, …: "):
        render(named("".join(map(chr, range(0x4E00, 0x4E14)))), "png")


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be closed there")
def test_the_folder_of_a_layout_is_new_and_ours_alone_and_goes_with_it(tmp_path, monkeypatch):
    from tinygrad_gru.diagram.render.fonts.fontconfig import environment_with_fonts as ours

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ours(machine=True) as one, ours(machine=False) as other:
        assert one["FONTCONFIG_FILE"] != other["FONTCONFIG_FILE"]
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in tmp_path.iterdir()] == [0o700, 0o700]
    render("digraph { a }", "svg")
    assert list(tmp_path.iterdir()) == []
