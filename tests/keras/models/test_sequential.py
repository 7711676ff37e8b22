"""Sequential: the README's sketch, what fit does with its options, and what it refuses."""

import os
import signal

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DivergedError, FileError, ShapeError
from tinygrad_gru.keras.callbacks import Callback
from tinygrad_gru.keras.layers import GRU, Activation, Dense, Dropout, Embedding, Input
from tinygrad_gru.keras.models import Sequential


@pytest.fixture(autouse=True)
def seeded():
    with tg.seed(0):
        yield


def sentences(n: int = 200, words: int = 20, length: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.integers(0, words, (n, length))
    return x, (x[:, -1] >= words // 2).astype(int)


def sketch(words: int = 20, length: int = 6, **compiled) -> Sequential:
    model = Sequential(
        [
            Embedding(input_dim=words, output_dim=8, input_length=length),
            GRU(8, return_sequences=False),
            Dense(1, activation="sigmoid"),
        ]
    )
    options = {"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"]} | compiled
    model.compile(**options)
    return model


def line(weight: float = 0.0, **compiled) -> Sequential:
    """y = weight·x, one weight."""
    model = Sequential([Input((1,)), Dense(1, use_bias=False)])
    model.compile(**{"optimizer": tg.keras.optimizers.SGD(0.5), "loss": "mse"} | compiled)
    model.set_weights([np.array([[weight]])])
    return model


def test_one_update_by_hand():
    model = line(
        weight=1.0
    )  # L = mean of (w x − y)² over x = 1, 3 and y = 2, 6 is 5 (w − 2)², its derivative 10 (w − 2)
    history = model.fit([[1.0], [3.0]], [2.0, 6.0], verbose=0)
    assert history.history == {"loss": [5.0]}
    assert model.get_weights()[0].item() == 1.0 - 0.5 * 10 * (1 - 2)


def test_the_sketch_learns():
    x, y = sentences()
    model = sketch()
    history = model.fit(x, y, epochs=40, batch_size=16, validation_split=0.2, verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.epoch == list(range(40))
    assert history.history["accuracy"][-1] == 1.0
    loss, accuracy = model.evaluate(x, y)
    assert loss < 0.1 and accuracy > 0.98
    assert model.predict(x).shape == (200, 1)
    assert model.evaluate(x, y, return_dict=True) == {"loss": loss, "accuracy": accuracy}


def test_the_same_seed_gives_the_same_weights():
    x, y = sentences()
    runs = []
    for _ in range(2):
        with tg.seed(3):
            model = sketch()
            model.fit(x, y, verbose=0)
            runs.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    assert (runs[0] == runs[1]).all()


def test_validation_split_takes_the_last_samples_before_shuffling():
    seen = []

    class Spy(Sequential):
        def loss_of(self, batch):
            seen.append(("train" if self.training else "held out", sorted(batch.x[:, 0].tolist())))
            return super().loss_of(batch)

    model = Spy([Dense(1)])
    model.compile("sgd", "mse")
    x = np.arange(10.0)[:, None]
    model.fit(x, np.zeros(10), batch_size=8, validation_split=0.25, verbose=0)
    assert seen == [("train", [0, 1, 2, 3, 4, 5, 6]), ("held out", [7, 8, 9])]


def test_shuffle_takes_every_sample_once_in_a_new_order_each_epoch():
    seen = []

    class Spy(Sequential):
        def loss_of(self, batch):
            seen.extend(batch.x[:, 0].tolist())
            return super().loss_of(batch)

    model = Spy([Dense(1)])
    model.compile("sgd", "mse")
    x = np.arange(20.0)[:, None] / 20
    model.fit(x, x, batch_size=8, epochs=2, verbose=0)
    first, second = seen[:20], seen[20:]
    assert sorted(first) == sorted(second) == x[:, 0].astype(np.float32).tolist()
    assert first != second and first != sorted(first)
    seen.clear()
    model.fit(x, x, batch_size=8, verbose=0, shuffle=False)
    assert seen == sorted(seen)


def test_weights_of_samples_and_classes_multiply():
    x, y = [[1.0], [1.0]], [0, 1]
    for options, wanted in (
        ({}, (1 + 4) / 2),  # w x = 2: (2 − 0)² = 4 and (2 − 1)² = 1
        ({"sample_weight": [1.0, 0.0]}, 4 / 2),
        ({"class_weight": {1: 3.0}}, (4 + 3) / 2),
        ({"class_weight": {1: 3.0}, "sample_weight": [0.5, 2.0]}, (2 + 6) / 2),
        ({"sample_weight": [0.0, 0.0]}, 0.0),
    ):
        assert line(weight=2.0).fit(x, y, verbose=0, **options).history["loss"] == [pytest.approx(wanted)], options


def test_the_mask_goes_from_the_embedding_to_the_loss():
    model = Sequential([Embedding(5, 2, mask_zero=True), GRU(3, return_sequences=True), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.array([[1, 2, 0]])
    y = np.array([[[0.0], [0.0], [1e6]]])  # the last step is padding
    figures = model.test_on_batch(x, y, return_dict=True)
    assert figures["loss"] < 10 and figures["mae"] < 10
    assert np.isfinite(model.train_on_batch(x, y)).all()
    assert model.evaluate(np.zeros((1, 3), int), y) == [0.0, 0.0]  # nothing counts


def test_layers_without_a_name_are_numbered_within_their_model():
    for _ in range(2):
        model = Sequential([Dense(2), Dense(2), GRU(1), Dense(2, name="dense_3"), Dense(1)])
        assert [layer.name for layer in model.layers] == ["dense", "dense_1", "gru", "dense_3", "dense_2"]
    assert model.get_layer("dense_1") is model.layers[1]


def test_dropout_works_in_training_only():
    model = Sequential([Dropout(0.5)])
    x = np.ones((1, 100), np.float32)
    assert (model.predict(x) == 1).all()
    assert (model.train()(x).data == 0).any()


def test_logits_are_used_where_probabilities_would_round_to_one():
    model = Sequential([Input((1,)), Dense(1, use_bias=False), Activation("sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    model.set_weights([np.array([[100.0]])])
    assert model.evaluate([[1.0]], [0]) == pytest.approx(100.0)


def test_a_frozen_layer_keeps_its_weights_and_says_so_when_nothing_is_left_to_learn():
    model = line()
    model.layers[-1].trainable = False
    with pytest.raises(ArgumentError, match="fit: the loss depends on no weights. try: layer.trainable = True"):
        model.train_on_batch([[1.0]], [2.0])
    model.trainable = True
    model.train_on_batch([[1.0]], [2.0])
    assert all(p.requires_grad for p in model.parameters()) and model.get_weights()[0] != 0


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "M.HDF5", "m.weights.h5"])
def test_a_name_of_keras_formats_is_refused_with_what_to_do(name, tmp_path):
    model = line()
    for write in (model.save, model.save_weights, tg.keras.callbacks.ModelCheckpoint):
        with pytest.raises(
            ArgumentError, match=r"has the name of a file of Keras's, and would be an npz. try: .*[mM].npz"
        ):
            write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_0_1_0_wrote_under_such_a_name_is_still_read(tmp_path):
    model = line(3.0)
    model.save_weights(tmp_path / "it.npz")
    (tmp_path / "it.npz").rename(tmp_path / "it.h5")
    other = line()
    other.load_weights(tmp_path / "it.h5")
    assert other.get_weights()[0] == 3.0


def test_a_file_is_not_written_over_with_overwrite_false(tmp_path):
    model = line()
    model.save(tmp_path / "m.npz", overwrite=False)
    with pytest.raises(FileError, match="save: .*m.npz is there already. try: overwrite=True"):
        model.save(tmp_path / "m.npz", overwrite=False)


def test_verbose_is_honoured_and_checked(capsys):
    model = line()
    for verbose in (0, "auto"):
        model.predict([[1.0]], verbose=verbose)
        model.evaluate([[1.0]], [2.0], verbose=verbose)
    assert capsys.readouterr().out == ""
    model.predict([[1.0]], verbose=2)
    model.evaluate([[1.0]], [2.0], verbose=1)
    assert capsys.readouterr().out == "predict · 1 samples\nevaluate · loss 4\n"
    with pytest.raises(ArgumentError, match="predict: verbose: got 3, wanted 'auto', 0, 1 or 2"):
        model.predict([[1.0]], verbose=3)


def test_a_learning_rate_of_a_plain_optimiser_is_refused_under_keras_name():
    model = line(optimizer=lambda parameters: tg.optim.SGD(parameters, 0.5))
    model.train_on_batch([[1.0]], [2.0])
    model.optimizer.learning_rate = 0.1
    with pytest.raises(
        ArgumentError, match="SGD: learning_rate is not what its rate is called. try: model.optimizer.lr"
    ):
        model.train_on_batch([[1.0]], [2.0])
    with pytest.raises(ArgumentError, match="SGD: unknown argument 'learning_rat'. did you mean learning_rate?"):
        tg.keras.optimizers.SGD().learning_rat = 0.1


def test_train_on_batch_is_one_update_of_fit():
    one, other = line(1.0), line(1.0)
    assert one.train_on_batch([[1.0]], [2.0]) == 1.0
    other.fit([[1.0]], [2.0], verbose=0)
    assert one.get_weights()[0] == other.get_weights()[0]
    assert one.predict_on_batch([[1.0]]).item() == one.get_weights()[0].item()


def test_fit_again_goes_on_with_the_optimizer_and_compile_starts_it_anew():
    model = line(optimizer="adam")
    model.fit([[1.0]], [1.0], verbose=0)
    optimizer = model.optimizer
    model.fit([[1.0]], [1.0], verbose=0)
    assert model.optimizer is optimizer and optimizer.steps == 2
    model.compile("sgd", "mse")
    model.fit([[1.0]], [1.0], verbose=0)
    assert model.optimizer is not optimizer


def test_initial_epoch_counts_on():
    history = line().fit([[1.0]], [1.0], epochs=5, initial_epoch=3, verbose=0)
    assert history.epoch == [3, 4]


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 2), ("auto", 2)])
def test_without_a_terminal_each_epoch_is_a_line(verbose, lines, capsys):
    line().fit([[1.0]], [1.0], epochs=2, verbose=verbose, validation_data=([[1.0]], [1.0]))
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == lines
    if lines:
        assert printed.startswith("Epoch 1/2 · loss 1 · val_loss 0\n")


def test_on_a_terminal_there_is_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "100")
    line().fit(np.ones((64, 1)), np.ones(64), verbose=1)
    printed = capsys.readouterr().out
    assert "Epoch 1/1" in printed and "2/2" in printed and "loss" in printed


def test_summary_lists_layers_shapes_and_weights(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    sketch().summary()
    printed = capsys.readouterr().out
    for words in ("(Embedding)", "(None, 6, 8)", "160", "(GRU)", "432", "(None, 1)", "601 weights, 2.3 kB"):
        assert words in printed
    Sequential([Dense(3)]).summary()
    assert "not built" in capsys.readouterr().out


def test_a_loss_that_is_not_finite_raises_and_leaves_the_weights():
    model = line(weight=1e30)
    with pytest.raises(DivergedError, match="not finite in batch 1 of epoch 1. try: a lower learning rate"):
        model.fit([[1e30]], [0.0], verbose=0)
    assert model.get_weights()[0].item() == np.float32(1e30)


@pytest.fixture
def ctrl_c_is_heeded():
    """Also in a shell's background job, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_is_heeded")
def test_ctrl_c_ends_after_the_update_at_work_and_callbacks_hear_of_the_end():
    ended = []

    class Interrupt(Callback):
        def on_train_batch_begin(self, batch, logs):
            if batch == 1:
                os.kill(os.getpid(), signal.SIGINT)

        def on_train_end(self, logs):
            ended.append(self.model.optimizer.steps)

    with pytest.raises(KeyboardInterrupt):
        line().fit(np.ones((64, 1)), np.ones(64), batch_size=8, verbose=0, callbacks=[Interrupt()])
    assert ended == [2]


def test_stateful_layers_are_reset_by_the_model():
    model = Sequential([GRU(2, stateful=True)])
    x = np.ones((1, 2, 1), np.float32)
    first = model.predict(x)
    assert (model.predict(x) != first).any()
    model.reset_states()
    assert (model.predict(x) == first).all()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda m: m.fit([[1.0]], [1.0, 2.0]), "fit: x has 1 samples, but y 2"),
        (lambda m: m.fit([[1.0], [1.0, 2.0]], [1, 2]), "fit: x has rows of unequal length. try: to pad them with 0"),
        (lambda m: m.fit([["a"]], [1]), "fit: x holds <U1, wanted numbers"),
        (lambda m: m.fit([[np.nan]], [1]), "fit: x holds NaN or infinity"),
        (lambda m: m.fit(np.zeros((0, 1)), []), "fit: x has no samples"),
        (lambda m: m.fit(1.0, 1.0), "fit: x is a single number"),
        (lambda m: m.fit([[1.0]], [1.0], epochs=0), "fit: epochs: got 0, wanted a whole number from 1 up"),
        (lambda m: m.fit([[1.0]], [1.0], batch_size=0), "fit: batch_size: got 0"),
        (lambda m: m.fit([[1.0]], [1.0], validation_split=0.5), "of 1 samples leaves one side empty"),
        (lambda m: m.fit([[1.0]], [1.0], validation_split=1.5), "wanted a number between 0 and 1"),
        (lambda m: m.fit([[1.0]], [1.0], verbose=3), "fit: verbose: got 3"),
        (lambda m: m.fit([[1.0]], [1.0], sample_weight=[1, 2]), "fit: sample_weight has shape (2,), wanted (1,)"),
        (lambda m: m.fit([[1.0]], [1.0], sample_weight=[-1]), "sample_weight holds negative numbers"),
        (lambda m: m.fit([[1.0]], [[1.0, 2.0]]), "y has shape (1, 2), but the model's output (1, 1)"),
        (lambda m: m.compile("adma", "mse"), "compile: unknown optimizer 'adma'. did you mean adam?"),
        (lambda m: m.compile("adam", "msee"), "compile: unknown loss 'msee'. did you mean mse?"),
        (lambda m: m.compile("adam", "mse", metrics=["acuracy"]), "did you mean accuracy?"),
        (lambda m: m.compile("adam", "mse", metrics="mae"), "compile: metrics wants a list. try: metrics=['mae']"),
        (
            lambda m: m.compile("adam", "mse", ["mae"]),
            "compile: loss_weights: got ['mae'], and there is one loss. try: ",
        ),
        (lambda m: m.compile("adam"), "compile: which loss?"),
        (lambda m: m.compile(3, "mse"), "compile: optimizer: got int"),
        (lambda m: m.get_layer("x"), "get_layer: there is no 'x'. try: "),
        (lambda m: m.add(m.layers[0]), "'input' is in the model already"),
        (lambda m: [m.add(Dense(1, name="top")) for _ in "ab"], "two layers are called 'top'. try: another name="),
        (lambda m: m.add(3), "Sequential: wants layers, got int"),
        (lambda m: Sequential().predict([[1.0]]), "there are no layers"),
        (lambda m: Sequential([Dense(1)]).fit([[1.0]], [1.0]), "fit: the model is not compiled. try: model.compile("),
        (lambda m: Sequential([Dense(1)]).get_weights(), "has no weights yet"),
        (lambda m: Sequential([GRU(2, return_state=True)]).predict(np.ones((1, 2, 1))), "try: return_state=False"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(act, message):
    with pytest.raises((ArgumentError, ShapeError)) as caught:
        act(line())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_targets_that_do_not_fit_the_loss_name_the_other_loss():
    model = Sequential([Dense(3, activation="softmax")])
    x = np.zeros((2, 4), np.float32)
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ShapeError, match="try: sparse_categorical_crossentropy"):
        model.fit(x, [0, 1], verbose=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match="try: categorical_crossentropy"):
        model.fit(x, np.eye(3)[:2], verbose=0)
