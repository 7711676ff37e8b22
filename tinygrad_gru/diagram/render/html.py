"""Pages of HTML that need nothing beside them: the skeleton that all have, and what is put into it safely.

The player, the page of insides and the reports are made with these too: this is the lowest storey that writes a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any

from ...notebook import Page
from .html_labels import text

__all__ = ["embedded_json", "page", "template"]

SKELETON = """<!doctype html>
<html lang="en"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'{sources}">
<title>{title}</title>
{style}</style>
</head>
<body>
{body}</body>
</html>
"""
SCRIPTS, FRAMES = "; script-src 'unsafe-inline'; img-src data:", "; frame-src 'self'"
PLACE = re.compile(r"<!--([A-Z]+)-->|/\*([A-Z]+)\*/")  # where a part goes, in HTML and in CSS or a script


def page(title: str, template: str, parts: Mapping[str, str], theme: str | None = None, sources: str = "") -> Page:
    """A page: a template's <style> and body, with the parts, which are HTML, at the places named after them.

    The title is text. `theme` is the page's data-theme; `sources` is what its Content-Security-Policy allows beside
    styles. The places are filled in one go, so that a part may contain what looks like a place.
    """
    style, _, body = template.partition("</style>\n")
    style, body = (PLACE.sub(lambda place: parts[place[1] or place[2]], half) for half in (style, body))
    shown = "" if theme is None else f' data-theme="{escape(theme)}"'
    return Page(SKELETON.format(title=text(title, 200), theme=shown, sources=sources, style=style, body=body))


def template(package: str | None, name: str) -> str:
    """A template that lies in a package: a <style>, and what stands in the body."""
    assert package is not None
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def embedded_json(data: Any) -> str:
    """Data for a <script>, which only </script and <!-- can end: a JSON text without a < has neither."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
