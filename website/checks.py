"""What must hold of the built pages: links and anchors lead somewhere, pictures are there, nothing is from outside."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

__all__ = ["Page", "faults", "read"]

LOADED = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "source": "srcset",
    "video": "src",
    "object": "data",
    "embed": "src",
}
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "preconnect", "dns-prefetch", "prefetch"}
CODE = {"pre", "code", "script", "style", "math", "textarea"}
LEFT_OVER = re.compile(r"\{ ?[#.]\w.*?\}|\]\(\S+\)|^\|.*\|$|```|\[\^\w+\]", flags=re.M)  # Markdown that became nothing
OUTSIDE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|https?:", flags=re.I)
CSS_URL = re.compile(r"""@import\s+["']([^"']+)|url\(\s*["']?([^"')]+)""")


class Page(HTMLParser):
    """A built page: its anchors, the addresses it links to, and those that it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.doubled: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.unnamed: list[str] = []  # pictures without a text that stands for them
        self.words: list[str] = []  # outside of code
        self._code = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        values = {name: value or "" for name, value in attrs}
        self._code += tag in CODE
        if name := values.get("id"):
            if name in self.anchors:
                self.doubled.add(name)
            self.anchors.add(name)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADED and values.get(LOADED[tag]):
            self.loads.append(values[LOADED[tag]])
        if tag == "link" and LOADED_LINKS & set(values.get("rel", "").split()):
            self.loads.append(values["href"])
        if tag == "img" and not values.get("alt"):
            self.unnamed.append(values.get("src", ""))
        self.loads += [a or b for a, b in CSS_URL.findall(values.get("style", ""))]

    def handle_endtag(self, tag: str) -> None:
        """Note where code ends."""
        self._code -= tag in CODE

    def handle_data(self, data: str) -> None:
        """Note words outside of code."""
        if not self._code:
            self.words.append(data)


def read(file: Path) -> Page:
    """A page that was built."""
    return Page(file.read_text(encoding="utf-8"))


def faults(site: Path) -> list[str]:
    """What is wrong with the pages of a site, each in a line."""
    pages = {file: read(file) for file in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site} holds no page"]
    found = [fault for file, page in pages.items() for fault in _of_page(site, pages, file, page)]
    for sheet in sorted(site.rglob("*.css")):
        for pair in CSS_URL.findall(sheet.read_text(encoding="utf-8")):
            found += _of_load(site, sheet, pair[0] or pair[1])
    return found


def _of_page(site: Path, pages: dict[Path, Page], file: Path, page: Page) -> Iterator[str]:
    name = file.relative_to(site)
    standalone = name.name == "404.html"  # its addresses are those of the root
    yield from (f"{name}: two things are called #{anchor}" for anchor in sorted(page.doubled))
    yield from (f"{name}: the picture {src} has no text beside it" for src in page.unnamed)
    yield from (f"{name}: Markdown was left over: {text}" for text in LEFT_OVER.findall("".join(page.words)))
    for load in page.loads:
        yield from _of_load(site, site / "404.html" if standalone else file, load)
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        address, _, anchor = link.partition("#")
        target = _target(site, file, address) if address else file
        if standalone and not target.exists():
            target = site / address.lstrip("/")
        if target.is_dir():
            target /= "index.html"
        if not target.is_relative_to(site) or not target.exists():
            yield f"{name}: links to {link}, which is not there"
        elif anchor and target in pages and urllib.parse.unquote(anchor) not in pages[target].anchors:
            yield f"{name}: links to {link}, and there is no such place"


def _of_load(site: Path, file: Path, address: str) -> Iterator[str]:
    if address.startswith(("data:", "#")):
        return
    name = file.relative_to(site)
    if OUTSIDE.match(address):
        yield f"{name}: loads {address} from outside"
    elif not _target(site, file, address.partition("#")[0].partition("?")[0]).exists():
        yield f"{name}: {address} is missing"


def _target(site: Path, file: Path, address: str) -> Path:
    path = urllib.parse.unquote(address)
    return (site / path.lstrip("/") if path.startswith("/") else file.parent / path).resolve()
