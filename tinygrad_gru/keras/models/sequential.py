"""A chain of layers that knows how to train itself: Keras's Sequential."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ... import interop, nn
from ...core.support.arguments import brief, flag
from ...core.support.arrays import Array
from ...core.support.modes import no_grad
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import ArgumentError, FileError
from ...nn.activations import activation as named_activation
from ...nn.files import load, save
from ...nn.module import Module
from ...nn.support.modes import in_mode
from ..callbacks import Callback, History, kerass_own_explained, refuse_kerass_own
from ..layers.arguments import as_in_keras, check_verbose, whole
from ..layers.basic import Activated
from ..layers.config import POLICY, checked_config, described, layer_of, own_kinds
from ..layers.layer import Layer, Weight, arrays_of, shape_of
from ..layers.recurrent import Recurrent, jit
from ..optimizers import Maker, maker_of
from ..optimizers import described as described_optimizer
from . import training_loop
from .data import Data, data_of, weighted_by_class
from .losses_metrics import Loss, Metric, OwnLoss, loss_of, metric_of, name_of_metric
from .saving import save_model

__all__ = ["Sequential"]

PathLike = str | os.PathLike[str]


class Sequential(Module):
    """Layers one after the other; the mask of padded steps travels with the data.

    >>> import numpy as np
    >>> from tinygrad_gru.keras.layers import GRU, Dense, Embedding
    >>> model = Sequential([Embedding(10, 4, mask_zero=True), GRU(8), Dense(1, activation="sigmoid")])
    >>> model.predict(np.array([[1, 2, 0], [3, 4, 5]])).shape
    (2, 1)
    """

    loss: Loss | OwnLoss | None = None
    maker: Maker | None = None
    jit_compile: bool | str = False  # until `compile`

    @as_in_keras()
    def __init__(self, layers: Sequence[Layer] | None = None, trainable: bool = True, name: str | None = None) -> None:
        if not isinstance(name, str | None):
            raise ArgumentError(f"Sequential: name: got {brief(name)}, wanted a text. try: to leave it out")
        self.name = name or "sequential"
        self._optimizer: Any = None  # the optimiser, once there are weights
        self._trainable = flag("Sequential: trainable", trainable)
        self.layers: list[Layer] = []
        self.metrics: dict[str, Metric] = {}
        self.stop_training = False
        self.history: History | None = None
        if not isinstance(layers, Iterable | None):
            raise ArgumentError(f"Sequential: layers: got {type(layers).__name__}, wanted a list. try: [Dense(1)]")
        for layer in () if layers is None else layers:
            self.add(layer)

    @property
    def trainable(self) -> bool:
        """Whether `fit` moves the weights; setting it sets all layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = flag(f"{self.name}: trainable", value)
        for layer in self.layers:
            layer.trainable = value

    @property
    def optimizer(self) -> Any:
        """The optimiser: before there are weights the one that `compile` was told, whose learning rate counts."""
        return self.maker if self._optimizer is None else self._optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        raise ArgumentError("Sequential: optimizer cannot be set. try: model.compile(optimizer=..., loss=...)")

    @as_in_keras(rebuild=(True,))
    def add(self, layer: Layer) -> None:
        """Put a layer on top."""
        if not isinstance(layer, Layer):
            hint = "from tinygrad_gru.keras.layers import GRU, Dense"
            raise ArgumentError(f"Sequential: wants layers, got {type(layer).__name__}. try: {hint}")
        if any(layer is other for other in self.layers):
            raise ArgumentError(f"Sequential: {layer.name!r} is in the model already. try: another layer like it")
        taken = {other.name for other in self.layers}
        if layer.named and layer.name in taken:
            raise ArgumentError(f"Sequential: two layers are called {layer.name!r}. try: another name=")
        stem, numbers = layer.name, itertools.count(1)
        while layer.name in taken:
            layer.name = f"{stem}_{next(numbers)}"
        self.layers = [*self.layers, layer]
        if not self.trainable:
            layer.trainable = False
        self._jit(self.jit_compile)
        if self.layers[0].input_shape is not None and None not in self.layers[0].input_shape[2:]:
            self.build(self.layers[0].input_shape)

    @as_in_keras()
    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make all weights, for inputs of this shape; the batch, and the time steps if not known, are None."""
        if not isinstance(input_shape, tuple | list) or not input_shape:
            raise ArgumentError(f"build: input_shape: got {brief(input_shape)}, wanted a tuple. try: (None, 5, 3)")
        shape = shape_of("build", "input_shape", input_shape)
        for layer in self.layers:
            layer.ensure_built(shape)
            shape = layer.output_shape(shape)

    # --- forward -----------------------------------------------------------------------------------------------------

    @as_in_keras()
    def forward(self, x: Any, training: bool | None = None, mask: Array | None = None) -> Any:
        """The output for a batch x (B, ...); `training` says whether dropout works in this call.

        Without it that is as `train()` or `eval()` said last.
        """
        with in_mode(self, training):
            return self.outputs(x, mask)[0]

    def outputs(self, x: Any, mask: Array | None = None) -> tuple[Any, Any, Array | None]:
        """The output, what it was before the loss's own activation (or None), and the mask of its steps."""
        if not self.layers:
            raise ArgumentError("Sequential: there are no layers. try: model.add(Dense(1))")
        *below, top = self.layers
        x = x if isinstance(x, Tensor) else Tensor(x)
        for layer in below:
            x, mask = self._one(layer, x, mask), layer.next_mask(x, mask)
        if self.loss is None or not isinstance(top, Activated) or top.activation != self.loss.wants:
            return self._one(top, x, mask), None, top.next_mask(x, mask)
        top.ensure_built((None, *x.shape[1:]))
        logits = top.before_activation(x, mask)
        return named_activation(top.activation)(logits), logits, top.next_mask(x, mask)

    def _one(self, layer: Layer, x: Any, mask: Array | None) -> Any:
        y = layer(x, mask)
        if isinstance(y, list):
            raise ArgumentError(f"Sequential: {layer.name} returns a list. try: return_state=False")
        return y

    # --- training ----------------------------------------------------------------------------------------------------

    @as_in_keras(
        weighted_metrics=(None,), run_eagerly=(False,), steps_per_execution=(1,), auto_scale_loss=(True,),
    )  # fmt: skip
    def compile(
        self, optimizer: Any = "rmsprop", loss: str | Callable[..., Any] | None = None, loss_weights: None = None,
        metrics: Sequence[str | Callable[..., Any]] | None = None, *, jit_compile: bool | str = "auto",
    ) -> None:  # fmt: skip
        """Say how to train: optimiser, loss and metrics, by name or, the optimiser, by one of `optimizers`.

        A loss or metric may be a function of y_true and y_pred, float32 in one shape, that returns a number for each
        prediction or one for all. A loss gets y_pred as a tensor and returns one; a metric gets and returns arrays.

        `loss_weights` has its place for Keras's sake, and must be None: there is one loss. With `jit_compile="auto"`
        the recurrent layers are compiled that can be, as by `tg.compile`; with True all of them, or there is an error
        that says why not; with False they run eagerly, step by step.
        """
        if loss_weights is not None:
            hint = "try: metrics=[...], by its name"
            raise ArgumentError(f"compile: loss_weights: got {brief(loss_weights)}, and there is one loss. {hint}")
        if loss is None:
            raise ArgumentError("compile: which loss? try: loss='binary_crossentropy'")
        if not isinstance(metrics, list | tuple | None):
            raise ArgumentError(f"compile: metrics wants a list. try: metrics=[{brief(metrics)}]")
        names = [name_of_metric(metric) for metric in metrics or ()]
        for name, metric in zip(names, metrics or (), strict=True):
            if callable(metric) and (names.count(name) > 1 or name == "loss"):
                raise ArgumentError(
                    f"compile: metrics: another is called {name!r} too. try: a function of another name"
                )
        self.metrics = {name: metric_of(metric) for name, metric in zip(names, metrics or (), strict=True)}
        if not isinstance(jit_compile, bool) and not (isinstance(jit_compile, str) and jit_compile == "auto"):
            raise ArgumentError(f"compile: jit_compile: got {brief(jit_compile)}, wanted True, False or 'auto'")
        self.loss, self.maker, self._optimizer = loss_of(loss), maker_of(optimizer), None
        self._jit(jit_compile)

    def _jit(self, jit_compile: bool | str) -> None:
        """Compile the recurrent layers, those that are there and those to come, as `compile` explains it."""
        self.jit_compile = jit_compile
        for module in self.modules():
            if isinstance(module, Recurrent):
                module.jit_compile = jit_compile  # for when it is built
            elif isinstance(module, nn.Recurrent):
                jit(module, jit_compile)

    @as_in_keras(steps_per_epoch=(None,), validation_steps=(None,), validation_freq=(1,))
    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        *,
        validation_batch_size: int | None = None,
    ) -> History:
        """Train on samples x (N, ...) and targets y (N, ...) for so many epochs; returns the History.

        The last `validation_split` of the samples is kept apart, or `validation_data` (x, y) is used, to measure after
        each epoch; `class_weight` does not count there. The order of the samples is new in each epoch, unless
        shuffle=False, and follows `tg.seed`. A verbose of 1 shows a bar, 2 a line for each epoch, 0 nothing; "auto" a
        bar where there is a terminal. Ctrl-C ends after the update at work. Raises DivergedError when the loss is not
        finite.
        """
        self._compiled("fit")
        check_verbose("fit", verbose)
        if not isinstance(callbacks, list | tuple | None) or not all(isinstance(c, Callback) for c in callbacks or ()):
            raise ArgumentError(
                f"fit: callbacks: got {brief(callbacks)}, wanted a list of them. try: [EarlyStopping()]"
            )
        data = data_of("fit", x, y, sample_weight)
        held_out: Data | None = None
        if validation_data is not None:
            if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
                hint = "try: validation_data=(x, y)"
                raise ArgumentError(f"fit: validation_data wants (x, y) or (x, y, sample_weight). {hint}")
            held_out = data_of("fit: validation_data", *validation_data)
        elif not (isinstance(validation_split, int | float) and validation_split == 0):
            data, held_out = data.split(validation_split)
        data = weighted_by_class("fit", data, class_weight)  # what is held out is measured as it is
        size = _size("fit", batch_size)
        measured_size = size if validation_batch_size is None else _size("fit", validation_batch_size)
        plan = training_loop.Plan(data, held_out, size, initial_epoch, epochs, shuffle, measured_size)
        self.history = History()
        training_loop.fit(self, plan, [*(callbacks or ()), self.history], verbose)
        return self.history

    @as_in_keras(steps=(None,), callbacks=(None,))
    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """The loss, followed by the metrics if there are any; as a dictionary with `return_dict`.

        A verbose of 1 or 2 prints them too, 0 and "auto" do not.
        """
        self._compiled("evaluate")
        check_verbose("evaluate", verbose)
        flag("evaluate: return_dict", return_dict)
        figures = training_loop.measure(self, data_of("evaluate", x, y, sample_weight), _size("evaluate", batch_size))
        if verbose in (1, 2):
            training_loop.print_figures("evaluate", figures)
        return figures if return_dict else _as_list(figures)

    @as_in_keras(steps=(None,), callbacks=(None,))
    def predict(self, x: Any, batch_size: int | None = None, verbose: str | int = "auto") -> Array:
        """The outputs (N, ...) for samples x (N, ...); a verbose of 1 or 2 tells how many, 0 and "auto" do not."""
        check_verbose("predict", verbose)
        size = _size("predict", batch_size)
        with in_mode(self, False), no_grad():
            parts = [value_of(self(batch.x)) for batch in data_of("predict", x).batches(size)]
        if verbose in (1, 2):
            training_loop.print_figures(f"predict · {sum(map(len, parts))} samples", {})
        return np.concatenate(parts)

    @as_in_keras()
    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One update; returns the loss of this batch, before the update, followed by the metrics if there are any.

        As a dictionary with `return_dict`.
        """
        flag("train_on_batch: return_dict", return_dict)
        self._compiled("train_on_batch")
        means = training_loop.new_means(self)
        training_loop.update(self, data_of("train_on_batch", x, y, sample_weight, class_weight), means)
        figures = {name: mean.value for name, mean in means.items()}
        return figures if return_dict else _as_list(figures)

    @as_in_keras()
    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss of one batch, followed by the metrics if there are any; as a dictionary with `return_dict`."""
        flag("test_on_batch: return_dict", return_dict)
        self._compiled("test_on_batch")
        data = data_of("test_on_batch", x, y, sample_weight)
        figures = training_loop.measure(self, data, len(data))
        return figures if return_dict else _as_list(figures)

    @as_in_keras()
    def predict_on_batch(self, x: Any) -> Array:
        """The output for one batch."""
        return self.predict(x, batch_size=max(1, len(data_of("predict", x))))

    def reset_states(self) -> None:
        """Let all stateful layers start from zeros again."""
        for layer in self.layers:
            if hasattr(layer, "reset_state"):
                layer.reset_state()

    def prepare(self, x: Array) -> None:
        """Build what is not built, for inputs as x, and make the optimiser of the weights."""
        if self._optimizer is not None and "learning_rate" in vars(self._optimizer):
            hint = "try: model.optimizer.lr"
            name = type(self._optimizer).__name__
            raise ArgumentError(f"{name}: learning_rate is not what its rate is called. {hint}")
        if self._optimizer is None:
            assert self.maker is not None
            if not all(layer.built for layer in self.layers):
                with in_mode(self, False), no_grad():
                    self(x[:1])
                self.reset_states()
            self._optimizer = self.maker(self.parameters())

    def _compiled(self, name: str) -> None:
        if self.loss is None:
            hint = "model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])"
            raise ArgumentError(f"{name}: the model is not compiled. try: {hint}")

    # --- weights and files -------------------------------------------------------------------------------------------

    def get_weights(self) -> list[Array]:
        """All weights in Keras's order and packing."""
        self._built("get_weights")
        return [w for layer in self.layers for w in interop.to_keras(layer)]

    @as_in_keras()
    def set_weights(self, weights: Sequence[Any]) -> None:
        """Take weights in Keras's order and packing; unless all of them fit, none is taken."""
        self._built("set_weights")
        interop.from_keras(self, arrays_of(weights))

    @property
    def weights(self) -> list[Weight]:
        """The weights of all layers by Keras's names: `{w.path: w.numpy() for w in model.weights}`."""
        return [replace(w, path=f"{self.name}/{w.path}") for layer in self.layers for w in layer.weights]

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that `fit` moves."""
        return [w for layer, w in zip(self._owners(), self.weights, strict=True) if layer.trainable]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The weights that stay."""
        return [w for layer, w in zip(self._owners(), self.weights, strict=True) if not layer.trainable]

    def _owners(self) -> list[Layer]:
        return [layer for layer in self.layers for _ in layer.weights]

    def count_params(self) -> int:
        """How many weights there are."""
        self._built("count_params")
        return self.num_parameters

    @as_in_keras()
    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or the one of this index."""
        if (name is None) == (index is None):
            raise ArgumentError("get_layer: wants a name or an index. try: get_layer(index=0)")
        if index is not None:
            if type(index) is not int or not -len(self.layers) <= index < len(self.layers):
                raise ArgumentError(
                    f"get_layer: index: got {brief(index)}, wanted one of {len(self.layers)} layers. try: 0"
                )
            return self.layers[index]
        for layer in self.layers:
            if isinstance(name, str) and layer.name == name:
                return layer
        raise ArgumentError(
            f"get_layer: there is no {brief(name)}. try: {', '.join(layer.name for layer in self.layers)}"
        )

    def _built(self, name: str) -> None:
        for layer in self.layers:
            if not layer.built:
                raise ArgumentError(f"{name}: {layer.name} has no weights yet. try: Input(shape) first, or model.build")

    @as_in_keras(zipped=(None,))
    def save(self, filepath: PathLike, overwrite: bool = True) -> None:
        """Write layers, weights and what `compile` was told to one npz, atomically; `load_model` reads it."""
        _may_be_written("save", filepath, overwrite)
        self._built("save")
        optimizer = (
            None if self.maker is None else described_optimizer(self.maker)
        )  # None, too, for one of the user's own
        is_named = isinstance(self.loss, Loss) and all(metric_of(name, None) is m for name, m in self.metrics.items())
        compiled = [optimizer, self.loss.name, list(self.metrics)] if optimizer and self.loss and is_named else None
        save_model(filepath, self.name, self.layers, self.state_dict(), compiled)

    @as_in_keras(max_shard_size=(None,))
    def save_weights(self, filepath: PathLike, overwrite: bool = True) -> None:
        """Write the weights alone, as npz."""
        self._built("save_weights")
        _may_be_written("save_weights", filepath, overwrite)
        save(self, filepath)

    # --- as a dictionary ---------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The layers, each a dictionary as Keras has them, and the shape that they are built for."""
        layers = []
        for layer in self.layers:
            built = {"build_config": {"input_shape": list(layer.built_for)}} if layer.built else {}
            layers.append(described(layer) | ({} if type(layer).__name__ == "Input" else built))
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": deepcopy(POLICY)}
        config["layers"] = layers
        if self.layers and self.layers[0].built:
            config["build_input_shape"] = list(self.layers[0].input_shape or self.layers[0].built_for)
        return config

    @classmethod
    @as_in_keras()
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The model of such a dictionary, ours or Keras's, with initial weights, and not compiled.

        `custom_objects` has layer classes of your own by name. What we have not is refused by name.
        """
        config, own = checked_config("from_config", config), own_kinds(custom_objects)
        if not isinstance(config.get("layers"), list | tuple):
            raise ArgumentError("from_config: there is no list of layers. try: the get_config() of a Sequential")
        model = cls(name=config.get("name"), trainable=config.get("trainable", True))
        for description in config["layers"]:
            model.add(layer_of(description, own))
        shape = config.get("build_input_shape")
        if shape is not None and model.layers and not all(layer.built for layer in model.layers):
            model.build(tuple(shape) if isinstance(shape, list | tuple) else shape)
        return model

    def to_json(self) -> str:
        """The same as a text, which `models.model_from_json` reads, here and in Keras."""
        whole = {"module": "keras", "class_name": "Sequential", "config": self.get_config(), "registered_name": None}
        return json.dumps(whole)

    @as_in_keras(skip_mismatch=(False,))
    def load_weights(self, filepath: PathLike) -> None:
        """Read weights that `save_weights` wrote for the same layers; unless all of them fit, none is taken."""
        self._built("load_weights")
        with kerass_own_explained("load_weights", filepath):
            load(self, filepath)

    @as_in_keras(
        line_length=(None,), positions=(None,), expand_nested=(False,), show_trainable=(False,), layer_range=(None,)
    )
    def summary(self, *, print_fn: Callable[[str], object] | None = None) -> None:
        """Print the layers, the shapes of their outputs and the numbers of their weights, with `print_fn` if given."""
        if print_fn is not None and (not callable(print_fn) or isinstance(print_fn, type)):
            raise ArgumentError(f"summary: print_fn: got {brief(print_fn)}, wanted a function of a text. try: print")
        show = print_fn or print
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, title=f'Model: "{self.name}"', title_justify="left")
        for column in ("Layer (type)", "Output shape", "Weights"):
            table.add_column(column, justify="right" if column == "Weights" else "left", no_wrap=True)
        for layer, shape in self._shapes():
            count = f"{layer.num_parameters:,}" if layer.built else "not built"
            table.add_row(f"{layer.name} ({type(layer).__name__})", shape, count)
        console = Console(highlight=False, markup=False)
        with console.capture() as capture:
            console.print(table)
        show("\n".join(line.rstrip() for line in capture.get().splitlines()))
        total = sum(layer.num_parameters for layer in self.layers if layer.built)
        show(f" {total:,} weights, {total * 4 / 1024:,.1f} kB")

    def _shapes(self) -> Iterator[tuple[Layer, str]]:
        shape = self.layers[0].input_shape if self.layers else None
        for layer in self.layers:
            if shape is not None:
                shape = layer.output_shape(shape)
            yield layer, "?" if shape is None else str(shape)


def _as_list(figures: dict[str, float]) -> Any:
    """The loss, or where there are metrics a list with them behind it."""
    values = list(figures.values())
    return values if len(values) > 1 else values[0]


def _size(who: str, batch_size: int | None) -> int:
    """How many samples a batch has, by default 32."""
    return 32 if batch_size is None else whole(who, "batch_size", batch_size)


def _may_be_written(who: str, path: PathLike, overwrite: bool) -> None:
    refuse_kerass_own(who, path)
    if not flag(f"{who}: overwrite", overwrite) and Path(path).exists():
        raise FileError(f"{who}: {os.fspath(path)} is there already. try: overwrite=True, or another name")
