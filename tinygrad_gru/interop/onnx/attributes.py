"""The attributes of ONNX nodes, checked against ONNX's own schemas and, of recurrent ones, against our layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import FileError
from .builder import onnx_package

__all__ = ["attributes_of", "text", "value_of_kind"]

FOLLOWED = {
    "activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size", "input_forget",
    "layout", "linear_before_reset",
}  # fmt: skip
MOST_VALUES = 100  # of activations: a node has six at most, with one number each of either kind


def attributes_of(node: Any) -> dict[str, Any]:
    """The attributes by name, of the types in the operator's schema; those that our layers do not have are refused."""
    onnx = onnx_package("reading an ONNX model")
    schema = onnx.defs.get_schema(node.op_type)
    values: dict[str, Any] = {}
    for attribute in node.attribute:
        name = text(attribute.name)
        if name not in FOLLOWED or name not in schema.attributes:
            raise FileError(f"our layers do not know the attribute {name[:80]!r}. try: a model without it")
        if (count := max(len(attribute.strings), len(attribute.floats))) > MOST_VALUES:
            raise FileError(f"{name}: got {count} values, wanted at most {MOST_VALUES}. try: one per activation")
        values[name] = value_of_kind(attribute, name, schema.attributes[name].type.name)
    if values.get("input_forget"):
        raise FileError("input_forget ties the input gate to the forget gate, and ours has both. try: input_forget=0")
    for name in ("layout", "linear_before_reset"):
        if values.get(name, 0) not in (0, 1):
            raise FileError(f"{name} is {values[name]!r}, wanted 0 or 1. try: leave it out, for 0")
    return values


def text(name: str | bytes) -> str:
    """A name in a file, which protobuf returns as bytes where it is not UTF-8."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name


def value_of_kind(attribute: Any, name: str, kind: str) -> Any:
    """The value of an attribute of this kind: "INT", "STRING", "STRINGS", "FLOATS" …"""
    onnx = onnx_package("reading an ONNX model")
    kinds = dict(zip(onnx.AttributeProto.AttributeType.values(), onnx.AttributeProto.AttributeType.keys(), strict=True))
    got = kinds.get(attribute.type, "unknown")
    if got != kind:
        raise FileError(f"{name} is {got}, wanted {kind}. try: onnx.checker.check_model")
    if attribute.ref_attr_name:  # that of a function around it
        raise FileError(f"{name} refers to another attribute, wanted a value. try: a model without functions")
    try:
        onnx.checker.check_attribute(attribute)
    except onnx.checker.ValidationError as error:
        why = " ".join(str(error).split())[:200]
        raise FileError(f"{name} is damaged: {why} try: onnx.checker.check_model") from None
    value = onnx.helper.get_attribute_value(attribute)
    numbers = np.atleast_1d(value) if kind in ("FLOAT", "FLOATS") else ()
    if name != "clip" and not all(map(math.isfinite, numbers)):  # a clip at infinity binds nothing
        raise FileError(f"{name}: wanted finite numbers. try: leave it out, for those of ONNX")
    return [text(item) for item in value] if kind == "STRINGS" else text(value) if kind == "STRING" else value
