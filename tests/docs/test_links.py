"""Every page is in the index, and every link between files of the repository leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "README.md"
PAGES = [page for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))] if page.exists()]

LINK = re.compile(
    r"""\]\( \s* <? (?P<inline>[^)\s>]*)                # [text](target) and ![text](target "title")
      | ^ \s* \[(?!\^)[^\]]+\]: \s+ <? (?P<reference>[^\s>]+)  # [label]: target, but not [^1]: a footnote
      | \b (?:href|src|srcset) = "(?P<html>[^"]*)"       # <img src="target">
    """,
    re.VERBOSE | re.MULTILINE,
)
# Code is no place for links: a[0](x).
FENCED = re.compile(r"^ *(```+|~~~+).*?^ *\1", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`[^`\n]*`")


def links(text: str) -> Iterator[str]:
    for match in LINK.finditer(INLINE.sub("", FENCED.sub("", text))):
        yield match["inline"] or match["reference"] or match["html"] or ""


def anchors(text: str) -> set[str]:
    """The headings of a page as GitHub writes them into an address: `The 1st step` is `#the-1st-step`."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> list[str]:
    dead = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):  # https:, mailto:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        known = target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target.read_text()))
        if not link or not known:
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_of_the_repository_leads_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_the_index_lists_every_page() -> None:
    indices = [INDEX, *INDEX.parent.glob("*/README.md")]  # a folder's own README lists what is in it
    listed = {
        (index.parent / link.partition("#")[0]).resolve()
        for index in indices
        for link in links(index.read_text(encoding="utf-8"))
    }
    pages = {page.resolve() for page in INDEX.parent.glob("**/*.md")} - {INDEX.resolve()}
    assert pages - listed == set()


def test_dead_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "there.md").write_text("# A heading: `grad(y, x)`\n")
    page.write_text(
        "# Here\n"
        "[a](there.md) [b](missing.md) ![c](missing.png) [d](#here) [e](#missing) [f](there.md#a-heading-grady-x)\n"
        '[g](there.md#missing) <img src="missing.svg" width="1"> [h](https://example.org/missing) [i]()\n'
        "```python\nf[0](missing)\n```\n"
        "as in `f[0](missing)`, but not as in [`k`](missing.svg)\n"
        "[j]: missing.txt\n"
        "[^1]: A footnote.\n"
    )
    missing = [
        "missing.md",
        "missing.png",
        "#missing",
        "there.md#missing",
        "missing.svg",
        "",
        "missing.svg",
        "missing.txt",
    ]
    assert dead_links(page) == missing
