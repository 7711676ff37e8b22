"""A call of a module, to be made again with other inputs: `Call(module, example_inputs).record(arrays)`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...core.support.modes import record
from ...core.tensor import Tensor
from ...core.tools.fused import unfuse
from ...errors import ArgumentError, GraphError
from ...nn import Module
from ...nn.support.modes import in_mode

__all__ = ["Call"]

DEEPEST = 8  # tuples within tuples


class Call:
    """A module and the inputs of an example: an array or tensor, several in a tuple, or by name in a dictionary.

    Tuples may be nested, as in the state (h, c) of an LSTM, and None is passed on. `names` and `arrays` are what is in
    the inputs, in order; the names are those of the parameters of `forward`.
    """

    def __init__(self, module: Module, example: Any) -> None:
        self.module = module
        self.names: list[str] = []
        self.arrays: list[Array] = []
        self._by_position: list[Any] = []  # the inputs, with the place of an array instead of each array
        self._by_name: dict[str, Any] = {}
        if isinstance(example, Mapping | tuple | list) and not example:
            raise ArgumentError("ONNX export: there are no inputs to record the module with. try: an array")
        if isinstance(example, Mapping):
            self._by_name = {str(name): self._collected(str(name), value) for name, value in example.items()}
        else:
            values = example if isinstance(example, tuple | list) else (example,)
            positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            titles = [p.name for p in inspect.signature(module.forward).parameters.values() if p.kind in positional]
            titles += [f"input_{i}" for i in range(len(titles), len(values))]
            self._by_position = [self._collected(*pair) for pair in zip(titles, values, strict=False)]

    def record(self, arrays: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        """Call the module, in inference, with these arrays in place of the example's: the inputs and the outputs."""
        tensors = [Tensor(array, name=name) for array, name in zip(arrays, self.names, strict=True)]
        with record(), in_mode(self.module, False), np.errstate(all="ignore"):
            result = self.module(
                *[_filled(place, tensors) for place in self._by_position],
                **{name: _filled(place, tensors) for name, place in self._by_name.items()},
            )
            outputs = list(self._tensors_in(result))
            unfuse(outputs)  # what a compiled program did at once, step by step
        return tensors, outputs

    def _collected(self, name: str, value: Any, depth: int = 0) -> Any:
        if value is None:
            return None
        if isinstance(value, tuple | list):
            if depth > DEEPEST:
                raise ArgumentError(f"ONNX export: input {name[:40]} has lists in lists in lists. try: an array")
            return tuple(self._collected(f"{name}_{i}", item, depth + 1) for i, item in enumerate(value))
        if not isinstance(value, np.ndarray | Tensor):
            raise ArgumentError(f"ONNX export: input {name} is a {type(value).__name__}, wanted an array or a tensor")
        self.names.append(name)
        self.arrays.append(Tensor(value).data)
        return len(self.arrays) - 1

    def _tensors_in(self, result: Any) -> Iterator[Tensor]:
        """The tensors of a result, in order; None among them is left out."""
        if isinstance(result, Tensor):
            yield result
        elif isinstance(result, tuple | list | dict):
            for item in result.values() if isinstance(result, dict) else result:
                yield from self._tensors_in(item)
        elif result is not None:
            got = f"{type(self.module).__name__} returned a {type(result).__name__}"
            raise GraphError(f"ONNX export: {got}, which is no tensor: no operation was recorded that made it")


def _filled(place: Any, tensors: Sequence[Tensor]) -> Any:
    if isinstance(place, tuple):
        return tuple(_filled(item, tensors) for item in place)
    return None if place is None else tensors[place]
