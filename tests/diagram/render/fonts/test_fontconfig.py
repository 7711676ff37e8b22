"""What a layout sees of fonts: ours, and the machine's behind it if they are wanted."""

import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tinygrad_gru.diagram.render import graphviz_process
from tinygrad_gru.diagram.render.fonts import FAMILY, FILES, FOLDER
from tinygrad_gru.diagram.render.fonts.fontconfig import environment_with_fonts
from tinygrad_gru.errors import RenderError


def rules(machine):
    """The file that fontconfig reads."""
    with environment_with_fonts(machine) as environment:
        return ET.parse(environment["FONTCONFIG_FILE"]).getroot()


def test_our_font_is_the_only_one_and_our_family_the_first():
    with environment_with_fonts(machine=False) as environment:
        root = ET.parse(environment["FONTCONFIG_FILE"]).getroot()
        (folder,) = [Path(part.text) for part in root.findall("dir")]
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
            name: (FOLDER / name).read_bytes() for name in FILES
        }
    assert root.find("include") is None
    family = root.find("match/edit[@name='family']")
    assert family.findtext("string") == FAMILY
    assert family.attrib == {"name": "family", "mode": "prepend_first", "binding": "strong"}


def test_what_a_machine_does_to_its_own_fonts_is_left_to_it():
    """It scales those of emoji, say, which have one size."""
    of_fonts = rules(machine=True).findall("match[@target='font']")
    assert [[part.findtext("string") for part in rule.findall("test[@name='family']")] for rule in of_fonts] == [
        [FAMILY]
    ]


def test_behind_it_stand_the_fonts_that_the_machine_is_configured_for(monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "/some/where/a & <b>.conf")
    assert rules(machine=True).findtext("include") == "/some/where/a & <b>.conf"
    monkeypatch.delenv("FONTCONFIG_FILE")
    root = rules(machine=True)
    assert root.findtext("include") == "fonts.conf", "which fontconfig looks for where it always does"
    assert [part.tag for part in root][:2] == ["include", "dir"], "later rules win"


def test_the_users_environment_is_kept_and_not_changed(monkeypatch):
    monkeypatch.setenv("FONTCONFIG_SYSROOT", "/elsewhere")
    monkeypatch.setenv("OF_THE_USER", "1")
    with environment_with_fonts(machine=False) as environment:
        assert environment["OF_THE_USER"] == "1" and "FONTCONFIG_SYSROOT" not in environment
    assert os.environ["FONTCONFIG_SYSROOT"] == "/elsewhere"


@pytest.mark.parametrize("name", ["a & b", "<a>", "a]]>b", "a'b\"c", "ü 日本", "a b"])
def test_a_temporary_folder_may_have_any_name(name, tmp_path, monkeypatch):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    here = graphviz_process.render("digraph { a [label=W] }", "svg")
    monkeypatch.undo()
    assert here == graphviz_process.render("digraph { a [label=W] }", "svg")


def test_where_no_folder_can_be_made_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(RenderError, match=r"a layout needs a folder for its fonts: No such file.*try: TMPDIR="):
        graphviz_process.render("digraph { a }", "svg")


def test_a_layout_leaves_the_folder_of_our_font_as_it_is():
    """fontconfig 2.13 writes a file `.uuid` beside the fonts that it reads, where it may."""
    before = sorted(FOLDER.iterdir())
    graphviz_process.render('digraph { a [label="状"] }', "svg")
    assert sorted(FOLDER.iterdir()) == before and not any(file.name.startswith(".") for file in before)


def test_a_full_disk_is_said(monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(RenderError, match="the layout's fonts cannot be put there: No space left on device"):
        graphviz_process.render("digraph { a }", "svg")


def test_a_path_that_fontconfig_cannot_read_is_said(tmp_path, monkeypatch):
    folder = tmp_path / "a\udcff"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(RenderError, match="fontconfig reads no path that is not UTF-8: ") as caught:
        graphviz_process.render("digraph { a }", "svg")
    assert "\\udcff" in str(caught.value) and "\n" not in str(caught.value)
