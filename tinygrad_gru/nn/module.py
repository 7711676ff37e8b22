"""Modules hold parameters and other modules; everything else follows from looking at their attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Self

import numpy as np

from ..core.support.arguments import flag, kind_of
from ..core.support.arrays import Array
from ..core.support.hints import names, not_here
from ..core.support.operands import value_of
from ..core.support.states import check_fit, checked_mapping
from ..core.tensor import Tensor
from ..errors import ArgumentError
from ..notebook import table
from ..torch_names import MODULES
from .support.checks import checked_float

__all__ = ["Module", "Parameter", "children_of"]


class Parameter(Tensor):
    """A tensor that is to be learned: a leaf that requires a gradient, named after the attribute that holds it."""

    __slots__ = ("path",)

    path: str  # the attributes that lead to it, from the outermost module so far: blocks.0.q.W

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None, copy: bool = True) -> None:
        super().__init__(data, requires_grad, name, copy)
        self.path = ""


class Module:
    """Base class of all layers and models: write `forward`, and call the module.

    Nothing is registered. The parameters and child modules are those found in the attributes, in the order in which
    these were set, also inside lists, tuples and dictionaries. Their keys are the way to them: `layers.0.forward.W_r`.

    >>> import tinygrad_gru as tg
    >>> class Scale(tg.nn.Module):
    ...     def __init__(self):
    ...         self.a = tg.nn.Parameter([2.0, 3.0])
    ...     def forward(self, x):
    ...         return x * self.a
    >>> Scale()(tg.Tensor([1.0, 1.0])).data.tolist()
    [2.0, 3.0]
    >>> Scale()
    Scale()     2 parameters
    └── a (2,)  2
    """

    training: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(vars(self).get(name), Parameter) and not isinstance(value, Parameter | None):
            got = f"got {kind_of(value)}, wanted a Parameter"
            raise ArgumentError(
                f"{type(self).__name__}.{name}: {got}: it would be learned no longer. "
                f"try: module.{name}.assign(array), or module.{name} = tg.nn.Parameter(array)"
            )
        for key, item in _inside(name, value):
            if isinstance(item, Parameter) and item.name is None:
                item.name = key  # for errors and pictures
            for below, p in item.named_parameters() if isinstance(item, Module) else (("", item),):
                p.path = f"{key}.{below}" if below else key
        object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result of `forward`."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output for these inputs."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward(self, ...) method")

    # --- parameters --------------------------------------------------------------------------------------------------

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Each parameter with its key, once, however often it is used."""
        return ((key, item) for key, item in _everything(self) if isinstance(item, Parameter))

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order of `named_parameters`."""
        return [p for _, p in self.named_parameters()]

    def modules(self) -> list[Module]:
        """This module and all those in it, each once."""
        return [module for _, module in self.named_modules()]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, whose key is "", and all those in it, each once with its key."""
        return ((key, item) for key, item in _everything(self) if isinstance(item, Module))

    def children(self) -> list[Module]:
        """The modules that are attributes of this one, also in lists and dictionaries, each once."""
        return [module for _, module in self.named_children()]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The same with their keys; `named_modules` goes on to what is in them."""
        visited: set[int] = set()
        for key, item in children_of(self):
            if isinstance(item, Module) and id(item) not in visited:
                visited.add(id(item))
                yield key, item

    @property
    def num_parameters(self) -> int:
        """The number of elements of all parameters."""
        return sum(p.size for p in self.parameters())

    # --- modes -------------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch to training, for layers that behave differently in it (Dropout); returns the module."""
        mode = flag("train: mode", mode)
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to inference; returns the module."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients: `.grad` is None again."""
        for p in self.parameters():
            p.grad = None

    def astype(self, dtype: Any) -> Self:
        """Turn all parameters into float32 or float64, forgetting their gradients; returns the module.

        An optimiser made before goes on with moments of the old dtype: make it afterwards.
        """
        dtype = checked_float("astype", dtype)
        for p in self.parameters():
            p._replace(p.data.astype(dtype))
            p.grad = None
        return self

    # --- state -------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """The parameters' arrays by key, copied."""
        return {key: p.numpy() for key, p in self._by_key().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> Self:
        """Give each parameter the array of its key, all of them or, if anything does not fit, none.

        Raises CheckpointError with everything that is missing, unexpected, or of another shape or dtype.
        """
        parameters = self._by_key()
        arrays = {key: np.asarray(value_of(value)) for key, value in checked_mapping(state).items()}
        check_fit(type(self).__name__, arrays, parameters)
        for key, p in parameters.items():
            p._replace(arrays[key].copy())
        return self

    def _by_key(self) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {}
        for key, p in self.named_parameters():
            if key in parameters:
                raise ArgumentError(f"two parameters have the key {key}. try: other keys in the dictionary around them")
            parameters[key] = p
        return parameters

    # --- its repr ----------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """The text in the parentheses of its repr: `2, 64, reset_after=True`."""
        return ""

    __dir__ = names  # without PyTorch's, which are attached below

    def __repr__(self) -> str:
        rows = list(_tree(self))
        left = max(len(text) for text, _ in rows)
        right = max(len(count) for _, count in rows)
        lines = [f"{text:<{left}}  {count:>{right}}" for text, count in rows]
        return "\n".join([f"{lines[0]} parameters", *lines[1:]])

    def _repr_html_(self) -> str:
        return table([[escape(text), count] for text, count in _tree(self)], ["module", "parameters"])


for _name, _answer in not_here(MODULES).items():
    setattr(Module, _name, _answer)


def _inside(key: str, value: Any) -> Iterator[tuple[str, Parameter | Module]]:
    """The parameters and modules that `value` is or holds in lists, tuples and dictionaries, in order."""
    pending = [(key, value)]
    visited: set[int] = set()  # a list may hold itself
    while pending:
        key, item = pending.pop()
        if isinstance(item, Parameter | Module):
            yield key, item
        elif isinstance(item, list | tuple | dict) and id(item) not in visited:
            visited.add(id(item))
            children = item.items() if isinstance(item, dict) else enumerate(item)
            pending += reversed([(f"{key}.{name}", child) for name, child in children])


def children_of(module: Module) -> list[tuple[str, Parameter | Module]]:
    """The direct children of a module by key: parameters and modules, also in lists, tuples and dictionaries."""
    return [child for name, value in vars(module).items() for child in _inside(name, value)]


def _everything(root: Module) -> Iterator[tuple[str, Parameter | Module]]:
    """The root and all modules and parameters below it with their keys, each once, parents first."""
    pending: list[tuple[str, Parameter | Module]] = [("", root)]
    visited: set[int] = set()
    while pending:
        key, item = pending.pop()
        if id(item) in visited:
            continue
        visited.add(id(item))
        yield key, item
        if isinstance(item, Module):
            pending += reversed([(f"{key}.{name}" if key else name, child) for name, child in children_of(item)])


def _tree(root: Module) -> Iterator[tuple[str, str]]:
    """The lines of a module's repr: the text, with branches drawn, and the number at the end."""
    # to be drawn: the branch, the margin below it, the key, and the parameter or module
    pending: list[tuple[str, str, str, Parameter | Module]] = [("", "", "", root)]
    visited: set[int] = set()
    while pending:
        branch, margin, key, item = pending.pop()
        shared = id(item) in visited
        visited.add(id(item))
        if isinstance(item, Parameter):
            yield f"{branch}{key} {item.shape}", "shared" if shared else f"{item.size:,}"
            continue
        title = f"{branch}{key}: " if key else branch
        yield f"{title}{type(item).__name__}({item.describe()})", "shared" if shared else f"{item.num_parameters:,}"
        children = [] if shared else children_of(item)
        for i, (name, child) in reversed(list(enumerate(children))):
            last = i == len(children) - 1
            pending.append((margin + ("└── " if last else "├── "), margin + ("    " if last else "│   "), name, child))
