"""Pages: one file, filled in one go, and no name becomes markup."""

import html
import json
import re

import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tests.diagram.render.test_text import hostile_loss
from tinygrad_gru.diagram.render.html import FRAMES, SCRIPTS, embedded_json, page


@pytest.mark.parametrize("level", ["cell", "gate"])
def test_a_page_is_one_file_without_foreign_markup(level, tmp_path):
    picture = tg.draw(hostile_loss(), level=level, fold="none", title='<script>alert(1)</script> & "more"')
    page = picture.save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and page.count("<svg") == 1
    assert page.count("<script") == 2 and "default-src 'none'" in page  # its data and its own
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?http", page)
    assert html.escape("<script>alert(1)</script>") in page


def test_a_page_holds_the_text_for_those_who_cannot_see_the_picture(tmp_path):
    picture = tg.draw(gru_loss(2), theme="dark", title="Two steps")
    page = picture.save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert html.escape(picture.text()) in page and "<title>Two steps</title>" in page and 'data-theme="dark"' in page


TEMPLATE = "<style>\nb { color: /*INK*/; }\n</style>\n<main><!--BODY--></main>\n"


def test_a_part_that_contains_a_place_is_not_filled_again():
    text = page("t", TEMPLATE, {"INK": "red", "BODY": "<!--INK--> /*BODY*/"})
    assert "b { color: red; }" in text and "<main><!--INK--> /*BODY*/</main>" in text


def test_the_title_is_text_and_may_look_like_a_place():
    text = page("</title><script>&<!--BODY-->", TEMPLATE, {"INK": "red", "BODY": "x"})
    assert "<title>&lt;/title&gt;&lt;script&gt;&amp;&lt;!--BODY--&gt;</title>" in text and "<script" not in text


@pytest.mark.parametrize(
    ("sources", "policy"),
    [
        ("", "default-src 'none'; style-src 'unsafe-inline'"),
        (SCRIPTS, "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"),
        (FRAMES, "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"),
    ],
)
def test_nothing_is_loaded_from_a_network(sources, policy):
    assert f'Content-Security-Policy" content="{policy}">' in page(
        "t", TEMPLATE, {"INK": "", "BODY": ""}, None, sources
    )


def test_a_theme_is_written_on_the_page_only_if_there_is_one():
    parts = {"INK": "", "BODY": ""}
    assert '<html lang="en">' in page("t", TEMPLATE, parts)
    assert '<html lang="en" data-theme="dark">' in page("t", TEMPLATE, parts, "dark")


def test_embedded_data_cannot_end_their_script():
    data = {"name": "</script><!-- é"}
    text = embedded_json(data)
    assert "<" not in text and json.loads(text) == data
