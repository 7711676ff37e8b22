"""The optimisers: SGD, RMSprop, Adam, AdamW.

Moments are arrays made once and changed in place. A parameter gets a new array with each step, because a graph that was
recorded before may still need the old one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..core.support.arguments import at_least_zero, brief, flag, fraction, positive
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..errors import ArgumentError, CheckpointError, ShapeError
from .checks import checked_parameters

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop"]

TINY = 1e-30  # float32 moments below this are about to become subnormal numbers, which are slow, and move nothing
SWEEP = 100  # they are cleared once in so many steps


class Optimizer:
    """Base class: name the `moments`, and write `update(new, x, g, n, *moments)`.

    `update` writes the parameter's new value into the array `new`. It reads `x`, the old value, `g`, its gradient, and
    `n`, the number of this parameter's update, from 1. The moments are arrays like x that start from zeros and are
    changed in place.
    """

    moments: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        self.params = checked_parameters(type(self).__name__, params)
        self.lr = positive("lr", lr)
        self.weight_decay = at_least_zero("weight_decay", weight_decay)
        self.steps = 0  # calls of step()
        self.counts = [0] * len(self.params)  # updates of each parameter
        self.state = [{name: np.zeros(p.shape, p.dtype) for name in self.moments} for p in self.params]

    def update(self, new: Array, x: Array, g: Array, n: int, *moments: Array) -> None:
        """Write the parameter's new value into `new`."""
        raise NotImplementedError(f"{type(self).__name__} needs an update(self, new, x, g, n, *moments) method")

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        at_least_zero("lr", self.lr)  # a schedule, or its user, may have set it
        self.steps += 1
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            x, g = p.data, np.asarray(p.grad, p.dtype)
            if g.shape != x.shape:
                raise ShapeError(f"{type(self).__name__}: the gradient of {p.brief} has shape {g.shape}")
            self.counts[i] += 1
            new = np.empty_like(x)
            self.update(new, x, g, self.counts[i], *self.state[i].values())
            p._replace(new)
        if self.steps % SWEEP == 0:
            self._clear_tiny_moments()

    def zero_grad(self) -> None:
        """Forget the gradients: `.grad` is None again."""
        for p in self.params:
            p.grad = None

    def _clear_tiny_moments(self) -> None:
        for moments in self.state:
            for moment in moments.values():
                if moment.dtype == np.float32:
                    moment[np.abs(moment) < TINY] = 0

    def state_dict(self) -> dict[str, Array]:
        """Copies of all that the next step depends on, apart from settings: `steps`, `counts`, `0.m`, `0.v`, `1.m`."""
        state: dict[str, Array] = {"steps": np.array(self.steps), "counts": np.array(self.counts)}
        for i, moments in enumerate(self.state):
            for name, moment in moments.items():
                state[f"{i}.{name}"] = moment.copy()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state; it must fit as a whole, or CheckpointError is raised and nothing changed."""
        if not isinstance(state, Mapping):
            raise ArgumentError(f"load_state_dict: got {brief(state)}, wanted a dictionary. try: that of state_dict()")
        wanted = self.state_dict()
        arrays = {key: np.asarray(value) for key, value in state.items()}
        problems = [f"{key} is missing" for key in wanted if key not in arrays]
        problems += [f"{key} is unexpected" for key in arrays if key not in wanted]
        for key in wanted.keys() & arrays.keys():
            got, want = arrays[key], wanted[key]
            if (got.shape, got.dtype) != (want.shape, want.dtype):
                problems.append(f"{key} is {got.dtype} {got.shape}, wanted {want.dtype} {want.shape}")
        if problems:
            raise CheckpointError(f"the state does not fit {type(self).__name__}: {'; '.join(sorted(problems))}")
        self.steps = int(arrays["steps"])
        self.counts = [int(n) for n in arrays["counts"]]
        for i, moments in enumerate(self.state):
            for name, moment in moments.items():
                moment[...] = arrays[f"{i}.{name}"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.params)} parameters, lr={self.lr:g})"


class SGD(Optimizer):
    """x ← x − lr·v  with  v ← momentum·v + g;  Nesterov looks ahead and takes g + momentum·v instead of v."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.momentum = at_least_zero("momentum", momentum)
        self.nesterov = flag("nesterov", nesterov)
        self.moments = ("v",) if momentum else ()
        if nesterov and not momentum:
            raise ArgumentError("SGD: nesterov needs a momentum. try: momentum=0.9")
        super().__init__(params, lr, weight_decay)

    def update(self, new: Array, x: Array, g: Array, n: int, *moments: Array) -> None:
        """One step."""
        if self.weight_decay:
            g = g + self.weight_decay * x
        for v in moments:
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        np.multiply(g, -self.lr, out=new)
        new += x


class RMSprop(Optimizer):
    """x ← x − lr·g/(√v + eps)  with  v ← alpha·v + (1 − alpha)·g².  Source: Tieleman and Hinton 2012."""

    moments = ("v",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.alpha = fraction("alpha", alpha)
        self.eps = positive("eps", eps)
        super().__init__(params, lr, weight_decay)

    def update(self, new: Array, x: Array, g: Array, n: int, *moments: Array) -> None:
        """One step."""
        (v,) = moments
        if self.weight_decay:
            g = g + self.weight_decay * x
        running_mean(v, np.multiply(g, g, out=new), self.alpha)
        np.sqrt(v, out=new)
        new += self.eps
        np.divide(g, new, out=new)
        new *= -self.lr
        new += x


class Adam(Optimizer):
    """x ← x − lr·m̂/(√v̂ + eps)  with m, v the running means of g and g², and m̂, v̂ = m/(1 − β₁ⁿ), v/(1 − β₂ⁿ).

    `weight_decay` adds weight_decay·x to the gradient.  Source: Kingma and Ba 2014, arXiv 1412.6980.
    """

    moments = ("m", "v")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ArgumentError(f"betas must be two numbers, got {brief(betas)}. try: betas=(0.9, 0.999)")
        self.betas = (fraction("betas[0]", betas[0]), fraction("betas[1]", betas[1]))
        self.eps = positive("eps", eps)
        super().__init__(params, lr, weight_decay)

    def update(self, new: Array, x: Array, g: Array, n: int, *moments: Array) -> None:
        """One step."""
        m, v = moments
        beta1, beta2 = self.betas
        if self.weight_decay:
            x, g = self.decayed(x, g)
        np.copyto(new, g)
        running_mean(m, new, beta1)
        running_mean(v, np.multiply(g, g, out=new), beta2)
        np.sqrt(v, out=new)
        new /= math.sqrt(1 - beta2**n)
        new += self.eps
        np.divide(m, new, out=new)
        new *= -self.lr / (1 - beta1**n)
        new += x

    def decayed(self, x: Array, g: Array) -> tuple[Array, Array]:
        """The parameter and its gradient with the weight decay in it."""
        return x, g + self.weight_decay * x


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameter itself, x ← x·(1 − lr·weight_decay), and leaves the moments alone.

    Source: Loshchilov and Hutter 2017, arXiv 1711.05101.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def decayed(self, x: Array, g: Array) -> tuple[Array, Array]:
        """The parameter with the weight decay in it, and its gradient without."""
        return x * (1 - self.lr * self.weight_decay), g


def running_mean(mean: Array, new: Array, beta: float) -> None:
    """mean ← beta·mean + (1 − beta)·new, in place; `new` is used up."""
    new *= 1 - beta
    mean *= beta
    mean += new
