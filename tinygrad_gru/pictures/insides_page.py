"""One self-contained page of HTML on what a layer does with a sequence; it asks for nothing from any network."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np

from ..core.arrays import Array
from .insides import Insides, saturation

__all__ = ["page"]


def page(insides: Insides, title: str) -> str:
    """The page: choose an output step, and see which inputs it depends on; heat maps of gates and state below."""

    def rows(values: Array, digits: int) -> list[list[float]]:
        return np.vectorize(lambda v: float(f"{v:.{digits}g}"), otypes=[float])(values).tolist()  # type: ignore[no-any-return]

    parts = [*insides.gates.items(), ("h", insides.states)]
    data = {
        "title": title,
        "labels": insides.labels,
        "maps": [[name, rows(values, 3), bool(values.min() < 0)] for name, values in parts],
        "influence": rows(insides.influence, 3),
        "saturation": saturation(insides),
    }
    # Inside <script> only </script and <!-- end the text: no < means neither. What the page shows, it sets as text.
    text = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    template = resources.files(__package__).joinpath("insides.html").read_text(encoding="utf-8")
    return template.replace("/*DATA*/", text)
