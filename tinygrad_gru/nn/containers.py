"""Modules that hold others: one after the other, in a list, and a function as a module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..core.support.arguments import brief, integer, several
from ..errors import ArgumentError
from .activations import name_of
from .module import Module

__all__ = ["Function", "ModuleList", "Sequential"]


class Function(Module):
    """A function as a module: `nn.Function(tg.tanh)`. Sequential makes one of each function in it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if isinstance(function, Module | type) or not callable(function):
            hint = f"nn.{function.__name__}()" if isinstance(function, type) else "nn.Function(tg.tanh)"
            raise ArgumentError(f"Function: got {brief(function)}, wanted a function. try: {hint}")
        self.function = function

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns."""
        return self.function(*args, **kwargs)

    def describe(self) -> str:
        """The name of the function."""
        return name_of(self.function) or str(getattr(self.function, "__name__", "a function"))


class Sequential(Module):
    """Modules and functions one after the other, each on the output of the one before.

    >>> import numpy as np, tinygrad_gru as tg
    >>> tg.nn.Sequential(tg.nn.Linear(2, 3), tg.tanh, tg.nn.Linear(3, 1))(np.ones((4, 2), np.float32)).shape
    (4, 1)
    """

    def __init__(self, *modules: Module | Callable[[Any], Any]) -> None:
        for module in modules:
            if isinstance(module, type) or not callable(module):
                got = f"the class {module.__name__}" if isinstance(module, type) else type(module).__name__
                hint = f". try: {module.__name__}(...)" if isinstance(module, type) else ""
                hint = ". try: Sequential(*layers)" if isinstance(module, list | tuple) else hint
                raise ArgumentError(f"Sequential: wants modules and functions, got {got}{hint}")
        self.layers = [module if isinstance(module, Module) else Function(module) for module in modules]

    def forward(self, x: Any) -> Any:
        """The output of the last module."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, i: int) -> Module:
        return self.layers[i]

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


class ModuleList(Module):
    """Modules in a list, whose keys are their numbers: `blocks.0.W`. A plain list in an attribute does the same.

    >>> import tinygrad_gru as tg
    >>> blocks = tg.nn.ModuleList([tg.nn.Linear(2, 3), tg.nn.Linear(3, 1)])
    >>> [key for key, _ in blocks.named_parameters()]
    ['0.W', '0.b', '1.W', '1.b']
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Put a module at the end; returns the list."""
        setattr(self, str(len(self)), _module(module))
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Put several modules at the end; returns the list."""
        if isinstance(modules, Module) and not isinstance(modules, ModuleList | Sequential):
            raise ArgumentError(f"ModuleList: wants a list of modules, got a {type(modules).__name__}. try: [module]")
        for module in several("ModuleList: modules", modules, None):
            self.append(module)
        return self

    def __len__(self) -> int:
        return sum(name.isdigit() for name in vars(self))

    def __getitem__(self, i: int) -> Module:
        return list(self)[self._place(i)]

    def __setitem__(self, i: int, module: Module) -> None:
        setattr(self, str(self._place(i)), _module(module))

    def __iter__(self) -> Iterator[Module]:
        return iter([value for name, value in vars(self).items() if name.isdigit()])

    def _place(self, i: int) -> int:
        """The place that an index, which may count from the end, stands for."""
        n = integer("ModuleList: index", i)
        if not -len(self) <= n < len(self):
            raise ArgumentError(f"ModuleList: there are {len(self)} modules, got the index {n}. try: append(module)")
        return n % len(self)


def _module(value: Any) -> Module:
    """The value, if it is a module."""
    if not isinstance(value, Module):
        raise ArgumentError(f"ModuleList: wants modules, got {brief(value)}. try: nn.Function(tg.tanh)")
    return value
