"""Where pictures are seen: widths by name and in pixels."""

import pytest

from tinygrad_gru.diagram.render.fit.paper import PAPERS, Paper, paper_of
from tinygrad_gru.errors import ArgumentError


def test_a_width_has_a_name_or_is_a_number_of_pixels():
    assert {name: paper_of(name).width for name in PAPERS} == {"readme": 1000, "notebook": 820, "page": 640}
    assert paper_of(750).width == paper_of("750").width == 750 and paper_of("slide") is None


@pytest.mark.parametrize("wrong", ["raedme", "", "12", 199, 20_001, True, 750.0, None, "1e3", "²"])
def test_anything_else_is_refused_in_one_line_with_what_to_try(wrong):
    with pytest.raises(
        ArgumentError, match=r"width: got .*, wanted readme, notebook, page, slide or 200 to 20,000 pix"
    ):
        paper_of(wrong)
    with pytest.raises(ArgumentError, match="did you mean readme"):
        paper_of("raedme")


def test_a_width_that_is_a_number_is_said_once():
    assert [paper_of(width).with_width for width in ("readme", 1200)] == ["a README of 1,000 px", "1,200 px"]


def test_a_picture_is_scaled_down_and_never_up():
    paper = Paper("a test", 960)  # 720 points
    assert paper.letters(9, 300) == paper.letters(9, 720) == 12
    assert paper.letters(9, 1440) == 6
    assert paper.room(9) == 960 and paper.letters(9, paper.room(9)) == 9
    assert paper.room(6) == 720  # letters of 6 points are 8 pixels: too small at any width
