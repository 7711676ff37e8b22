"""What the attributes of an ONNX recurrent node say, each checked before anything is made of it."""

from __future__ import annotations

import math
from typing import Any

from ...errors import FileError
from .builder import onnx_package

__all__ = ["attributes_of", "text"]

KINDS: dict[str, type] = {
    "direction": str,
    "activations": list,
    "activation_alpha": list,
    "activation_beta": list,
    "hidden_size": int,
    "input_forget": int,
    "layout": int,
    "linear_before_reset": int,
}
MOST_VALUES = 100  # of activations: there are at most six, with one number each of either kind


def attributes_of(node: Any) -> dict[str, Any]:
    """The attributes by name, of the types they must have; those that our layers cannot follow are refused."""
    onnx = onnx_package("reading an ONNX model")
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        name = text(attribute.name)
        if name == "clip":
            raise FileError("clip holds the inputs of the activations within bounds, and our layers do not")
        if name not in KINDS:
            raise FileError(f"our layers do not know the attribute {name[:80]!r}")
        if (values := max(len(attribute.strings), len(attribute.floats))) > MOST_VALUES:
            raise FileError(f"{name}: got {values}, wanted at most {MOST_VALUES}: no activation is left for more")
        try:
            value = onnx.helper.get_attribute_value(attribute)
        except ValueError as error:  # it refers to an attribute of a function
            raise FileError(f"{name} has no value: {' '.join(str(error).split())[:200]}") from None
        value = text(value) if isinstance(value, bytes) else value
        if not isinstance(value, KINDS[name]):
            raise FileError(f"{name} is a {type(value).__name__}, wanted a {KINDS[name].__name__}")
        found[name] = _items(name, value) if isinstance(value, list) else value
    if found.get("input_forget"):
        raise FileError("input_forget ties the input gate to the forget gate, and our LSTM has both")
    for name in ("layout", "linear_before_reset"):
        if found.get(name, 0) not in (0, 1):
            raise FileError(f"{name} is {found[name]!r}, wanted 0 or 1")
    return found


def text(name: str | bytes) -> str:
    """A name in a file, which protobuf hands out as bytes where it is no UTF-8."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name


def _items(name: str, values: list[Any]) -> list[Any]:
    """The names of activations, or their numbers, if they are that."""
    if name == "activations":
        if not all(isinstance(value, bytes) for value in values):
            raise FileError("activations: wanted names")
        return [text(value) for value in values]
    if not all(isinstance(value, float) and math.isfinite(value) for value in values):
        raise FileError(f"{name}: wanted finite numbers")
    return values
