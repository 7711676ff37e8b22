"""Tables and pages of reports: text stays text, and a page of ours is recognised."""

import pytest

from tinygrad_gru.training.reports.html import is_page_of_ours, page, table


def test_numbers_stand_to_the_right_and_text_is_escaped():
    text = table("<c>", [{"n": 1, "s": "<b>"}, {"n": 0.123456, "s": "&"}])
    assert '<td class="number">0.1235</td><td>&amp;</td>' in text and "&lt;b&gt;" in text and "&lt;c&gt;" in text
    assert '<th scope="col" class="number">n</th><th scope="col">s</th>' in text


def test_a_page_of_ours_is_recognised(tmp_path):
    path = tmp_path / "report.html"
    assert not is_page_of_ours(path)
    path.write_text(page("a <b>", "<p>x</p>"))
    assert is_page_of_ours(path) and "<title>a &lt;b&gt;</title>" in path.read_text()


@pytest.mark.parametrize("title", ["<!--BODY-->", "{body}"])
def test_a_title_that_looks_like_a_place_stays_text(title):
    assert page(title, "<p>once</p>").count("once") == 1
