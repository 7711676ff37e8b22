"""Every argument of Keras 3's own signatures, for what we offer: it works as there, or is refused by its name."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import inspect

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, TinygradError
from tinygrad_gru.keras import callbacks, layers, models, optimizers

# Keras's own way from a variable to NumPy is deprecated.
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")]

X, Y = np.ones((4, 3), np.float32), np.ones((4, 1), np.float32)


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


class Odd:
    """A value that no argument can want."""

    def __repr__(self) -> str:
        return "<odd>"


REQUIRED = {
    "Activation": ("tanh",), "Bidirectional": (layers.GRU(2),), "Dense": (2,), "Dropout": (0.5,), "Embedding": (5, 2),
    "Flatten": (), "GRU": (2,), "Input": (), "LSTM": (2,), "LayerNormalization": (), "Masking": (), "SimpleRNN": (2,),
    "TimeDistributed": (layers.Dense(2),), "CSVLogger": ("log.csv",), "ModelCheckpoint": ("model.npz",),
    "EarlyStopping": (), "LearningRateScheduler": (lambda epoch, rate: rate,), "ReduceLROnPlateau": (),
    "TerminateOnNaN": (),
    "Adam": (), "AdamW": (), "RMSprop": (), "SGD": (),
}  # fmt: skip
LAYERS = [name for name in layers.__all__ if name != "Layer"]
CLASSES = [("layers", name) for name in LAYERS]
CLASSES += [("callbacks", n) for n in callbacks.__all__ if n in REQUIRED] + [
    ("optimizers", n) for n in optimizers.__all__ if n in REQUIRED
]
METHODS = ("__init__ add build compile fit evaluate predict train_on_batch test_on_batch predict_on_batch get_layer "
           "save save_weights load_weights summary set_weights to_json").split()  # fmt: skip


def arguments(function) -> dict[str, inspect.Parameter]:
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {n: p for n, p in inspect.signature(function).parameters.items() if n != "self" and p.kind not in kinds}


def test_every_offered_class_and_method_is_walked_through(keras):
    module = {"layers": layers, "callbacks": callbacks, "optimizers": optimizers}
    offered = {(m, n) for m, there in module.items() for n in there.__all__ if inspect.isclass(getattr(there, n))}
    assert offered - set(CLASSES) == {("layers", "Layer"), ("callbacks", "Callback"), ("callbacks", "History")}
    public = {n for n, f in vars(models.Sequential).items() if inspect.isfunction(f) and not n.startswith("_")}
    ours_alone = {"forward", "outputs", "prepare", "reset_states"}
    without_arguments = {"get_weights", "count_params", "get_config"}
    assert public - ours_alone - without_arguments == set(METHODS) - {"__init__"}


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_a_class_takes_each_of_kerass_arguments_or_refuses_it_by_name(keras, module, name):
    ours, theirs = getattr(getattr(tg.keras, module), name), getattr(getattr(keras, module), name)
    for argument, there in (arguments(theirs) | (LAYER if module == "layers" else {})).items():
        if argument in arguments(ours):
            here = arguments(ours)[argument]
            assert here.default == there.default, f"{argument} is {here.default} by default, there {there.default}"
            continue
        if argument in ("name", "trainable") and module == "layers":
            value = "mine" if argument == "name" else False
            assert getattr(ours(*REQUIRED[name], **{argument: value}), argument) == value
            continue
        ours(*REQUIRED[name], **{argument: there.default})  # what changes nothing is welcome
        with pytest.raises(ArgumentError) as refused:
            ours(*REQUIRED[name], **{argument: Odd()})
        assert_names(refused, argument)


LAYER = {n: inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=d) for n, d in (
    ("activity_regularizer", None), ("trainable", True), ("dtype", None), ("autocast", True), ("name", None),
)}  # fmt: skip


def test_the_arguments_of_all_layers_are_kerass(keras):
    assert {n: p.default for n, p in arguments(keras.layers.Layer.__init__).items()} == {
        n: p.default for n, p in LAYER.items()
    }


def assert_names(refused, argument: str) -> None:
    message = str(refused.value)
    assert argument in message and "\n" not in message and ("try: " in message or "did you mean" in message)


def model() -> models.Sequential:
    m = models.Sequential([layers.Input((3,)), layers.Dense(1)])
    m.compile("sgd", "mse")
    return m


CALLS = {
    "__init__": {}, "add": {"layer": layers.Flatten()}, "build": {"input_shape": (None, 3)}, "compile": {"loss": "mse"},
    "fit": {"x": X, "y": Y, "verbose": 0}, "evaluate": {"x": X, "y": Y}, "predict": {"x": X},
    "train_on_batch": {"x": X, "y": Y}, "test_on_batch": {"x": X, "y": Y}, "predict_on_batch": {"x": X},
    "get_layer": {"index": 0}, "save": {"filepath": "m.npz"}, "save_weights": {"filepath": "w.npz"},
    "load_weights": {"filepath": "w.npz"}, "summary": {}, "to_json": {},
    "set_weights": {"weights": [np.ones((3, 1)), np.ones(1)]},
}  # fmt: skip
# Ours is another, and docs/keras.md says so.
OTHER_DEFAULTS = {
    ("fit", "x"), ("fit", "y"), ("evaluate", "x"),
    ("evaluate", "y"), ("train_on_batch", "y"), ("test_on_batch", "y"), ("build", "input_shape"),
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_a_method_takes_each_of_kerass_arguments_or_refuses_it_by_name(keras, method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model().save_weights("w.npz")
    ours, theirs = getattr(models.Sequential, method), getattr(keras.Sequential, method)
    call = models.Sequential if method == "__init__" else getattr(model(), method)
    for argument, there in arguments(theirs).items():
        if argument in arguments(ours):
            here = arguments(ours)[argument]
            assert here.default == there.default or (method, argument) in OTHER_DEFAULTS
            continue
        if method == "add":
            call = model().add
        call(**CALLS[method], **{argument: there.default})
        with pytest.raises(ArgumentError) as refused:
            call(**CALLS[method], **{argument: Odd()})
        assert_names(refused, argument)


@pytest.mark.parametrize("where", [*(f"{m}.{n}" for m, n in CLASSES), *METHODS, "load_model"])
def test_what_may_stand_without_its_name_stands_where_keras_has_it(keras, where):
    module, _, name = where.rpartition(".")
    if where == "load_model":
        ours, theirs = models.load_model, keras.models.load_model
    elif module:
        ours, theirs = getattr(getattr(tg.keras, module), name), getattr(getattr(keras, module), name)
    else:
        ours, theirs = getattr(models.Sequential, name), getattr(keras.Sequential, name)
    positional = [n for n, p in arguments(ours).items() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert positional == list(arguments(theirs))[: len(positional)]


def test_load_model_takes_each_of_kerass_arguments_or_refuses_it_by_name(keras, tmp_path):
    m = model()
    m.save(tmp_path / "m.npz")
    for argument, there in list(arguments(keras.models.load_model).items())[1:]:
        loaded = models.load_model(tmp_path / "m.npz", **{argument: there.default})
        assert (loaded.predict(X) == m.predict(X)).all()
        if argument != "compile":
            with pytest.raises(ArgumentError) as refused:
                models.load_model(tmp_path / "m.npz", **{argument: Odd()})
            assert_names(refused, argument)
    with pytest.raises(ArgumentError, match="evaluate: the model is not compiled"):
        models.load_model(tmp_path / "m.npz", compile=False).evaluate(X, Y)


@pytest.mark.parametrize("metrics", [None, ["mae"]])
@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch", "evaluate"])
def test_figures_come_in_kerass_form(keras, method, metrics):
    ours, theirs = same_start(keras, optimizer="sgd", metrics=metrics)
    x, y = batches()
    for options in ({}, {"return_dict": True}, {"return_dict": False}):
        quiet = {"verbose": 0} if method == "evaluate" else {}
        a, b = (getattr(m, method)(x, y, **options, **quiet) for m in (ours, theirs))
        assert (type(a) is dict, type(a) is list) == (type(b) is dict, type(b) is list)
        if isinstance(a, dict):
            assert set(a) == set(b)
            a, b = list(a.values()), [b[name] for name in a]
        assert np.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_training_in_a_call_says_whether_dropout_works(keras, training):
    x = np.ones((64, 64), np.float32)
    for m in (layers, keras.layers):
        for layer in (m.Dropout(0.5), keras.Sequential([m.Dropout(0.5)]) if m is not layers else
                      models.Sequential([m.Dropout(0.5)])):  # fmt: skip
            y = layer(x, training=training)
            y = y.data if m is layers else keras.ops.convert_to_numpy(y)
            assert set(np.unique(y)) == ({0.0, 2.0} if training else {1.0})


def test_training_holds_for_the_one_call():
    layer = layers.TimeDistributed(layers.Dropout(0.5))
    x = np.ones((4, 8, 8), np.float32)
    for mode in (True, False):
        layer.train(mode)
        assert (layer(x, training=not mode).data == 1).all() == mode
        assert layer.training is layer.layer.training is mode


def chain(m):
    return [m.Input((5, 3)), m.GRU(4, return_sequences=True), m.TimeDistributed(m.Dense(3)), m.GRU(2), m.Dense(1)]


def same_start(keras, **compiled):
    ours, theirs = models.Sequential(chain(layers)), keras.Sequential(chain(keras.layers))
    theirs.set_weights(ours.get_weights())
    for m in (ours, theirs):
        m.compile(**({"optimizer": "adam", "loss": "mse"} | compiled))
    return ours, theirs


def batches():
    rng = np.random.default_rng(3)
    return rng.normal(size=(16, 5, 3)).astype(np.float32), rng.normal(size=(16, 1)).astype(np.float32)


def assert_same_weights(ours, theirs) -> None:
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.abs(a - np.asarray(b)).max() < 1e-5


@pytest.mark.parametrize("number", range(4))
def test_a_layer_that_is_not_trainable_stays_as_in_keras(keras, number):
    ours, theirs = same_start(keras)
    x, y = batches()
    before = ours.get_weights()
    ours.layers[1 + number].trainable = False  # Input is a layer here
    theirs.layers[number].trainable = False
    theirs.compile(optimizer="adam", loss="mse")
    for m in (ours, theirs):
        m.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    assert_same_weights(ours, theirs)
    stayed = sum((a == b).all() for a, b in zip(before, ours.get_weights(), strict=True))
    assert stayed == (3, 2, 3, 2)[number]


def test_a_learning_rate_set_before_and_between_is_kerass(keras):
    ours, theirs = same_start(keras)
    x, y = batches()
    for rate in (0.01, 0.05, 1e-6):
        for m in (ours, theirs):
            m.optimizer.learning_rate = rate
            m.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        assert_same_weights(ours, theirs)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_so_is_one_set_at_the_optimizer_that_compile_was_given(keras, name):
    mine, yours = getattr(optimizers, name)(0.01), getattr(keras.optimizers, name)(0.01)
    ours, theirs = same_start(keras)
    ours.compile(mine, "mse")
    theirs.compile(yours, "mse")
    x, y = batches()
    for rate in (0.01, 0.03):
        mine.learning_rate = yours.learning_rate = rate
        for m in (ours, theirs):
            m.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        assert float(ours.optimizer.learning_rate) == rate == ours.optimizer.lr
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("shape", [(4, 2), (2, 3), (1, 4), (8,), (4,), ()])
def test_time_distributed_refuses_the_masks_that_keras_refuses(keras, shape):
    x, mask = np.ones((2, 4, 5), np.float32), np.ones(shape, bool)
    with pytest.raises((ValueError, IndexError)):
        keras.layers.TimeDistributed(keras.layers.Dense(3))(x, mask=mask)
    with pytest.raises(TinygradError, match=r"time_distributed: mask has shape .*, wanted \(2, 4\)"):
        layers.TimeDistributed(layers.Dense(3))(x, mask=mask)


def test_time_distributed_gives_a_recurrent_layer_its_part_of_the_mask(keras):
    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(2, 3, 4, 5)).astype(np.float32), rng.random((2, 3, 4)) > 0.4
    mask[..., 0] = True
    ours, theirs = (m.TimeDistributed(m.GRU(3)) for m in (layers, keras.layers))
    ours(x)
    theirs(x)
    theirs.set_weights(ours.get_weights())
    y = keras.ops.convert_to_numpy(theirs(x, mask=mask))
    assert np.abs(ours(x, mask=mask).data - y).max() < 1e-5


def test_the_walk_fails_on_a_class_that_swallows_an_argument(keras, monkeypatch):
    class Dense(layers.Dense):
        def __init__(self, units, **swallowed):
            super().__init__(units)

    monkeypatch.setattr(layers, "Dense", Dense)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_class_takes_each_of_kerass_arguments_or_refuses_it_by_name(keras, "layers", "Dense")
