"""The base class of optimisers: a list of parameters, a step, and a state that can be saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from ..core.support.arguments import at_least_zero, flag, positive
from ..core.support.arrays import Array
from ..core.support.hints import names, not_here
from ..core.support.states import check_fit, checked_mapping
from ..core.tensor import Tensor
from ..torch_names import OPTIMIZERS
from .checks import checked_parameters
from .parts import Groups, groups_of
from .subnormals import SWEEP, clear_tiny

__all__ = ["Optimizer", "running_mean"]


class Optimizer:
    """Base class: name the `moments`, and write `update(new, theta, g, t, *moments)`.

    `update` writes the new value of a parameter θ into the array `new`, from its gradient g and the number t of its
    updates, this one included. The moments are arrays like θ, zeros at first, that are changed in place.
    A parameter is given a new array at each step, because a graph that was recorded before may still need the old one.

    With `maximize` a step goes up the gradient: g is −g for `update` and weight decay.

    `class X(Optimizer, elementwise=True)` says that `update` and `decay` treat each element by itself: then they may be
    given several small parameters as one vector, which takes less time. Who overrides one of them has to say it again.

    >>> import numpy as np, tinygrad_gru as tg
    >>> class SignSGD(tg.optim.Optimizer):
    ...     def update(self, new, theta, g, t):
    ...         np.subtract(theta, self.lr * np.sign(g), out=new)
    >>> theta = tg.nn.Parameter([1.0, 2.0])
    >>> (theta * theta).sum().backward()
    >>> SignSGD([theta], lr=0.5).step()
    >>> theta.data.tolist()
    [0.5, 1.5]
    """

    moments: tuple[str, ...] = ()
    elementwise: ClassVar[bool] = False
    _groups: Groups | None = None  # what is moved together; a copy of the optimiser finds its own

    def __init_subclass__(cls, elementwise: bool = False) -> None:
        bases = [base for base in cls.__bases__ if issubclass(base, Optimizer) and base.elementwise]
        cls.elementwise = elementwise or any((b.update, b.decay) == (cls.update, cls.decay) for b in bases)

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.0, maximize: bool = False) -> None:
        self.params = checked_parameters(type(self).__name__, params)
        self.lr = positive("lr", lr)
        self.weight_decay = at_least_zero("weight_decay", weight_decay)
        self.maximize = flag("maximize", maximize)
        self.steps = 0  # calls of step()
        self.counts = [0] * len(self.params)  # updates of each parameter: its t
        self.state = [{name: np.zeros(p.shape, p.dtype) for name in self.moments} for p in self.params]
        self._groups = groups_of(self)

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        at_least_zero("lr", self.lr)  # a schedule, or its user, may have set it
        self.steps += 1
        for group in self._groups_now():
            for new, theta, g, t, moments in group.parts(self):  # of a parameter, or of several as one vector
                if self.maximize:
                    g = np.negative(g)
                if self.weight_decay:
                    theta, g = self.decay(theta, g)
                self.update(new, theta, g, t, *moments)
        if self.steps % SWEEP == 0:
            clear_tiny(self.state)

    def _groups_now(self) -> Groups:
        """The groups, anew if moments were replaced, or parameters given another dtype."""
        if self._groups is None or not all([group.fits(self) for group in self._groups]):
            self._groups = groups_of(self)
        return self._groups

    def update(self, new: Array, theta: Array, g: Array, t: int, *moments: Any) -> None:
        """Write the parameter's new value into `new`."""
        raise NotImplementedError(f"{type(self).__name__} needs an update(self, new, theta, g, t, *moments) method")

    def decay(self, theta: Array, g: Array) -> tuple[Array, Array]:
        """θ, and g + λθ: weight decay λ is the gradient of λ/2·|θ|²."""
        decayed = self.weight_decay * theta
        decayed += g
        return theta, decayed

    def zero_grad(self) -> None:
        """Set `.grad` of every parameter to None."""
        for p in self.params:
            p.grad = None

    def state_dict(self) -> dict[str, Array]:
        """Copies of the optimiser's state, without its settings: `steps`, `counts`, `0.m`, `0.v`, `1.m`."""
        state: dict[str, Array] = {"steps": np.array(self.steps), "counts": np.array(self.counts)}
        for i, moments in enumerate(self.state):
            for name, moment in moments.items():
                state[f"{i}.{name}"] = moment.copy()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load the state of `state_dict`; CheckpointError, before any change, if a key, shape or dtype differs."""
        arrays = {key: np.asarray(value) for key, value in checked_mapping(state).items()}
        check_fit(type(self).__name__, arrays, self.state_dict())
        self.steps = int(arrays["steps"])
        self.counts = [int(t) for t in arrays["counts"]]
        for i, moments in enumerate(self.state):
            for name, moment in moments.items():
                moment[...] = arrays[f"{i}.{name}"]

    def __getstate__(self) -> dict[str, Any]:  # the moments are views of vectors, and copies of views are none
        return {name: value for name, value in vars(self).items() if name != "_groups"}

    __dir__ = names  # without PyTorch's, which are attached below

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.params)} parameters, lr={self.lr:g})"


for _name, _answer in not_here(OPTIMIZERS).items():
    setattr(Optimizer, _name, _answer)


def running_mean(m: Array, beta: float, g: Array, scratch: Array) -> None:
    """m ← β·m + (1 − β)·g, in place; `scratch` is overwritten, and may be g."""
    np.multiply(g, 1 - beta, out=scratch)
    m *= beta
    m += scratch
