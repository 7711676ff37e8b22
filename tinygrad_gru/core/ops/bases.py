"""Base classes of operations: element by element, along an axis, on matrices."""

from ..op import Op
from ..support import arguments

__all__ = ["AlongAxis", "Elementwise", "OnMatrices"]


class Elementwise(Op):
    """Base of the operations that work element by element; several inputs are broadcast against each other."""

    elementwise = True
    promotes_dtype = True

    def explain(self, *arrays):
        return "shapes do not broadcast" if len(arrays) > 1 else ""


class AlongAxis(Op):
    """Base of the operations along an axis."""

    def __init__(self, axis: int):
        self.axis = arguments.axis(self, axis)

    def explain(self, *arrays):
        return f"axis {self.axis} is not an axis of"


class OnMatrices(Op):
    """Base of the operations on the last two axes: on a matrix, or on each matrix of a stack."""

    def explain(self, *arrays):
        return "wants at least two axes, got"
