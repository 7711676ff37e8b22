"""Losses and metrics of the user's own: functions, their weights and masks, and what they may not return."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.keras.layers import GRU, Dense, Embedding, Input
from tinygrad_gru.keras.models import Sequential, load_model

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)).astype(np.float32), RNG.normal(size=(6, 2)).astype(np.float32)
IDS = np.array([[1, 2, 0, 0], [3, 4, 5, 0], [1, 0, 0, 0]])
STEPS = RNG.normal(size=(3, 4, 1)).astype(np.float32)


def squared(y_true, y_pred):
    return tg.mean(tg.square(y_true - y_pred), axis=-1)


def squared_of_all(y_true, y_pred):
    return tg.mean(tg.square(y_true - y_pred))


def dense(loss, metrics=None, optimizer="sgd"):
    tg.seed(0)
    model = Sequential([Input((3,)), Dense(2)])
    model.compile(optimizer, loss, metrics=metrics)
    return model


def tagger(loss, metrics=None):
    tg.seed(0)
    model = Sequential([Embedding(9, 3, mask_zero=True), GRU(4, return_sequences=True), Dense(1)])
    model.compile("adam", loss, metrics=metrics)
    return model


@pytest.mark.parametrize("own", [squared, squared_of_all])
def test_a_function_trains_as_the_loss_of_that_name(own):
    mine, theirs = (dense(loss).fit(X, Y, epochs=3, verbose=0).history["loss"] for loss in (own, "mse"))
    assert mine == pytest.approx(theirs, rel=1e-6)


def test_weights_of_samples_and_masks_count_as_with_the_loss_of_that_name():
    for weights in (None, np.array([1.0, 0.5, 2.0]), RNG.uniform(0, 1, (3, 4))):
        mine, theirs = (tagger(loss).evaluate(IDS, STEPS, sample_weight=weights) for loss in (squared, "mse"))
        assert mine == pytest.approx(theirs, rel=1e-5)
        mine, theirs = (tagger(loss).train_on_batch(IDS, STEPS, weights) for loss in (squared, "mse"))
        assert mine == pytest.approx(theirs, rel=1e-5)


def test_what_the_mask_leaves_out_may_be_nan():
    def nan_at_zero(y_true, y_pred):
        return squared(np.where(y_true == 0, np.nan, y_true), y_pred)

    y = np.where(IDS[..., None] == 0, 0, STEPS)
    assert tagger(nan_at_zero).evaluate(IDS, y) == pytest.approx(tagger(squared).evaluate(IDS, STEPS))
    assert np.isfinite(tagger(nan_at_zero).train_on_batch(IDS, y))


def test_a_metric_is_a_function_of_arrays_and_counts_what_the_mask_counts():
    def far(y_true, y_pred):
        assert type(y_true) is np.ndarray and type(y_pred) is np.ndarray
        return np.abs(y_true - y_pred).mean(axis=-1)

    history = dense("mse", ["mae", far]).fit(X, Y, epochs=2, verbose=0).history
    assert history["far"] == pytest.approx(history["mae"])
    _, mae, own = tagger("mse", ["mae", far]).evaluate(IDS, STEPS, batch_size=2)
    assert own == pytest.approx(mae)


def test_a_function_may_be_loss_and_metric():
    loss, metric = dense(squared, [squared]).evaluate(X, Y)
    assert metric == pytest.approx(loss)


def test_a_metric_may_be_one_number_for_all():
    assert dense("mse", [lambda y, p: 2.5]).evaluate(X, Y, batch_size=4)[1] == 2.5


def test_targets_have_the_axes_and_the_dtype_of_the_output():
    seen = []

    def look(y_true, y_pred):
        seen.append((y_true.shape, y_true.dtype, y_pred.shape))
        return tg.mean(tg.square(y_true - y_pred), axis=-1)

    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", look)
    model.evaluate(X, np.arange(6))
    assert seen == [((6, 1), np.float32, (6, 1))]


def test_objects_are_functions_too():
    class Scaled:
        def __init__(self, by):
            self.by = by

        def __call__(self, y_true, y_pred):
            return squared(y_true, y_pred) * self.by

    assert dense(Scaled(3.0)).evaluate(X, Y) == pytest.approx(3 * dense("mse").evaluate(X, Y))
    assert list(dense("mse", [Scaled(1.0)]).metrics) == ["Scaled"]


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda y, p: 1.0, "<lambda>: returned 1.0, wanted a tensor made of y_pred"),
        (lambda y, p: None, "returned None"),
        (lambda y, p: p.data, "returned .* wanted a tensor"),
        (lambda y, p: tg.Tensor(1.0), "the loss depends on no weights"),
    ],
)
def test_a_loss_that_is_no_tensor_of_the_output_is_refused(loss, message):
    with pytest.raises(ArgumentError, match=message):
        dense(loss).fit(X, Y, verbose=0)


def test_a_loss_of_another_length_than_its_weights_is_refused():
    with pytest.raises(ShapeError, match="one number per prediction"):
        dense(lambda y, p: p[:2].sum(axis=-1)).evaluate(X, Y, sample_weight=np.ones(6))


@pytest.mark.parametrize("loss", [squared.__class__, int, 3, ["mse"], "squared"])
def test_what_is_no_function_and_no_name_is_refused(loss):
    with pytest.raises(ArgumentError, match="unknown loss"):
        dense(loss)


@pytest.mark.parametrize(
    ("metrics", "message"),
    [([int], "unknown metric"), ([3], "unknown metric"), ([squared, squared], "another is called 'squared' too"),
     ([lambda y, p: "many"], "returned 'many', wanted numbers")],
)  # fmt: skip
def test_a_metric_that_makes_no_sense_is_refused(metrics, message):
    with pytest.raises(ArgumentError, match=message):
        dense("mse", metrics).evaluate(X, Y)


def test_a_saved_model_has_no_functions_and_is_not_compiled(tmp_path):
    for model in (dense(squared), dense("mse", [squared])):
        model.save(tmp_path / "m.npz")
        again = load_model(tmp_path / "m.npz")
        assert again.loss is None and (again.predict(X) == model.predict(X)).all()
    dense("mse", ["mae"]).save(tmp_path / "m.npz")
    assert list(load_model(tmp_path / "m.npz").metrics) == ["mae"]
