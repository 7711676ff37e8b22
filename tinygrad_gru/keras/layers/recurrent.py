"""The recurrent layers: SimpleRNN, GRU, LSTM, and Bidirectional, as adapters of those in `nn`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from ... import interop, nn
from ...core.ops import concat, expand_dims, flip, where
from ...core.support.arguments import brief
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError
from ...interop.cells import KeepGRUCell
from ...interop.weights.gate_layouts import sign_turns
from ...nn.activations import activation as named_activation
from ...nn.recurrent import compiling
from ...nn.support.modes import in_mode
from .arguments import ActivationName, Flag, Fraction, Size, as_in_keras, declares_settings
from .config import absent, described
from .initial import initial
from .layer import Layer, Weight

__all__ = ["GRU", "LSTM", "Bidirectional", "SimpleRNN"]


class FromState(Layer):
    """Base of the layers that may be told the state to start from."""

    @as_in_keras()
    def forward(
        self, x: Any, mask: Array | None = None, initial_state: Any = None, *, training: bool | None = None
    ) -> Any:
        """As of all layers; `initial_state` is the state to start from, or a list: those of a forward layer first."""
        if initial_state is None:
            return super().forward(x, mask, training=training)
        x = x if isinstance(x, Tensor) else Tensor(x)
        mask = self._checked_mask(mask, x)
        self.ensure_built((None, *x.shape[1:]))
        with in_mode(self, training):
            return self.call(x, mask, initial_state)  # type: ignore[call-arg]


class Recurrent(FromState):
    """Base of the recurrent layers: x (B, T, I) to the last output (B, units), or with `return_sequences` to all of
    them (B, T, units); with `return_state` a list of that and the last states.

    `dropout` makes holes in the input and `recurrent_dropout` in the state, the same at every step. `stateful` starts
    where the last batch ended, until `reset_state()`. `go_backwards` takes the steps from last to first, and leaves the
    outputs in this order. A step that the mask leaves out repeats the output before it, or with `zero_output_for_mask`
    is 0. `unroll`, a matter of speed there, changes nothing here.
    """

    gates = len(nn.RNNCell.letters)
    IN_NN: ClassVar[dict[str, str]] = {  # Keras's name of an argument, and that in the layer of `nn`
        "activation": "activation",
        "recurrent_activation": "gate_activation",
        "use_bias": "bias",
        "recurrent_dropout": "recurrent_dropout",
        "go_backwards": "go_backwards",
        "stateful": "stateful",
        "reset_after": "reset_after",
    }
    WEIGHTS = ("kernel", "recurrent_kernel", "bias")
    BESIDE: ClassVar = absent(
        "kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer kernel_constraint "
        "recurrent_constraint bias_constraint"
    )
    inner: Any
    jit_compile: bool | str = False  # what `compile` of the model was told: until then it runs eagerly

    def __init__(self, options: Any, **settings: Any) -> None:
        super().__init__(options, **settings)
        self.input_dropout = nn.Dropout(settings["dropout"], shared_axis=1)
        self.past_end = "zero" if settings["zero_output_for_mask"] else "repeat"

    def make(self, inputs: int, **options: Any) -> Any:
        """The layer of `nn`."""
        raise NotImplementedError

    def build(self, shape: tuple[Any, ...]) -> None:
        if len(shape) != 3:
            wanted = "(batch, time steps, numbers)"
            raise ArgumentError(f"{type(self).__name__}: got inputs of shape {shape}, wanted {wanted}")
        options = {self.IN_NN[name]: value for name, value in self.settings.items() if name in self.IN_NN}
        self.inner = self.make(shape[-1], batch_first=True, init="keras", past_end=self.past_end, **options)
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
        return int(self.gates * units * (inputs + units + biases))

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

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"zero_output_for_mask": self.past_end == "zero"}  # by Bidirectional, perhaps

    def _paths(self) -> list[str]:
        cell = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()  # simple_rnn
        return [f"{cell}_cell/{name}" for name in super()._paths()]

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

    IN_NN = Recurrent.IN_NN | {"activation": "nonlinearity"}

    @declares_settings
    def __init__(
        self,
        units: Size,
        activation: ActivationName = "tanh",
        use_bias: Flag = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        *,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        return_sequences: Flag = False,
        return_state: Flag = False,
        go_backwards: Flag = False,
        stateful: Flag = False,
        unroll: Flag = False,
        zero_output_for_mask: Flag = False,
        **options: Any,
    ) -> None:
        """Keras's arguments."""

    def make(self, inputs: int, **options: Any) -> nn.RNN:
        return nn.RNN(inputs, self.units, **options)


class GRU(Recurrent):
    """The gated recurrent unit, by default in Keras 3's dialect, so that weights carry over.

    That is `reset_after=True`: the reset gate comes after the product, and there are two bias vectors. The seed
    equations of the README, with the reset gate before the product, are `reset_after=False`. In either, `get_weights`
    returns the weights as Keras has them, where z multiplies the old state: the signs of z are those of Keras.
    """

    gates = len(nn.GRUCell.letters)
    BESIDE = Recurrent.BESIDE | absent("seed")

    @declares_settings
    def __init__(
        self,
        units: Size,
        activation: ActivationName = "tanh",
        recurrent_activation: ActivationName = "sigmoid",
        use_bias: Flag = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        *,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        return_sequences: Flag = False,
        return_state: Flag = False,
        go_backwards: Flag = False,
        stateful: Flag = False,
        unroll: Flag = False,
        reset_after: Flag = True,
        zero_output_for_mask: Flag = False,
        **options: Any,
    ) -> None:
        """Keras's arguments."""

    def make(self, inputs: int, **options: Any) -> nn.Recurrent:
        if sign_turns(named_activation(self.recurrent_activation)):
            return nn.GRU(inputs, self.units, **options)
        # otherwise no weights of ours make z keep the old state as Keras's does: a cell in which z keeps it
        of_cell = ("activation", "gate_activation", "bias", "reset_after", "init")
        cell = KeepGRUCell(inputs, self.units, **{name: options.pop(name) for name in of_cell})
        return nn.Recurrent(cell, **options)


class LSTM(Recurrent):
    """The long short-term memory. With `unit_forget_bias` the bias of the forget gate starts at 1."""

    gates = len(nn.LSTMCell.letters)
    BESIDE = Recurrent.BESIDE | absent("seed")

    @declares_settings
    def __init__(
        self,
        units: Size,
        activation: ActivationName = "tanh",
        recurrent_activation: ActivationName = "sigmoid",
        use_bias: Flag = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: Flag = True,
        *,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        return_sequences: Flag = False,
        return_state: Flag = False,
        go_backwards: Flag = False,
        stateful: Flag = False,
        unroll: Flag = False,
        zero_output_for_mask: Flag = False,
        **options: Any,
    ) -> None:
        """Keras's arguments."""

    def make(self, inputs: int, **options: Any) -> nn.LSTM:
        forget_bias = 1.0 if self.unit_forget_bias and self.use_bias else None
        return nn.LSTM(inputs, self.units, forget_bias=forget_bias, **options)


class Bidirectional(FromState):
    """A recurrent layer that reads forward, and a copy of it that reads backward.

    `merge_mode` says what becomes of the two outputs: "concat" (side by side), "sum", "mul", "ave", or None for a list
    of both. `backward_layer` is used instead of the copy.
    """

    MODES = ("concat", "sum", "mul", "ave", None)

    @declares_settings
    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", *, backward_layer: Any = None, **options: Any
    ) -> None:
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

        if layer.return_sequences:  # then Keras has zeros for what the mask leaves out
            layer.past_end = self.backward_layer.past_end = "zero"

    def build(self, shape: tuple[Any, ...]) -> None:
        self.layer.ensure_built(shape)
        self.backward_layer.ensure_built(shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        inside = {"layer": described(self.layer), "backward_layer": described(self.backward_layer)}
        inside["layer"]["config"]["name"] = f"forward_{self.layer.name}"
        return config | inside

    @classmethod
    def arguments_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        if isinstance(layer := config.get("layer"), Recurrent):
            layer.name = layer.name.removeprefix("forward_")
        return config

    def _paths(self) -> list[str]:
        return [f"{direction}{weight.path}" for direction, weight in self._each_weight()]

    def _each_weight(self) -> list[tuple[str, Weight]]:
        two = "" if self.backward_layer.name.startswith("backward_") else "backward_"
        return [("forward_", w) for w in self.layer.weights] + [(two, w) for w in self.backward_layer.weights]

    def call(self, x: Any, mask: Array | None = None, initial_state: Any = None) -> Any:
        start: tuple[Any, Any] = (None, None)
        if initial_state is not None:
            count = 2 * len(self.layer.inner.cell.state_sizes)
            if not isinstance(initial_state, list | tuple) or len(initial_state) != count:
                got = len(initial_state) if isinstance(initial_state, list | tuple) else type(initial_state).__name__
                hint = "try: those of the forward layer, then those of the backward one"
                raise ArgumentError(f"{self.name}: initial_state: got {got}, wanted a list of {count} states. {hint}")
            start = list(initial_state[: count // 2]), list(initial_state[count // 2 :])
        one, two = self.layer(x, mask, start[0]), self.backward_layer(x, mask, start[1])
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
