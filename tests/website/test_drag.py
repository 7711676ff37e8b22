"""The pages to drag are made by the package: nothing on them was written by hand, and each is whole in itself."""

import re

import pytest

from website.drag.__main__ import FOLDER, TITLES, page


@pytest.mark.parametrize("name", TITLES)
def test_a_page_is_as_it_is_made(name):
    assert (FOLDER / f"{name}.html").read_text(encoding="utf-8") == page(name), "try: make drag"


@pytest.mark.parametrize("name", TITLES)
def test_a_page_needs_nothing_but_itself(name):
    text = page(name)
    assert re.findall(r"""(?:src|href)=(?!"data:,")|@import|url\((?!#)|fetch\(|import\(""", text) == []
    assert not re.search(r"\{(title|body|script|data)\}", text) and text.count("<script>") == 1


def test_there_are_no_others():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(TITLES)
