"""The layers without a state."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import nn
from ...core.ops import reshape, where
from ...core.support.arguments import at_least_zero, brief, finite
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError
from ...nn.activations import activation as named_activation
from .arguments import as_in_keras, whole
from .layer import Layer, initial, shape_of

__all__ = [
    "Activation", "Dense", "Dropout", "Embedding", "Flatten", "Input", "LayerNormalization", "Masking",
    "TimeDistributed",
]  # fmt: skip


class Input(Layer):
    """What goes into a model: `Input(shape=(length, features))`, the batch left out, None for any length."""

    @as_in_keras()
    def __init__(self, shape: Any = None, **options: Any) -> None:
        if shape is not None:
            shape = tuple(None if n is None else whole("Input", "shape", n) for n in shape_of("Input", "shape", shape))
        super().__init__(options, shape=shape)
        if shape is not None:
            self.input_shape = (None, *shape)

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

    @as_in_keras()
    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **options: Any,
    ) -> None:
        super().__init__(
            options, units=units, activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
        )  # fmt: skip
        named_activation(activation)  # an unknown name is refused now

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

    @as_in_keras()
    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(options, activation=activation)
        named_activation(activation)

    def before_activation(self, x: Any, mask: Array | None = None) -> Any:
        return x


class Embedding(Layer):
    """Whole numbers (B, T) from 0 to input_dim − 1 to vectors (B, T, output_dim).

    With `mask_zero` the number 0 is padding: those steps do not count for the layers above. `input_length` is the
    number of steps, if it is to be fixed.
    """

    @as_in_keras()
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        *,
        mask_zero: bool = False,
        input_length: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            options, input_dim=input_dim, output_dim=output_dim, embeddings_initializer=embeddings_initializer,
            mask_zero=mask_zero, input_length=input_length,
        )  # fmt: skip
        if input_length is not None:
            whole("Embedding", "input_length", input_length)
        if self.input_shape is None:
            self.input_shape = (None, input_length)

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

    @as_in_keras()
    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(options, rate=rate)
        self.dropout = nn.Dropout(rate)

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return self.dropout(x)


class LayerNormalization(Layer):
    """Mean 0 and deviation 1 over the last axis, then gamma and beta."""

    @as_in_keras()
    def __init__(self, axis: int = -1, epsilon: float = 1e-3, **options: Any) -> None:
        super().__init__(options, axis=axis, epsilon=epsilon)
        at_least_zero("LayerNormalization: epsilon", epsilon)
        if type(axis) is not int or axis != -1:
            raise ArgumentError(f"LayerNormalization: axis={brief(axis)} is not supported here. try: axis=-1")

    def build(self, shape: tuple[Any, ...]) -> None:
        self.norm = nn.LayerNorm(shape[-1], self.epsilon)

    def size(self, shape: tuple[Any, ...]) -> int:
        return int(2 * shape[-1])

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return self.norm(x)


class Masking(Layer):
    """Steps in which all numbers are `mask_value` do not count for the layers above."""

    @as_in_keras()
    def __init__(self, mask_value: float = 0.0, **options: Any) -> None:
        if not (isinstance(mask_value, float) and math.isnan(mask_value)):  # NaN marks padding, too
            finite("Masking: mask_value", mask_value)
        super().__init__(options, mask_value=mask_value)

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

    @as_in_keras()
    def __init__(self, **options: Any) -> None:
        super().__init__(options)

    def call(self, x: Any, mask: Array | None = None) -> Any:
        return reshape(x, (x.shape[0], math.prod(x.shape[1:])))

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        return None

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (shape[0], None if None in shape[1:] else math.prod(shape[1:]))


class TimeDistributed(Layer):
    """A layer applied to every time step alike: (B, T, ...) as (B·T, ...)."""

    @as_in_keras()
    def __init__(self, layer: Layer, **options: Any) -> None:
        if not isinstance(layer, Layer):
            hint = "try: TimeDistributed(Dense(2))"
            raise ArgumentError(f"TimeDistributed: wants a layer, got {brief(layer)}. {hint}")
        super().__init__(options, layer=layer)

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
