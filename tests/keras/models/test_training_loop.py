"""The loop of `fit`: updates, means over batches, layers that are frozen."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.keras.layers import Dense, Input
from tinygrad_gru.keras.models import Sequential, training_loop
from tinygrad_gru.keras.models.training_loop import Plan, frozen, new_means


@pytest.fixture
def model():
    model = Sequential([Input((1,)), Dense(1, use_bias=False), Dense(1, use_bias=False)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.set_weights([np.array([[2.0]]), np.array([[3.0]])])
    return model


def test_a_layer_that_is_not_trainable_gets_no_gradient(model):
    model.layers[-2].trainable = False
    with frozen(model):
        assert [p.requires_grad for p in model.parameters()] == [False, True]
    assert [p.requires_grad for p in model.parameters()] == [True, True]


def test_there_is_a_mean_for_the_loss_and_each_metric(model):
    assert list(new_means(model)) == ["loss", "mae"]


def test_updates_of_an_epoch_are_counted_with_the_last_short_batch():
    plan = Plan([0] * 10, None, 4, 0, 1, True, 4)  # type: ignore[arg-type]
    assert plan.updates == 3


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"epochs": 0}, {"initial_epoch": -1}, {"shuffle": 3}])
def test_a_plan_is_checked(wrong):
    fields = {"batch_size": 4, "initial_epoch": 0, "epochs": 1, "shuffle": True, "measured_size": 4} | wrong
    with pytest.raises(ArgumentError, match="fit"):
        Plan([0], None, **fields)  # type: ignore[arg-type]


def test_measuring_learns_nothing_and_updating_does(model):
    x, y = np.ones((4, 1), np.float32), np.zeros((4, 1), np.float32)
    before = [w.copy() for w in model.get_weights()]
    assert model.evaluate(x, y, verbose=0) == [36.0, 6.0]
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.train_on_batch(x, y)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_where_there_is_no_terminal_a_long_epoch_shows_how_far_it_is(model, monkeypatch, capsys):
    x, y = np.ones((6, 1), np.float32), np.ones((6, 1), np.float32)
    monkeypatch.setattr(training_loop, "SECONDS", 0.0)
    model.fit(x, y, batch_size=2, epochs=2, verbose=1, shuffle=False)
    lines = [line.partition(" · loss")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "Epoch 1/2 · 1/3",
        "Epoch 1/2 · 2/3",
        "Epoch 1/2",
        "Epoch 2/2 · 1/3",
        "Epoch 2/2 · 2/3",
        "Epoch 2/2",
    ]
    for verbose, wanted in ((2, 2), (0, 0)):
        model.fit(x, y, batch_size=2, epochs=2, verbose=verbose)
        assert len(capsys.readouterr().out.splitlines()) == wanted


def test_a_short_epoch_is_one_line(model, capsys):
    model.fit(np.ones((6, 1), np.float32), np.ones((6, 1)), batch_size=1, verbose=1)
    assert len(capsys.readouterr().out.splitlines()) == 1
