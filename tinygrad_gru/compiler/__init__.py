"""The compiler: from a cell's equations to one NumPy program over time, to be read as well as run."""

from .code.native.machine_code import jit
from .compile import compiled, program, why
from .passes import PASSES, Firing

__all__ = ["PASSES", "Firing", "compiled", "jit", "program", "why"]
