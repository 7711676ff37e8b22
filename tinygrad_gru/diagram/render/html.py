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

from .html_labels import text
from .theme import Theme

__all__ = ["embedded_json", "embedded_svg", "page", "page_of_picture", "template"]

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
PICTURE = """<style>
body { margin: 0; background: /*BACKGROUND*/; color: /*INK*/; font: 16px/1.5 Helvetica, Arial, sans-serif; }
main { overflow: auto; padding: 1em; }
label, summary { padding: 0.4em 1em; display: inline-block; cursor: pointer; }
body:has(#fit:checked) svg { width: 100%; height: auto; }
pre { padding: 0 1em; overflow: auto; }
</style>
<label><input type="checkbox" id="fit"> fit to the window</label>
<main tabindex="0">
<!--PICTURE-->
</main>
<details><summary>as text</summary><pre><!--WORDS--></pre></details>
"""


def page(title: str, template: str, parts: Mapping[str, str], theme: str | None = None, sources: str = "") -> str:
    """A page: a template's <style> and body, with the parts, which are HTML, at the places named after them.

    The title is text. `theme` is the page's data-theme; `sources` is what its Content-Security-Policy allows beside
    styles. The places are filled in one go, so that a part may contain what looks like a place.
    """
    style, _, body = template.partition("</style>\n")
    style, body = (PLACE.sub(lambda place: parts[place[1] or place[2]], half) for half in (style, body))
    shown = "" if theme is None else f' data-theme="{escape(theme)}"'
    return SKELETON.format(title=text(title, 200), theme=shown, sources=sources, style=style, body=body)


def template(package: str | None, name: str) -> str:
    """A template that lies in a package: a <style>, and what stands in the body."""
    assert package is not None
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def embedded_json(data: Any) -> str:
    """Data for a <script>, which only </script and <!-- can end: a JSON text without a < has neither."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def embedded_svg(svg: str, label: str = "") -> str:
    """An SVG without what stands before its element; with a label it is a picture for a screen reader."""
    element = svg[svg.index("<svg") :]
    return element.replace("<svg", f'<svg role="img" aria-label="{text(label, 200)}"', 1) if label else element


def page_of_picture(svg: str, words: str, title: str, theme: Theme) -> str:
    """The page around an SVG, with the same as text for those who cannot see it."""
    parts = {
        "PICTURE": embedded_svg(svg, title),
        "WORDS": escape(words),
        "BACKGROUND": theme.background,
        "INK": theme.text,
    }
    return page(title, PICTURE, parts)
