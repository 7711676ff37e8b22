"""Linear, Embedding, Dropout, LayerNorm."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn


def test_linear_is_a_product_and_a_sum():
    layer = nn.Linear(2, 3)
    layer.W.assign([[1, 2, 3], [4, 5, 6]])
    layer.b.assign([0.5, 0, -0.5])

    assert layer(tg.Tensor([[1.0, 10.0]])).data.tolist() == [[41.5, 52, 62.5]]
    assert layer(np.ones((4, 5, 2), np.float32)).shape == (4, 5, 3)
    assert nn.Linear(2, 3, bias=False)(tg.Tensor([[0.0, 0.0]])).data.tolist() == [[0, 0, 0]]


def test_linear_names_what_does_not_fit():
    with pytest.raises(
        errors.ShapeError, match=r"inner sizes differ: .* \(4, 3\) @ W \(2, 5\) in linear, at test_layers"
    ):
        nn.Linear(2, 5)(np.ones((4, 3), np.float32))


def test_linear_starts_evenly_between_one_over_the_root_of_its_inputs():
    layer = nn.Linear(100, 50)

    assert 0.095 < np.abs(layer.W.data).max() <= 0.1 and np.abs(layer.b.data).max() <= 0.1


def test_an_embedding_picks_rows_and_adds_up_the_gradients_of_repeats():
    layer = nn.Embedding(3, 2)
    layer.W.assign([[1, 2], [3, 4], [5, 6]])

    out = layer([[2, 0], [2, 2]])
    out.sum().backward()

    assert out.data.tolist() == [[[5, 6], [1, 2]], [[5, 6], [5, 6]]]
    assert layer.W.grad.tolist() == [[1, 1], [0, 0], [3, 3]]
    assert layer(1).data.tolist() == [3, 4]
    assert layer(np.zeros((0, 4), int)).shape == (0, 4, 2)


@pytest.mark.parametrize(
    ("indices", "kind", "message"),
    [
        ([0, 3], errors.ShapeError, "index is out of range"),
        ([0, -1], errors.ArgumentError, "an index must be from 0 to 2, got -1"),
        (np.array([0.0]), errors.DtypeError, "must be whole numbers, got float64"),
    ],
)
def test_an_embedding_refuses_what_is_no_index(indices, kind, message):
    with pytest.raises(kind, match=message):
        nn.Embedding(3, 2)(indices)


def test_dropout_drops_and_scales_in_training_and_does_nothing_afterwards():
    layer, x = nn.Dropout(0.25), tg.Tensor(np.ones((100, 100), np.float32), requires_grad=True)
    with tg.seed(0):
        y = layer(x)
    y.sum().backward()

    assert np.unique(y.data).tolist() == [0, np.float32(1 / 0.75)]
    assert 0.74 < (y.data != 0).mean() < 0.76
    assert (x.grad == y.data).all()
    assert y.inputs[1].name == "mask" and y.dtype == np.float32
    assert layer.eval()(x) is x
    assert nn.Dropout(0.0)(x) is x


def test_the_mask_comes_from_the_seeded_generator():
    layer, x = nn.Dropout(0.5), np.ones(50, np.float32)
    with tg.seed(1):
        one, two = layer(x), layer(x)
    with tg.seed(1):
        again = layer(x)

    assert (one.data == again.data).all() and (one.data != two.data).any()


def test_dropout_may_have_the_same_mask_all_along_an_axis():
    with tg.seed(0):
        y = nn.Dropout(0.5, shared_axis=0)(np.ones((4, 50), np.float32)).data

    assert (y == y[0]).all() and set(y[0].tolist()) == {0.0, 2.0}
    assert repr(nn.Dropout(0.5, shared_axis=0)).startswith("Dropout(0.5, shared_axis=0)")


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, float("nan"), tg.Tensor(0.5, requires_grad=True)])
def test_dropout_refuses_what_is_no_probability_below_one(p):
    with pytest.raises(errors.ArgumentError, match="p must be at least 0 and below 1"):
        nn.Dropout(p)


def test_layer_norm_by_hand():
    layer = nn.LayerNorm(4, eps=0.0, dtype=np.float64)
    layer.gain.assign([1, 1, 1, 2])
    layer.b.assign([0, 0, 0, 5])

    got = layer(np.array([[1.0, 3.0, 1.0, 3.0]]))  # mean 2, deviation 1

    assert got.data.tolist() == [[-1, 1, -1, 7]]


def test_layer_norm_makes_mean_zero_and_deviation_one_of_any_row():
    x = np.random.default_rng(0).normal(7, 3, size=(5, 2, 64))
    y = nn.LayerNorm(64, dtype=np.float64)(x).data

    assert np.abs(y.mean(-1)).max() < 1e-12 and np.abs(y.std(-1) - 1).max() < 1e-5
    assert nn.LayerNorm(2)(np.ones((1, 2), np.float32)).data.tolist() == [[0, 0]]  # no deviation, no division by 0
    with pytest.raises(errors.ShapeError, match=r"LayerNorm: input .*\(1, 3\) does not fit, wanted \(\.\.\., 2\)"):
        nn.LayerNorm(2)(np.ones((1, 3), np.float32))


def test_the_gradients_of_the_layers_are_right():
    layers = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)).astype(np.float64)
    x = np.random.default_rng(0).normal(size=(5, 3))

    def loss(x, *arrays):
        for p, array in zip(layers.parameters(), arrays, strict=True):
            p.assign(array)
        return float((layers(x) ** 2).sum())

    arrays = [x, *layers.state_dict().values()]
    t = tg.Tensor(x, requires_grad=True)
    (layers(t) ** 2).sum().backward()
    got = [t.grad, *[p.grad for p in layers.parameters()]]
    eps = 6e-6
    for i, g in enumerate(got):
        direction = np.random.default_rng(i).normal(size=g.shape)
        ends = [[a + s * eps * direction if j == i else a for j, a in enumerate(arrays)] for s in (1, -1)]
        slope = (loss(*ends[0]) - loss(*ends[1])) / (2 * eps)
        assert (g * direction).sum() == pytest.approx(slope, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("make", [lambda n: nn.Linear(n, 1), lambda n: nn.Linear(1, n), nn.LayerNorm])
@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_a_size_must_be_a_whole_number_above_zero(make, size):
    with pytest.raises(errors.ArgumentError, match="must be a whole number above 0, got"):
        make(size)


def test_the_reprs_show_the_sizes():
    layers = nn.Sequential(nn.Linear(2, 3), nn.Embedding(5, 2), nn.LayerNorm(4), nn.Dropout(0.5))

    for words in ("Linear(2, 3)", "Embedding(5, 2)", "LayerNorm(4)", "Dropout(0.5)"):
        assert f": {words} " in repr(layers)


def test_layer_norm_over_several_axes_is_that_of_all_their_elements_in_a_row():
    x = np.arange(24, dtype=np.float64).reshape(2, 3, 4) ** 2
    layer, flat = nn.LayerNorm((3, 4), dtype=np.float64), nn.LayerNorm(12, dtype=np.float64)
    layer.gain.assign(np.arange(12).reshape(3, 4))
    flat.gain.assign(np.arange(12))
    assert np.allclose(layer(x).data.reshape(2, 12), flat(x.reshape(2, 12)).data, rtol=1e-12)
    assert layer.gain.shape == layer.b.shape == (3, 4) and "LayerNorm((3, 4))" in repr(layer)
    assert tg.gradcheck(layer, x)


@pytest.mark.parametrize("size", [(), (2, 0), [True], "12"])
def test_layer_norm_refuses_what_are_no_sizes(size):
    with pytest.raises(errors.ArgumentError, match="LayerNorm: size"):
        nn.LayerNorm(size)
    with pytest.raises(errors.ShapeError, match=r"wanted \(..., 3, 4\)"):
        nn.LayerNorm((3, 4))(np.ones((4, 3), np.float32))
