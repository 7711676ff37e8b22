"""Modules: objects that hold parameters, and other modules that hold more of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.arrays import Array, as_array
from ..core.tensor import Tensor
from ..errors import CheckpointError, DtypeError

__all__ = ["Module", "Parameter"]


class Parameter(Tensor):
    """A tensor that is learned: a leaf that requires a gradient."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None, copy: bool = True) -> None:
        super().__init__(data, requires_grad, name, copy)


class Module:
    """Base class of layers and models: what is assigned to it and is a Parameter or a Module belongs to it.

    So do those in lists, tuples and dicts that are assigned to it. A subclass assigns its parameters in `__init__` and
    computes in `forward`; calling the module calls `forward`.

    >>> import tinygrad_gru as tg
    >>> class Scale(tg.nn.Module):
    ...     def __init__(self):
    ...         self.a = tg.nn.Parameter([2.0])
    ...     def forward(self, x):
    ...         return x * self.a
    >>> Scale()
    Scale: 1 parameter
      a (1,)
    """

    training: bool = True

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward method")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter) and value.name is None:
            value.name = name  # for errors and pictures
        object.__setattr__(self, name, value)

    # --- what belongs to it ----------------------------------------------------------------------------------------

    def _members(self) -> Iterator[tuple[str, Any]]:
        """Its own parameters and modules, with the names of their places, in the order of assignment."""
        pending = list(reversed(vars(self).items()))
        while pending:
            name, value = pending.pop()
            if isinstance(value, Parameter | Module):
                yield name, value
            elif isinstance(value, list | tuple):
                pending.extend((f"{name}.{i}", value[i]) for i in reversed(range(len(value))))
            elif isinstance(value, dict):
                pending.extend((f"{name}.{key}", value[key]) for key in reversed(value))

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module ("") and all those inside it, each once, with their dotted names."""
        seen = set()
        pending: list[tuple[str, Module]] = [("", self)]
        while pending:
            name, module = pending.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            dot = f"{name}." if name else ""
            pending.extend((dot + n, m) for n, m in reversed(list(module._members())) if isinstance(m, Module))

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters, each once, with dotted names such as `layers.0.forward.W_r`."""
        seen = set()
        for prefix, module in self.named_modules():
            for name, value in module._members():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{prefix}.{name}" if prefix else name, value

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (p for _, p in self.named_parameters())

    @property
    def num_parameters(self) -> int:
        """How many numbers are learned."""
        return sum(p.size for p in self.parameters())

    # --- modes -----------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Module:
        """Switch to training: dropout drops."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to evaluation: dropout lets everything through."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.grad = None

    def astype(self, dtype: Any) -> Module:
        """Turn all parameters into float32 or float64, in place; gradients are forgotten."""
        if np.dtype(dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise DtypeError(f"astype: wants float32 or float64, got {np.dtype(dtype)}")
        for p in self.parameters():
            p._replace(p.data.astype(dtype))
            p.grad = None
        return self

    # --- in and out ------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """A copy of each parameter's array, by name."""
        return {name: p.numpy() for name, p in self.named_parameters()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the arrays of `state`, whose names, shapes and dtypes must all fit; otherwise nothing changes."""
        mine = dict(self.named_parameters())
        arrays = {name: as_array(value) for name, value in state.items()}
        problems = [f"missing {name} {p.shape}" for name, p in mine.items() if name not in arrays]
        problems += [f"unexpected {name}" for name in arrays if name not in mine]
        for name, p in mine.items():
            if name in arrays and (arrays[name].shape, arrays[name].dtype) != (p.shape, p.dtype):
                got = f"{arrays[name].shape} {arrays[name].dtype}"
                problems.append(f"{name} wants {p.shape} {p.dtype}, got {got}")
        if problems:
            raise CheckpointError(f"the state does not fit {type(self).__name__}: {'; '.join(problems)}")
        for name, p in mine.items():
            p._replace(arrays[name].copy())

    def __repr__(self) -> str:
        lines, above = [], [""]
        for name, module in self.named_modules():
            while not f"{name}.".startswith(f"{above[-1]}." if above[-1] else ""):
                above.pop()
            depth = len(above) if name else 0
            count = module.num_parameters
            title = f"{name.removeprefix(above[-1]).strip('.')}: " if name else ""
            above += [name] if name else []
            lines.append(f"{'  ' * depth}{title}{type(module).__name__}: {count:,} parameter{'s' * (count != 1)}")
            own = [(n, v) for n, v in module._members() if isinstance(v, Parameter)]
            lines += [f"{'  ' * (depth + 1)}{n} {v.shape}" for n, v in own]
        return "\n".join(lines)
