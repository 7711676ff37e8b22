"""The words of errors: one line, cut in the middle, and the name that was probably meant."""

import pytest

from tinygrad_gru.errors import TinygradError, did_you_mean, nearest, shortened


def test_a_message_is_one_line():
    assert str(TinygradError("two\nlines  and\tspaces")) == "two lines and spaces"


def test_what_to_try_stays_when_a_message_is_cut():
    line = shortened(f"config: {'long ' * 100}words. try: --help", 60)
    assert len(line) <= 60 and line.startswith("config: long") and line.endswith("… try: --help")


@pytest.mark.parametrize(
    "got, meant", [("sigmiod", "sigmoid"), ("TANH", "tanh"), ("adam", "Adam"), ("xyz", None), (3, None), ("", None)]
)
def test_the_nearest_name_is_meant_whatever_the_case(got, meant):
    assert nearest(got, ["sigmoid", "tanh", "Adam"]) == meant


def test_a_name_of_a_million_letters_is_compared_at_once():
    assert nearest("a" * 1_000_000, ["tanh"]) is None


def test_without_a_near_name_the_hint_is_what_to_try_or_all_names():
    assert did_you_mean("addng", ["adding", "chars"]) == "did you mean adding?"
    assert did_you_mean("xyz", ["adding", "chars"]) == "try: adding, chars"
    assert did_you_mean("xyz", ["adding"], "try: --task adding") == "try: --task adding"
