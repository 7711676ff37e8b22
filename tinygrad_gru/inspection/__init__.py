"""What a trained layer does with a sequence: its gates, its states, and who influences whom."""

from .analyse import Insides, influence, look_inside, saturation

__all__ = ["Insides", "influence", "look_inside", "saturation"]
