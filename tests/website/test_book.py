"""The book side by side: every line of it stands on a page, and a note outlives its line on none."""

import re

import pytest

from tests.docs import tour as tours
from website.book import Note, chapters, index_page, notes_in, parts_of

SOURCE = "def f(x):\n    y = x\n    return y\n"


def whole(text):
    return text


@pytest.fixture(scope="module")
def pages():
    return chapters(tours.read(), notes_in(), whole)


def test_a_note_stands_beside_the_lines_from_its_quote_on():
    parts = list(parts_of("f", SOURCE, 10, [Note("f", "y = x", "A copy.")]))
    assert [(part.first, part.lines, part.note) for part in parts] == [
        (10, "def f(x):\n", ""),
        (11, "    y = x\n    return y\n", "A copy."),
    ]


@pytest.mark.parametrize(("quote", "times"), [("z = x", 0), ("y", 2)])
def test_a_quote_that_is_not_there_exactly_once_fails_the_build(quote, times):
    with pytest.raises(ValueError, match=f"f: '{quote}' stands there {times} times, wanted once"):
        list(parts_of("f", SOURCE, 1, [Note("f", quote, "A note.")]))


def test_two_notes_on_one_line_fail_the_build():
    with pytest.raises(ValueError, match="two notes on the line of 'x'|two notes on the line of '= x'"):
        list(parts_of("f", SOURCE, 1, [Note("f", "y =", "One."), Note("f", "= x", "Two.")]))


def test_a_note_on_what_is_no_piece_of_the_book_fails_the_build():
    with pytest.raises(ValueError, match="notes on what is no piece of the book: core.nothing"):
        chapters(tours.read(), [Note("core.nothing", "x", "A note.")], whole)


def test_every_line_of_the_book_stands_on_a_page_once_with_its_number(pages):
    tour = tours.read()
    shown = "".join(text for _, text in pages)
    blocks = re.findall(r'```py linenums="(\d+)"\n(.*?)\n```', shown, flags=re.S)
    for name in tour.names:
        module, node = tour.package.find(name)
        source = module.lines[tours.first_line(node) - 1 : tours.last_line(module, node)]
        first = tours.first_line(node)
        assert any(int(n) == first and source[0] == code.split("\n")[0] for n, code in blocks), name
    lines = sum(len(code.split("\n")) for _, code in blocks)
    assert sum(tours.lines_of(tour).values()) * 0.85 < lines, "empty lines at the end of a part are left out, no others"


def test_every_note_is_shown_and_each_chapter_has_some(pages):
    shown = "".join(text for _, text in pages)
    assert len(notes_in()) > 50
    assert [note.quote for note in notes_in() if note.text not in shown] == []
    assert all(text.count('class="beside"') > 2 for _, text in pages)


def test_the_first_page_says_how_long_the_chapters_are():
    tour = tours.read()
    page = index_page(tour, [(chapter["title"], f"book/{n}.md") for n, chapter in enumerate(tour.contents["chapters"])])
    numbers = [int(n) for n in re.findall(r"\| (\d+) \|$", page, flags=re.M)]
    assert sum(numbers) == sum(tours.lines_of(tour).values())
