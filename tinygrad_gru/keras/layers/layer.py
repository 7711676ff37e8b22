"""What all layers of the Keras face are: built when they first see an input, and made again from their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ... import interop
from ...core.support.arguments import brief, flag
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import ArgumentError, DtypeError, ShapeError
from ...nn.module import Module
from ...nn.support.modes import in_mode
from .arguments import as_in_keras, refuse_unknown, refuse_unsupported, whole
from .config import config_of, own_kinds, settings_in

__all__ = ["Layer", "Weight", "arrays_of", "shape_of"]

# What Keras's layers also take and ours do not; None, their default, is welcome, and what else changes nothing.
ELSEWHERE = (
    "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer", "embeddings_regularizer",
    "kernel_constraint", "recurrent_constraint", "bias_constraint", "embeddings_constraint", "beta_regularizer",
    "gamma_regularizer", "beta_constraint", "gamma_constraint", "seed", "lora_rank", "lora_alpha", "noise_shape",
    "dtype", "quantization_config", "weights", "use_cudnn", "autocast", "data_format", "center", "scale",
    "beta_initializer", "gamma_initializer", "batch_size", "batch_shape", "sparse", "ragged", "tensor", "optional",
    "rms_scaling",
)  # fmt: skip
HARMLESS: Mapping[str, tuple[Any, ...]] = {
    "dtype": ("float32",),
    "use_cudnn": ("auto", False),
    "autocast": (True,),
    "data_format": ("channels_last",),
    "center": (True,),
    "scale": (True,),
    "beta_initializer": ("zeros",),
    "gamma_initializer": ("ones",),
    "sparse": (False,),
    "ragged": (False,),
    "optional": (False,),
    "rms_scaling": (False,),
}


class Settings(Mapping[str, Any]):
    """The arguments of a layer; not a dictionary, in which a module would look for layers."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Weight:
    """One of the weights of a layer, by Keras's name and in its packing: `numpy()` reads it, `assign` replaces it."""

    layer: Layer
    index: int  # in get_weights()
    path: str  # gru/gru_cell/kernel

    @property
    def name(self) -> str:
        """The last part of the path: kernel, recurrent_kernel, bias, embeddings, gamma, beta."""
        return self.path.rpartition("/")[2]

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes, in Keras's packing."""
        shape: tuple[int, ...] = self.numpy().shape
        return shape

    def numpy(self) -> Array:
        """The numbers, copied."""
        array: Array = self.layer.get_weights()[self.index]
        return array

    def assign(self, value: Any) -> None:
        """Other numbers of the same shape."""
        weights = self.layer.get_weights()
        weights[self.index] = np.asarray(value_of(value))
        self.layer.set_weights(weights)


class Layer(Module):
    """Base of the layers: `build(shape)` makes the weights, `call(x, mask)` uses them.

    Inputs have the batch first. A layer is built when it is first called, or from the shape that is known before;
    shapes have None for the batch, and for the time steps where they are not known. `mask` (B, T) says which steps
    count, None that all do; `next_mask` is the one that the layer above gets.
    """

    KEPT: ClassVar[tuple[str, ...]] = ("name", "trainable", "input_shape", "batch_input_shape")
    BESIDE: ClassVar[Mapping[str, Any]] = {}  # what else Keras has in the config of such a layer
    WELCOME: ClassVar[Mapping[str, tuple[Any, ...]]] = HARMLESS
    WEIGHTS: ClassVar[tuple[str, ...]] = ()  # Keras's names of the weights, in the order of get_weights

    def __init__(self, options: Mapping[str, Any], **settings: Any) -> None:
        if not isinstance(options, Mapping):
            raise ArgumentError(f"{type(self).__name__}: options: got {brief(options)}, wanted a dictionary. try: {{}}")
        for option, value in options.items():
            if option not in self.KEPT:
                self._refuse(option, value, settings)
        who = type(self).__name__
        if not isinstance(options.get("name"), str | None):
            raise ArgumentError(f"{who}: name: got {brief(options['name'])}, wanted a text. try: to leave it out")
        self.named = bool(options.get("name"))  # or a model may number it: gru, gru_1
        self.name = options.get("name") or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()
        self.input_shape = self._declared_shape(options)  # to the first layer of a model
        self.settings = Settings(settings)
        for setting, value in settings.items():
            setattr(self, setting, value)
        self.built = False
        self._trainable = True
        if "trainable" in options:  # or a layer inside keeps its own
            self.trainable = options["trainable"]

    if TYPE_CHECKING:  # the settings are attributes: self.units

        def __getattr__(self, name: str) -> Any: ...

    def _declared_shape(self, options: Mapping[str, Any]) -> tuple[Any, ...] | None:
        for name in ("batch_input_shape", "input_shape"):
            if (shape := options.get(name)) is not None:
                checked = shape_of(type(self).__name__, name, shape)
                return (None, *(checked[1:] if name == "batch_input_shape" else checked))
        return None

    def _refuse(self, option: str, value: Any, settings: Mapping[str, Any]) -> None:
        who = type(self).__name__
        if option not in ELSEWHERE:
            refuse_unknown(who, option, [*settings, *self.KEPT])
        refuse_unsupported(who, option, value, (None, *self.WELCOME.get(option, ())))

    @property
    def trainable(self) -> bool:
        """Whether `fit` moves the weights; set it at any time, it counts from the next update on.

        A layer that is set sets the layers inside it too.
        """
        is_trainable: bool = self._trainable
        return is_trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = flag(f"{self.name}: trainable", value)
        for module in self.modules():
            if isinstance(module, Layer):
                module._trainable = value

    def build(self, shape: tuple[Any, ...]) -> None:
        """Make the weights for inputs of this shape."""

    def size(self, shape: tuple[Any, ...]) -> int:
        """How many weights `build` makes for inputs of this shape."""
        return 0

    def call(self, x: Any, mask: Array | None = None) -> Any:
        """The output."""
        raise NotImplementedError(f"{type(self).__name__} needs a call(self, x, mask) method")

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        """The mask for what comes after this layer."""
        return mask

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape of the output for inputs of this shape."""
        return shape

    def ensure_built(self, shape: tuple[Any, ...]) -> None:
        """Make the weights, if there are none yet."""
        shape = shape_of(self.name, "shape", shape)
        if not self.built:
            if shape[-1:] == (None,) and len(shape) > 2:
                raise ArgumentError(f"{self.name}: the size of the last axis is not known: {shape}")
            self.build(shape)
            self.built, self.built_for = True, shape

    @as_in_keras()
    def forward(self, x: Any, mask: Array | None = None, *, training: bool | None = None) -> Any:
        """What `call` returns, after building if need be; `training` says whether dropout works in this call.

        Without it that is as `train()` or `eval()` said last.
        """
        x = x if isinstance(x, Tensor) else Tensor(x)
        mask = self._checked_mask(mask, x)
        self.ensure_built((None, *x.shape[1:]))
        with in_mode(self, training):
            return self.call(x, mask)

    def _checked_mask(self, mask: Any, x: Tensor) -> Array | None:
        """The mask, if it says for each step of each sample whether it counts."""
        if mask is None:
            return None
        array: Array = np.asarray(value_of(mask))
        if array.dtype.kind not in "biuf":
            raise DtypeError(f"{self.name}: mask is {array.dtype}, wanted bools. try: mask.astype(bool)")
        array = array.astype(bool)
        if array.ndim < 2 or array.shape != x.shape[: array.ndim]:
            raise ShapeError(f"{self.name}: mask has shape {array.shape}, wanted {x.shape[:2]}: (batch, time steps)")
        return array

    # --- as a dictionary ---------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The settings, name and dtype, as Keras has them."""
        return config_of(self)

    @classmethod
    @as_in_keras()
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The layer of such a dictionary, ours or Keras's, without weights; what we have not is refused by name.

        `custom_objects` has classes of your own by name, for layers inside this one.
        """
        return cls(**settings_in(cls, config, own_kinds(custom_objects)))

    @classmethod
    def arguments_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        """The arguments in a config of Keras's."""
        return config

    # --- weights -----------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Weight]:
        """The weights by Keras's names, none before there are any."""
        return [Weight(self, i, f"{self.name}/{path}") for i, path in enumerate(self._paths())] if self.built else []

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that `fit` moves: all, or none."""
        return self.weights if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The weights that stay."""
        return [] if self.trainable else self.weights

    def _paths(self) -> list[str]:
        """The names of the weights below the layer's own."""
        return list(self.WEIGHTS[: len(self.get_weights())])

    def get_weights(self) -> list[Array]:
        """The weights in Keras's order and packing."""
        self._require_built()
        return interop.to_keras(self)

    def set_weights(self, weights: list[Any]) -> None:
        """Take weights in Keras's order and packing."""
        self._require_built()
        interop.from_keras(self, arrays_of(weights))

    def _require_built(self) -> None:
        if not self.built:
            raise ArgumentError(f"{self.name} has no weights yet. try: to call it, or Input(shape) before it")

    def describe(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items() if value is not None)


def arrays_of(weights: Any) -> list[Array]:
    """Weights, as `get_weights` returns them, in float32."""
    if not isinstance(weights, list | tuple):
        raise ArgumentError(f"set_weights: got {type(weights).__name__}, wanted a list. try: that of get_weights")
    try:
        arrays = [np.asarray(w) for w in weights]
        if any(array.dtype.kind == "c" for array in arrays):
            raise TypeError("these are complex")
        return [array.astype(np.float32) for array in arrays]
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"set_weights: wants arrays of numbers: {error}. try: those of get_weights") from None


def shape_of(who: str, name: str, shape: Any) -> tuple[Any, ...]:
    """A shape, of whole numbers and None for what is not known."""
    if not isinstance(shape, tuple | list) or not shape:
        raise ArgumentError(f"{who}: {name}: got {brief(shape)}, wanted a tuple. try: {name}=(None, 3)")
    return tuple(None if n is None else whole(who, name, n, least=0) for n in shape)
