"""The compiler: from a cell's equations to one NumPy program over time, to be read as well as run."""

from .caching import compiled, program, why
from .machine_code import jit
from .passes import PASSES

__all__ = ["PASSES", "compiled", "jit", "program", "why"]
