"""A layer as a dictionary of Keras's shape, and back: `get_config` and `from_config`.

Keras's own dictionaries are read, and ours are read there: initialisers and the dtype are dictionaries in one another,
and what Keras has and we have not stands at its default. Nothing is looked up but names in the tables below.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ...core.support.arguments import brief
from ...errors import ArgumentError, did_you_mean
from ...nn.activations import activation as named_activation
from ...nn.activations import name_of

__all__ = [
    "KINDS", "POLICY", "absent", "checked_config", "config_of", "described", "initialiser", "layer_of", "own_kinds",
    "settings_in",
]  # fmt: skip

POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
SCALED = {"seed": None, "input_axes": None, "output_axes": None}
INITIALISERS: dict[str, tuple[str, dict[str, Any]]] = {  # the first of a class is the one that it is read as
    "glorot_uniform": ("GlorotUniform", SCALED),
    "glorot_normal": ("GlorotNormal", SCALED),
    "he_uniform": ("HeUniform", SCALED),
    "he_normal": ("HeNormal", SCALED),
    "lecun_uniform": ("LecunUniform", SCALED),
    "lecun_normal": ("LecunNormal", SCALED),
    "truncated_normal": ("TruncatedNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    "uniform": ("RandomUniform", {"seed": None, "minval": -0.05, "maxval": 0.05}),
    "random_uniform": ("RandomUniform", {"seed": None, "minval": -0.05, "maxval": 0.05}),
    "random_normal": ("RandomNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    "normal": ("RandomNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    "orthogonal": ("Orthogonal", {"seed": None, "gain": 1.0}),
    "zeros": ("Zeros", {}),
    "ones": ("Ones", {}),
}
DEEPEST = 4  # layers within layers: TimeDistributed(Bidirectional(GRU))

KINDS: dict[str, Any] = {}  # the layers of this package by name; their own __init__ enters them


def config_of(layer: Any) -> dict[str, Any]:
    """Name, dtype and settings of a layer, and what Keras has beside them; functions are an ArgumentError."""
    config: dict[str, Any] = {"name": layer.name, "trainable": layer.trainable, "dtype": deepcopy(POLICY)}
    config |= {key: _plain(layer, key, value) for key, value in layer.settings.items()}
    return deepcopy(dict(layer.BESIDE)) | config


def initialiser(name: str) -> dict[str, Any]:
    """An initialiser as Keras describes it."""
    kind, options = INITIALISERS[name]
    return {"module": "keras.initializers", "class_name": kind, "config": deepcopy(options), "registered_name": None}


def absent(names: str) -> dict[str, Any]:
    """Arguments that Keras has and we have not, at their default."""
    return dict.fromkeys(names.split())


def described(layer: Any) -> dict[str, Any]:
    """A layer as it stands in the dictionary of what holds it."""
    kind = {"Input": "InputLayer"}.get(type(layer).__name__, type(layer).__name__)
    is_stock = type(layer) in KINDS.values()
    return {
        "module": "keras.layers" if is_stock else None,
        "class_name": kind,
        "config": layer.get_config(),
        "registered_name": None if is_stock else kind,
    }


def _plain(layer: Any, key: str, value: Any) -> Any:
    if hasattr(value, "get_config"):
        return described(value)
    if key.endswith("activation"):
        value = name_of(named_activation(value)) or value  # swish is silu there too
    if key.endswith("_initializer") and isinstance(value, str) and value in INITIALISERS:
        return initialiser(value)
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, str | int | float | bool | None):
        hint = f"try: a name for {key}, or a get_config of your own"
        raise ArgumentError(f"get_config: {layer.name}: {key} is a {type(value).__name__}, not a name. {hint}")
    return value


def checked_config(who: str, config: Any) -> dict[str, Any]:
    """A copy of a dictionary with names as its keys."""
    if not isinstance(config, Mapping) or not all(isinstance(key, str) for key in config):
        raise ArgumentError(f"{who}: got {brief(config)}, wanted a dictionary. try: that of get_config()")
    return dict(config)


def layer_of(description: Any, own: Mapping[str, Any], depth: int = 0) -> Any:
    """The layer of a description, of this package or one of the user's own classes by name."""
    if depth > DEEPEST:
        raise ArgumentError(f"from_config: more than {DEEPEST} layers within layers. try: fewer")
    name = description.get("class_name") if isinstance(description, Mapping) else None
    kinds = {**KINDS, "InputLayer": KINDS["Input"], **own}
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        hint = f"{did_you_mean(str(name), kinds)}, or custom_objects for your own"
        raise ArgumentError(f"from_config: there is no layer {brief(name)} here. {hint}")
    config = checked_config(f"{name}.from_config", description.get("config"))
    if name in own and kind not in KINDS.values():
        return kind.from_config(config)
    return kind(**settings_in(kind, config, own, depth))


def settings_in(kind: Any, config: Any, own: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The arguments for a layer of this kind: what Keras nests is made plain again, and layers inside are made."""
    arguments = checked_config(f"{kind.__name__}.from_config", config)
    for key, value in arguments.items():
        if not isinstance(value, Mapping):
            continue
        if key == "dtype":
            arguments[key] = value.get("config", {}).get("name") if isinstance(value.get("config"), Mapping) else value
        elif key.endswith("_initializer"):
            arguments[key] = _initialiser(kind.__name__, key, value)
        elif key.endswith("layer"):
            arguments[key] = layer_of(value, own, depth + 1)
    adapted: dict[str, Any] = kind.arguments_of(arguments)
    return adapted


def own_kinds(custom_objects: Any) -> dict[str, Any]:
    """The user's own classes by name."""
    own = {} if custom_objects is None else checked_config("from_config: custom_objects", custom_objects)
    if wrong := [name for name, value in own.items() if not isinstance(value, type)]:
        raise ArgumentError(f"from_config: custom_objects: {wrong[0]!r} is no class. try: {{'MyLayer': MyLayer}}")
    return own


def _initialiser(who: str, key: str, value: Mapping[str, Any]) -> str:
    """Our name of an initialiser of Keras's, if it is one that we have."""
    kind, options = value.get("class_name"), value.get("config")
    for name, (class_name, usual) in INITIALISERS.items():
        if kind == class_name:
            if not isinstance(options, Mapping) or any(usual.get(k) != v for k, v in options.items()):
                raise ArgumentError(f"{who}: {key}: {kind} with {brief(options)} is not supported here. try: {name!r}")
            return name
    raise ArgumentError(f"{who}: {key}: there is no {brief(kind)} here. {did_you_mean(str(kind), INITIALISERS)}")
