"""A good call of everything public in the Keras face: layers, models, callbacks and optimizers, fresh each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_gru as tg
from tests.faults import odd_calls
from tests.faults.good_calls.ingredients import F, path, x
from tests.faults.odd_calls import call
from tinygrad_gru.keras import callbacks, layers, models, optimizers

__all__ = ["CALLS"]


def model() -> models.Sequential:
    built = models.Sequential([layers.Input((3,)), layers.Dense(1)])
    built.compile("sgd", "mse", metrics=["mae"])
    return built


def saved(weights: bool = False) -> Path:
    there = path("good.npz")
    (model().save_weights if weights else model().save)(there)
    return there


class Stop(callbacks.Callback):
    """After an epoch: as many as one likes may be asked for."""

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.model.stop_training = True


def fitted(callback: callbacks.Callback) -> None:
    """A callback at work: some of its arguments are first used there."""
    model().fit(x(4, 3), x(4, 1), epochs=2, batch_size=4, verbose=0, validation_split=0.25, callbacks=[callback])


def in_fit(kind: Any, *args: Any, **named: Any) -> Any:
    return call(lambda *a, **k: fitted(kind(*a, **k)), *args, **named)


def called(kind: Any, shape: tuple[int, ...], *args: Any, **named: Any) -> Any:
    """A layer made and called: some of its arguments are first used there."""
    given = np.abs(x(*shape)).astype(int) if kind is layers.Embedding else x(*shape)

    def make(*args: Any, **named: Any) -> None:
        layer = kind(*args, **named)
        if not any(
            named.get(name) is f for name in ACTIVATIONS for f in RETURN_NO_TENSOR
        ):  # the equations use what an activation of the user's own returns
            layer(given)

    return call(make, *args, **named)


ACTIVATIONS = ("activation", "recurrent_activation")
RETURN_NO_TENSOR = (odd_calls.returns_nothing, odd_calls.returns_a_number, odd_calls.returns_text)

RECURRENT = {
    "activation": "tanh",
    "use_bias": True,
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    "dropout": 0.1,
    "recurrent_dropout": 0.1,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "name": "mine",
    "trainable": False,
    "input_shape": (4, 2),
    "seed": None,
    "unroll": True,
}


def stepped(maker: Any) -> Any:
    """An optimiser of weights, and a step of it."""
    p = tg.nn.Parameter([1.0])
    p.grad = np.ones(1, F)
    optimiser = maker([p])
    optimiser.step()
    return optimiser


def optimizer(kind: Any, **named: Any) -> Any:
    return call(lambda *a, **k: stepped(kind(*a, **k)), 0.01, **named)


def set_on(thing: Any, attribute: str, value: Any) -> Any:
    return call(lambda value: setattr(thing, attribute, value), value)


CALLS: dict[str, Any] = {
    "tg.keras.Input": lambda: call(tg.keras.Input, (None, 3), name="mine"),
    "tg.keras.Sequential": lambda: call(tg.keras.Sequential, [layers.Input((3,)), layers.Dense(1)], name="mine"),
    # layers
    "tg.layers.Input": lambda: call(layers.Input, (None, 3), name="mine"),
    "tg.layers.Dense": lambda: called(
        layers.Dense,
        (2, 3),
        2,
        activation="relu",
        use_bias=True,
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        name="mine",
        trainable=True,
        input_shape=(3,),
    ),
    "tg.layers.Activation": lambda: called(layers.Activation, (2, 3), "tanh"),
    "tg.layers.Embedding": lambda: called(
        layers.Embedding, (2, 3), 5, 2, embeddings_initializer="uniform", mask_zero=True, input_length=3
    ),
    "tg.layers.Dropout": lambda: called(layers.Dropout, (2, 3), 0.5, seed=None),
    "tg.layers.Flatten": lambda: called(layers.Flatten, (2, 3, 2), name="mine"),
    "tg.layers.LayerNormalization": lambda: called(layers.LayerNormalization, (2, 3), axis=-1, epsilon=1e-3),
    "tg.layers.Masking": lambda: called(layers.Masking, (2, 3, 2), 0.0),
    "tg.layers.TimeDistributed": lambda: called(layers.TimeDistributed, (2, 3, 2), layers.Dense(2)),
    "tg.layers.SimpleRNN": lambda: called(layers.SimpleRNN, (2, 4, 2), 3, **RECURRENT),
    "tg.layers.GRU": lambda: called(
        layers.GRU, (2, 4, 2), 3, recurrent_activation="sigmoid", reset_after=False, **RECURRENT
    ),
    "tg.layers.LSTM": lambda: called(
        layers.LSTM, (2, 4, 2), 3, recurrent_activation="sigmoid", unit_forget_bias=True, **RECURRENT
    ),
    "tg.layers.Bidirectional": lambda: called(
        layers.Bidirectional,
        (2, 4, 2),
        layers.GRU(3),
        merge_mode="sum",
        backward_layer=layers.GRU(3, go_backwards=True),
    ),
    "tg.layers.Layer": lambda: call(layers.Layer, {"name": "mine", "trainable": True}),
    "tg.layers.Layer.ensure_built": lambda: call(layers.Dense(2).ensure_built, (None, 3)),
    "tg.layers.Layer.trainable": lambda: set_on(layers.Dense(2), "trainable", False),
    "tg.layers.Layer.set_weights": lambda: call(built_dense().set_weights, [x(3, 2), x(2)]),
    "tg.layers.Dense.forward": lambda: call(layers.Dense(2), x(2, 4, 3), np.ones((2, 4), bool), training=None),
    "tg.layers.Embedding.forward": lambda: call(layers.Embedding(5, 2), np.array([[0, 4]]), mask=None),
    "tg.layers.GRU.forward": lambda: call(layers.GRU(2), x(2, 4, 3), mask=np.ones((2, 4), bool), initial_state=x(2, 2)),
    "tg.layers.LSTM.forward": lambda: call(layers.LSTM(2), x(2, 4, 3), initial_state=[x(2, 2), x(2, 2)]),
    "tg.layers.Bidirectional.forward": lambda: call(
        layers.Bidirectional(layers.GRU(2)), x(2, 4, 3), mask=np.ones((2, 4), bool)
    ),
    "tg.layers.Bidirectional.forward with states": lambda: call(
        layers.Bidirectional(layers.GRU(2)), x(2, 4, 3), initial_state=[x(2, 2), x(2, 2)]
    ),
    "tg.layers.Layer.from_config": lambda: call(layers.Dense.from_config, layers.Dense(2).get_config()),
    "tg.layers.GRU.from_config": lambda: call(lambda **c: layers.GRU.from_config(c), **layers.GRU(2).get_config()),
    "tg.layers.Input.from_config": lambda: call(
        lambda **c: layers.Input.from_config(c), **layers.Input((2,)).get_config()
    ),
    "tg.layers.TimeDistributed.from_config": lambda: call(
        lambda **c: layers.TimeDistributed.from_config(c, custom_objects={}),
        **layers.TimeDistributed(layers.Dense(2)).get_config(),
    ),
    "tg.layers.Weight.assign": lambda: call(model().weights[0].assign, x(3, 1)),
    "tg.layers.TimeDistributed.forward": lambda: call(
        layers.TimeDistributed(layers.Dense(2)), x(2, 4, 3), mask=np.ones((2, 4), bool)
    ),
    # models
    "tg.models.Sequential": lambda: call(
        models.Sequential, [layers.Input((3,)), layers.Dense(1)], trainable=True, name="mine"
    ),
    "tg.models.Sequential.add": lambda: call(model().add, layers.Dense(2), rebuild=True),
    "tg.models.Sequential.build": lambda: call(models.Sequential([layers.Dense(2)]).build, (None, 3)),
    "tg.models.Sequential.forward": lambda: call(model(), x(2, 3)),
    "tg.models.Sequential.outputs": lambda: call(model().outputs, x(2, 3), mask=None),
    "tg.models.Sequential.compile": lambda: call(model().compile, optimizer="adam", loss="mse", metrics=["mae"]),
    "tg.models.Sequential.compile with functions": lambda: call(
        model().compile, "adam", lambda y, p: ((y - p) ** 2).mean(), metrics=[lambda y, p: abs(y - p)]
    ),
    "tg.models.Sequential.from_config": lambda: call(
        models.Sequential.from_config, model().get_config(), custom_objects={}
    ),
    "tg.models.Sequential.from_config by parts": lambda: call(
        lambda **c: models.Sequential.from_config(c), **model().get_config()
    ),
    "tg.models.model_from_json": lambda: call(models.model_from_json, model().to_json(), custom_objects={}),
    "tg.models.Sequential.fit": lambda: call(
        model().fit,
        x(4, 3),
        x(4, 1),
        batch_size=2,
        epochs=2,
        verbose=0,
        callbacks=[Stop()],
        validation_data=(x(2, 3), x(2, 1)),
        shuffle=True,
        sample_weight=np.ones(4),
        initial_epoch=0,
        validation_batch_size=2,
    ),
    "tg.models.Sequential.fit with a split": lambda: call(
        model().fit,
        x(4, 3),
        np.array([[0], [1], [0], [1]]),
        verbose=0,
        validation_split=0.25,
        class_weight={0: 1.0, 1: 2.0},
    ),
    "tg.models.Sequential.evaluate": lambda: call(
        model().evaluate, x(4, 3), x(4, 1), batch_size=2, verbose=0, sample_weight=np.ones(4), return_dict=True
    ),
    "tg.models.Sequential.predict": lambda: call(model().predict, x(4, 3), batch_size=2, verbose=0),
    "tg.models.Sequential.train_on_batch": lambda: call(
        model().train_on_batch,
        x(4, 3),
        np.array([[0], [1], [0], [1]]),
        sample_weight=np.ones(4),
        class_weight={0: 1.0, 1: 2.0},
        return_dict=True,
    ),
    "tg.models.Sequential.test_on_batch": lambda: call(
        model().test_on_batch, x(4, 3), x(4, 1), sample_weight=np.ones(4), return_dict=True
    ),
    "tg.models.Sequential.predict_on_batch": lambda: call(model().predict_on_batch, x(4, 3)),
    "tg.models.Sequential.get_layer by name": lambda: call(model().get_layer, "dense"),
    "tg.models.Sequential.get_layer by index": lambda: call(model().get_layer, index=1),
    "tg.models.Sequential.set_weights": lambda: call(model().set_weights, [x(3, 1), x(1)]),
    "tg.models.Sequential.save": lambda: call(model().save, path("model.npz"), overwrite=True),
    "tg.models.Sequential.save_weights": lambda: call(model().save_weights, path("model.npz"), overwrite=True),
    "tg.models.Sequential.load_weights": lambda: call(model().load_weights, saved(weights=True)),
    "tg.models.Sequential.summary": lambda: call(model().summary, print_fn=lambda line: None),
    "tg.models.Sequential.trainable": lambda: set_on(model(), "trainable", False),
    "tg.models.Sequential.optimizer.learning_rate": lambda: set_on(compiled(), "learning_rate", 0.1),
    "tg.models.load_model": lambda: call(models.load_model, saved(), compile=True),
    # callbacks
    "tg.callbacks.EarlyStopping": lambda: in_fit(
        callbacks.EarlyStopping,
        monitor="val_loss",
        min_delta=0.0,
        patience=1,
        verbose=0,
        mode="min",
        baseline=1.0,
        restore_best_weights=True,
        start_from_epoch=0,
    ),
    "tg.callbacks.ModelCheckpoint": lambda: in_fit(
        callbacks.ModelCheckpoint,
        path("{epoch}.npz"),
        monitor="val_loss",
        verbose=0,
        save_best_only=True,
        save_weights_only=True,
        mode="min",
        initial_value_threshold=10.0,
    ),
    "tg.callbacks.LearningRateScheduler": lambda: in_fit(
        callbacks.LearningRateScheduler, lambda epoch, rate: rate, verbose=0
    ),
    "tg.callbacks.ReduceLROnPlateau": lambda: in_fit(
        callbacks.ReduceLROnPlateau,
        monitor="val_loss",
        factor=0.5,
        patience=1,
        verbose=0,
        mode="min",
        min_delta=0.0,
        cooldown=1,
        min_lr=0.001,
    ),
    "tg.callbacks.TerminateOnNaN": lambda: in_fit(callbacks.TerminateOnNaN, raise_error=True),
    "tg.callbacks.CSVLogger": lambda: in_fit(callbacks.CSVLogger, path("log.csv"), separator=";", append=True),
    "tg.callbacks.History": lambda: in_fit(callbacks.History),
    "tg.callbacks.Callback": lambda: in_fit(callbacks.Callback),
    # optimizers
    "tg.optimizers.Adam": lambda: optimizer(optimizers.Adam, beta_1=0.8, beta_2=0.9, epsilon=1e-7),
    "tg.optimizers.AdamW": lambda: optimizer(optimizers.AdamW, weight_decay=0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-7),
    "tg.optimizers.SGD": lambda: optimizer(optimizers.SGD, momentum=0.9, nesterov=True),
    "tg.optimizers.RMSprop": lambda: optimizer(optimizers.RMSprop, rho=0.9, epsilon=1e-7),
    "tg.optimizers.Adam.learning_rate": lambda: set_on(optimizers.Adam(), "learning_rate", 0.1),
    "tg.optimizers.maker_of": lambda: call(optimizers.maker_of, "adam"),
    "tg.optimizers.described": lambda: call(optimizers.described, optimizers.Adam()),
}


def built_dense() -> layers.Dense:
    dense = layers.Dense(2)
    dense.build((None, 3))
    dense.built = True
    return dense


def compiled() -> Any:
    """The optimiser of a model that has learned."""
    built = model()
    built.train_on_batch(x(4, 3), x(4, 1))
    return built.optimizer
