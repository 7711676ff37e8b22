"""Odd values for the arguments of the Keras face: each is refused with an exception of ours, in one line."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import TinygradError
from tinygrad_gru.keras import callbacks as C
from tinygrad_gru.keras import layers as L
from tinygrad_gru.keras import models as M
from tinygrad_gru.keras import optimizers as O

X, Y = np.ones((4, 3)), np.ones((4, 1))


def model() -> M.Sequential:
    built = M.Sequential([L.Input((3,)), L.Dense(1)])
    built.compile("sgd", "mse")
    return built


CALLS = [
    lambda: L.Dense(),
    lambda: L.Dense("a"),
    lambda: L.Dense(-1)(X),
    lambda: L.Dense(2.5)(X),
    lambda: L.Dense(None)(X),
    lambda: L.GRU("a"),
    lambda: L.GRU(0)(np.ones((2, 3, 4))),
    lambda: L.GRU(2, dropout="x"),
    lambda: L.GRU(2, dropout=2.0),
    lambda: L.GRU(2, recurrent_dropout="x")(np.ones((2, 3, 4))),
    lambda: L.Embedding("a", 2)(np.ones((2, 3), int)),
    lambda: L.Embedding(-1, 2)(np.ones((2, 3), int)),
    lambda: L.Dropout("x"),
    lambda: L.LayerNormalization(epsilon="x")(X),
    lambda: L.LayerNormalization(epsilon=-1)(X),
    lambda: L.Masking("x")(np.ones((2, 3, 4))),
    lambda: L.TimeDistributed(3),
    lambda: L.TimeDistributed(L.Dense)(np.ones((2, 3, 4))),
    lambda: L.Bidirectional(L.GRU(2), backward_layer=3),
    lambda: L.Bidirectional(L.GRU(2), merge_mode=[1]),
    lambda: L.Input(3),
    lambda: L.Input("ab"),
    lambda: L.Dense(2, name=3),
    lambda: M.Sequential(L.Dense(2)),
    lambda: M.Sequential(5),
    lambda: model().compile("sgd", "mse", metrics=[3]),
    lambda: model().compile("sgd", "mse", metrics=[[1]]),
    lambda: model().compile("sgd", "mse", metrics=3),
    lambda: model().compile("sgd", ["mse"]),
    lambda: model().compile("sgd", "mse", [1.0]),
    lambda: model().compile("sgd", "mse", loss_weights={"a": 1.0}),
    lambda: model()(X, training="yes"),
    lambda: L.Dense(2)(X, training=1),
    lambda: L.Dense(2, use_bias=1),
    lambda: L.GRU(2, return_sequences="no"),
    lambda: model().train_on_batch(X, Y, return_dict=1),
    lambda: L.Embedding(5, 2, mask_zero=1),
    lambda: model().compile(O.Adam),
    lambda: model().fit(X, None),
    lambda: model().fit(X),
    lambda: model().fit(X, Y, epochs="a"),
    lambda: model().fit(X, Y, initial_epoch="a", verbose=0),
    lambda: model().fit(X, Y, callbacks=[3], verbose=0),
    lambda: model().fit(X, Y, callbacks=3, verbose=0),
    lambda: model().fit(X, Y, validation_split="a"),
    lambda: model().fit(X, Y, validation_data=3),
    lambda: model().fit(X, Y, validation_data=(X,)),
    lambda: model().fit(X, Y, validation_data=(X, Y, Y, Y, Y, Y)),
    lambda: model().fit(X, Y, class_weight=3, verbose=0),
    lambda: model().fit(X, Y, class_weight={1: "a"}, verbose=0),
    lambda: model().fit(X, Y, sample_weight="a", verbose=0),
    lambda: model().fit(X, Y, verbose=[1]),
    lambda: model().fit(X, Y, shuffle="batch", verbose=0),
    lambda: model().evaluate(X, None),
    lambda: model().evaluate(X, Y, batch_size="a"),
    lambda: model().predict(X, batch_size=0),
    lambda: model().train_on_batch(X, None),
    lambda: model().test_on_batch(X, None),
    lambda: model().predict_on_batch(3),
    lambda: model().save(3.5),
    lambda: model().save(None),
    lambda: model().load_weights(3.5),
    lambda: model().set_weights(3),
    lambda: model().set_weights(["a", "b"]),
    lambda: model().build(3),
    lambda: M.Sequential([L.Dense(2)]).build(3),
    lambda: model().summary(print_fn=3),
    lambda: C.EarlyStopping(patience="a"),
    lambda: C.EarlyStopping(monitor=3),
    lambda: C.EarlyStopping(mode=3),
    lambda: C.EarlyStopping(min_delta="a"),
    lambda: C.ModelCheckpoint(3),
    lambda: C.CSVLogger(3),
    lambda: M.Sequential([L.Input((3,)), L.Dense(1)]).compile(O.Adam(beta_1="a"), "mse"),
    lambda: O.Adam("a"),
    lambda: O.Adam(beta_1="a")([tg.nn.Parameter([1.0])]),
    lambda: O.Adam(epsilon=-1)([tg.nn.Parameter([1.0])]),
    lambda: M.load_model(3.5),
    lambda: M.load_model(None),
    lambda: L.GRU(2)(np.ones((2, 3, 4)), mask="a"),
    lambda: L.GRU(2)(np.ones((2, 3, 4)), np.ones((2, 2))),
    lambda: L.GRU(2)(np.ones((2, 3, 4)), initial_state=3),
    lambda: L.GRU(2)(np.ones((2, 3, 4), np.float32), initial_state=np.ones((9, 9), np.float32)),
    lambda: L.Dense(2, kernel_initializer=3)(X),
    lambda: L.Dense(2, kernel_initializer=[3])(X),
    lambda: L.Dense(2, activation=[3]),
]


@pytest.mark.parametrize("call", CALLS)
def test_an_odd_value_is_refused_in_one_line(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TinygradError) as refused:
        call()
    assert "\n" not in str(refused.value) and str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", [lambda: np.ones(2) + None, lambda: 3], ids=["another exception", "accepted"])
def test_the_test_fails_on_what_is_not_refused_by_us(call, tmp_path, monkeypatch):
    with pytest.raises((TypeError, pytest.fail.Exception)):
        test_an_odd_value_is_refused_in_one_line(call, tmp_path, monkeypatch)
