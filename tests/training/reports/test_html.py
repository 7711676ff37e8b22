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


def test_the_cells_of_a_comparison_have_their_colours_in_the_light_and_in_the_dark():
    style = page("x", "").partition("<style>")[2].partition("</style>")[0]
    dark = style.partition("@media (prefers-color-scheme: dark) {")[2].partition("\n  }\n")[0]
    light = style.replace(dark, "")
    assert "polyline" in light and "polyline" not in dark  # the dark changes colours, and no rule
    for i in range(6):
        assert f".curves .run{i} {{ stroke: var(--run{i}); }}" in light
        assert f".curves text.run{i} {{ fill: var(--run{i}); }}" in light
        assert light.count(f"--run{i}: #") == dark.count(f"--run{i}: #") == 1
