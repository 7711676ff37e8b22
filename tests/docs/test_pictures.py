"""The pictures that pages show are those that the drawer draws today."""

import re

import pytest

from tests.diagram.examples import texts_of
from tests.docs.pictures import CURVES, FOLDER, PICTURES, save, shown_on, skeleton
from tinygrad_gru.diagram.render.graphviz_process import render


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_in_step_with_the_drawer(name, tmp_path, capsys):
    save(name, tmp_path, ("dot",))
    kept, today = ((folder / f"{name}.dot").read_text() for folder in (FOLDER, tmp_path))
    assert skeleton(kept) == skeleton(today), "the drawer has changed. try: make pictures, and look at them"


@pytest.mark.parametrize("name", PICTURES)
def test_the_svg_of_a_picture_is_that_of_its_dot(name):
    svg = (FOLDER / f"{name}.svg").read_text()
    assert texts_of(svg) == texts_of(render((FOLDER / f"{name}.dot").read_text(), "svg").decode())


@pytest.mark.parametrize("name", CURVES)
def test_learning_curves_are_in_step_with_a_training_today(name):
    kept, today = ((FOLDER / f"{name}.svg").read_text(), CURVES[name]())
    assert skeleton(kept) == skeleton(today), "a training goes otherwise. try: make pictures, and look at them"
    ends = [
        [float(y) for y in re.findall(r'<text class="name run\d" x="[\d.]+" y="([\d.]+)"', svg)]
        for svg in (kept, today)
    ]
    assert ends[0] == pytest.approx(ends[1], abs=15), "pixels, of where the lines end"


def test_each_picture_on_a_page_is_one_of_these():
    pages = [FOLDER.parents[1] / "README.md", *FOLDER.parent.glob("**/*.md")]
    shown = set().union(*map(shown_on, pages))
    assert shown <= {*PICTURES, *CURVES} == {file.stem for file in FOLDER.glob("*.svg")}


def test_a_picture_that_is_out_of_step_is_seen():
    kept = (FOLDER / "gru.dot").read_text()
    assert skeleton(kept) != skeleton(kept.replace("reset gate", "gate"))
    assert skeleton('a [color="#ABCDEF" label="0.123"]') == skeleton('a [color="#ABCDEE" label="0.124"]')
