"""An ONNX graph in the making: nodes, initializers, and a name of its own for every value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import __version__
from ...errors import GraphError, MissingExtraError
from ...nn.files.formats import FORMATS, MARK
from .symbolic_size import Range, Size

__all__ = ["FIRST", "LAST", "OPSET", "Graph", "onnx_package"]

OPSET, IR_VERSION = 21, 10  # of 2024: onnx 1.16 and onnxruntime 1.18 read them, and all that came later
LARGEST = 2**31 - 2**20  # bytes in one file, less room for the nodes: protobuf has no more

LAST, FIRST = np.iinfo(np.int64).max, np.iinfo(np.int64).min  # of a slice that goes on to the end, or to the beginning


def onnx_package(purpose: str) -> Any:
    """The package `onnx`, imported when it is needed and not before."""
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx", "interop", purpose) from None
    return onnx


class Graph:
    """Nodes and initializers in order; `free` tells of each free size which input has it, on which axis."""

    def __init__(self, free: Mapping[str, tuple[str, int]]) -> None:
        self.onnx = onnx_package("an ONNX model")
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.layers: dict[int, list[str]] = {}  # the outputs of the calls of recurrent layers that are there already
        self.place = ""  # where in the program the nodes are that are added now, as the beginning of their names
        self._free = dict(free)
        self._bytes = 0
        self._names: set[str] = set()
        self._arrays: dict[tuple[Any, ...] | None, str] = {}
        self._sizes: dict[str, str] = {}

    def named(self, wanted: str) -> str:
        """A name that nothing has yet: the one wanted, in letters that every reader of ONNX takes, or with a number."""
        name = base = re.sub(r"[^A-Za-z0-9_./]", "_", wanted) or "value"
        number = 1
        while name in self._names:
            number += 1
            name = f"{base}_{number}"
        self._names.add(name)
        return name

    def add(self, operator: str, *inputs: str, outputs: Sequence[str] = (), title: str = "", **attributes: Any) -> str:
        """Add a node, and return the name of its first output; "" among the inputs is one left out."""
        names = list(outputs) or [self.named(f"{self.place}{operator}")]
        title = self.named(title or f"{self.place}{operator}.node")
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, names, title, **attributes))
        return names[0]

    def array(self, array: Any, name: str = "constant") -> str:
        """An initializer; the same small array is stored once."""
        array = np.asarray(array)
        key = (array.dtype.str, array.shape, array.tobytes()) if name == "constant" and array.size <= 64 else None
        if key in self._arrays:
            return self._arrays[key]
        title = self.named(name)
        self._bytes += array.nbytes
        if self._bytes > LARGEST:
            raise GraphError(
                f"ONNX export: an ONNX file holds at most {LARGEST} bytes, and {title} does not fit any more"
            )
        self.initializers.append(self.onnx.numpy_helper.from_array(array, title))
        if key is not None:
            self._arrays[key] = title
        return title

    def numbers(self, sizes: Sequence[int | Size]) -> str:
        """Whole numbers side by side, some of which may depend on the free sizes: the shape of a reshape, say."""
        if not any(isinstance(size, Size) for size in sizes):
            return self.array(np.array(sizes, np.int64))
        pieces = [self._number(size) if isinstance(size, Size) else self.array(np.array([size])) for size in sizes]
        return pieces[0] if len(pieces) == 1 else self.add("Concat", *pieces, axis=0)

    def cast(self, name: str, dtype: Any) -> str:
        """The same numbers in another dtype."""
        return self.add("Cast", name, to=self.dtype(dtype))

    def dtype(self, dtype: Any) -> int:
        """ONNX's number for a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def range(self, numbers: Range) -> str:
        """The whole numbers from 0 up to a size that is known when the model runs."""
        return self.add("Range", self.array(np.array(0)), self.scalar(numbers.stop), self.array(np.array(1)))

    def scalar(self, size: Size) -> str:
        """A size, as a number without axes."""
        return self.add("Squeeze", self._number(size))

    def model(self, title: str, inputs: list[Any], outputs: list[Any]) -> Any:
        """All of it as a ModelProto, without nodes that make nothing which is used."""
        used = {value.name for value in outputs}
        nodes = []
        for node in reversed(self.nodes):
            if used.intersection(node.output):
                used.update(node.input)
                nodes.append(node)
        initializers = [array for array in self.initializers if array.name in used]
        model = self.onnx.helper.make_model(
            self.onnx.helper.make_graph(nodes[::-1], title, inputs, outputs, initializers),
            opset_imports=[self.onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="tinygrad_gru",
            producer_version=__version__,
        )
        self.onnx.helper.set_model_props(model, {MARK: str(FORMATS["onnx"])})
        return model

    def _number(self, size: Size) -> str:
        """A size, as an array of one number."""
        total = ""
        for factor, names in size.terms:
            term = self._product([self._free_size(name) for name in names], factor)
            total = self.add("Add", total, term) if total else term
        return self.add("Add", total, self.array(np.array([size.offset]))) if size.offset else total

    def _product(self, names: list[str], factor: int) -> str:
        if factor != 1:
            names = [*names, self.array(np.array([factor]))]
        product = names[0]
        for name in names[1:]:
            product = self.add("Mul", product, name)
        return product

    def _free_size(self, name: str) -> str:
        if name not in self._sizes:
            source, axis = self._free[name]
            self._sizes[name] = self.add("Shape", source, start=axis, end=axis + 1)
        return self._sizes[name]
