"""Pictures of computation graphs: from what was recorded to SVG, PNG and PDF."""

from .picture import Picture, draw, draw_layer
from .render import FORMATS

__all__ = ["FORMATS", "Picture", "draw", "draw_layer"]
