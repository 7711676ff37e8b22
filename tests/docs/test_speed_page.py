"""The pages with timings show what benchmarks/results.json holds, to the digit."""

import json

import pytest

from benchmarks.page import PAGES, RESULTS, TABLE, page

SPEED, EXAMPLES, README = PAGES


@pytest.mark.parametrize(
    ("path", "tables"), [(SPEED, 9), (EXAMPLES, 1), (README, 2)], ids=lambda value: str(value)[-20:]
)
def test_every_figure_is_that_of_the_last_run(path, tables):
    text = path.read_text(encoding="utf-8")

    names = [match["name"] for match in TABLE.finditer(text)]
    assert len(names) >= tables
    assert set(names) <= set(json.loads(RESULTS.read_text(encoding="utf-8")))  # each was measured
    assert page(text) == text


def test_a_figure_that_was_changed_by_hand_is_noticed():
    text = SPEED.read_text(encoding="utf-8")
    digit = next(i for i in range(text.index("torch ms"), len(text)) if text[i].isdigit())
    forged = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]

    assert page(forged) != forged
