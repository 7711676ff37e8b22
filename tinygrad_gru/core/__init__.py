"""The ground floor: tensors, operations, and the walk that differentiates them. Needs NumPy only."""

from .op import Op  # first: it brings in the operations, and they the tensor
from .tensor import Tensor

__all__ = ["Op", "Tensor"]
