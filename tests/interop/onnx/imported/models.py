"""Small ONNX graphs to import, and onnxruntime to run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tests.interop.onnx.models import run
from tinygrad_gru.interop import import_onnx


def graph(
    nodes: Sequence[Any], inputs: Mapping[str, tuple[Any, Sequence[Any] | None]], outputs: Sequence[str],
    stored: Mapping[str, np.ndarray] | None = None, opset: int = 18,
) -> onnx.ModelProto:  # fmt: skip
    """A model of these nodes; inputs by name, as (dtype, shape)."""
    into = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
        for name, (dtype, shape) in inputs.items()
    ]
    out = [helper.make_value_info(name, helper.make_tensor_type_proto(1, None)) for name in outputs]
    arrays = [numpy_helper.from_array(array, name) for name, array in (stored or {}).items()]
    built = helper.make_graph(nodes, "a graph", into, out, arrays)
    return helper.make_model(built, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def one_node(operator: str, inputs: Sequence[np.ndarray], opset: int = 18, outputs: int = 1, **options: Any) -> Any:
    """What one node makes of these inputs, imported."""
    names = [f"x{i}" for i in range(len(inputs))]
    made = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(operator, names, made, name="n", **options)
    types = {name: (array.dtype, array.shape) for name, array in zip(names, inputs, strict=True)}
    return import_onnx(graph([node], types, made, opset=opset))(*inputs)


__all__ = ["graph", "one_node", "run"]
