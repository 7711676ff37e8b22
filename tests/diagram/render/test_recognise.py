"""Files of ours are recognised by how they begin, and others are never in the way."""

import pytest

import tinygrad_gru as tg
from tests.diagram.examples import mlp_loss
from tinygrad_gru.diagram.render.recognise import is_drawn_by_us, not_in_the_way
from tinygrad_gru.playback.page import player


@pytest.mark.parametrize("suffix", ["svg", "dot", "html", "pdf", "png"])
def test_what_was_drawn_is_ours(suffix, tmp_path):
    assert is_drawn_by_us(tg.draw(mlp_loss()).save(tmp_path / f"x.{suffix}"))


def test_a_player_is_ours(tmp_path):
    (tmp_path / "x.html").write_text(player(mlp_loss()), encoding="utf-8")
    assert is_drawn_by_us(tmp_path / "x.html")


@pytest.mark.parametrize("name", ["x.svg", "x.dot", "x.html", "x.txt", "x.md"])
def test_a_file_of_somebody_else_is_not(name, tmp_path):
    (tmp_path / name).write_text("mine")
    assert not is_drawn_by_us(tmp_path / name) and not is_drawn_by_us(tmp_path / "none.svg")


def test_a_foreign_file_stays_and_the_next_number_is_free(tmp_path):
    path = tmp_path / "x.svg"
    assert not_in_the_way(path) == path
    path.write_text("mine")
    (tmp_path / "x-2.svg").write_text("mine too")
    assert not_in_the_way(path) == tmp_path / "x-3.svg"
