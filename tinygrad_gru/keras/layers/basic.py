"""The layers without a state."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np

from ... import nn
from ...core.ops import reshape, where
from ...core.support.arguments import at_least_zero, brief, finite
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError
from ...nn.activations import activation as named_activation
from .arguments import ActivationName, Flag, Size, declares_settings, whole
from .config import absent, initialiser
from .initial import initial
from .layer import HARMLESS, Layer, shape_of

__all__ = [
    "Activation", "Dense", "Dropout", "Embedding", "Flatten", "Input", "LayerNormalization", "Masking",
    "TimeDistributed",
]  # fmt: skip


def _shape(what: str, value: Any) -> tuple[Any, ...] | None:
    if value is None:
        return None
    return tuple(None if n is None else whole("Input", "shape", n) for n in shape_of("Input", "shape", value))


Shape = Annotated[Any, _shape]


class Input(Layer):
    """What goes into a model: `Input(shape=(length, features))`, the batch left out, None for any length."""

    WELCOME: ClassVar = {**HARMLESS, "dtype": ("float32", "int32", "int64")}  # Embedding looks itself for whole numbers

    @declares_settings
    def __init__(self, shape: Shape = None, **options: Any) -> None:
        if self.shape is not None:
            self.input_shape = (None, *self.shape)

    def get_config(self) -> dict[str, Any]:
        shape = None if self.input_shape is None else list(self.input_shape)
        own = {"batch_shape": shape, "dtype": "float32", "sparse": False, "ragged": False}
        return own | {"name": self.name, "optional": False}

    @classmethod
    def arguments_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        shape = config.pop("batch_shape", None)
        return config if shape is None else config | {"shape": shape_of("Input", "batch_shape", shape)[1:]}

    def call(self, x: Any, mask: Array | None = None) -> Any:
        """x itself."""
        if self.input_shape is not None:
            wanted = self.input_shape[1:]
            if x.ndim != len(wanted) + 1 or any(n not in (None, m) for n, m in zip(wanted, x.shape[1:], strict=True)):
                raise ShapeError(f"Input: got shape {x.shape}, wanted (batch, {', '.join(str(n) for n in wanted)})")
        return x


class Activated(Layer):
    """Base of the layers that end in an activation, which a loss may want to do itself."""

    activation: Any

    def before_activation(self, x: Any, mask: Array | None = None) -> Any:
        """The output before the activation, such as the logits before a sigmoid."""
        raise NotImplementedError(f"{type(self).__name__} needs a before_activation(self, x, mask) method")

    def call(self, x: Any, mask: Array | None = None) -> Any:
        """The output."""
        return named_activation(self.activation)(self.before_activation(x, mask))


class Dense(Activated):
    """activation(x W + b) on the last axis: weights kernel (in, units) and bias (units,)."""

    WEIGHTS = ("kernel", "bias")
    BESIDE: ClassVar = absent(
        "kernel_regularizer bias_regularizer kernel_constraint bias_constraint quantization_config"
    )

    @declares_settings
    def __init__(
        self,
        units: Size,
        activation: ActivationName = None,
        use_bias: Flag = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **options: Any,
    ) -> None:
        """Keras's arguments."""

    def build(self, shape: tuple[Any, ...]) -> None:
        self.linear = nn.Linear(shape[-1], self.units, self.use_bias)
        self.linear.W.assign(initial(self.kernel_initializer, self.linear.W.shape))
        if self.linear.b is not None:
            self.linear.b.assign(initial(self.bias_initializer, self.linear.b.shape))

    def size(self, shape: tuple[Any, ...]) -> int:
        return int(self.units * (shape[-1] + self.use_bias))

    def before_activation(self, x: Any, mask: Array | None = None) -> Any:
        return self.linear(x)

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*shape[:-1], self.units)


class Activation(Activated):
    """An activation by name, or a function."""

    @declares_settings
    def __init__(self, activation: ActivationName, **options: Any) -> None:
        """Keras's argument."""

    def before_activation(self, x: Any, mask: Array | None = None) -> Any:
        return x


class Embedding(Layer):
    """Whole numbers (B, T) from 0 to input_dim − 1 to vectors (B, T, output_dim).

    With `mask_zero` the number 0 is padding: those steps do not count for the layers above. `input_length` is the
    number of steps, if it is to be fixed.
    """

    WEIGHTS = ("embeddings",)
    BESIDE: ClassVar = absent("embeddings_regularizer activity_regularizer embeddings_constraint quantization_config")

    @declares_settings
    def __init__(
        self,
        input_dim: Size,
        output_dim: Size,
        embeddings_initializer: Any = "uniform",
        *,
        mask_zero: Flag = False,
        input_length: int | None = None,
        **options: Any,
    ) -> None:
        if input_length is not None:
            whole("Embedding", "input_length", input_length)
        if self.input_shape is None:
            self.input_shape = (None, input_length)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["input_length"] is None:  # Keras 3 has no such argument any more
            del config["input_length"]
        return config

    def build(self, shape: tuple[Any, ...]) -> None:
        self.embedding = nn.Embedding(self.input_dim, self.output_dim)
        self.embedding.W.assign(initial(self.embeddings_initializer, self.embedding.W.shape))

    def size(self, shape: tuple[Any, ...]) -> int:
        return int(self.input_dim * self.output_dim)

    def call(self, x: Any, mask: Array | None = None) -> Any:
        numbers = value_of(x)
        if numbers.dtype.kind == "f":
            with np.errstate(invalid="ignore"):  # NaN and infinity are no whole number either
                whole = numbers.astype(np.int64)
            if (whole != numbers).any():
                raise ArgumentError("Embedding: wants whole numbers, such as indices of words")
            numbers = whole
        if self.input_length is not None and numbers.shape[1:] != (self.input_length,):
            wanted = f"(batch, {self.input_length}), by input_length"
            raise ShapeError(f"Embedding: got shape {numbers.shape}, wanted {wanted}. try: to pad the sequences")
        return self.embedding(Tensor(numbers))  # (B, T, D)

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        return value_of(x) != 0 if self.mask_zero else mask

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*shape, self.output_dim)


class Dropout(Layer):
    """In training each number is 0 with probability `rate`, and the others grow so that the mean stays."""

    BESIDE: ClassVar = absent("seed noise_shape")

    @declares_settings
    def __init__(self, rate: float, **options: Any) -> None:
        self.dropout = nn.Dropout(rate)

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return self.dropout(x)


class LayerNormalization(Layer):
    """Mean 0 and deviation 1 over the last axis, then gamma and beta."""

    WEIGHTS = ("gamma", "beta")
    BESIDE: ClassVar = {
        "center": True, "scale": True, "rms_scaling": False, "beta_initializer": initialiser("zeros"),
        "gamma_initializer": initialiser("ones"),
    } | absent("beta_regularizer gamma_regularizer beta_constraint gamma_constraint")  # fmt: skip

    @declares_settings
    def __init__(self, axis: int = -1, epsilon: float = 1e-3, **options: Any) -> None:
        at_least_zero("LayerNormalization: epsilon", epsilon)
        if type(axis) is not int or axis != -1:
            raise ArgumentError(f"LayerNormalization: axis={brief(axis)} is not supported here. try: axis=-1")

    @classmethod
    def arguments_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        return config | {"axis": -1} if config.get("axis") == [-1] else config  # as Keras has it once it is built

    def build(self, shape: tuple[Any, ...]) -> None:
        self.norm = nn.LayerNorm(shape[-1], self.epsilon)

    def size(self, shape: tuple[Any, ...]) -> int:
        return int(2 * shape[-1])

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return self.norm(x)


class Masking(Layer):
    """Steps in which all numbers are `mask_value` do not count for the layers above."""

    @declares_settings
    def __init__(self, mask_value: float = 0.0, **options: Any) -> None:
        if not (isinstance(mask_value, float) and math.isnan(mask_value)):  # NaN marks padding, too
            finite("Masking: mask_value", mask_value)

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return where(self._counts(x)[..., None], x, 0.0)

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        return self._counts(x)

    def _counts(self, x: Any) -> Array:
        numbers = value_of(x)
        masked: Any = np.isnan(numbers) if np.isnan(self.mask_value) else numbers == self.mask_value
        counts: Array = ~masked.all(axis=-1)  # (B, T)
        return counts


class Flatten(Layer):
    """All numbers of a sample in one row."""

    BESIDE: ClassVar = {"data_format": "channels_last"}

    @declares_settings
    def __init__(self, **options: Any) -> None:
        """No arguments but those of all layers."""

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return reshape(x, (x.shape[0], math.prod(x.shape[1:])))

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        return None

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (shape[0], None if None in shape[1:] else math.prod(shape[1:]))


class TimeDistributed(Layer):
    """A layer applied to every time step alike: (B, T, ...) as (B·T, ...)."""

    @declares_settings
    def __init__(self, layer: Layer, **options: Any) -> None:
        if not isinstance(layer, Layer):
            hint = "try: TimeDistributed(Dense(2))"
            raise ArgumentError(f"TimeDistributed: wants a layer, got {brief(layer)}. {hint}")

    def _paths(self) -> list[str]:
        return [weight.path for weight in self.layer.weights]

    def build(self, shape: tuple[Any, ...]) -> None:
        self.layer.ensure_built((None, *shape[2:]))

    def size(self, shape: tuple[Any, ...]) -> int:
        return int(self.layer.size((None, *shape[2:])))

    def call(self, x: Any, mask: Array | None = None) -> Any:
        if x.ndim < 3:
            raise ShapeError(f"{self.name}: got shape {x.shape}, wanted (batch, time steps, ...)")
        batch, steps = x.shape[:2]
        inner = None  # of a mask (B, T, ...) with a word for each part of a step
        if mask is not None and mask.ndim > 2:
            inner = mask.reshape(batch * steps, *mask.shape[2:])
        y = self.layer(reshape(x, (batch * steps, *x.shape[2:])), inner)
        return reshape(y, (batch, steps, *y.shape[1:]))

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        inner = self.layer.output_shape((None, *shape[2:]))
        return (shape[0], shape[1], *inner[1:])

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        if mask is None or mask.ndim == 2:
            return mask
        steps: Array = np.asarray(mask.any(axis=tuple(range(2, mask.ndim))))  # (B, T)
        return steps
