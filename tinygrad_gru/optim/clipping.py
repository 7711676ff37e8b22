"""Clipping: in place, on the gradients that `backward` left, which are the caller's own arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..core.support.arguments import positive
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from .checks import checked_parameters
from .flat import flattened, grouped

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(params: Iterable[Tensor], max_norm: float) -> float:
    """g ← g·min(1, max_norm / ‖g‖) for all gradients together, where ‖g‖ is their joint norm, which is returned.

    A norm that is NaN or infinite is returned, too, and the gradients are left as they are. `max_norm=math.inf` only
    measures.  Source: Pascanu et al., ICML 2013, arXiv 1211.5063.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> tg.optim.clip_grad_norm_([x], 1.0), x.grad.round(3).tolist()
    (10.0, [0.6000000238418579, 0.800000011920929])
    """
    max_norm = positive("max_norm", max_norm, infinite=True)
    gradients = [p.grad for p in checked_parameters("clip_grad_norm_", params) if p.grad is not None]
    groups = grouped([g.size for g in gradients], [g.dtype for g in gradients])  # small ones as one vector
    norm = math.hypot(*[_norm([gradients[i] for i in group]) for group in groups])
    scale = max_norm / (norm + 1e-6)  # PyTorch's 1e-6
    if scale < 1 and math.isfinite(norm):
        for g in gradients:
            g *= scale
    return norm


def _norm(gradients: list[Array]) -> float:
    """‖g‖ in float64; where the squares would overflow or vanish, max|g|·‖g / max|g|‖."""
    g = flattened(gradients, dtype=np.float64)
    with np.errstate(over="ignore"):
        norm = math.sqrt(g.dot(g))
    if not 1e-150 < norm < 1e150 and 0 < (largest := float(np.abs(g).max(initial=0))) < math.inf:
        norm = largest * float(np.linalg.norm(g / largest))
    return norm


def clip_grad_value_(params: Iterable[Tensor], clip_value: float) -> None:
    """g ← min(max(g, −clip_value), clip_value), element by element."""
    clip_value = positive("clip_value", clip_value)
    for p in checked_parameters("clip_grad_value_", params):
        if p.grad is not None:
            np.clip(p.grad, -clip_value, clip_value, out=p.grad)
