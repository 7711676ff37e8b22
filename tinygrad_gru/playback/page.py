"""The player: the page of a graph, which stands at the first event; it plays in the engine's real order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.support.arguments import brief, some_text
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..diagram.api import draw, loss_of_layer
from ..diagram.explore.page import page_of_graph
from ..diagram.explore.trace import check_loss
from ..diagram.passes.pipeline import Content
from ..errors import ArgumentError
from ..inspection.analyse import influence, one_sequence
from ..nn.recurrent.layer import recurrent_layer
from ..notebook import Page

__all__ = ["influences_of", "loss_of_layer", "page_of_layer", "player"]


def player(loss: Tensor, title: str = "A graph, forward and backward", influences: Any = None) -> Page:
    """The page for a loss of one number; `influences` [t][s] is shown as a row for the chosen output.

    It is text, which a notebook shows as the page that it is.
    Raises ArgumentError for a graph of over 3,000 tensors.
    """
    check_loss(loss)
    some_text("player: title", title)
    rows = None if influences is None else _rows(influences)
    words = draw(loss, title=title).text()
    return page_of_graph([loss], Content(), title, words, playing=True, influences=rows)


def _rows(influences: Any) -> list[list[float]]:
    """Finite numbers in rows of equal length, for JSON."""
    try:
        rows = np.asarray(influences)
        rows = rows.astype(np.float64) if rows.dtype.kind in "biuf" else np.array(np.nan)
    except (TypeError, ValueError, OverflowError):
        rows = np.array(np.nan)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ArgumentError(f"player: influences: got {brief(influences)}, wanted rows of finite numbers. try: None")
    return rows.tolist()  # type: ignore[no-any-return]


def page_of_layer(layer: Any, x: Array, title: str) -> Page:
    """The player for a recurrent layer at work on x (T, 1, I), with the loss ½ Σ h² of the last state."""
    recurrent_layer("page_of_layer", layer)
    x = one_sequence("page_of_layer", x)
    return player(loss_of_layer(layer, x), title, influences_of(layer, x))


def influences_of(layer: Any, x: Array) -> list[list[float]]:
    """‖∂h_t/∂x_s‖ by [t][s], to three digits, as the player shows it."""
    return [[float(f"{v:.3g}") for v in row] for row in influence(layer, x).tolist()]
