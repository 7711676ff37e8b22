"""Seeds: the gradients from which `grad` and `backward` start, and the checks of their outputs and inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, GraphError, ShapeError
from .. import ops
from ..tensor import Tensor
from .arguments import brief_shape, kind_of, several
from .arrays import as_array
from .trees import flattened, is_tree

__all__ = ["checked_inputs", "checked_outputs", "seeds_for", "sum_of_seeds"]


def checked_outputs(outputs: Any) -> list[Tensor]:
    """The outputs as a list of tensors."""
    tensors: list[Any] = (
        [outputs] if isinstance(outputs, Tensor | np.ndarray) else several("grad: outputs", outputs, None)
    )
    for y in tensors:
        if not isinstance(y, Tensor):
            raise GraphError(
                f"grad: wants a tensor to differentiate, got {kind_of(y)}. "
                "try: a result of tg's operations; a gradient is one with grad(..., create_graph=True)"
            )
    return tensors


def checked_inputs(inputs: Any) -> tuple[list[Tensor], Callable[[list[Any]], Any]]:
    """The inputs as a list of tensors that require a gradient, and a function that gives results their structure."""
    tree: Any = inputs if isinstance(inputs, Tensor | dict) else several("grad: inputs", inputs, None)
    tensors, rebuilt = flattened(tree)
    if isinstance(tree, list) and not is_tree(tree):  # nothing is in it, or what is refused below
        tensors, rebuilt = tree, list
    for t in tensors:
        if not isinstance(t, Tensor) or not t.requires_grad:
            label = t.summary if isinstance(t, Tensor) else type(t).__name__
            raise GraphError(f"grad: {label} does not require a gradient. try: Tensor(..., requires_grad=True)")
    return tensors, rebuilt


def seeds_for(outputs: Sequence[Tensor], grad_outputs: Sequence[Any] | None, create_graph: bool) -> list[Any]:
    """The gradients of the outputs to start from: `grad_outputs`, or 1 for outputs of a single element."""
    if grad_outputs is not None and len(grad_outputs) != len(outputs):
        raise ArgumentError(f"grad: {len(grad_outputs)} grad_outputs for {len(outputs)} outputs")
    return [
        _seed(output, g, create_graph) for output, g in zip(outputs, grad_outputs or [None] * len(outputs), strict=True)
    ]


def _seed(output: Tensor, g: Any, create_graph: bool) -> Any:
    if not output.requires_grad:
        raise GraphError(
            f"{output.summary} does not depend on anything that requires a gradient{output.where_made}. "
            "try: Tensor(..., requires_grad=True), outside no_grad(), or create_graph=True for a gradient"
        )
    if g is None:
        if output.size != 1:
            raise ArgumentError(
                f"{output.summary} has {output.size} elements, so its gradient must be given. try: .sum() or .mean()"
            )
        g = np.ones(output.shape, output.dtype)
    array = g._array if isinstance(g, Tensor) else as_array(g)
    if array.shape != output.shape:
        got = brief_shape(array.shape)
        raise ShapeError(f"the gradient of {output.summary} must have its shape, got {got}. try: np.ones(y.shape)")
    if not create_graph:
        return array.astype(output.dtype, copy=False)
    seed = g if isinstance(g, Tensor) else Tensor(array)
    return seed if seed.dtype == output.dtype else ops.astype(seed, output.dtype)


def sum_of_seeds(outputs: Sequence[Tensor], seeds: Sequence[Any]) -> dict[Tensor, Any]:
    """The gradients with which a backward pass begins; those of a repeated output are added."""
    gradients: dict[Tensor, Any] = {}
    for output, seed in zip(outputs, seeds, strict=True):
        if output.requires_grad:
            gradients[output] = gradients[output] + seed if output in gradients else seed
    return gradients
