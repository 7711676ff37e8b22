"""A module as pieces: their paths, the library's names and shapes, and what no piece has."""

import numpy as np
import pytest

from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.interop.weights.module_map import pieces_of


def test_a_linear_layer_is_one_piece_transposed_for_pytorch_only():
    layer = nn.Linear(2, 3)
    (torch,), (keras,) = pieces_of(layer, "torch"), pieces_of(layer, "keras")
    assert torch.shapes() == {"weight": (3, 2), "bias": (3,)}
    assert keras.shapes() == {"kernel": (2, 3), "bias": (3,)}
    np.testing.assert_array_equal(torch.arrays()["weight"], keras.arrays()["kernel"].T)


def test_a_sequential_has_a_number_in_the_path_and_no_layers():
    model = nn.Sequential(nn.Embedding(5, 2), nn.Sequential(nn.Dropout(0.5), nn.LayerNorm(2)))
    pieces = pieces_of(model, "torch")
    assert [(piece.path, type(piece.thing)) for piece in pieces] == [("0.", nn.Embedding), ("1.1.", nn.LayerNorm)]


def test_a_layer_over_time_is_a_piece_for_each_depth_and_direction():
    pieces = pieces_of(nn.Sequential(nn.LSTM(2, 3, num_layers=2, bidirectional=True)), "torch")
    assert [(piece.path, piece.depth, piece.direction) for piece in pieces] == [
        ("0.", 0, "forward"), ("0.", 0, "backward"), ("0.", 1, "forward"), ("0.", 1, "backward"),
    ]  # fmt: skip


def test_a_modules_own_parameter_is_a_piece_and_comes_before_those_of_its_modules():
    class Scaled(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(1, 1, bias=False)
            self.scale = nn.Parameter(np.ones(3, np.float32))

    assert [list(piece.shapes()) for piece in pieces_of(Scaled(), "torch")] == [[""], ["weight"]]
    assert [piece.path for piece in pieces_of(Scaled(), "torch")] == ["scale", "inner."]


@pytest.mark.parametrize("library", ["torch", "keras"])
@pytest.mark.parametrize(
    "layer", [nn.Linear(2, 3), nn.Embedding(4, 2), nn.LayerNorm(3), nn.GRUCell(2, 3, reset_after=True, bias="double")]
)
def test_the_arrays_of_a_piece_are_its_parameters_again(library, layer):
    (piece,) = pieces_of(layer, library)
    arrays = piece.arrays()
    assert {name: array.shape for name, array in arrays.items()} == piece.shapes()
    pairs = piece.parameters(arrays)
    assert {id(p) for p, _ in pairs} == {id(p) for p in piece.holds()} == {id(p) for p in layer.parameters()}
    for p, array in pairs:
        np.testing.assert_array_equal(array, p.data)
        assert not np.shares_memory(array, p.data)


def test_a_parameter_added_to_a_linear_layer_is_in_no_piece():
    layer = nn.Linear(2, 3)
    layer.extra = nn.Parameter(np.zeros(1))
    with pytest.raises(ArgumentError, match="Linear: torch has no place for extra. try: a module around it"):
        pieces_of(layer, "torch")


def test_what_is_no_module_has_no_pieces():
    with pytest.raises(ArgumentError, match="got a list. try: nn.GRU"):
        pieces_of([nn.Linear(1, 1)], "torch")
