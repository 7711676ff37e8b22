"""Weights from PyTorch's own modules: the same outputs here, and every bit of them back."""

import itertools

import numpy as np
import pytest

from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.interop import from_torch, save_safetensors, to_torch

pytestmark = [pytest.mark.parity, pytest.mark.usefixtures("each_engine")]

T, B, I, H = 6, 3, 4, 5
KINDS = ["RNN", "RNN relu", "GRU", "LSTM"]
GRID = list(itertools.product(KINDS, (1, 2, 3), (False, True), (False, True)))


@pytest.fixture(scope="module")
def torch():
    import torch

    torch.manual_seed(3)
    return torch


def pair(torch, kind: str, layers: int, both: bool, bias: bool):
    """PyTorch's layer in float64, and one of ours for its weights, in float32 as yet."""
    name, _, nonlinearity = kind.partition(" ")
    options = {"nonlinearity": nonlinearity} if nonlinearity else {}
    theirs = getattr(torch.nn, name)(I, H, layers, bias=bias, bidirectional=both, dtype=torch.float64, **options)
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(0, 0.7)
    if name == "GRU":
        options = {"reset_after": True}
    ours = getattr(nn, name)(I, H, layers, bias=bias and "double", bidirectional=both, **options)
    return theirs, ours


def assert_every_bit(torch, theirs, arrays: dict[str, np.ndarray]) -> None:
    state = theirs.state_dict()
    assert list(arrays) == list(state)
    for name, tensor in state.items():
        assert arrays[name].dtype == tensor.numpy().dtype
        assert arrays[name].tobytes() == tensor.numpy().tobytes(), name
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})  # and it takes them back


@pytest.mark.parametrize(("kind", "layers", "both", "bias"), GRID)
def test_a_recurrent_layer_computes_the_same_and_goes_back(torch, kind, layers, both, bias):
    theirs, ours = pair(torch, kind, layers, both, bias)
    from_torch(ours, theirs.state_dict())
    rng = np.random.default_rng(5)
    x, *start = (rng.normal(size=shape) for shape in [(T, B, I), *[(layers * (1 + both), B, H)] * 2])
    start = start if kind == "LSTM" else start[:1]
    with torch.no_grad():
        out, last = theirs(
            torch.from_numpy(x), [torch.from_numpy(s) for s in start] if len(start) == 2 else torch.from_numpy(start[0])
        )
    got, h_n = ours(x, tuple(start) if len(start) == 2 else start[0])
    assert error(got.data, out.numpy()) < 1e-12
    for a, b in zip(h_n if kind == "LSTM" else [h_n], last if kind == "LSTM" else [last], strict=True):
        assert error(a.data, b.numpy()) < 1e-12
    assert_every_bit(torch, theirs, to_torch(ours))


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_cell_as_well(torch, kind):
    name, _, nonlinearity = kind.partition(" ")
    options = {"nonlinearity": nonlinearity} if nonlinearity else {}
    theirs = getattr(torch.nn, f"{name}Cell")(I, H, dtype=torch.float64, **options)
    ours = getattr(nn, f"{name}Cell")(I, H, "double", **({"reset_after": True} if name == "GRU" else options))
    from_torch(ours, theirs.state_dict())
    x = np.random.default_rng(6).normal(size=(B, I))
    out = theirs(torch.from_numpy(x))
    for a, b in zip(ours(x), out if name == "LSTM" else [out], strict=True):
        assert error(a.data, b.detach().numpy()) < 1e-12
    assert_every_bit(torch, theirs, to_torch(ours))


def test_the_check_notices_two_gates_that_are_swapped(torch):
    theirs, ours = pair(torch, "GRU", 1, False, True)
    state = {name: np.concatenate([np.split(a, 3)[i] for i in (1, 0, 2)]) for name, a in theirs.state_dict().items()}
    from_torch(ours, state)
    x = np.random.default_rng(5).normal(size=(T, B, I))
    assert error(ours(x)[0].data, theirs(torch.from_numpy(x))[0].detach().numpy()) > 1e-2
    with pytest.raises(AssertionError, match="weight_ih_l0"):
        assert_every_bit(torch, theirs, to_torch(ours))


def models(torch):
    """A model with everything in it, twice: PyTorch's and ours."""

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(11, I)
            self.encoder = torch.nn.GRU(I, H, 2, bidirectional=True)
            self.blocks = torch.nn.ModuleList([torch.nn.LSTM(2 * H, H), torch.nn.LayerNorm(H)])
            self.heads = torch.nn.ModuleDict({"tag": torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(H, 3))})
            self.scale = torch.nn.Parameter(torch.randn(3))

        def forward(self, x):
            x, _ = self.encoder(self.embedding(x))
            x, _ = self.blocks[0](x)
            return self.heads["tag"](self.blocks[1](x)) * self.scale

    class Ours(nn.Module):
        def __init__(self):
            self.embedding = nn.Embedding(11, I)
            self.encoder = nn.GRU(I, H, 2, bidirectional=True, reset_after=True)
            self.blocks = [nn.LSTM(2 * H, H, bias="double"), nn.LayerNorm(H)]
            self.heads = {"tag": nn.Sequential(nn.Dropout(0.5), nn.Linear(H, 3))}
            self.scale = nn.Parameter([0.0, 0.0, 0.0])

        def forward(self, x):
            x, _ = self.encoder(self.embedding(x))
            x, _ = self.blocks[0](x)
            return self.heads["tag"](self.blocks[1](x)) * self.scale

    return Theirs().eval(), Ours().eval()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_whole_model_through_files_of_both_kinds(torch, dtype, tmp_path):
    from safetensors.torch import load_file, save_file

    theirs, ours = models(torch)
    theirs.to(getattr(torch, dtype))
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    from_torch(ours, tmp_path / "theirs.safetensors")
    words = np.random.default_rng(7).integers(11, size=(T, B))
    out = theirs(torch.from_numpy(words)).detach().numpy()
    got = ours(words).data
    assert got.dtype == out.dtype
    assert error(got, out) < (1e-12 if dtype == "float64" else 1e-5)
    assert_every_bit(torch, theirs, to_torch(ours))

    save_safetensors(tmp_path / "ours.safetensors", to_torch(ours))
    back = models(torch)[0].to(getattr(torch, dtype))
    back.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    assert np.array_equal(back(torch.from_numpy(words)).detach().numpy(), out)


def test_tied_weights_come_and_go(torch, tmp_path):
    from safetensors.torch import save_model

    shared = torch.nn.Linear(3, 3)
    theirs = torch.nn.Sequential(shared, torch.nn.Tanh(), shared)
    layer = nn.Linear(3, 3)
    ours = nn.Sequential(layer, nn.Dropout(), layer)
    from_torch(ours, theirs.state_dict())
    assert_every_bit(torch, theirs, to_torch(ours))
    layer.W.assign(np.zeros((3, 3)))
    save_model(theirs, str(tmp_path / "tied.safetensors"))  # which writes them once
    from_torch(ours, tmp_path / "tied.safetensors")
    assert_every_bit(torch, theirs, to_torch(ours))


def test_pytorchs_tensors_are_read_as_they_come(torch):
    theirs = torch.nn.Linear(2, 1)
    ours = from_torch(nn.Linear(2, 1), dict(theirs.named_parameters()))  # they require gradients
    assert_every_bit(torch, theirs, to_torch(ours))
    with pytest.raises(CheckpointError, match="weight is float16, wanted float32 or float64"):
        from_torch(ours, theirs.half().state_dict())
    assert ours.W.dtype == np.float32


def test_a_real_pickle_is_refused_by_its_name(torch, tmp_path):
    torch.save(torch.nn.Linear(2, 1).state_dict(), tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="as a pickle can run any program"):
        from_torch(nn.Linear(2, 1), tmp_path / "model.pt")
