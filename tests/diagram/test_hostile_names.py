"""Whatever a tensor or a scope is called, every node says something and nothing becomes markup."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_gru as tg
from tests.diagram.examples import SVG, nodes_of, texts_of
from tinygrad_gru.diagram.render import html_labels as labels

HOSTILE = [
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "a & b &amp; &sigma; &#955;",
    'say "x"',
    "{x|y}",
    "Δ<0>",
    "back\\slash",
    "ends with \\",
    "\\N \\G \\l \\n",
    "<",
    "<>",
    "]]> -->",
    "a\x00b\x1b[31m",
    "line\nbreak\ttab",
    "\x85\u2028\u2029",
    "שלום",
    "\u202eevil",
    "\u0303 on nothing",
    "h̃₁",
    "é" * 3,
    "long" * 100,
    "",
    " ",
    "\u3000",
    "\ud800",
    "\ufffe\uffff",
    "a:b:c",
    "node",
    "graph",
    "digraph",
    "-1",
    "W_" * 30,
    "%s %d {0}",
]


def check(names, level, params=None):
    """Draw a graph whose tensors and scopes have these names; each node of it is in the SVG and says something."""
    y = tg.Tensor([[1.0, 2.0]], requires_grad=True, name=names[0])
    for n, name in enumerate(names):
        W = tg.Tensor(np.ones((2, 2)), requires_grad=True, name=name)
        with tg.scope(name, n, role=name), tg.scope(name):
            y = tg.tanh(y @ W).named(name)
    picture = tg.draw((y * y).sum().named(names[-1]), level=level, title=names[0], fold="none", params=params)
    svg = picture.svg()
    texts = texts_of(svg)
    assert set(texts) == set(nodes_of(picture.dot))
    assert all(texts.values()), texts
    kinds = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}
    assert kinds <= {
        "svg",
        "g",
        "title",
        "polygon",
        "polyline",
        "path",
        "text",
        "ellipse",
        "a",
        "defs",
        "linearGradient",
    }
    return svg


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_no_name_empties_a_node_or_becomes_markup(level):
    check(HOSTILE, level)


def test_neither_do_names_of_what_is_folded_or_followed_or_goes_back():
    for name in ("<b>&\"'{}|\\\ud800\u202e", "\u0303"):
        loss = chain(name)
        options = [{"fold": 1}, {"steps": "2"}, {"backward": True}, {"theme": "dark", "heat": True}, {"slide": True}]
        for more in [*options, {"path": name}]:
            picture = tg.draw(loss, level="cell" if "fold" in more or "slide" in more else "gate", **more)
            texts = texts_of(picture.svg())
            assert set(texts) == set(nodes_of(picture.dot)) and all(texts.values()), (name, more)


def chain(name):
    """Six steps with one weight, everything of the same name."""
    W = tg.Tensor(np.ones((2, 2)), requires_grad=True, name=name)
    h = tg.Tensor([[1.0, 2.0]], requires_grad=True, name=name)
    for t in range(1, 7):
        with tg.scope(name, t, role=name):
            h = tg.tanh(h @ W).named(name)
    return h.sum().named(name)


def test_a_name_is_shown_as_it_is_written():
    svg = check(["a<b> & \\"], "gate")
    assert "a<b> & \\" in "".join(ET.fromstring(svg).itertext())


LETTERS = st.text(
    st.one_of(st.sampled_from("<>&\"'{}|\\[]:;#%_ \n\r\t\x00\x1b\u0303\u202e\u200d\u05d0"), st.characters()),
    max_size=30,
)


WAYS = [("op",), ("gate", "tag"), ("cell", "inline")]


@given(st.lists(LETTERS, min_size=1, max_size=6), st.sampled_from(WAYS))
def test_no_random_name_does_either(names, way):
    check(names, *way)


@given(LETTERS)
def test_every_text_is_escaped_and_never_blank(raw):
    escaped = labels.text(raw)
    read = ET.fromstring(f"<t>{escaped}</t>").text  # well-formed, without elements of its own
    assert read is not None and read.strip()
    assert "<" not in escaped and '"' not in escaped


def test_the_check_notices_a_label_that_was_not_escaped(monkeypatch):
    monkeypatch.setattr(labels, "text", lambda raw, longest=32: raw)
    with pytest.raises(tg.errors.RenderError, match="the layout failed"):
        check(["a <b & c"], "gate")
