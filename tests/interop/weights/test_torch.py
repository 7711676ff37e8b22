"""from_torch and to_torch on plain arrays; against PyTorch itself in tests/parity."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.interop import from_torch, to_torch

pytestmark = pytest.mark.usefixtures("each_engine")

LSTM = {
    "weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3), "bias_ih_l0": (12,), "bias_hh_l0": (12,),
    "weight_ih_l0_reverse": (12, 2), "weight_hh_l0_reverse": (12, 3),
    "bias_ih_l0_reverse": (12,), "bias_hh_l0_reverse": (12,),
    "weight_ih_l1": (12, 6), "weight_hh_l1": (12, 3), "bias_ih_l1": (12,), "bias_hh_l1": (12,),
    "weight_ih_l1_reverse": (12, 6), "weight_hh_l1_reverse": (12, 3),
    "bias_ih_l1_reverse": (12,), "bias_hh_l1_reverse": (12,),
}  # fmt: skip


def arrays_of(shapes: dict[str, tuple[int, ...]], dtype: type = np.float64, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def state(module: nn.Module) -> dict[str, tuple[str, bytes]]:
    return {key: (str(a.dtype), a.tobytes()) for key, a in module.state_dict().items()}


class Tagger(nn.Module):
    """A module of the user's own, with everything in it."""

    def __init__(self) -> None:
        self.embedding = nn.Embedding(7, 2)
        self.encoder = nn.GRU(2, 3, reset_after=True, bidirectional=True)
        self.blocks = [nn.Linear(6, 6), nn.LSTMCell(6, 4, bias="double")]
        self.heads = {"tag": nn.Sequential(nn.LayerNorm(4), nn.Dropout(0.1), nn.Linear(4, 5, bias=False))}
        self.scale = nn.Parameter([1.0, 2.0])


TAGGER = {
    "scale": (2,),
    "embedding.weight": (7, 2),
    "encoder.weight_ih_l0": (9, 2), "encoder.weight_hh_l0": (9, 3),
    "encoder.bias_ih_l0": (9,), "encoder.bias_hh_l0": (9,),
    "encoder.weight_ih_l0_reverse": (9, 2), "encoder.weight_hh_l0_reverse": (9, 3),
    "encoder.bias_ih_l0_reverse": (9,), "encoder.bias_hh_l0_reverse": (9,),
    "blocks.0.weight": (6, 6), "blocks.0.bias": (6,),
    "blocks.1.weight_ih": (16, 6), "blocks.1.weight_hh": (16, 4), "blocks.1.bias_ih": (16,), "blocks.1.bias_hh": (16,),
    "heads.tag.0.weight": (4,), "heads.tag.0.bias": (4,), "heads.tag.2.weight": (5, 4),
}  # fmt: skip


def test_a_linear_layer_is_transposed():
    layer = from_torch(nn.Linear(3, 2), {"weight": np.arange(6.0).reshape(2, 3), "bias": np.array([7.0, 8.0])})
    assert layer.W.data.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert layer.b.data.tolist() == [7, 8]
    assert to_torch(layer)["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_the_names_are_those_of_a_state_dict():
    module = nn.LSTM(2, 3, 2, bidirectional=True, bias="double")
    assert {name: a.shape for name, a in to_torch(module).items()} == LSTM
    assert [(name, a.shape) for name, a in to_torch(Tagger()).items()] == list(TAGGER.items())  # own ones first


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("make", "shapes"), [(lambda: nn.LSTM(2, 3, 2, bidirectional=True, bias="double"), LSTM), (Tagger, TAGGER)]
)
def test_what_comes_in_goes_out_bit_for_bit_in_its_dtype(make, shapes, dtype):
    arrays = arrays_of(shapes, dtype)
    module = make()
    assert from_torch(module, arrays) is module
    assert {p.dtype for p in module.parameters()} == {np.dtype(dtype)}
    back = to_torch(module)
    assert {name: a.tobytes() for name, a in back.items()} == {name: a.tobytes() for name, a in arrays.items()}
    second = from_torch(make(), back)
    assert state(second) == state(module)


def test_a_state_dict_may_hold_tensors_and_arrays_of_the_other_byte_order():
    arrays = arrays_of({"weight": (1, 2), "bias": (1,)}, np.float32)
    layer = from_torch(nn.Linear(2, 1), {"weight": tg.Tensor(arrays["weight"]), "bias": arrays["bias"].astype(">f4")})
    assert to_torch(layer)["weight"].tolist() == arrays["weight"].tolist()
    assert layer.b.data.dtype.isnative
    assert layer.b.data.tolist() == arrays["bias"].tolist()


def test_the_module_has_arrays_of_its_own():
    arrays = arrays_of(TAGGER)
    module = from_torch(Tagger(), arrays)
    before = state(module)
    for array in arrays.values():
        array += 1
    assert state(module) == before
    to_torch(module)["scale"][:] = 0
    assert state(module) == before


def test_gradients_of_the_weights_before_are_forgotten():
    layer = nn.Linear(2, 1)
    layer(np.ones((1, 2), np.float32)).sum().backward()
    from_torch(layer, {"weight": np.ones((1, 2)), "bias": np.ones(1)})
    assert layer.W.grad is None
    layer(np.ones((1, 2))).sum().backward()
    assert layer.W.grad.dtype == np.float64


# --- refusals, of which none changes anything ------------------------------------------------------------------------


def test_everything_that_does_not_fit_is_listed_at_once():
    module = Tagger()
    before = state(module)
    arrays = arrays_of(TAGGER)
    del arrays["scale"]
    arrays |= {
        "encoder.bias_ih_l0": np.zeros(8),
        "extra": np.zeros(1),
        "embedding.weight": np.zeros((7, 2), np.float16),
    }
    with pytest.raises(CheckpointError) as raised:
        from_torch(module, arrays)
    assert str(raised.value) == (
        "the arrays do not fit Tagger: scale is missing; extra is unexpected; "
        "embedding.weight is float16, wanted float32 or float64; encoder.bias_ih_l0 is (8,), wanted (9,)"
    )
    assert state(module) == before


def test_of_very_many_problems_the_first_are_listed():
    with pytest.raises(CheckpointError, match=r"and 21 more$"):
        from_torch(Tagger(), {f"x{i}": np.zeros(1) for i in range(14)})


def test_two_dtypes_are_refused():
    arrays = {"weight": np.zeros((1, 2), np.float32), "bias": np.zeros(1)}
    with pytest.raises(
        CheckpointError, match=r"the dtypes differ, float32 \(weight\) and float64 \(bias\), wanted one"
    ):
        from_torch(nn.Linear(2, 1), arrays)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float):
    module = Tagger()
    before = state(module)
    arrays = arrays_of(TAGGER)
    arrays["heads.tag.2.weight"][4, 3] = value
    with pytest.raises(CheckpointError, match=r"heads.tag.2.weight holds NaN or infinity"):
        from_torch(module, arrays)
    assert state(module) == before


def test_a_bias_that_has_no_place_leaves_everything_as_it_was():
    module = nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 3))
    shapes = {"0.weight": (2, 2), "0.bias": (2,)} | {f"1.{k}": s for k, s in LSTM.items() if k.endswith("_l0")}
    before = state(module)
    with pytest.raises(CheckpointError, match='do not fit Sequential: 1: torch\'s LSTM has two .* try: bias="double"'):
        from_torch(module, arrays_of(shapes))
    assert state(module) == before


def test_folding_after_loading_gives_the_same_outputs():
    shapes = {name: shape for name, shape in LSTM.items() if name.endswith("_l0")}
    module = from_torch(nn.LSTM(2, 3, bias="double"), arrays_of(shapes))
    folded = nn.fold_biases(module)
    x = np.random.default_rng(1).standard_normal((4, 2, 2))
    np.testing.assert_allclose(folded(x)[0].data, module(x)[0].data, rtol=1e-12)
    again = from_torch(nn.LSTM(2, 3), to_torch(folded))  # the second vector is zero now
    assert state(again) == state(folded)


def test_what_pytorch_has_not_is_refused_both_ways():
    relu = nn.Recurrent([nn.RNNCell(2, 3, nonlinearity="relu"), nn.RNNCell(3, 3)])
    half = nn.Recurrent([nn.GRUCell(2, 3, reset_after=True), nn.GRUCell(3, 3, bias=False, reset_after=True)])
    for module, reason in [
        (nn.GRU(2, 3), "torch's GRU has the reset gate after the product"),
        (nn.LSTM(2, 3, activation="relu"), "torch's LSTM has activation=tanh, this layer relu"),
        (nn.RNN(2, 3, go_backwards=True), "torch's RNN has no go_backwards"),
        (relu, "torch has layers of one kind of cell"),
        (half, "torch has layers of one kind of cell"),
    ]:
        for load in (True, False):
            with pytest.raises(ArgumentError, match=reason):
                from_torch(module, {}) if load else to_torch(module)


def test_a_parameter_with_no_counterpart_is_not_left_out_in_silence():
    layer = nn.Linear(2, 1)
    layer.gain = nn.Parameter([1.0])
    with pytest.raises(ArgumentError, match="Sequential: torch has no place for layers.0.gain"):
        to_torch(nn.Sequential(layer))


@pytest.mark.parametrize("path", ["model.pt", "model.pth", "pytorch_model.bin", "model", "model.PKL"])
def test_a_pickle_is_never_opened(path: str, tmp_path):
    (tmp_path / path).write_bytes(b"cos\nsystem\n(S'echo pwned'\ntR.")
    with pytest.raises(
        CheckpointError, match="only .safetensors is read here.* try, where PyTorch is: from safetensors"
    ):
        from_torch(nn.Linear(2, 1), tmp_path / path)
    with pytest.raises(CheckpointError, match="only .safetensors"):
        from_torch(nn.Linear(2, 1), str(tmp_path / path))


def test_what_is_no_dictionary_of_arrays_is_refused():
    class Model:
        def state_dict(self):
            return {}

    with pytest.raises(ArgumentError, match=r"arrays is a Model. try: model.state_dict\(\)"):
        from_torch(nn.Linear(2, 1), Model())
    with pytest.raises(ArgumentError, match=r"arrays is a list. try: a dictionary of arrays, or a path"):
        from_torch(nn.Linear(2, 1), [np.zeros((1, 2))])

    class OnAnotherDevice:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")

    with pytest.raises(ArgumentError, match="weight is a OnAnotherDevice that NumPy cannot read: can't convert cuda"):
        from_torch(nn.Linear(2, 1), {"weight": OnAnotherDevice(), "bias": np.zeros(1)})
    with pytest.raises(CheckpointError, match="weight is object, wanted float32"):
        from_torch(nn.Linear(2, 1, bias=False), {"weight": np.array([[None, 1]])})


def test_what_is_no_module_is_refused():
    for attempt in (lambda: from_torch({}, nn.Linear(2, 1)), lambda: to_torch(nn.Parameter([1.0]))):
        with pytest.raises(ArgumentError, match="weights go into a module and come out of one, got a (dict|Parameter)"):
            attempt()


def test_a_layer_that_has_run_before_runs_with_the_new_weights():
    layer = nn.LSTM(2, 3, bias="double")
    x = np.random.default_rng(2).standard_normal((4, 2, 2))
    layer(x.astype(np.float32))[0].sum().backward()
    shapes = {name: shape for name, shape in LSTM.items() if name.endswith("_l0")}
    for seed in (1, 2):
        from_torch(layer, arrays_of(shapes, seed=seed))
        fresh = from_torch(nn.LSTM(2, 3, bias="double"), arrays_of(shapes, seed=seed))
        assert layer(x)[0].data.tobytes() == fresh(x)[0].data.tobytes()


# --- modules used twice ----------------------------------------------------------------------------------------------


def test_a_module_that_is_used_twice_has_two_names_as_in_pytorch():
    shared = nn.Linear(2, 2, bias=False)
    module = nn.Sequential(shared, nn.Dropout(), shared)
    W = np.arange(4.0).reshape(2, 2)
    assert list(to_torch(module)) == ["0.weight", "2.weight"]
    for arrays in ({"0.weight": W, "2.weight": W}, {"2.weight": W}, {"0.weight": W}):  # files may hold it once
        from_torch(module, arrays)
        assert shared.W.data.tolist() == W.T.tolist()
    with pytest.raises(CheckpointError, match="W is shared, but comes with two values"):
        from_torch(module, {"0.weight": W, "2.weight": W + 1})
    with pytest.raises(CheckpointError, match=r"0.weight is missing; 2.weight is missing"):
        from_torch(module, {})
    assert shared.W.data.tolist() == W.T.tolist()


def test_a_module_that_holds_its_parent_is_walked_once():
    child = nn.Linear(2, 1)
    module = nn.Sequential(child)
    child.parent = module
    assert list(to_torch(module)) == ["0.weight", "0.bias"]
