"""The pages of the site in a folder, as Zensical takes them: each file that the site shows, in its place."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docs import tour as tours

from . import book, formulas
from .markdown import prepared
from .reference import api, command_line, remedies, settings

__all__ = ["CONTENTS", "ROOT", "Stage", "contents", "place", "staged"]

ROOT = Path(__file__).parents[1]
CONTENTS = Path(__file__).with_name("site.toml")
PLACES = {"README.md": "index.md", "docs/README.md": "pages.md", "CHANGELOG.md": "changelog.md"}
OUTSIDE = re.compile(r"[a-z]+:")
LANGUAGES = {".py": "python", ".toml": "toml", ".in": "python"}


def contents(file: Path = CONTENTS) -> dict[str, Any]:
    """What stands on the site, in its order."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def place(path: str) -> str:
    """Where a file of the repository stands on the site: pages and pictures by their folder, other files as source."""
    if path in PLACES:
        return PLACES[path]
    if path.endswith("/README.md"):
        return path.removeprefix("docs/").replace("README.md", "index.md")
    if path.startswith("docs/") or path.endswith((".md", ".ipynb")):
        return path.removeprefix("docs/")
    return f"source/{path}.md"


@dataclass
class Stage:
    """A folder of pages that is being filled."""

    root: Path  # of the repository
    folder: Path
    remarks: dict[str, str] = field(default_factory=dict)  # what is said on the site alone, below a page's heading
    with_formulas: tuple[str, ...] = ()  # pages whose code with an equals sign is an equation
    shown: set[str] = field(default_factory=set)  # files that are linked to: pictures, and source
    pages: list[str] = field(default_factory=list)  # staged, in the order of the site

    def page(self, path: str) -> str:
        """Put a page of the repository in its place, and return that."""
        target = place(path)
        text = (self.root / path).read_text(encoding="utf-8") + self.files_beside(path)
        page = prepared(text, lambda link: self.link(path, target, link), formulas.mathml)
        if path in self.with_formulas:
            page = formulas.with_formulas(page)
        if remark := self.remarks.get(path):
            page = re.sub(r"^(# .*\n)", lambda match: f"{match[1]}\n*{remark}*\n", page, count=1, flags=re.M)
        self.write(target, page)
        return target

    def files_beside(self, path: str) -> str:
        """Links to the programs that a page is about: those of examples, which a reader of the site has not."""
        folder = (self.root / path).parent
        if not (path.startswith("examples/") and path.endswith("README.md")):
            return ""
        names = sorted(file.name for file in folder.iterdir() if file.suffix in (".py", ".toml"))
        return f"\n## The files\n\n{', '.join(f'[{name}]({name})' for name in names)}\n"

    def link(self, path: str, target: str, link: str) -> str:
        """A link on the page `path`, as it leads from that page's place. LookupError if it leads nowhere."""
        name, sign, anchor = link.partition("#")
        if OUTSIDE.match(link) or not name:
            return link
        linked = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if not (self.root / linked).is_file():
            raise LookupError(f"{path} links to {link}, which is no file")
        if not linked.endswith(".md"):
            self.shown.add(linked)
        return posixpath.relpath(place(linked), posixpath.dirname(target) or ".") + sign + anchor

    def write(self, target: str, text: str) -> None:
        """A page, in its place."""
        path = self.folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.pages.append(target)

    def write_shown(self) -> None:
        """The pictures that pages show, and the source that they link to, as pages."""
        for path in [path for path in self.shown if path.endswith(".html")]:  # and what these show
            loaded = re.findall(r'src="([^"]+)"', (self.root / path).read_text(encoding="utf-8"))
            self.shown |= {posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in loaded}
        for path in sorted(self.shown):
            target = self.folder / place(path)
            if target.suffix != ".md":  # a picture, a page to be opened, a notebook
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / path, target)
                continue
            text = (self.root / path).read_text(encoding="utf-8").rstrip()
            language = LANGUAGES.get(Path(path).suffix, "text")
            self.write(place(path), f'# {path}\n\n``````{language} linenums="1"\n{text}\n``````\n')


def made_book(stage: Stage) -> list[Any]:
    """The book side by side: its first page, and one for each chapter."""
    tour = tours.read()

    def prose(text: str) -> str:
        return prepared(text, lambda link: stage.link("docs/engine.md", "book/1.md", link), formulas.mathml)

    every = book.chapters(tour, book.notes_in(), prose)
    files = [(title, f"book/{n}.md") for n, (title, _) in enumerate(every, 1)]
    stage.write("book/index.md", book.index_page(tour, files))
    for (_, file), (_, text) in zip(files, every, strict=True):
        stage.write(file, text)
    for name in tour.names:
        module, _ = tour.package.find(name)
        stage.shown.add(module.file.relative_to(stage.root).as_posix())
    return [{"Side by side": ["book/index.md", *(file for _, file in files)]}]


def made_api(stage: Stage) -> list[Any]:
    """A page for each public module."""
    every = api.namespaces()
    stage.write("api/index.md", api.index(every))
    for each in every:
        stage.write(each.file, api.page(each))
    return [{"API": ["api/index.md", *({each.path: each.file} for each in every)]}]


def made(name: str, write: Callable[[], str]) -> Callable[[Stage], list[Any]]:
    """What puts one page that is made of the code in its place."""

    def put(stage: Stage) -> list[Any]:
        stage.write(f"{name}.md", write())
        return [f"{name}.md"]

    return put


MADE = {
    "book": made_book,
    "api": made_api,
    "formulas": made("formulas", formulas.page),
    "command-line": made("command-line", command_line.page),
    "settings": made("settings", settings.page),
    "remedies": made("remedies", remedies.page),
}


def staged(folder: Path, root: Path = ROOT, wanted: dict[str, Any] | None = None) -> list[Any]:
    """Fill a folder with all pages, and return the navigation. LookupError for a page of docs/ in no section."""
    wanted = wanted or contents()
    listed = [page for section in wanted["sections"] for page in section["pages"]]
    there = {path.relative_to(root).as_posix() for path in root.glob("docs/**/*.md")}
    if missing := sorted(there - set(listed)):
        raise LookupError(f"in no section of site.toml: {', '.join(missing)}")
    if twice := sorted({page for page in listed if listed.count(page) > 1}):
        raise LookupError(f"in two sections of site.toml: {', '.join(twice)}")
    remarks = {each["page"]: each["text"] for each in wanted.get("remarks", [])}
    if strangers := sorted(remarks.keys() - set(listed)):
        raise LookupError(f"remarks on what is no page of site.toml: {', '.join(strangers)}")
    stage = Stage(root, folder, remarks, tuple(wanted.get("formulas", ())))
    navigation = []
    for section in wanted["sections"]:
        entries: list[Any] = []
        for page in section["pages"]:
            kind, _, name = page.rpartition("made:")
            entries += MADE[name](stage) if page != name and not kind else [stage.page(page)]
        navigation.append({section["title"]: entries if len(entries) > 1 else entries[0]})
    stage.write_shown()
    if clashes := sorted({page for page in stage.pages if stage.pages.count(page) > 1}):
        raise LookupError(f"two pages want one place: {', '.join(clashes)}")
    theme = Path(__file__).with_name("theme")
    shutil.copytree(theme, folder / "theme", dirs_exist_ok=True)
    os.utime(folder)
    return navigation
