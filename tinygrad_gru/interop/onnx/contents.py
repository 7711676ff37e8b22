"""A whole ONNX file: its recurrent nodes as layers, its other weights, and a model of ours loaded back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...errors import CheckpointError
from ...nn import Module, Recurrent
from ...nn.files.names import printable
from ..weights.validate import refuse
from .importer import Source, array_of, layers_of, read_model, recurrent_nodes, stored_arrays

__all__ = ["onnx_layers", "onnx_model_into", "onnx_unread"]

FLOATING = (1, 10, 11, 16)  # of ONNX's TensorProto: float32, float16, float64, bfloat16


def onnx_layers(source: Source) -> dict[str, Recurrent]:
    """A layer of ours for each GRU, LSTM and RNN node, by the nodes' names; CheckpointError if there is none."""
    model = read_model(source)
    stored = stored_arrays(model)
    layers = layers_of(model, stored)
    if not layers:
        raise CheckpointError("it holds no GRU, LSTM or RNN node. try: another file")
    return layers


def onnx_unread(source: Source) -> list[str]:
    """The names and shapes of the weights that no recurrent node holds: those of an Embedding, a Dense and so on.

    Constants of the equations, such as an index or the 1 in 1 − z, are no weights: ours are named so, and elsewhere
    they are integers or single numbers.
    """
    model = read_model(source)
    stored = stored_arrays(model)
    for node in recurrent_nodes(model).values():
        for packed in node.input[1:8]:
            stored.pop(packed, None)
    return [
        f"{printable(name)} {tuple(tensor.dims)}"
        for name, tensor in stored.items()
        if not name.startswith("constant") and tensor.data_type in FLOATING and math.prod(tensor.dims) > 1
    ]


def onnx_model_into(module: Module, source: Source) -> Module:
    """Give a module the weights of the same module as `export_onnx` wrote it, and return it.

    Its arrays go by our keys, and the nodes of its recurrent layers by the keys of these. Raises CheckpointError with
    everything that is missing, unexpected or of another shape or dtype; then the module is unchanged.
    """
    model = read_model(source)
    stored = stored_arrays(model)
    nodes = recurrent_nodes(model)
    state: dict[str, Any] = {}
    for name, layer in layers_of(model, stored).items():
        inside = layer.state_dict()  # layers.0.forward.W_r
        state |= {f"{name}.{key.removeprefix('layers.0.')}": array for key, array in inside.items()}
        for packed in nodes[name].input[1:4]:
            stored.pop(packed, None)
    wanted = {key for key, _ in module.named_parameters()}
    state |= {name: array_of(printable(name), tensor) for name, tensor in stored.items() if name in wanted}
    if others := _weights(stored, wanted):
        problems = [f"{printable(name)} is unexpected" for name in others]
        refuse(f"the model does not fit {type(module).__name__}", problems, "the module that was exported")
    return module.load_state_dict(state)


def _weights(stored: Mapping[str, Any], wanted: set[str]) -> list[str]:
    """The names of the stored arrays that are neither wanted nor constants of the equations."""
    return [name for name in stored if name not in wanted and not name.startswith("constant")]
