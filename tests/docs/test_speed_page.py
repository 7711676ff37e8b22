"""The pages with timings show what benchmarks/results.json holds, to the digit."""

import json

import pytest

from benchmarks.page import PAGES, RESULTS, TABLE, page

SPEED, EXAMPLES = PAGES


@pytest.mark.parametrize(("path", "tables"), [(SPEED, 9), (EXAMPLES, 1)], ids=lambda value: str(value)[-20:])
def test_every_figure_is_that_of_the_last_run(path, tables):
    text = path.read_text(encoding="utf-8")

    assert len(TABLE.findall(text)) >= tables
    assert set(TABLE.findall(text)) <= set(json.loads(RESULTS.read_text(encoding="utf-8")))  # each was measured
    assert page(text) == text


def test_a_figure_that_was_changed_by_hand_is_noticed():
    text = SPEED.read_text(encoding="utf-8")
    digit = next(i for i in range(text.index("torch ms"), len(text)) if text[i].isdigit())
    forged = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]

    assert page(forged) != forged
