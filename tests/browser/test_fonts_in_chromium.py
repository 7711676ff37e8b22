"""A picture in a real browser with other fonts than it was measured in: no text leaves its box or meets the next."""

import base64
import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.browser.test_player_in_chromium import chromium, opened  # noqa: F401
from tests.docs.pictures import FOLDER
from tests.machines.fonts import FONTS
from tinygrad_gru import nn
from tinygrad_gru.diagram.render.graphviz_process import render
from tinygrad_gru.playback.page import page_of_layer

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

# DejaVu Sans is 11 % wider than our font and its Mono more, of some letters twice; STIX and Computer Modern are narrow,
# and have few of the signs, which then come from the machine.
OTHERS = {"wide": "DejaVuSans", "as wide for i as for W": "DejaVuSansMono", "narrow": "STIXGeneral", "poor": "cmr10"}

# What leaves the smallest box that its first letter is in, and what reaches into the next text of its line. A text goes
# from where its first letter begins to where its last one ends, on a screen whose pixels are as large as a point.
MISFITS = """
const out = [], slack = 0.5;
for (const group of document.querySelectorAll("svg g.graph, svg g.node, svg g.cluster")) {
  if (!group.getClientRects().length) continue;  // a level of the player that is not shown
  const nearest = e => e.closest("g.graph, g.node, g.cluster, g.edge");
  const own = name => [...group.querySelectorAll(name)].filter(e => nearest(e) === group);
  const boxes = [...own("polygon"), ...own("path")].map(e => e.getBBox());
  const texts = own("text").filter(t => t.textContent.trim()).map(t => {
    const letters = [...Array(t.getNumberOfChars()).keys()];  // from right to left in some scripts
    const ends = letters.flatMap(i => [t.getStartPositionOfChar(i).x, t.getEndPositionOfChar(i).x]);
    const x = Math.min(...ends);
    return [t.textContent, {x, width: Math.max(...ends) - x}, +t.getAttribute("y")];
  });
  for (const [words, {x, width}, y] of texts) {
    const around = boxes.filter(b => b.x <= x + slack && x + slack <= b.x + b.width && b.y <= y && y <= b.y + b.height);
    const box = around.sort((a, b) => a.width * a.height - b.width * b.height)[0];
    if (!box) out.push(`${words} is in no box`);
    else if (x < box.x - slack || x + width > box.x + box.width + slack) out.push(`${words} leaves its box`);
    for (const [others, other, line] of texts)
      if (line === y && other.x > x && x + width > other.x + slack) out.push(`${words} meets ${others}`);
  }
}
return [out, document.querySelectorAll("svg text").length];
"""


def in_another_font(svg, file):
    """A page with the picture, all of whose text has the font of this file; the machine has the signs that it lacks."""
    data = base64.b64encode((FONTS / f"{file}.ttf").read_bytes()).decode()
    face = f"@font-face {{ font-family: other; src: url(data:font/ttf;base64,{data}); }}"
    words = re.sub(r'font-family="[^"]*"', 'font-family="other"', svg[svg.index("<svg") :])
    return f"<!doctype html><meta charset=utf-8><style>{face}</style><body>{words}"


def misfits(driver):
    driver.execute_async_script("document.fonts.ready.then(arguments[0])")
    return driver.execute_script(MISFITS)


def in_all_scripts():
    """A graph whose names our font has not: Chinese, Japanese, Korean, Arabic, Hebrew, Devanagari, Thai, an emoji."""
    y = tg.Tensor(np.ones((1, 2)), requires_grad=True, name="x")
    for name in ("隐藏状态", "ゲート", "은닉 상태", "بوابة التحديث", "שער העדכון", "अद्यतन द्वार", "ประตูรีเซ็ต", "🚪 gate"):
        W = tg.Tensor(np.eye(2), requires_grad=True, name=name)
        with tg.scope(name, role="update"):
            y = tg.tanh(y @ W).named(name)
    return tg.draw(y.sum().named("L"), title="隐藏状态 بوابة").dot


PICTURES = {name: (FOLDER / f"{name}.dot").read_text for name in ("gru", "gru-slide", "lstm", "one-step")}
PICTURES["all scripts"] = in_all_scripts


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("other", OTHERS)
def test_no_text_leaves_its_box_or_meets_the_next_in_another_font(other, picture, chromium, tmp_path):  # noqa: F811
    svg = render(PICTURES[picture](), "svg").decode()
    wrong, texts = misfits(opened(chromium, tmp_path, in_another_font(svg, OTHERS[other])))
    assert wrong == [] and texts > 10


@pytest.mark.parametrize("other", ["wide", "as wide for i as for W"])
def test_without_the_widths_text_does(other, chromium, tmp_path):  # noqa: F811
    svg = re.sub(' textLength="[^"]*" lengthAdjust="[^"]*"', "", render(PICTURES["gru"](), "svg").decode())
    wrong, _ = misfits(opened(chromium, tmp_path, in_another_font(svg, OTHERS[other])))
    assert len(wrong) > 10
    assert any("leaves its box" in line for line in wrong) and any("meets" in line for line in wrong)


def test_the_svg_as_a_file_of_its_own_fits_with_the_fonts_of_the_machine(chromium, tmp_path):  # noqa: F811
    file = tmp_path / "picture.svg"
    for picture in PICTURES.values():
        file.write_bytes(render(picture(), "svg"))
        chromium.get(file.as_uri())
        wrong, texts = chromium.execute_script(MISFITS)
        assert wrong == [] and texts > 10


# What leaves the frame of its node, where all boxes are open: the page measures its own letters.
OUTSIDE = """
const out = [];
for (const g of document.querySelectorAll("g.node")) {
  const frame = g.querySelector(".rim").getBoundingClientRect();
  for (const text of g.querySelectorAll("text")) {
    const r = text.getBoundingClientRect();
    if (r.left < frame.left - 1 || r.right > frame.right + 1 || r.bottom > frame.bottom + 2) out.push(text.textContent);
  }
}
return [out, document.querySelectorAll("g.node text").length];
"""


@pytest.mark.parametrize("family", ["DejaVu Sans Mono", "DejaVu Sans Condensed", "STIX Two Text"])
@pytest.mark.parametrize("level", ["gate", "op"])
def test_the_page_of_a_graph_fits_too(family, level, chromium, tmp_path):  # noqa: F811
    with tg.seed(0):
        layer = nn.LSTM(2, 4)
    text = page_of_layer(layer, np.ones((2, 1, 2), np.float32), "LSTM")
    assert text.count('"DejaVu Sans Condensed"') == 2  # in the style and in the script, which measures
    driver = opened(chromium, tmp_path, text.replace("DejaVu Sans Condensed", family))
    driver.execute_script("openTo(arguments[0]); redraw(); fit(); zoomed(1)", level)
    wrong, texts = driver.execute_script(OUTSIDE)
    assert wrong == [] and texts > 50
