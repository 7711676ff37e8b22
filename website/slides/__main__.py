"""`python -m website.slides`: write docs/slides.html of deck.toml. Pictures and pages stay where they are."""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path
from typing import Any

__all__ = ["DECK", "PAGE", "deck", "page"]

HERE = Path(__file__).parent
DECK = HERE / "deck.toml"
PAGE = HERE.parents[1] / "docs" / "slides.html"


def deck() -> dict[str, Any]:
    """The title, and the slides in their order."""
    return tomllib.loads(DECK.read_text(encoding="utf-8"))


def page() -> str:
    """The slides as a page."""
    contents = deck()
    parts = {"title": contents["title"], "slides": "\n".join(slide(each) for each in contents["slides"])}
    frame = (HERE / "frame.html").read_text(encoding="utf-8")
    return re.sub(r"\{(title|slides)\}", lambda match: parts[match[1]], frame)


def slide(each: dict[str, Any]) -> str:
    """A slide: its title, its question, what is to be seen, and what is said."""
    title = html.escape(each["title"])
    shown = (
        f'<img src="pictures/{each["picture"]}.svg" alt="{title}">'
        if "picture" in each
        else f'<iframe src="drag/{each["page"]}.html" title="{title}"></iframe>'
    )
    question, said = html.escape(each["question"]), spoken(each["notes"])
    return (
        f'<section data-minutes="{each["minutes"]}">\n<h1>{title}</h1>\n<p class="question">{question}</p>\n'
        f'{shown}\n<aside class="notes"><p>{said}</p></aside>\n</section>'
    )


def spoken(notes: str) -> str:
    """Notes with `code` and *emphasis*."""
    text = html.escape(" ".join(notes.split()), quote=False)
    marked = re.compile(r"`([^`]+)`|\*([^*]+)\*")
    return marked.sub(lambda m: f"<code>{m[1]}</code>" if m[1] else f"<em>{m[2]}</em>", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
