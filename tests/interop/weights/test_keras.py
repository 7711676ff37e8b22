"""from_keras and to_keras on plain arrays; against Keras itself in tests/parity."""

import numpy as np
import pytest

from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.interop import from_keras, to_keras

pytestmark = pytest.mark.usefixtures("each_engine")


def arrays_of(*shapes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def state(module: nn.Module) -> dict[str, tuple[str, bytes]]:
    return {key: (str(a.dtype), a.tobytes()) for key, a in module.state_dict().items()}


GRU = [(2, 9), (3, 9), (2, 9)]
MODELS = {
    "Dense": (lambda: nn.Linear(2, 3), [(2, 3), (3,)]),
    "Embedding": (lambda: nn.Embedding(5, 2), [(5, 2)]),
    "LayerNormalization": (lambda: nn.LayerNorm(3), [(3,), (3,)]),
    "SimpleRNN": (lambda: nn.RNN(2, 3), [(2, 3), (3, 3), (3,)]),
    "LSTM": (lambda: nn.LSTM(2, 3), [(2, 12), (3, 12), (12,)]),
    "LSTM without bias": (lambda: nn.LSTM(2, 3, bias=False), [(2, 12), (3, 12)]),
    "GRU": (lambda: nn.GRU(2, 3, reset_after=True), GRU),
    "GRU, reset before": (lambda: nn.GRU(2, 3), [(2, 9), (3, 9), (9,)]),
    "GRU backwards": (lambda: nn.GRU(2, 3, reset_after=True, go_backwards=True), GRU),
    "Bidirectional": (lambda: nn.GRU(2, 3, reset_after=True, bidirectional=True), GRU + GRU),
    "two layers": (lambda: nn.GRU(2, 3, 2, reset_after=True), [*GRU, (3, 9), (3, 9), (2, 9)]),
    "a model": (
        lambda: nn.Sequential(nn.Embedding(5, 2), nn.GRU(2, 3, reset_after=True), nn.Dropout(), nn.Linear(3, 1)),
        [(5, 2), *GRU, (3, 1), (1,)],
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_comes_in_goes_out_bit_for_bit(name: str):
    make, shapes = MODELS[name]
    arrays = arrays_of(*shapes)
    module = make()
    assert from_keras(module, arrays) is module
    assert {p.dtype for p in module.parameters()} == {np.dtype(np.float64)}
    assert [(a.shape, a.tobytes()) for a in to_keras(module)] == [(a.shape, a.tobytes()) for a in arrays]
    assert state(from_keras(make(), to_keras(module))) == state(module)


def test_a_bidirectional_layer_has_its_forward_weights_first():
    arrays = arrays_of(*GRU, *GRU)
    both = from_keras(nn.GRU(2, 3, reset_after=True, bidirectional=True), arrays)
    forward = from_keras(nn.GRU(2, 3, reset_after=True), arrays[:3])
    backward = from_keras(nn.GRU(2, 3, reset_after=True, go_backwards=True, keep_order=True), arrays[3:])
    x = np.random.default_rng(1).standard_normal((4, 2, 2))
    out = both(x)[0].data
    np.testing.assert_allclose(out, np.concatenate([forward(x)[0].data, backward(x)[0].data], axis=-1), rtol=1e-14)


def test_the_wrong_number_of_arrays_is_refused_with_all_that_were_wanted():
    with pytest.raises(CheckpointError) as raised:
        from_keras(nn.Sequential(nn.Embedding(5, 2), nn.GRU(2, 3, reset_after=True)), arrays_of((5, 2)))
    assert str(raised.value) == (
        "the weights do not fit Sequential: got 1 arrays, wanted 4: 0.embeddings, 1.layers.0.forward.kernel, "
        "1.layers.0.forward.recurrent_kernel, 1.layers.0.forward.bias"
    )


def test_everything_that_does_not_fit_is_listed_and_nothing_changed():
    module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = state(module)
    with pytest.raises(CheckpointError) as raised:
        from_keras(module, [np.zeros((3, 2)), np.zeros(3), np.zeros((3, 1), int), np.zeros(1)])
    assert str(raised.value) == (
        "the weights do not fit Sequential: weights[0] (0.kernel) is (3, 2), wanted (2, 3); "
        "weights[2] (1.kernel) is int64, wanted float32 or float64"
    )
    arrays = arrays_of((2, 3), (3,), (3, 1), (1,))
    arrays[3][0] = np.nan
    with pytest.raises(CheckpointError, match=r"weights\[3\] \(1.bias\) holds NaN or infinity"):
        from_keras(module, arrays)
    assert state(module) == before


def test_the_other_place_of_the_reset_is_told_by_its_biases():
    before, after = arrays_of((2, 9), (3, 9), (9,)), arrays_of(*GRU)
    with pytest.raises(CheckpointError, match=r"bias\) is \(9,\), wanted \(2, 9\). try: a GRU with reset_after=False"):
        from_keras(nn.GRU(2, 3, reset_after=True), before)
    with pytest.raises(CheckpointError, match=r"bias\) is \(2, 9\), wanted \(9,\). try: a GRU with reset_after=True"):
        from_keras(nn.Sequential(nn.Linear(2, 2), nn.GRU(2, 3)), [*arrays_of((2, 2), (2,)), *after])


def test_two_bias_vectors_have_no_room_where_keras_has_one():
    with pytest.raises(ArgumentError, match=r"keras's LSTM has one bias vector .* try: nn.fold_biases\(module\)"):
        to_keras(nn.LSTM(2, 3, bias="double"))
    folded = nn.fold_biases(nn.LSTM(2, 3, bias="double"))
    assert [a.shape for a in to_keras(folded)] == [(2, 12), (3, 12), (12,)]
    module = nn.Sequential(nn.GRU(2, 3, reset_after=True, bias="single"))
    before = state(module)
    with pytest.raises(CheckpointError, match=r"Sequential: 0.layers.0.forward: keras's GRU has two bias vectors"):
        from_keras(module, arrays_of(*GRU))
    assert state(module) == before


def test_what_is_no_list_of_arrays_is_refused():
    class Model:
        def get_weights(self):
            return []

    with pytest.raises(ArgumentError, match=r"weights is a Model. try: model.get_weights\(\)"):
        from_keras(nn.Linear(2, 1), Model())
    with pytest.raises(ArgumentError, match="weights is a str. try: the list that get_weights"):
        from_keras(nn.Linear(2, 1), "model.keras")


def test_a_layer_that_is_used_twice_is_listed_once_where_it_comes_first():
    shared = nn.Linear(2, 2)
    module = nn.Sequential(shared, nn.LayerNorm(2), shared)
    arrays = arrays_of((2, 2), (2,), (2,), (2,))
    from_keras(module, arrays)
    assert shared.W.data.tolist() == arrays[0].tolist()
    assert [a.tobytes() for a in to_keras(module)] == [a.tobytes() for a in arrays]


def test_a_parameter_of_the_users_own_is_taken_as_it_is_before_those_of_its_modules():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.dense = nn.Linear(2, 1, bias=False)
            self.scale = nn.Parameter([1.0, 2.0])

    module = from_keras(Scaled(), [np.array([3.0, 4.0]), np.array([[5.0], [6.0]])])
    assert (module.scale.data.tolist(), module.dense.W.data.tolist()) == ([3, 4], [[5], [6]])
    with pytest.raises(CheckpointError, match=r"weights\[0\] \(scale\) is \(3,\), wanted \(2,\)"):
        from_keras(module, [np.zeros(3), np.zeros((2, 1))])
