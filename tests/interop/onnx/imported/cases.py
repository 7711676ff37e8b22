"""ONNX's own cases for each operator, with the outputs that its reference implementation has: an oracle of others."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx.backend.test.case.node as cases

from tinygrad_gru import Tensor
from tinygrad_gru.errors import TinygradError
from tinygrad_gru.interop import import_onnx

FEWEST = {"And": 2, "Softmax": 7, "Gemm": 11, "Slice": 9, "LayerNormalization": 9, "Pad": 6, "Reshape": 10}


def load(operators: Iterable[str]) -> dict[str, list[Any]]:
    """The cases of one node for each of these operators."""
    wanted = set(operators)
    modules = {module.name.replace("_", ""): module.name for module in pkgutil.iter_modules(cases.__path__)}
    with np.errstate(all="ignore"):
        for operator in wanted:
            if operator.lower() in modules:
                importlib.import_module(f"onnx.backend.test.case.node.{modules[operator.lower()]}")
    found: dict[str, list[Any]] = {operator: [] for operator in wanted}
    for case in cases._NodeTestCases:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in wanted:
            found[nodes[0].op_type].append(case)
    return found


def numbers(output: Any) -> np.ndarray:
    """An output, a tensor of floats or an array of whole numbers or booleans."""
    return output.data if isinstance(output, Tensor) else output


def difference(case: Any) -> str:
    """What our outputs have other than ONNX's, "" if nothing, or the error in one line."""
    try:
        model = import_onnx(case.model)
        for inputs, outputs in case.data_sets:
            got = model(*inputs)
            for mine, theirs in zip(got if isinstance(got, tuple) else (got,), outputs, strict=True):
                array = numbers(mine)
                if array.shape != theirs.shape or array.dtype != theirs.dtype:
                    return f"got {array.dtype} {array.shape}, wanted {theirs.dtype} {theirs.shape}"
                if not np.allclose(array, theirs, rtol=1e-5, atol=1e-6, equal_nan=True):
                    return f"differs by {np.abs(array - theirs).max()}"
    except TinygradError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""
