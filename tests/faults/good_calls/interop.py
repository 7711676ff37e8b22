"""A good call of everything public in tg.interop, fresh each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.good_calls.ingredients import path, x
from tests.faults.odd_calls import call
from tinygrad_gru import interop, nn

__all__ = ["CALLS"]


def safetensors() -> Path:
    there = path("good.safetensors")
    interop.save_safetensors(there, interop.to_torch(nn.Linear(2, 1)))
    return there


def onnx() -> Path:
    there = path("good.onnx")
    interop.export_onnx(nn.GRU(2, 3), x(4, 1, 2), there)
    return there


def name_in(there: Path) -> str:
    import onnx

    return next(node.name for node in onnx.load(there).graph.node if node.op_type == "GRU")


CALLS: dict[str, Any] = {
    "tg.interop.from_torch": lambda: call(interop.from_torch, nn.Linear(2, 1), {"weight": x(1, 2), "bias": x(1)}),
    "tg.interop.from_torch of a file": lambda: call(interop.from_torch, nn.Linear(2, 1), safetensors()),
    "tg.interop.to_torch": lambda: call(interop.to_torch, nn.Linear(2, 1)),
    "tg.interop.from_keras": lambda: call(interop.from_keras, nn.Linear(2, 1), [x(2, 1), x(1)]),
    "tg.interop.to_keras": lambda: call(interop.to_keras, nn.Linear(2, 1)),
    "tg.interop.read_safetensors": lambda: call(
        interop.read_safetensors, safetensors(), expected={"weight": (1, 2), "bias": (1,)}
    ),
    "tg.interop.save_safetensors": lambda: call(interop.save_safetensors, path("a.safetensors"), {"weight": x(1, 2)}),
    "tg.interop.export_onnx": lambda: call(
        interop.export_onnx, nn.Linear(2, 1), x(3, 2), path("a.onnx"), dynamic_axes={"x": {0: "batch"}}
    ),
    "tg.interop.export_onnx of named inputs": lambda: call(
        interop.export_onnx, nn.GRU(2, 3), {"x": x(4, 2, 2), "lengths": np.array([4, 2])}, path("a.onnx")
    ),
    "tg.interop.from_onnx": lambda: call(interop.from_onnx, onnx()),
    "tg.interop.from_onnx by name": lambda: (lambda there: call(interop.from_onnx, there, name=name_in(there)))(onnx()),
    "tg.interop.import_onnx": lambda: call(interop.import_onnx, onnx(), most_bytes=10**9),
    "tg.interop.to_onnx": lambda: call(interop.to_onnx, nn.GRU(2, 3), lengths=True, start=True),
}
