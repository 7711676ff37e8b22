"""A layer's arguments are named once, in the signature of its `__init__`; all else comes from there."""

import inspect
from typing import Any

import pytest

from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.keras import layers
from tinygrad_gru.keras.layers.arguments import ActivationName, Flag, Fraction, Size, declares_settings
from tinygrad_gru.keras.layers.layer import Layer


class Base(Layer):
    def __init__(self, options: Any, **settings: Any) -> None:
        super().__init__(options, **settings)
        self.seen = list(settings)


class Declared(Base):
    @declares_settings
    def __init__(
        self,
        units: Size,
        activation: ActivationName = "tanh",
        *,
        share: Fraction = 0.5,
        twice: Flag = False,
        start: Any = None,
        **options: Any,
    ) -> None:
        """Arguments of all kinds."""
        self.doubled = 2 * self.units


def test_arguments_become_settings_and_attributes_in_their_order_before_the_body_runs():
    layer = Declared(3, twice=True, name="mine")
    assert dict(layer.settings) == {"units": 3, "activation": "tanh", "share": 0.5, "twice": True, "start": None}
    assert list(layer.settings) == layer.seen == ["units", "activation", "share", "twice", "start"]
    assert (layer.units, layer.share, layer.doubled, layer.name) == (3, 0.5, 6, "mine")


def test_the_signature_stays_as_it_is_written():
    parameters = inspect.signature(Declared).parameters
    assert list(parameters) == ["units", "activation", "share", "twice", "start", "options"]
    assert parameters["units"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert parameters["twice"].kind is inspect.Parameter.KEYWORD_ONLY and parameters["share"].default == 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Declared(0), "Declared: units: got 0, wanted a whole number from 1 up. try: 8"),
        (lambda: Declared(2, "tanhh"), "tanhh"),
        (lambda: Declared(2, share=1), "Declared: share must be at least 0 and below 1, got 1"),
        (lambda: Declared(2, twice=1), "Declared: twice: got 1, wanted True or False. try: twice=True"),
        (lambda: Declared(2, unit=1), "Declared: unknown argument 'unit'. did you mean units?"),
        (lambda: Declared(), "Declared: missing a required argument: 'units'. try: units, activation"),
        (lambda: Declared(2, "tanh", 3), "Declared: too many positional arguments. try: units, activation"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_subclass_calls_it_with_arguments_of_its_own():
    class Wider(Declared):
        def __init__(self, units: int, **options: Any) -> None:
            super().__init__(2 * units, **options)

    class Inherited(Declared):
        """Without an `__init__`."""

    assert Wider(3, share=0.25).settings["units"] == 6 and Wider(3).doubled == 12
    assert Inherited(3).doubled == 6


@pytest.mark.parametrize("name", [name for name in layers.__all__ if name != "Layer"])
def test_each_layer_is_made_again_from_its_settings(name):
    arguments = {"Activation": ["tanh"], "Bidirectional": [layers.GRU(2)], "Dense": [2], "Dropout": [0.5],
                 "Embedding": [5, 2], "GRU": [2], "LSTM": [2], "SimpleRNN": [2],
                 "TimeDistributed": [layers.Dense(2)]}.get(name, [])  # fmt: skip
    kind = getattr(layers, name)
    layer = kind(*arguments)
    assert list(layer.settings) == [name for name in inspect.signature(kind).parameters if name != "options"]
    assert kind(**layer.settings).settings == layer.settings


def test_what_the_layers_of_nn_call_otherwise_is_handed_on():
    for kind, names in {"SimpleRNN": ["relu"], "GRU": ["relu", "hard_sigmoid"], "LSTM": ["relu", "tanh"]}.items():
        layer = getattr(layers, kind)(2, *names)
        layer.ensure_built((None, 3, 1))
        gates = "".join(f", gate_activation={name!r}" for name in names[1:])
        activations = "nonlinearity='relu'" if kind == "SimpleRNN" else f"activation='relu'{gates}"
        assert activations in repr(layer.inner)
    gru = layers.GRU(2, go_backwards=True, stateful=True, recurrent_dropout=0.25, reset_after=False, use_bias=False)
    gru.ensure_built((None, 3, 1))
    inner = gru.inner
    assert (inner.go_backwards, inner.stateful, inner.recurrent_dropout) == (True, True, 0.25)
    assert gru.size((None, 3, 1)) == sum(p.data.size for p in inner.parameters()) == 3 * 2 * (1 + 2)
