"""The page on speed shows what benchmarks/results.json holds, to the digit."""

from benchmarks.page import PAGE, TABLE, page


def test_every_figure_is_that_of_the_last_run():
    text = PAGE.read_text(encoding="utf-8")

    assert len(TABLE.findall(text)) >= 5
    assert page(text) == text


def test_a_figure_that_was_changed_by_hand_is_noticed():
    text = PAGE.read_text(encoding="utf-8")
    digit = next(i for i in range(text.index("torch ms"), len(text)) if text[i].isdigit())
    forged = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]

    assert page(forged) != forged
