"""Callbacks, on figures written out."""

import csv

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, FileError, TinygradError
from tinygrad_gru.keras.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from tinygrad_gru.keras.layers import Dense, Input
from tinygrad_gru.keras.models import Sequential, load_model


class FakeModel:
    """A model whose weights are the number of the epoch."""

    stop_training = False
    weights: int | None = None

    def state_dict(self):
        return {"w": self.weights}

    def load_state_dict(self, state):
        self.weights = state["w"]


def epochs_of(callback: EarlyStopping, figures: list[float], name: str = "val_loss") -> FakeModel:
    """Epochs with these figures, until the callback stops them."""
    model = FakeModel()
    callback.set_model(model)
    callback.on_train_begin({})
    for epoch, figure in enumerate(figures):
        model.weights = epoch
        callback.on_epoch_end(epoch, {name: figure})
        if model.stop_training:
            break
    callback.on_train_end({})
    return model


@pytest.mark.parametrize(
    ("options", "figures", "last"),
    [
        ({}, [3, 2, 1, 1, 0], 3),
        ({"patience": 2}, [3, 2, 2.5, 1, 1.5, 1.2, 0], 5),
        ({"min_delta": 0.5}, [3, 2, 1.8, 0], 2),
        ({"baseline": 1.0, "patience": 2}, [3, 2, 0], 2),
        ({"baseline": 1.0, "patience": 2}, [3, 2, 2, 0], 2),  # the epochs that got better count too
        ({"baseline": 1.0, "patience": 2}, [3, 0.5, 0.6, 0.7, 0], 3),
        ({"baseline": 1.0, "patience": 5, "restore_best_weights": True}, [3, 2, 2.5], 1),
        ({"start_from_epoch": 3}, [1, 2, 3, 4, 5, 6], 4),
        ({"mode": "max"}, [1, 2, 1, 0], 2),
        ({}, [1, float("nan")], 1),
        ({"patience": 5}, [3, 2, 1], 2),
    ],
)
def test_early_stopping_stops_at(options, figures, last):
    assert epochs_of(EarlyStopping(**options), figures).weights == last


def test_accuracy_is_better_when_it_is_more():
    assert epochs_of(EarlyStopping("val_accuracy"), [0.1, 0.2, 0.3, 0.2], "val_accuracy").weights == 3


def test_whether_more_of_ones_own_metric_is_better_must_be_said():
    """As in Keras: 0.1 0.2 0.3 of an F1 got worse in silence."""
    for callback in (EarlyStopping("val_f1"), ReduceLROnPlateau("val_f1")):
        callback.set_model(line()[0])
        callback.on_train_begin({})
        with pytest.raises(
            ArgumentError, match="mode: of 'val_f1' 'auto' cannot tell .* try: mode='max', or mode='min'"
        ):
            callback.on_epoch_end(0, {"val_f1": 0.1})
    assert epochs_of(EarlyStopping("val_f1", mode="max"), [0.1, 0.2, 0.3, 0.2], "val_f1").weights == 3


def test_early_stopping_brings_the_best_weights_back(capsys):
    model = epochs_of(EarlyStopping(patience=2, restore_best_weights=True, verbose=1), [3, 1, 2, 2, 0])
    assert model.weights == 1
    assert capsys.readouterr().out == "Epoch 4: early stopping\n"


def line(**options):
    model = Sequential([Input((1,)), Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    return model, lambda **more: model.fit(np.ones((4, 1)), np.ones(4), **({"verbose": 0} | options | more))


def test_model_checkpoint_writes_each_epoch_or_the_best(tmp_path, capsys):
    model, fit = line(epochs=2)
    fit(callbacks=[ModelCheckpoint(tmp_path / "m{epoch:02d}-{loss:.1f}.npz", verbose=1)])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name[:3] for name in names] == ["m01", "m02"]
    assert capsys.readouterr().out.count("saved to") == 2
    assert (load_model(tmp_path / names[1]).get_weights()[0] == model.get_weights()[0]).all()

    fit(callbacks=[ModelCheckpoint(tmp_path / "best.npz", "loss", save_best_only=True, save_weights_only=True)])
    model.load_weights(tmp_path / "best.npz")


def test_a_file_name_with_an_unknown_figure_is_refused(tmp_path):
    _, fit = line()
    with pytest.raises(ArgumentError, match="filepath names 'val_loss', which is no figure. try: epoch, loss"):
        fit(callbacks=[ModelCheckpoint(str(tmp_path / "{val_loss}.npz"))])


def test_terminate_on_nan_stops_quietly(capsys):
    model, _ = line()
    model.set_weights([np.array([[1e30]])])
    history = model.fit([[1e30], [1e30]], [0.0, 0.0], batch_size=1, epochs=3, verbose=0, callbacks=[TerminateOnNaN()])
    assert capsys.readouterr().out == "Batch 0: the loss is inf, training stops\n"
    assert len(history.epoch) == 1


def test_csv_logger_writes_a_line_for_each_epoch_and_appends(tmp_path):
    path = tmp_path / "log.csv"
    _, fit = line(epochs=2)
    fit(callbacks=[CSVLogger(path)])
    fit(callbacks=[CSVLogger(path, append=True)])
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["epoch", "0", "1", "0", "1"]
    assert rows[0] == ["epoch", "loss"]
    with pytest.raises(FileError, match="CSVLogger: cannot write .*: No such file or directory"):
        fit(callbacks=[CSVLogger(tmp_path / "no" / "log.csv")])


def test_csv_logger_does_not_write_into_a_row_that_a_power_cut_has_torn(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"epoch,loss\r\n0,0.5\r\n1,0.2")
    _, fit = line(epochs=1)
    fit(callbacks=[CSVLogger(path, append=True)])
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[:3] == [["epoch", "loss"], ["0", "0.5"], ["1", "0.2"]] and [row[0] for row in rows[3:]] == ["0"]


def test_every_callback_is_called_in_order():
    calls = []

    class Spy(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                calls.append(name)
            return super().__getattribute__(name)

    _, fit = line()
    fit(callbacks=[Spy()], batch_size=2)
    batch = ["on_train_batch_begin", "on_train_batch_end"]
    assert calls == ["on_train_begin", "on_epoch_begin", *batch, *batch, "on_epoch_end", "on_train_end"]


def test_a_figure_that_is_not_there_is_named():
    _, fit = line()
    with pytest.raises(ArgumentError, match="there is no figure 'val_loss'. val_ figures need validation_data"):
        fit(callbacks=[EarlyStopping()])
    with pytest.raises(ArgumentError, match="mode: got 'least', wanted auto, min or max"):
        EarlyStopping(mode="least")


# --- learning rates --------------------------------------------------------------------------------------------------


def scheduled(callback, optimizer="sgd", epochs=4):
    tg.seed(0)
    model = Sequential([Input((2,)), Dense(1)])
    model.compile(optimizer, "mse")
    x = np.ones((4, 2), np.float32)
    return model, model.fit(x, np.ones((4, 1)), epochs=epochs, verbose=0, callbacks=[callback]).history


def test_a_schedule_sets_the_rate_before_each_epoch_and_the_history_has_it(capsys):
    model, history = scheduled(LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1))
    assert history["learning_rate"] == [0.005, 0.0025, 0.00125, 0.000625]
    assert model.optimizer.learning_rate == 0.000625
    assert capsys.readouterr().out.splitlines()[0] == "Epoch 1: the learning rate is 0.005"


def test_a_schedule_goes_with_any_optimiser():
    model, history = scheduled(LearningRateScheduler(lambda epoch, rate: 0.1 * (epoch + 1)), tg.optim.Adagrad)
    assert history["learning_rate"] == [0.1, 0.2, pytest.approx(0.3), 0.4] and model.optimizer.lr == 0.4


@pytest.mark.parametrize("rate", [0, -1.0, float("nan"), None, "low"])
def test_a_schedule_returns_a_positive_number(rate):
    with pytest.raises(TinygradError, match="what the schedule returned"):
        scheduled(LearningRateScheduler(lambda epoch, old: rate))


def test_the_rate_falls_on_a_plateau_and_not_below_its_least(capsys):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=10.0, min_lr=0.003, verbose=1)
    _, history = scheduled(callback, epochs=8)  # no epoch after the first gets better by 10
    assert history["learning_rate"] == [0.01] * 3 + [0.005] * 2 + [0.003] * 3
    lines = [f"Epoch {epoch}: the learning rate becomes {rate}\n" for epoch, rate in ((3, 0.005), (5, 0.003))]
    assert capsys.readouterr().out == "".join(lines)


def test_a_figure_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(ArgumentError, match="ReduceLROnPlateau: there is no figure 'val_loss'"):
        scheduled(ReduceLROnPlateau())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": 1.0}, "factor: got 1.0, wanted a number below 1"),
        ({"factor": 0.0}, "factor"),
        ({"patience": -1}, "patience"),
        ({"cooldown": 1.5}, "cooldown"),
        ({"min_lr": -1}, "min_lr"),
        ({"mode": "best"}, "mode"),
        ({"verbose": 7}, "verbose"),
        ({"min_delta": float("nan")}, "min_delta"),
        ({"epsilon": 1}, "unknown argument 'epsilon'"),
    ],
)
def test_arguments_of_the_plateau_that_make_no_sense_are_refused(options, message):
    with pytest.raises(TinygradError, match=message):
        ReduceLROnPlateau(**options)


@pytest.mark.parametrize("schedule", [None, 0.1, int])
def test_a_schedule_is_a_function(schedule):
    with pytest.raises(ArgumentError, match="schedule: got"):
        LearningRateScheduler(schedule)
