"""Pictures of computation graphs: from what was recorded to SVG, PNG and PDF."""

from .api import Picture, draw, draw_layer
from .render.graphviz_process import FORMATS

__all__ = ["FORMATS", "Picture", "draw", "draw_layer"]
