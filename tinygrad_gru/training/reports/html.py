"""A page of HTML that needs nothing beside it, light or dark as its reader is, and tables on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from ...tasks.base import Rows

__all__ = ["is_page_of_ours", "page", "table"]

# How report.html begins, whatever its style.
MARK = re.compile(
    rb"<!doctype html>\n<html lang=\"en\">.*\n<title>.*</title>\n<style>\n  :root \{ .*--loss: ", re.DOTALL
)
LOOKED_AT = 4096  # bytes


def page(title: str, body: str) -> str:
    """The page; `title` is text, `body` is HTML."""
    template = resources.files(__package__).joinpath("run.html").read_text(encoding="utf-8")
    return template.replace("{title}", escape(title)).replace("{body}", body)


def is_page_of_ours(path: Path) -> bool:
    """Whether this file begins as the pages that are written here, and may be written again."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return MARK.match(file.read(LOOKED_AT)) is not None


def table(caption: str, rows: Rows) -> str:
    """Rows as a table; numbers stand to the right. What they say stays text."""
    columns = list(rows[0])
    numeric = [all(type(row.get(c)) in (int, float) for row in rows) for c in columns]

    def cells(tag: str, values: Sequence[Any]) -> str:
        return "".join(
            f"<{tag}{' class=' + chr(34) + 'number' + chr(34) if right else ''}>{escape(_shown(v))}</{tag}>"
            for v, right in zip(values, numeric, strict=True)
        )

    body = "\n".join(f"<tr>{cells('td', [row.get(c, '') for c in columns])}</tr>" for row in rows)
    head = cells("th", columns).replace("<th", '<th scope="col"')
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
