"""The page of a graph as one file of HTML, which needs nothing beside it and asks no network for anything."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ...core.tensor import Tensor
from ...notebook import Page
from ..passes.pipeline import Content
from ..render import html
from ..render.theme import THEMES, Theme
from .contents import contents_of

__all__ = ["page_of_graph"]

TITLE = "A computation graph"  # until its script has set that of the data
SCRIPTS = ("layout", "graph", "view", "panel", "player", "main")


def page_of_graph(
    roots: Sequence[Tensor],
    content: Content,
    title: str,
    words: str,
    theme: str = "",
    *,
    playing: bool = False,
    influences: list[list[float]] | None = None,
) -> Page:
    """The page: a graph whose boxes open and close, and the player of its events beneath.

    `words` is the graph as text. The theme is that of the reader, unless it is "dark". If it is `playing`, it stands at
    the first event, or else after the last one. `influences` [t][s] is shown as a row for the chosen output step.
    """
    data = contents_of(roots, content)
    data |= {"title": title, "start": "begin" if playing else "end", "influence": influences}
    parts = {name.upper(): html.template(__package__, f"{name}.js") for name in SCRIPTS}
    parts |= {
        "STYLE": html.template(__package__, "page.css").replace("/*COLOURS*/", _colours()),
        "WORDS": escape(words),
        "DATA": html.embedded_json(data),
    }
    return html.page(title or TITLE, html.template(__package__, "page.html"), parts, theme or None, html.SCRIPTS)


def _colours() -> str:
    """Those of the pictures, in both themes, as properties of CSS: of the page, and of what has a role."""
    rules = []
    for theme in THEMES.values():
        root = ":root" if theme.name == "light" else f':root[data-theme="{theme.name}"]'
        rules.append(f"{root} {{ {_properties(_of_page(theme))} }}")
        for role, colours in theme.roles.items():
            of_role = {"role": colours.ink, "fill": colours.fill}
            rules.append(f"{root} .role-{role.replace(' ', '-')} {{ {_properties(of_role)} }}")
        weight = {"role": theme.parameter.ink, "fill": theme.parameter.fill}
        rules.append(f"{root} .weight {{ {_properties(weight)} }}")
    return "\n".join(rules)


def _of_page(theme: Theme) -> dict[str, str]:
    return {
        "text": theme.text,
        "small": theme.soft,
        "strip": theme.frame,
        "read": theme.blank.read,
        "box-edge": theme.box_edge,
        "box-fill": theme.box_fill,
        "zero": theme.zero,
        "gate": theme.gate,
        "value-low": theme.values[0],
        "value-high": theme.values[1],
        "grad-low": theme.gradients[0],
        "grad-high": theme.gradients[1],
    }


def _properties(colours: dict[str, Any]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
