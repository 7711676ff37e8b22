"""Optimisers, clipping and schedules, with PyTorch's names, arguments and formulas.

p is a parameter, g its gradient, lr the learning rate. Moments live in arrays that are kept and updated in place; a
parameter's new value is always a new array, since a graph may still hold the old one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .core.arrays import Array
from .core.tensor import Tensor
from .errors import ArgumentError, CheckpointError

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "Step",
    "clip_grad_norm_",
    "clip_grad_value_",
]

SWEEP = 100  # steps between two clearings of subnormal moments
TINY = 1e-30


class Optimizer:
    """Base of the optimisers: the parameters, their moments, and the step over all of them."""

    moments: tuple[str, ...] = ()  # the names of the arrays kept for each parameter

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        self.params = list(params)
        if not self.params:
            raise ArgumentError(f"{type(self).__name__}: there is nothing to optimise. try: module.parameters()")
        if len({id(p) for p in self.params}) < len(self.params):
            raise ArgumentError(f"{type(self).__name__}: a parameter is listed twice")
        for p in self.params:
            if not isinstance(p, Tensor) or not p.requires_grad or p.op is not None:
                raise ArgumentError(f"{type(self).__name__}: wants leaves that require a gradient, got {p!r:.60}")
        _check("lr", lr, low=0, open_low=True)
        _check("weight_decay", weight_decay, low=0)
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0
        self.state: dict[str, list[Array]] = {
            m: [np.zeros(p.shape, p.dtype) for p in self.params] for m in self.moments
        }

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        self.steps += 1
        for i, p in enumerate(self.params):
            if p.grad is not None:
                new = self.update(p.data, p.grad, *[self.state[m][i] for m in self.moments])
                p._replace(np.asarray(new, p.dtype))
        if self.steps % SWEEP == 0:
            for arrays in self.state.values():
                for moment in arrays:
                    moment[np.abs(moment) < TINY] = 0  # subnormal numbers would slow every later step

    def update(self, p: Array, g: Array, *moments: Array) -> Array:
        """The new value of one parameter, in a new array; the moments are updated in place."""
        raise NotImplementedError(f"{type(self).__name__} needs an update method")

    def decayed(self, p: Array, g: Array) -> Array:
        """The gradient of the loss plus ½·weight_decay·‖p‖²."""
        return g + self.weight_decay * p if self.weight_decay else g

    def state_dict(self) -> dict[str, Any]:
        """The number of steps, the learning rate, and a copy of each moment as `name.index`."""
        arrays = {f"{m}.{i}": a.copy() for m, every in self.state.items() for i, a in enumerate(every)}
        return {"steps": self.steps, "lr": self.lr, **arrays}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; nothing changes unless every name and shape fits."""
        wanted = {f"{m}.{i}": a for m, every in self.state.items() for i, a in enumerate(every)}
        if set(state) != {"steps", "lr", *wanted}:
            raise CheckpointError(f"{type(self).__name__}: the state has other names than {sorted(wanted)[:3]} ...")
        for name, a in wanted.items():
            if np.shape(state[name]) != a.shape:
                raise CheckpointError(f"{type(self).__name__}: {name} wants {a.shape}, got {np.shape(state[name])}")
        for name, a in wanted.items():
            a[...] = state[name]
        self.steps, self.lr = int(state["steps"]), float(state["lr"])


class SGD(Optimizer):
    """Stochastic gradient descent.

    Plain: p ← p − lr·g.  With momentum μ: v ← μv + g (the first v is g), p ← p − lr·v, or with Nesterov's
    look-ahead p ← p − lr·(g + μv).
    """

    moments = ("velocity",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        _check("momentum", momentum, low=0)
        if nesterov and not momentum:
            raise ArgumentError("SGD: nesterov=True wants a momentum above 0")
        self.momentum = momentum
        self.nesterov = nesterov

    def update(self, p: Array, g: Array, *moments: Array) -> Array:
        """One step."""
        (v,) = moments
        g = self.decayed(p, g)
        if self.momentum:
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        return p - self.lr * g


class RMSprop(Optimizer):
    """s ← αs + (1 − α)g²,  p ← p − lr·g/(√s + ε).  Source: Hinton's lecture 6e, 2012."""

    moments = ("square",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        _check("alpha", alpha, low=0, high=1)
        _check("eps", eps, low=0)
        self.alpha = alpha
        self.eps = eps

    def update(self, p: Array, g: Array, *moments: Array) -> Array:
        """One step."""
        (s,) = moments
        g = self.decayed(p, g)
        s *= self.alpha
        s += (1 - self.alpha) * g * g
        return p - self.lr * g / (np.sqrt(s) + self.eps)


class Adam(Optimizer):
    """m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  p ← p − lr·m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).

    `weight_decay` is added to the gradient. Source: Kingma and Ba 2014, arXiv 1412.6980.
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
        super().__init__(params, lr, weight_decay)
        for beta in betas:
            _check("betas", beta, low=0, high=1)
        _check("eps", eps, low=0)
        self.betas = betas
        self.eps = eps

    def update(self, p: Array, g: Array, *moments: Array) -> Array:
        """One step."""
        m, v = moments
        beta1, beta2 = self.betas
        g = self.decayed(p, g)
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * g * g
        scale = np.sqrt(v)
        scale /= math.sqrt(1 - beta2**self.steps)
        scale += self.eps
        new = m / scale
        new *= -self.lr / (1 - beta1**self.steps)
        new += p
        return new


class AdamW(Adam):
    """Adam with the decay apart from the gradient: p ← p − lr·weight_decay·p first.  Source: arXiv 1711.05101."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def decayed(self, p: Array, g: Array) -> Array:
        """The gradient as it is."""
        return g

    def update(self, p: Array, g: Array, *moments: Array) -> Array:
        """One step."""
        return super().update(p * (1 - self.lr * self.weight_decay), g, *moments)


def clip_grad_norm_(params: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients, in place, so that their common norm is at most `max_norm`; returns the norm before."""
    _check("max_norm", max_norm, low=0, open_low=True)
    gradients = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g *= max_norm / (norm + 1e-6)  # PyTorch's ε
    return norm


def clip_grad_value_(params: Iterable[Tensor], clip_value: float) -> None:
    """Hold each element of each gradient between −clip_value and clip_value, in place."""
    _check("clip_value", clip_value, low=0, open_low=True)
    for p in params:
        if p.grad is not None:
            np.clip(p.grad, -clip_value, clip_value, out=p.grad)


class Schedule:
    """Base of the schedules: `step()` after each optimiser step sets the learning rate of the next one."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.base = optimizer.lr
        self.steps = 0
        self.optimizer.lr = self.base * self.factor(0)

    def factor(self, step: int) -> float:
        """What the base learning rate is multiplied by at this step."""
        raise NotImplementedError(f"{type(self).__name__} needs a factor method")

    def step(self) -> None:
        """Go on to the next step."""
        self.steps += 1
        self.optimizer.lr = self.base * self.factor(self.steps)


class Constant(Schedule):
    """The same learning rate throughout."""

    def factor(self, step: int) -> float:
        """Always 1."""
        return 1.0


class Step(Schedule):
    """Multiply the learning rate by `gamma` every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        _check("step_size", step_size, low=1)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        """γ to the number of drops so far."""
        return float(self.gamma ** (step // self.step_size))


class Cosine(Schedule):
    """Half a cosine from 1 down to `final` over `total` steps, after a linear rise over the first `warmup`."""

    def __init__(self, optimizer: Optimizer, total: int, warmup: int = 0, final: float = 0.0) -> None:
        _check("total", total, low=1)
        _check("warmup", warmup, low=0, high=total)
        self.total = total
        self.warmup = warmup
        self.final = final
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        """(step + 1)/warmup at first; then final + (1 − final)·½(1 + cos π·progress)."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        progress = min(1.0, (step - self.warmup) / max(1, self.total - self.warmup))
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress))


def _check(name: str, value: float, low: float, high: float = math.inf, open_low: bool = False) -> None:
    """Raise ArgumentError unless low <= value < high (low < value if open_low)."""
    if isinstance(value, bool) or not math.isfinite(value) or not low <= value < high or (open_low and value == low):
        wanted = f"{'above' if open_low else 'at least'} {low}" + (f" and below {high}" if high < math.inf else "")
        raise ArgumentError(f"{name} must be {wanted} and finite, got {value}")
