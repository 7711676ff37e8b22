"""The nearest neighbour with dynamic time warping, of utterances made here."""

import runpy

from tests.cli.command import ROOT


def spoken(path, *utterances):
    """A table of utterances: the speaker, and one of the twelve numbers at each step, which the others repeat."""
    lines = ["utterance,speaker," + ",".join(f"c{i}" for i in range(1, 13))]
    for n, (speaker, *numbers) in enumerate(utterances):
        lines += [",".join([str(n), speaker, *[str(number)] * 11, "5"]) for number in numbers]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_neighbour_is_as_near_as_its_steps_are_however_often_they_are_repeated(tmp_path):
    warped = runpy.run_path(str(ROOT / "examples" / "time_warping.py"))["warped"]
    spoken(tmp_path / "vowels.csv", ("up", 0, 1, 2), ("down", 2, 1, 0), ("flat", 1, 1))
    slow = ("up", 0, 0, 0, 1, 1, 1, 2, 2, 2), ("down", 2, 2, 1, 0, 0), ("flat", 1, 1, 1, 1), ("up", 2, 1.1, 0)
    spoken(tmp_path / "vowels_test.csv", *slow)
    assert warped(tmp_path, scaled=False) == 1 / 4  # the last goes down, whatever is said
