"""The plan of a program: phases, what is saved and what is recomputed, and where values live."""

from .layout import Buffer, Layout, Lifetime, Place
from .phases import Phases, Unplannable, base, planned

__all__ = ["Buffer", "Layout", "Lifetime", "Phases", "Place", "Unplannable", "base", "planned"]
