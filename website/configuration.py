"""What Zensical is told: no font, no script and no image from outside, and pages that one can also open from a disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["configuration"]

FEATURES = [
    "content.code.copy",
    "navigation.footer",
    "navigation.indexes",
    "navigation.sections",
    "navigation.tabs",
    "navigation.top",
    "navigation.path",
    "search.highlight",
]
SCHEMES = {  # as the reader's system is set, unless told otherwise
    "(prefers-color-scheme)": ("", "lucide/sun-moon", "Light"),
    "(prefers-color-scheme: light)": ("default", "lucide/sun", "Dark"),
    "(prefers-color-scheme: dark)": ("slate", "lucide/moon", "As the system"),
}


def configuration(title: str, description: str, navigation: list[Any], docs: Path, site: Path) -> str:
    """The text of zensical.toml."""
    palettes = "".join(
        f"[[project.theme.palette]]\nmedia = {quoted(media)}\n"
        + (f"scheme = {quoted(scheme)}\n" if scheme else "")
        + f"toggle.icon = {quoted(icon)}\ntoggle.name = {quoted(name)}\n\n"
        for media, (scheme, icon, name) in SCHEMES.items()
    )
    return f"""[project]
site_name = {quoted(title)}
site_description = {quoted(description)}
docs_dir = {quoted(str(docs))}
site_dir = {quoted(str(site))}
use_directory_urls = false
extra_css = ["theme/site.css"]
nav = {inline(navigation)}

[project.theme]
language = "en"
font = false
features = {inline(FEATURES)}

{palettes}[project.markdown_extensions]
attr_list = {{}}
md_in_html = {{}}
tables = {{}}
footnotes = {{}}
toc.permalink = true
pymdownx.highlight.pygments_lang_class = true
pymdownx.highlight.linenums_style = "pymdownx-inline"
pymdownx.superfences = {{}}
"""


def quoted(text: str) -> str:
    """A string of TOML: JSON's are."""
    return json.dumps(text, ensure_ascii=False)


def inline(value: Any) -> str:
    """Lists, tables and strings in one line of TOML."""
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{quoted(key)} = {inline(each)}' for key, each in value.items())} }}"
    return quoted(value)
