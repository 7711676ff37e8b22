"""Pages as the site's Markdown wants them: what a code host reads as a list, an anchor, a formula is one there too."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

__all__ = ["anchors", "as_markdown", "escaped", "prepared", "segments"]

FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
ITEM = re.compile(r"^ {0,3}([*+-]|\d+\.) ")
HEADING = re.compile(r"^(#+) +(.+?) *$")
TARGET = re.compile(r"`[^`\n]*`|(?P<open>\]\()(?P<target>[^)\s]+)(?P<close>\))")
DRAGGED = re.compile(
    r"^\[([^\]]+)\]\(((?:\.\./)*drag/\w+\.html)\)$"
)  # alone on its line: the page itself is shown below
IN_HTML = re.compile(r'\b(src|srcset|href)="([^"]+)"')
EXIT = re.compile(r" \|\| test \$\? = (\d+)")  # how a page says to its test that a command fails
PICTURE = re.compile(r'<picture>\n(?:(?!</picture>).)*?<img src="([^"]+)".*?</picture>', flags=re.S)
ENTITY = {"<": "&lt;", ">": "&gt;"}


def segments(text: str) -> Iterator[tuple[str, str]]:
    """(language, lines) of each fenced block with its fences, and ("", lines) of what stands between."""
    lines: list[str] = []
    language = opening = ""
    for line in text.splitlines(keepends=True):
        match = FENCE.match(line.rstrip("\n"))
        if not opening and match and "`" not in match[3]:
            if lines:
                yield "", "".join(lines)
            lines, opening, language = [line], match[2], match[3].strip() or "text"
        elif opening and match and match[2].startswith(opening) and not match[3].strip():
            yield language, "".join([*lines, line])
            lines, opening = [], ""
        else:
            lines.append(line)
    if opening:
        raise ValueError(f"a block of {language} is never closed")
    if lines:
        yield "", "".join(lines)


def anchors(text: str) -> dict[str, int]:
    """The anchors of a page's headings as a code host gives them, and how often each is given."""
    counted: dict[str, int] = {}
    for language, lines in segments(text):
        for line in lines.splitlines() if not language else ():
            if match := HEADING.match(line):
                counted[anchor(match[2])] = counted.get(anchor(match[2]), 0) + 1
    return counted


def anchor(heading: str) -> str:
    """`The 1st step` is `the-1st-step`."""
    heading = re.sub(r"\]\([^)]*\)", "]", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def prepared(text: str, link: Callable[[str], str], formula: Callable[[str], str]) -> str:
    """A page of the repository as a page of the site: links by `link`, blocks named math by `formula`."""
    parts = []
    for language, lines in segments(text):
        if language == "math":
            parts.append(f"\n{formula(body(lines))}\n")
        elif language:
            parts.append(EXIT.sub(r"  # exit code \1", lines) if language == "console" else lines)
        else:
            parts.append(_prose(re.sub(r"<!--.*?-->\n?", "", lines, flags=re.S), link))
    return "".join(parts)


def body(block: str) -> str:
    """The lines between two fences."""
    return "".join(block.splitlines(keepends=True)[1:-1])


def _prose(text: str, link: Callable[[str], str]) -> str:
    lines, before = [], ""
    text = PICTURE.sub(r'<a href="\1">\g<0></a>', text)  # as below: a click shows it alone, on a phone to be enlarged
    for line in text.split("\n"):
        if match := HEADING.match(line):
            line = f"{line.rstrip()} {{#{anchor(match[2])}}}"
        elif ITEM.match(line) and before.strip() and not ITEM.match(before) and not before.startswith("  "):
            lines.append("")  # a list may follow a paragraph at once on a code host, not here
        before = line
        if match := DRAGGED.match(line):
            target, words = link(match[2]), match[1]
            lines.append(
                f'[{words}]({target})\n\n<iframe class="drag" src="{target}" title="{words}" loading="lazy"></iframe>'
            )
            continue
        if not line.startswith("    "):  # code
            line = TARGET.sub(lambda m: m[0] if m["target"] is None else f"]({link(m['target'])})", line)
            line = IN_HTML.sub(lambda m: f'{m[1]}="{link(m[2])}"', line)
            line = re.sub(r"(?<!\[)(!\[[^\]]*\]\(([^)\s]+)\))", r"[\1](\2){ .picture }", line)  # a click shows it alone
        lines.append(line)
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text of a docstring, so that only its `code` is Markdown."""
    parts = re.split(r"(`[^`\n]+`)", text)
    plain = [re.sub(r"([\\*_\[\]{}#])", r"\\\1", part) for part in parts[::2]]
    plain = [re.sub("[<>]", lambda m: ENTITY[m[0]], part) for part in plain]
    parts[::2] = plain
    return "".join(parts)


def as_markdown(docstring: str) -> str:
    """A docstring: its words, its lists, its examples, and what is indented as it stands."""
    blocks: list[tuple[str, list[str]]] = [("", [])]
    before = ""
    for line in docstring.strip("\n").split("\n"):
        kind, lines = blocks[-1]
        if line.startswith(">>> "):
            wanted = "pycon"
        elif kind == "pycon" and line.strip() and before.strip():
            wanted = kind  # what is printed, until an empty line
        elif line.startswith("    "):
            wanted = "text"
        else:
            wanted = "" if line.strip() else kind
        if wanted != kind:
            blocks.append((wanted, lines := []))
        lines.append(line)
        before = line
    return "\n\n".join(_block(kind, "\n".join(lines).strip("\n")) for kind, lines in blocks if any(lines))


def _block(kind: str, text: str) -> str:
    if kind:
        text = re.sub(r"\n{2,}", "\n", text) if kind == "pycon" else textwrap.dedent(text)
        return f"```{kind}\n{text}\n```"
    lines: list[str] = []
    for line in text.split("\n"):
        if ITEM.match(line) and lines and lines[-1] and not ITEM.match(lines[-1]) and not lines[-1].startswith("  "):
            lines.append("")
        mark, rest = ("* ", line[2:]) if line.startswith(("* ", "- ")) else ("", line)
        lines.append(mark + escaped(rest))
    return "\n".join(lines)
