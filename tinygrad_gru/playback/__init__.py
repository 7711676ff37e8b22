"""The player: a graph played forward and backward, event by event, as a page or as single frames."""

from .frames import save_frames
from .page import player

__all__ = ["player", "save_frames"]
