"""The page of a graph: one file without a request, small, and no name in it becomes markup."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.page import page_of_graph
from tinygrad_gru.diagram.passes.pipeline import Content

NAME = '</script><img src=x onerror=alert(1)><!--"&'


class Tags(HTMLParser):
    """The tags of a page, and where they point to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.places = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.places += [value for key, value in attributes if key in ("src", "href", "xlink:href", "srcset", "action")]


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_three_steps_are_below_200_kb(kind):
    loss = loss_of_layer(kind(2, 4), np.ones((3, 1, 2), np.float32))
    assert len(page_of_graph([loss], Content(), "three steps", "words").encode()) < 200_000


def test_hostile_names_stay_text_and_nothing_is_loaded():
    with tg.record(), tg.scope(NAME, 1, role=NAME):
        x = tg.Tensor([2.0], requires_grad=True, name=NAME)
        loss = tg.sum(x * x).named(NAME)
    page = page_of_graph([loss], Content(), NAME, NAME)
    found = Tags(page)
    assert found.places == [] and found.tags.isdisjoint({"img", "link", "iframe", "object", "embed", "form"})
    data = data_of(page)
    assert data["title"] == NAME and {node["role"] for node in data["nodes"]} <= {"", "input", "loss"}
    assert page.count("</script>") == 2 == page.count("<script")


def test_its_script_asks_for_nothing_and_writes_no_markup():
    page = page_of_graph([tg.Tensor([1.0], name="x")], Content(), "", "")
    script = page[page.rindex("<script>") :]
    assert not re.search(
        r"@import|fetch\(|XMLHttpRequest|url\(|innerHTML|insertAdjacent|document\.write|eval\(", script
    )
    assert set(re.findall(r"https?://[\w.]+", script)) == {"http://www.w3.org"}  # the name of SVG
    assert "default-src 'none'" in page


def test_the_theme_is_the_readers_unless_it_is_dark():
    x = tg.Tensor([1.0], name="x")
    assert '<html lang="en">' in tg.draw(x).html()
    assert '<html lang="en" data-theme="dark">' in tg.draw(x, theme="dark").html()
