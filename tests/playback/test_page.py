"""The player's page: its numbers are the engine's, nothing comes from a network, names stay text."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.core.support.modes import record
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.playback.page import page_of_layer, player

X = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)


def loss_of(kind=nn.GRU):
    with tg.seed(0), record():
        layer = kind(2, 4)
        _, last = layer(tg.Tensor(X, name="x"))
        h = last[0] if isinstance(last, tuple) else last
        return layer, (0.5 * tg.sum(h * h)).named("L")


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_three_steps_are_below_300_kb_and_have_every_event(kind):
    with tg.seed(0):
        page = page_of_layer(kind(2, 4), X, "three steps")
    assert len(page.encode()) < 300_000
    data = data_of(page)
    assert data["start"] == "begin" and len(data["events"]) > data["turn"] > 10
    assert {"cell", "gate", "op"} >= {box["level"] for box in data["boxes"]}
    assert len(data["influence"]) == 3 and data["influence"][0][1:] == [0.0, 0.0]


def test_nothing_comes_from_a_network_and_hostile_names_stay_text():
    name = '</script><img src=x onerror=alert(1)>"&'
    with record(), tg.scope(name):
        x = tg.Tensor([2.0], requires_grad=True, name=name)
        page = player(tg.sum(x * x).named(name), title=name)
    assert "<img src=x" not in page
    assert data_of(page)["title"] == name

    class Links(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.extend(value for key, value in attributes if key in ("src", "href", "xlink:href", "srcset", "action"))
            tags.add(tag)

    found, tags = [], set()
    Links().feed(page)
    assert found == [] and tags.isdisjoint({"img", "link", "iframe", "object", "embed", "form"})
    script = page[page.rindex("<script>") :]
    assert not re.search(r"@import|fetch\(|XMLHttpRequest|url\(|innerHTML", script)


def test_what_cannot_be_played_is_refused():
    with pytest.raises(ArgumentError, match=r"play: wants a loss of one number, got tensor \(2,\). try: .sum()"):
        player(tg.Tensor([1.0, 2.0], requires_grad=True) * 2)
    x = tg.Tensor([1.0], requires_grad=True)
    for _ in range(3001):
        x = x + 1.0
    with pytest.raises(ArgumentError, match="are too many to follow, wanted at most 3000. try: a picture"):
        player(tg.sum(x))


def test_it_names_the_line_of_the_user_and_in_a_demo_that_of_the_cell(monkeypatch):
    x = tg.Tensor([2.0], requires_grad=True, name="x")
    data = data_of(player((x * x).sum().named("L")))
    assert all(re.fullmatch(r"at test_page\.py:\d+", where) for where in data["where"] if where)
    monkeypatch.setattr(tg.Tensor, "line", ("/venv/lib/site-packages/typer/main.py", 1445))
    where = data_of(player(loss_of()[1]))["where"]
    assert any(re.fullmatch(r"in step 1 / reset gate, at cells\.py:\d+", line) for line in where)
    assert not any("main.py" in line for line in where)
