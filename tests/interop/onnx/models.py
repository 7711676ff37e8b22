"""ONNX models of one recurrent node, and onnxruntime to run them: an oracle that shares nothing with us."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
I, H = 3, 4


def weights(kind: str, directions: int, seed: int = 0, bias: bool = True) -> dict[str, np.ndarray]:
    """Random W, R and B, all of them unsymmetric and none of them zero."""
    rng = np.random.default_rng(seed)
    G = GATES[kind] * H
    shapes = {"W": (directions, G, I), "R": (directions, G, H)} | ({"B": (directions, 2 * G)} if bias else {})
    return {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}


def model(
    kind: str, arrays: dict[str, np.ndarray], lengths: bool, start: bool, direction: str = "forward", **attributes: Any
) -> onnx.ModelProto:
    """A model of one node: inputs x, lengths and h0 (c0) if wanted, outputs Y, Y_h (Y_c)."""
    states = 2 if kind == "LSTM" else 1
    begin = ["h0", "c0"][:states] if start else []
    names = ["x", "W", "R", "B" if "B" in arrays else "", "lengths" if lengths else "", *begin]
    while not names[-1]:
        names.pop()
    outputs = ["Y", "Y_h", "Y_c"][: 1 + states]
    node = helper.make_node(kind, names, outputs, name="cell", hidden_size=H, direction=direction, **attributes)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", "B", I])]
    if lengths:
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]))
    inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, "B", H]) for name in begin]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(
        [node], "one node", inputs, made, [numpy_helper.from_array(a, name) for name, a in arrays.items()]
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def run(proto: onnx.ModelProto | str, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What onnxruntime computes."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    source = proto if isinstance(proto, str) else proto.SerializeToString()
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def flat(Y: np.ndarray) -> np.ndarray:
    """ONNX's (T, D, B, H) as our (T, B, D·H)."""
    T, D, B, size = Y.shape
    return Y.transpose(0, 2, 1, 3).reshape(T, B, D * size)
