"""A node of an ONNX graph, checked against the schema of its operator before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....core.support.arrays import Array
from ....core.support.operands import value_of
from ....errors import FileError
from ....nn.files.names import printable
from ..attributes import text, value_of_kind
from ..builder import onnx_package
from ..importer import GATES

__all__ = ["TYPES", "Node", "constant_array", "numbers_of", "read_node"]

MOST_NUMBERS = 100_000  # in one attribute
MOST_INPUTS = 10_000  # of one node, or outputs
MOST_AXES = 64  # NumPy has no more
TYPES = ("BOOL", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "FLOAT", "DOUBLE")


@dataclass(frozen=True, eq=False)
class Node:
    """One operator of a graph: what it reads, what it makes, and its options, defaults included."""

    op: str
    title: str  # for errors: `Gemm /d/Gemm`
    inputs: tuple[str, ...]  # "" is one left out
    outputs: tuple[str, ...]
    options: Mapping[str, Any]
    opset: int
    graphs: Mapping[str, Any] = field(default_factory=dict)  # the branches of an If, as GraphProto

    def refused(self, why: str) -> FileError:
        """The error that says what is the matter with this node."""
        return FileError(f"{self.title}: {why}")

    def whole(self, name: str, default: Any = None) -> Any:
        """An option that is a whole number."""
        value = self.options.get(name, default)
        return default if value is None else int(value)

    def axes_given(self, values: tuple[Any, ...], place: int) -> list[int] | None:
        """The axes, an option in old files and an input in new ones; None where they are left out."""
        if "axes" in self.options:
            return [int(n) for n in self.options["axes"]]
        return numbers_of(self, values[place]) if len(values) > place and values[place] is not None else None


def numbers_of(node: Node, value: Any, most: int = MOST_AXES) -> list[int]:
    """The whole numbers of a small input, such as a shape or axes."""
    array = np.asarray(value_of(value))
    if array.dtype.kind not in "iu" or array.ndim > 1 or array.size > most:
        raise node.refused(
            f"got {array.dtype} {array.shape}, wanted at most {most} whole numbers. try: another exporter"
        )
    return [int(n) for n in np.atleast_1d(array)]


def constant_array(title: str, tensor: Any) -> Array:
    """A stored array of numbers or booleans, whose data are in this file and of the size of its shape."""
    onnx = onnx_package("reading an ONNX model")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise FileError(f"{title}: its data are in another file, and no other file is read. try: onnx.save in one file")
    kinds = dict(zip(onnx.TensorProto.DataType.values(), onnx.TensorProto.DataType.keys(), strict=True))
    kind = kinds.get(tensor.data_type, "unknown")
    if kind not in TYPES:
        raise FileError(f"{title} is {kind}, wanted float32, float64 or whole numbers. try: a model in float32")
    if len(tensor.dims) > MOST_AXES or any(size < 0 for size in tensor.dims):
        raise FileError(f"{title} has shape {tuple(tensor.dims[:8])}. try: the file as it was exported")
    try:
        return np.array(onnx.numpy_helper.to_array(tensor))
    except Exception as error:  # NumPy's and protobuf's, of many kinds
        why = " ".join(str(error).split())[:200]
        raise FileError(f"{title} is damaged: {why}. try: the file as it was exported") from None


def read_node(proto: Any, opset: int, number: int, operators: Any) -> Node:
    """The node, if it is one of these operators, and its options and inputs are those of ONNX's schema."""
    onnx = onnx_package("reading an ONNX model")
    name, op, domain = text(proto.name), text(proto.op_type), text(proto.domain)
    title = f"{printable(op)} {printable(name) if name else f'(node {number})'}"
    if domain not in ("", "ai.onnx") or op not in operators:
        full = printable(f"{domain}::{op}" if domain not in ("", "ai.onnx") else op)
        raise FileError(
            f"node {printable(name) if name else number}: the operator {full} is not read. try: a model without it, "
            "or from_onnx(path, name=…) for its recurrent nodes alone"
        )
    try:
        schema = onnx.defs.get_schema(op, opset, "")
    except onnx.defs.SchemaError:
        raise FileError(
            f"{title}: opset {opset} has no such operator. try: another exporter, or a newer opset"
        ) from None
    if max(len(proto.input), len(proto.output)) > MOST_INPUTS or not (
        schema.min_input <= len(proto.input) <= schema.max_input
        and schema.min_output <= len(proto.output) <= schema.max_output
    ):
        got = f"{len(proto.input)} inputs and {len(proto.output)} outputs"
        raise FileError(f"{title}: got {got}, which the operator has not. try: onnx.checker.check_model")
    options = {
        key: onnx.helper.get_attribute_value(attribute.default_value)
        for key, attribute in schema.attributes.items()
        if attribute.default_value.type and op not in GATES  # whose reader has defaults by direction
    }
    graphs: dict[str, Any] = {}
    for attribute in proto.attribute:
        key = text(attribute.name)
        if key not in schema.attributes:
            raise FileError(f"{title}: it has no attribute {printable(key)}. try: onnx.checker.check_model")
        if max(len(attribute.ints), len(attribute.floats), len(attribute.strings)) > MOST_NUMBERS:
            raise FileError(f"{title}: {printable(key)} has more than {MOST_NUMBERS} numbers. try: a part of the model")
        kind = schema.attributes[key].type.name
        if kind == "GRAPH":
            graphs[key] = attribute.g
        else:
            try:
                options[key] = value_of_kind(attribute, key, kind)
            except FileError as error:
                raise FileError(f"{title}: {error}") from None
            if kind == "TENSOR":
                options[key] = constant_array(f"{title}: {key}", options[key])
    options = {key: text(value) if isinstance(value, bytes) else value for key, value in options.items()}
    inputs, outputs = (tuple(text(each) for each in names) for names in (proto.input, proto.output))
    return Node(op, title, inputs, outputs, options, opset, graphs)
