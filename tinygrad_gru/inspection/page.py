"""A self-contained page of HTML with gates, states and influence of layers on a sequence; it uses no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.support.arguments import count, some_text
from ..core.support.arrays import Array
from ..diagram.render import html
from ..diagram.render.theme import THEMES, theme_of
from ..notebook import Page
from .analyse import Insides, checked_looks, saturation

__all__ = ["page"]

TITLE = "What the network remembers"  # until its script has set that of the data
UNITS = 128  # of a state that are shown


def page(looks: Sequence[tuple[str, Insides]], title: str = "", at: int | None = None, theme: str = "") -> Page:
    """The page, of a (title, insides) for each layer, side by side, all of the same sequence.

    One chooses an output step, `at` to begin with or else the last, and sees which inputs it depends on; heat maps of
    gates and states below. The theme is that of the reader, unless it is "light" or "dark".
    """
    steps = checked_looks("page", looks)
    some_text("page: title", title)
    at = steps - 1 if at is None else count("page: at", at, 0, steps - 1)
    if not isinstance(theme, str) or theme:  # "" is that of the reader
        theme_of(theme)
    data = {
        "title": title or " and ".join(name for name, _ in looks),
        "labels": looks[0][1].labels,
        "at": at,
        "runs": [_look(name, inside) for name, inside in looks],
    }
    parts = {"DATA": html.embedded_json(data), "COLOURS": html.embedded_json(_colours())}
    return html.page(TITLE, html.template(__package__, "page.html"), parts, theme, html.SCRIPTS)


def _look(name: str, inside: Insides) -> dict[str, Any]:
    return {
        "title": name,
        "maps": [[what, _rows(values[:, :UNITS], 3), values.shape[1]] for what, values in inside.maps],
        "influence": _rows(inside.influence, 3),
        "saturation": [[what, *[_number(v) for v in row]] for what, *row in saturation(inside)],
    }


def _rows(values: Array, digits: int) -> list[list[float | None]]:
    return [[_number(v, digits) for v in row] for row in values.tolist()]


def _number(value: float, digits: int = 6) -> float | None:
    """A number for JSON, which has no NaN."""
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def _colours() -> dict[str, Any]:
    """Those of the pictures, in both themes."""
    return {
        name: {
            "zero": theme.zero, "low": theme.values[0], "high": theme.values[1], "gate": theme.gate,
            "heat": [theme.zero, *theme.heat_ramp], "none": theme.path, "line": theme.colours_of("state").ink,
        }
        for name, theme in THEMES.items()
    }  # fmt: skip
