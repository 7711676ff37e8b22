"""The recurrent layers: SimpleRNN, GRU, LSTM, and Bidirectional, as adapters of those in `nn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import interop, nn
from ...core.ops import concat, expand_dims, flip, where
from ...core.support.arguments import brief, fraction
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError
from ...nn.activations import activation as named_activation
from ...nn.recurrent import compiling
from ...nn.support.modes import in_mode
from .arguments import as_in_keras
from .layer import Layer, initial

__all__ = ["GRU", "LSTM", "Bidirectional", "SimpleRNN"]


class Recurrent(Layer):
    """Base of the recurrent layers: x (B, T, I) to the last output (B, units), or with `return_sequences` to all of
    them (B, T, units); with `return_state` a list of that and the last states.

    `dropout` makes holes in the input and `recurrent_dropout` in the state, the same at every step. `stateful` starts
    where the last batch ended, until `reset_state()`. `go_backwards` takes the steps from last to first, and leaves the
    outputs in this order. A step that the mask leaves out repeats the output before it.
    """

    GATES = 1
    past_end = "repeat"
    inner: Any
    jit_compile: bool | str = False  # what `compile` of the model was told: until then it runs eagerly

    def __init__(self, options: Any, **settings: Any) -> None:
        super().__init__(options, **settings)
        for name in ("activation", "recurrent_activation"):
            named_activation(settings.get(name))  # an unknown name is refused now
        fraction(f"{type(self).__name__}: recurrent_dropout", settings["recurrent_dropout"])
        self.input_dropout = nn.Dropout(settings["dropout"], shared_axis=1)

    def make(self, inputs: int, **options: Any) -> Any:
        """The layer of `nn`."""
        raise NotImplementedError

    def build(self, shape: tuple[Any, ...]) -> None:
        if len(shape) != 3:
            wanted = "(batch, time steps, numbers)"
            raise ArgumentError(f"{type(self).__name__}: got inputs of shape {shape}, wanted {wanted}")
        self.inner = self.make(
            shape[-1],
            bias=self.use_bias,
            batch_first=True,
            init="keras",
            recurrent_dropout=self.recurrent_dropout,
            go_backwards=self.go_backwards,
            stateful=self.stateful,
            past_end=self.past_end,
        )
        self._initialise(shape[-1])
        jit(self.inner, self.jit_compile)

    def _initialise(self, inputs: int) -> None:
        """Initial weights other than Keras's usual ones, which the layer of `nn` has already."""
        names = {0: "kernel_initializer", 1: "recurrent_initializer", 2: "bias_initializer"}
        usual = ("glorot_uniform", "orthogonal", "zeros")
        chosen = {i: getattr(self, name) for i, name in names.items() if not _is_text(getattr(self, name), usual[i])}
        if chosen:
            weights = interop.to_keras(self.inner)
            for i, name in chosen.items():
                if i < len(weights):
                    weights[i] = initial(name, weights[i].shape)
            if 2 in chosen and self.settings.get("unit_forget_bias") and self.use_bias:
                weights[2][self.units : 2 * self.units] = 1  # gates i f g o
            interop.from_keras(self.inner, weights)

    def size(self, shape: tuple[Any, ...]) -> int:
        inputs, units, biases = shape[-1], self.units, (1 + bool(self.settings.get("reset_after"))) * self.use_bias
        return int(self.GATES * units * (inputs + units + biases))

    def call(self, x: Any, mask: Array | None = None, initial_state: Any = None) -> Any:
        if mask is not None and mask.ndim != 2:
            raise ShapeError(f"{self.name}: mask has shape {mask.shape}, wanted {x.shape[:2]}: (batch, time steps)")
        h0 = initial_state
        if h0 is not None:
            states = h0 if isinstance(h0, list | tuple) else [h0]
            h0 = tuple(expand_dims(s, axis=0) for s in states)  # (1, B, units)
            h0 = h0[0] if len(h0) == 1 else h0
        if mask is not None and self.dropout:
            x = where(mask[:, :, None], x, 0.0)  # before the holes: an infinity times 0 is NaN, of which NumPy warns
        out, last = self.inner(self.input_dropout(x), h0, mask=mask)  # (B, T, units)
        result = out if self.return_sequences else out[:, -1]
        if not self.return_state:
            return result
        return [result, *[s[0] for s in (last if isinstance(last, tuple) else (last,))]]

    @as_in_keras()
    def forward(
        self, x: Any, mask: Array | None = None, initial_state: Any = None, *, training: bool | None = None
    ) -> Any:
        if initial_state is None:
            return super().forward(x, mask, training=training)
        x = x if isinstance(x, Tensor) else Tensor(x)
        mask = self._fitting(mask, x)
        self.ensure_built((None, *x.shape[1:]))
        with in_mode(self, training):
            return self.call(x, mask, initial_state)

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        return mask if self.return_sequences else None

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (shape[0], shape[1], self.units) if self.return_sequences else (shape[0], self.units)

    def reset_state(self) -> None:
        """Let a stateful layer start from zeros again."""
        if self.built:
            self.inner.reset_state()


def _is_text(value: Any, text: str) -> bool:
    return isinstance(value, str) and value == text


class SimpleRNN(Recurrent):
    """The plain recurrent layer: h = tanh(x kernel + h recurrent_kernel + bias)."""

    @as_in_keras()
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            options, units=units, activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer, bias_initializer=bias_initializer, dropout=dropout,
            recurrent_dropout=recurrent_dropout, return_sequences=return_sequences, return_state=return_state,
            go_backwards=go_backwards, stateful=stateful,
        )  # fmt: skip

    def make(self, inputs: int, **options: Any) -> nn.RNN:
        return nn.RNN(inputs, self.units, nonlinearity=self.activation, **options)


class GRU(Recurrent):
    """The gated recurrent unit, by default in Keras 3's dialect, so that weights carry over.

    That is `reset_after=True`: the reset gate comes after the product, and there are two bias vectors. The seed
    equations of the README, with the reset gate before the product, are `reset_after=False`. In either, `get_weights`
    returns the weights as Keras has them, where z multiplies the old state: the signs of z are those of Keras.
    """

    GATES = 3

    @as_in_keras()
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        reset_after: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(
            options, units=units, activation=activation, recurrent_activation=recurrent_activation, use_bias=use_bias,
            kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer, dropout=dropout, recurrent_dropout=recurrent_dropout,
            return_sequences=return_sequences, return_state=return_state, go_backwards=go_backwards,
            stateful=stateful, reset_after=reset_after,
        )  # fmt: skip

    def make(self, inputs: int, **options: Any) -> nn.GRU:
        return nn.GRU(
            inputs, self.units, reset_after=self.reset_after, activation=self.activation,
            gate_activation=self.recurrent_activation, **options,
        )  # fmt: skip


class LSTM(Recurrent):
    """The long short-term memory. With `unit_forget_bias` the bias of the forget gate starts at 1."""

    GATES = 4

    @as_in_keras()
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            options, units=units, activation=activation, recurrent_activation=recurrent_activation, use_bias=use_bias,
            kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer, unit_forget_bias=unit_forget_bias, dropout=dropout,
            recurrent_dropout=recurrent_dropout, return_sequences=return_sequences, return_state=return_state,
            go_backwards=go_backwards, stateful=stateful,
        )  # fmt: skip

    def make(self, inputs: int, **options: Any) -> nn.LSTM:
        forget_bias = 1.0 if self.unit_forget_bias and self.use_bias else None
        return nn.LSTM(
            inputs, self.units, activation=self.activation, gate_activation=self.recurrent_activation,
            forget_bias=forget_bias, **options,
        )  # fmt: skip


class Bidirectional(Layer):
    """A recurrent layer that reads forward, and a copy of it that reads backward.

    `merge_mode` says what becomes of the two outputs: "concat" (side by side), "sum", "mul", "ave", or None for a list
    of both. `backward_layer` is used instead of the copy.
    """

    MODES = ("concat", "sum", "mul", "ave", None)

    @as_in_keras()
    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", *, backward_layer: Any = None, **options: Any
    ) -> None:
        super().__init__(options, layer=layer, merge_mode=merge_mode, backward_layer=backward_layer)
        if not isinstance(layer, Recurrent):
            raise ArgumentError(f"Bidirectional: wants SimpleRNN, GRU or LSTM, got {type(layer).__name__}")
        if backward_layer is not None and not isinstance(backward_layer, Recurrent):
            got = type(backward_layer).__name__
            raise ArgumentError(f"Bidirectional: backward_layer: wants SimpleRNN, GRU or LSTM, got {got}")
        if not isinstance(merge_mode, str | None) or merge_mode not in self.MODES:
            raise ArgumentError(
                f"Bidirectional: merge_mode: got {brief(merge_mode)}, wanted concat, sum, mul, ave or None"
            )
        if backward_layer is None:
            settings = dict(layer.settings) | {"go_backwards": not layer.go_backwards}
            self.backward_layer = type(layer)(**settings, name=f"backward_{layer.name}", trainable=layer.trainable)
        alike = ("return_sequences", "return_state", "stateful")
        for name in alike:
            if getattr(self.backward_layer, name) != getattr(layer, name):
                raise ArgumentError(f"Bidirectional: both layers must have the same {name}")
        if self.backward_layer.go_backwards == layer.go_backwards:
            raise ArgumentError("Bidirectional: both layers read in the same direction. try: go_backwards=True for one")

        if (
            layer.return_sequences
        ):  # where a Bidirectional gives all outputs, Keras has zeros for what the mask leaves out
            layer.past_end = self.backward_layer.past_end = "zero"

    def build(self, shape: tuple[Any, ...]) -> None:
        self.layer.ensure_built(shape)
        self.backward_layer.ensure_built(shape)

    def call(self, x: Any, mask: Array | None = None) -> Any:
        one, two = self.layer(x, mask), self.backward_layer(x, mask)
        states: list[Any] = []
        if self.layer.return_state:
            states = [*one[1:], *two[1:]]
            one, two = one[0], two[0]
        if self.layer.return_sequences:
            two = flip(two, axis=1)
        merging: dict[Any, Callable[[], Any]] = {
            "concat": lambda: concat([one, two], axis=-1),
            "sum": lambda: one + two,
            "mul": lambda: one * two,
            "ave": lambda: (one + two) / 2,
            None: lambda: [one, two],
        }
        merged = merging[self.merge_mode]()
        if not states:
            return merged
        return [*(merged if isinstance(merged, list) else [merged]), *states]

    def size(self, shape: tuple[Any, ...]) -> int:
        return self.layer.size(shape) + self.backward_layer.size(shape)  # type: ignore[no-any-return]

    def next_mask(self, x: Any, mask: Array | None) -> Array | None:
        kept: Array | None = self.layer.next_mask(x, mask)
        return kept

    def output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        one: tuple[Any, ...] = self.layer.output_shape(shape)
        return (*one[:-1], 2 * one[-1]) if self.merge_mode == "concat" else one

    def reset_state(self) -> None:
        """Let stateful layers start from zeros again."""
        self.layer.reset_state()
        self.backward_layer.reset_state()


def jit(layer: nn.Recurrent, jit_compile: bool | str) -> None:
    """Compile a layer if that is True, or an ArgumentError says why not; with "auto" if it can be; with False not."""
    if jit_compile == "auto":
        compiling.compile_what_can(layer)
    else:
        compiling.compile(layer, engine="compiled" if jit_compile else "eager")
