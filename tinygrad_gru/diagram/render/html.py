"""The picture as one HTML page that needs nothing else: the SVG, and the same as text for those who cannot see it."""

from __future__ import annotations

import html
import re

from .html_labels import text
from .theme import Theme

__all__ = ["page_of"]

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ margin: 0; background: {background}; color: {ink}; font: 16px/1.5 Helvetica, Arial, sans-serif; }}
main {{ overflow: auto; padding: 1em; }}
label, summary {{ padding: 0.4em 1em; display: inline-block; cursor: pointer; }}
body:has(#fit:checked) svg {{ width: 100%; height: auto; }}
pre {{ padding: 0 1em; overflow: auto; }}
</style>
<label><input type="checkbox" id="fit"> fit to the window</label>
<main tabindex="0">
{svg}
</main>
<details><summary>as text</summary><pre>{words}</pre></details>
</html>
"""


def page_of(svg: str, words: str, title: str, theme: Theme) -> str:
    """The page around an SVG."""
    inner = svg[re.search(r"<svg", svg).start() :]  # type: ignore[union-attr]
    inner = inner.replace("<svg", f'<svg role="img" aria-label="{text(title, 200)}"', 1)
    return PAGE.format(
        title=text(title, 200), background=theme.background, ink=theme.text, svg=inner, words=html.escape(words)
    )
