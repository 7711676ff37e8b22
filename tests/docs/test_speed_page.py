"""The pages with timings show what benchmarks/results.json holds, to the digit."""

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.page import NOT_YET, PAGES, TABLE, page
from benchmarks.recurrent_layers import RESULTS as OF_LAYERS

SPEED, EXAMPLES, README, PEERS = PAGES
RESULT_NAMES = {*NAMES, *OF_LAYERS.values()}


@pytest.mark.parametrize(
    ("path", "tables"), [(SPEED, 14), (EXAMPLES, 1), (README, 2), (PEERS, 4)], ids=lambda value: str(value)[-20:]
)
def test_every_figure_is_that_of_the_last_run(path, tables):
    text = path.read_text(encoding="utf-8")

    names = [match["name"] for match in TABLE.finditer(text)]
    assert len(names) >= tables
    assert set(names) <= RESULT_NAMES
    assert page(text) == text


def test_a_figure_that_was_changed_by_hand_is_noticed():
    text = SPEED.read_text(encoding="utf-8")
    digit = next(i for i in range(text.index("torch ms"), len(text)) if text[i].isdigit())
    forged = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]

    assert page(forged) != forged


def test_what_was_never_measured_has_no_figures():
    assert page("<!-- sloths -->\n| 1 |\n<!-- end -->") == f"<!-- sloths -->\n\n{NOT_YET}\n\n<!-- end -->"
