"""Architectures inferred from the names and shapes of arrays alone, against modules whose arrays they are."""

import pytest

from tinygrad_gru import nn
from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.interop import to_keras, to_torch
from tinygrad_gru.interop.weights.infer_architecture import Part, keras_parts, module_of, torch_parts


def shapes_of(arrays):
    return {name: array.shape for name, array in arrays.items()}


def test_three_gates_of_64_are_a_gru():
    shapes = {"weight_ih_l0": (192, 32), "weight_hh_l0": (192, 64), "bias_ih_l0": (192,), "bias_hh_l0": (192,)}
    (part,) = torch_parts(shapes)
    assert str(part) == "nn.GRU(32, 64, reset_after=True)" and part.place == part.note == ""


TORCH = {
    "nn.RNN(2, 3, bias='double')": lambda: nn.RNN(2, 3, bias="double"),
    "nn.RNN(2, 3, bias=False)": lambda: nn.RNN(2, 3, bias=False),
    "nn.LSTM(2, 3, num_layers=2, bidirectional=True, bias='double')": lambda: nn.LSTM(
        2, 3, num_layers=2, bidirectional=True, bias="double"
    ),
    "nn.GRUCell(2, 3, reset_after=True)": lambda: nn.GRUCell(2, 3, reset_after=True),
    "nn.Linear(2, 3)": lambda: nn.Linear(2, 3),
    "nn.Linear(2, 3, bias=False)": lambda: nn.Linear(2, 3, bias=False),
    "nn.LayerNorm(3)": lambda: nn.LayerNorm(3),
}


@pytest.mark.parametrize("wanted", TORCH)
def test_the_arrays_of_a_layer_in_pytorch_are_that_layer(wanted):
    (part,) = torch_parts(shapes_of(to_torch(TORCH[wanted]())))
    assert str(part) == wanted
    assert shapes_of(to_torch(module_of([part]))) == shapes_of(to_torch(TORCH[wanted]()))


def test_layers_under_names_become_a_module_that_holds_them():
    parts = torch_parts({"emb.weight": (9, 4), "body.2.weight": (3, 4), "body.10.weight": (3, 4), "body.2.bias": (3,)})
    assert [(part.place, part.kind) for part in parts] == [
        ("body.2", "Linear"),
        ("body.10", "Linear"),
        ("emb", "Embedding"),
    ]
    assert set(dict(module_of(parts).named_parameters())) == {"emb.W", "body.2.W", "body.2.b", "body.10.W"}


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"mystery": (3, 4, 5)}, r"no layer of ours has mystery \(3, 4, 5\). try: --like RUN"),
        ({"weight_ih_l0": (9, 2), "weight_hh_l0": (10, 3)}, "no layer of ours has"),
        ({"weight_ih_l0": (9, 2), "weight_hh_l0": (9, 3), "weight_ih_l1": (9, 3)}, "weight_hh_l1 is missing"),
        ({"__class__.weight": (3, 4)}, "__class__ is no name for a layer"),
        ({"weight_hh_l0": (0, 0), "weight_ih_l0": (0, 0)}, "no layer of ours has"),
    ],
)
def test_what_no_layer_has_is_refused(shapes, message):
    with pytest.raises(CheckpointError, match=message):
        module_of(torch_parts(shapes))


def test_very_many_arrays_are_refused():
    with pytest.raises(CheckpointError, match="it holds 10001 arrays, wanted at most 10000. try: "):
        torch_parts({f"{i}.weight": (1,) for i in range(10_001)})
    with pytest.raises(CheckpointError, match="it holds 10001 arrays, wanted at most 10000. try: "):
        keras_parts([(1,)] * 10_001)


KERAS = {
    "nn.RNN(2, 3)": lambda: nn.RNN(2, 3),
    "nn.GRU(2, 3)": lambda: nn.GRU(2, 3),
    "nn.GRU(2, 3, reset_after=True)": lambda: nn.GRU(2, 3, reset_after=True),
    "nn.LSTM(2, 3)": lambda: nn.LSTM(2, 3),
    "nn.LSTM(2, 3, bidirectional=True)": lambda: nn.LSTM(2, 3, bidirectional=True),
    "nn.Linear(2, 3)": lambda: nn.Linear(2, 3),
    "nn.Embedding(5, 3)": lambda: nn.Embedding(5, 3),
    "nn.LayerNorm(3)": lambda: nn.LayerNorm(3),
}


@pytest.mark.parametrize("wanted", KERAS)
def test_the_arrays_of_a_layer_in_keras_are_that_layer(wanted):
    (part,) = keras_parts([array.shape for array in to_keras(KERAS[wanted]())])
    assert str(part) == wanted


def test_layers_of_keras_are_named_by_their_kind_and_numbered():
    model = nn.Sequential(nn.Embedding(9, 4), nn.GRU(4, 3), nn.Linear(3, 2), nn.Linear(2, 1))
    parts = keras_parts([array.shape for array in to_keras(model)])
    assert [part.place for part in parts] == ["embedding", "gru", "dense", "dense_2"]


def test_two_layers_of_one_size_are_told_from_two_directions_by_what_follows_or_noted():
    gru = [(3, 9), (3, 9), (9,)]
    assert [part.kind for part in keras_parts([*gru, *gru, (6, 1), (1,)])] == ["GRU", "Linear"]
    assert [part.kind for part in keras_parts([*gru, *gru, (3, 1), (1,)])] == ["GRU", "GRU", "Linear"]
    assert "it cannot be seen which" in keras_parts([*gru, *gru])[0].note


def test_an_array_that_no_layer_of_keras_begins_with_is_refused_with_its_place():
    with pytest.raises(CheckpointError, match=r"no layer of ours has array 2 of shape \(2, 2, 2\) there"):
        keras_parts([(2, 3), (3,), (2, 2, 2)])


def test_making_a_module_leaves_the_callers_generator_alone():
    import tinygrad_gru as tg

    with tg.seed(0):
        wanted = nn.Linear(2, 2).W.data
    with tg.seed(0):
        module_of([Part("a", "Linear", (3, 3)), Part("b", "GRU", (3, 3))])
        assert (nn.Linear(2, 2).W.data == wanted).all()
