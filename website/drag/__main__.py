"""`python -m website.drag`: write the pages of docs/drag, each whole in itself, of a frame and of its own part.

Weights are drawn by the package, as in the chapters, and rounded; the tests compute of them what the page does.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_gru as tg

__all__ = ["FOLDER", "TITLES", "data_of", "page"]

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "docs" / "drag"
TITLES = {
    "gate": "Drag r and z, and watch h",
    "horizon": "The bias of z sets the horizon",
    "vanishing": "A gradient vanishes",
    "order": "The order of a walk",
}
DIGITS = 4


def numbers(values: Any) -> Any:
    """An array as lists of short numbers."""
    return np.round(np.asarray(values, np.float64), DIGITS).tolist()


def inputs(steps: int) -> np.ndarray:
    """The input of chapters 8 and 9, its first sequence: (T, I)."""
    return np.random.default_rng(1).normal(size=(steps, 4, 2))[:, 0]


def of_horizon() -> dict[str, Any]:
    """The GRU of chapter 9."""
    with tg.seed(0):
        cell = tg.nn.GRUCell(2, 16)
    return {name: numbers(getattr(cell, name).data) for name in ("W_r", "W_z", "W_h", "b_r", "b_h")} | {
        "x": numbers(inputs(60))
    }


def of_vanishing() -> dict[str, Any]:
    """The plain cell of chapter 8, its recurrent weights scaled to the largest singular value 1."""
    with tg.seed(0):
        cell = tg.nn.RNNCell(2, 16)
    W, U = np.asarray(cell.W_h.data[:16], np.float64), cell.W_h.data[16:]
    return {
        "W": numbers(W / np.linalg.norm(W, 2)),
        "U": numbers(U),
        "b": numbers(cell.b_h.data),
        "x": numbers(inputs(100)),
    }


DATA = {"horizon": of_horizon, "vanishing": of_vanishing}


def data_of(name: str) -> dict[str, Any]:
    """The numbers that a page holds; none for one that needs none."""
    return DATA[name]() if name in DATA else {}


def page(name: str) -> str:
    """A page, whole."""
    body, _, script = (HERE / f"{name}.html").read_text(encoding="utf-8").partition("<script>\n")
    script = script.removesuffix("</script>\n").replace("{data}", json.dumps(data_of(name), separators=(",", ":")))
    parts = {"title": TITLES[name], "body": body.strip(), "script": script.strip()}
    frame = (HERE / "frame.html").read_text(encoding="utf-8")
    return re.sub(r"\{(title|body|script)\}", lambda match: parts[match[1]], frame)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in TITLES:
        (FOLDER / f"{each}.html").write_text(page(each), encoding="utf-8")
