"""The book, its source and notes side by side: of docs/learn/tour.toml, and of docs/learn/notes.toml.

A note is anchored to a quote of the source. A quote that is not found exactly once in its piece fails the build, so
that no note outlives its line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs import tour as tours

__all__ = ["Note", "Part", "chapter_page", "chapters", "index_page", "notes_in", "parts_of"]

NOTES = Path(__file__).parents[1] / "docs" / "learn" / "notes.toml"


@dataclass(frozen=True)
class Note:
    """What is said of the line that a quote stands in."""

    piece: str
    quote: str
    text: str


@dataclass(frozen=True)
class Part:
    """Some lines of the source, and the note beside them; nothing before the first note."""

    first: int  # the number of its first line in the file
    lines: str
    note: str


def notes_in(file: Path = NOTES) -> list[Note]:
    """All notes, in the order of the file."""
    return [Note(**each) for each in tomllib.loads(file.read_text(encoding="utf-8"))["notes"]]


def parts_of(piece: str, source: str, first: int, notes: Sequence[Note]) -> Iterator[Part]:
    """The source of a piece, cut where a line with a quote begins; ValueError for a quote that is not there once."""
    lines = source.splitlines(keepends=True)
    starts = {0: ""}
    for note in notes:
        count = source.count(note.quote)
        if count != 1:
            raise ValueError(
                f"{piece}: {note.quote!r} stands there {count} times, wanted once. try: another quote in notes.toml"
            )
        line = source[: source.index(note.quote)].count("\n")
        if starts.get(line):
            raise ValueError(f"{piece}: two notes on the line of {note.quote!r}")
        starts[line] = note.text
    cuts = sorted(starts)
    for start, stop in zip(cuts, [*cuts[1:], len(lines)], strict=True):
        yield Part(first + start, "".join(lines[start:stop]), starts[start])


def chapters(tour: tours.Tour, notes: Sequence[Note], prose: Callable[[str], str]) -> list[tuple[str, str]]:
    """(title, Markdown) of each chapter, the words of the tour through `prose`. ValueError for a stray note."""
    pieces = set(tour.names)
    if strangers := sorted({note.piece for note in notes} - pieces):
        raise ValueError(f"notes on what is no piece of the book: {', '.join(strangers)}")
    contents = tour.contents["chapters"]
    return [
        (chapter["title"], chapter_page(tour, n, chapter | {"text": prose(chapter.get("text", ""))}, notes))
        for n, chapter in enumerate(contents, 1)
    ]


def chapter_page(tour: tours.Tour, number: int, chapter: dict[str, Any], notes: Sequence[Note]) -> str:
    """A chapter: each piece whole, its notes beside their lines."""
    out = [f"---\nhide:\n  - toc\n---\n\n# {number}. {chapter['title']}\n", chapter["text"].strip() + "\n"]
    for piece in chapter["pieces"]:
        name = piece["name"]
        module, node = tour.package.find(name)
        file = module.file.relative_to(tour.package.folder.parent).as_posix()
        first, last = tours.first_line(node), tours.last_line(module, node)
        source = "".join(f"{line}\n" for line in module.lines[first - 1 : last])
        label = tours.label(tour, name)
        out.append(
            f"## `{label}` {{#{name}}}\n\n*{piece['question']}* [{file}](../source/{file}.md), from line {first}\n"
        )
        own = [note for note in notes if note.piece == name]
        parts = list(parts_of(name, source, first, own))
        parts[0] = Part(parts[0].first, parts[0].lines, " ".join(filter(None, [piece["look"], parts[0].note])))
        out += [_beside(part, name) for part in parts]
    return "\n".join(out)


def _beside(part: Part, piece: str) -> str:
    """A note and its lines; side by side where there is room, the note above them where there is none."""
    fence = f'```py linenums="{part.first}"\n{part.lines.rstrip()}\n```'
    return (
        f'<div class="beside" markdown>\n<div class="note" markdown>\n{part.note}\n</div>\n'
        f'<div class="lines" markdown>\n\n{fence}\n\n</div>\n</div>\n'
    )


def index_page(tour: tours.Tour, files: Sequence[tuple[str, str]]) -> str:
    """What the book is, and its chapters."""
    lines = tours.lines_of(tour)
    rows = []
    for (title, file), chapter in zip(files, tour.contents["chapters"], strict=True):
        pieces = [piece["name"] for piece in chapter["pieces"]]
        names = ", ".join(f"`{tours.label(tour, name)}`" for name in pieces)
        rows.append(f"| [{title}]({Path(file).name}) | {names} | {sum(lines[name] for name in pieces)} |\n")
    return f"""# The book, side by side

What one reads to understand how a GRU learns: {sum(lines.values()):,} lines, docstrings included, the real ones that
run. Here they stand whole, with a note beside each line that wants one; on a narrow screen the note stands above it.
The numbers are those of the file, so an editor beside the page finds its place. At first, skip the imports, and what a
note says may be skipped; words that are new stand in [the glossary](../learn/glossary.md). [The guided
tour](../engine.md) shows the same pieces with less of their source and with examples that run; what plugs in is listed
[there](../engine.md#what-plugs-in).

| chapter | pieces | lines |
|---|---|---:|
{"".join(rows)}"""
