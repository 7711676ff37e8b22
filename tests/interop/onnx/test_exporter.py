"""Modules as ONNX models, which the checker accepts and onnxruntime runs as we do, and layers from ONNX models."""

import numpy as np
import onnx
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.models import run
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, DtypeError, FileError, GraphError, TinygradError
from tinygrad_gru.interop import export_onnx, from_onnx, to_onnx

pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.fixture(autouse=True)
def seeded():
    with tg.seed(0):
        yield


class Tagger(nn.Module):
    """Words (B, T) and lengths (B,) to a probability for each step (B, T, 1)."""

    def __init__(self, kind=nn.GRU, **options):
        self.embedding = nn.Embedding(10, 4)
        self.recurrent = kind(4, 5, 2, bidirectional=True, batch_first=True, **options)
        self.norm = nn.LayerNorm(10)
        self.output = nn.Linear(10, 1)

    def forward(self, words, lengths):
        out, _ = self.recurrent(self.embedding(words), lengths=lengths)
        return tg.sigmoid(self.output(self.norm(out)))


def words_and_lengths(B, T, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 10, (B, T)), rng.integers(1, T + 1, B)


@pytest.mark.parametrize(
    ("kind", "options"),
    [(nn.GRU, {}), (nn.GRU, {"reset_after": True}), (nn.LSTM, {}), (nn.LSTM, {"bias": "double"}), (nn.RNN, {})],
)
def test_a_model_with_lengths_runs_in_onnxruntime_at_any_size(kind, options, tmp_path):
    model = Tagger(kind, **options).eval()
    path = str(tmp_path / "model.onnx")
    export_onnx(model, words_and_lengths(3, 7), path)
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    names = [value.name for value in proto.graph.input]
    assert [node.op_type for node in proto.graph.node].count(kind.__name__) == 2
    for B, T in ((3, 7), (1, 1), (5, 12)):
        inputs = words_and_lengths(B, T, seed=B)
        (got,) = run(path, dict(zip(names, inputs, strict=True)))
        assert error(got, model(*inputs).data) < 1e-5


class Last(nn.Module):
    """The last state, and all outputs, from a state that is given."""

    def __init__(self, layer):
        self.layer = layer

    def forward(self, x, h0):
        out, h_n = self.layer(x, h0)
        return out, h_n


@pytest.mark.parametrize(
    "layer",
    [
        lambda: nn.GRU(3, 4, reset_after=True, bias=False),
        lambda: nn.RNN(3, 4, 2, nonlinearity="relu"),
        lambda: nn.GRU(3, 4, activation="softsign", gate_activation="hard_sigmoid"),
    ],
)
def test_other_activations_and_no_bias_run_in_onnxruntime_at_any_size(layer, tmp_path):
    model = Last(layer()).eval()
    path = tmp_path / "model.onnx"
    rng = np.random.default_rng(0)
    depth = model.layer.num_layers
    example = rng.normal(size=(5, 2, 3)).astype(np.float32), rng.normal(size=(depth, 2, 4)).astype(np.float32)
    export_onnx(model, example, path)
    proto = onnx.load(path)
    names = [value.name for value in proto.graph.input]
    for T, B in ((5, 2), (1, 1), (9, 3)):
        x, h0 = rng.normal(size=(T, B, 3)).astype(np.float32), rng.normal(size=(depth, B, 4)).astype(np.float32)
        wanted = [t.data for t in model(x, h0)]
        got = run(str(path), dict(zip(names, (x, h0), strict=True)))
        for a, b in zip(got, wanted, strict=True):
            assert a.shape == b.shape and error(a, b) < 1e-5


class Everything(nn.Module):
    """Operations without a recurrent layer."""

    def __init__(self):
        self.W = nn.Parameter(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32))

    def forward(self, x):
        y = tg.softmax(x @ self.W + 1.0, axis=-1)
        y = tg.concat([y, tg.tanh(x), tg.relu(x - 0.5)], axis=-1)
        y = tg.exp(-tg.square(y)) / (1.0 + tg.abs(y))
        return tg.mean(y.reshape((x.shape[0], 5, 2)), axis=1) * tg.log(2.0 + tg.max(y, axis=-1, keepdims=True))


def test_operations_become_operators(tmp_path):
    model, path = Everything(), tmp_path / "model.onnx"
    rng = np.random.default_rng(0)
    export_onnx(model, rng.normal(size=(2, 3)).astype(np.float32), path)
    for B in (1, 2, 7):
        x = rng.normal(size=(B, 3)).astype(np.float32)
        (got,) = run(str(path), {onnx.load(path).graph.input[0].name: x})
        assert error(got, model(x).data) < 1e-5


class MinimalCell(nn.Cell):
    """A cell that ONNX has no node for: it is exported step by step."""

    def __init__(self):
        super().__init__(3, 4)
        self.W = nn.Parameter(np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32))

    def step(self, x, h):
        f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W)
        return ((1 - f) * h + f * tg.tanh(h + f),)


class OfACell(nn.Module):
    def __init__(self):
        self.layer = nn.Recurrent(MinimalCell())

    def forward(self, x):
        return self.layer(x)[0]


def test_a_cell_of_ones_own_is_written_out_step_by_step_for_the_steps_of_the_example(tmp_path):
    model, path = OfACell(), tmp_path / "model.onnx"
    rng = np.random.default_rng(0)
    export_onnx(model, rng.normal(size=(4, 2, 3)).astype(np.float32), path, dynamic_axes={"x": {1: "batch"}})
    for B in (1, 5):
        x = rng.normal(size=(4, B, 3)).astype(np.float32)
        (got,) = run(str(path), {"x": x})
        assert error(got, model(x).data) < 1e-5


class Unsupported(tg.Op):
    """An operation that ONNX has not."""

    symbol = "mine"

    def forward(self, x):
        return x * 2

    def vjp(self, g, y, x):
        return g * 2


class WithUnsupported(nn.Module):
    def forward(self, x):
        with tg.scope("inner"):
            return Unsupported()(x)


@pytest.mark.parametrize(
    ("module", "x", "error_type", "message"),
    [
        (WithUnsupported(), np.ones((2, 3), np.float32), GraphError, r"unsupported: ONNX 21 has no operator .* inner"),
        (Last(nn.GRU(3, 4, dtype=np.float64)), (np.ones((2, 1, 3)), np.zeros((1, 1, 4))), DtypeError, "float64"),
        (Last(nn.GRU(3, 4, stateful=True)), (np.ones((2, 1, 3), np.float32), np.zeros((1, 1, 4), np.float32)),
         ArgumentError, "stateful"),
    ],
    ids=["unsupported operation", "float64", "stateful"],
)  # fmt: skip
def test_what_cannot_be_exported_is_refused_and_leaves_no_file(module, x, error_type, message, tmp_path):
    with pytest.raises(error_type, match=message) as caught:
        export_onnx(module, x, tmp_path / "model.onnx")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path, x = tmp_path / "model.onnx", np.ones((2, 1, 3), np.float32)
    path.write_bytes(b"before")
    with pytest.raises(GraphError):
        export_onnx(WithUnsupported(), x, path)
    assert path.read_bytes() == b"before"

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)  # of the file that is still beside it
        with pytest.raises((OSError, FileError), match="No space left"):
            export_onnx(nn.GRU(3, 4), x, path)
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]

    export_onnx(nn.GRU(3, 4), x, path)
    assert from_onnx(path).hidden_size == 4 and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "layer",
    [
        lambda: nn.RNN(3, 4),
        lambda: nn.GRU(3, 4),
        lambda: nn.GRU(3, 4, reset_after=True),
        lambda: nn.GRU(3, 4, bias="double", bidirectional=True),
        lambda: nn.LSTM(3, 4, bidirectional=True),
        lambda: nn.LSTM(3, 4, bias=False, go_backwards=True, keep_order=True),
    ],
)
def test_a_round_trip_returns_every_bit(layer):
    layer = layer()
    nodes, arrays = to_onnx(layer)
    cell = next(node for node in nodes if node.op_type in ("RNN", "GRU", "LSTM"))
    proto = onnx.helper.make_model(onnx.helper.make_graph([cell], "g", [], [], arrays))
    back = from_onnx(proto)
    before, after = layer.state_dict(), back.state_dict()
    assert before.keys() == after.keys()
    for name in before:
        assert before[name].tobytes() == after[name].tobytes(), name
    x = np.random.default_rng(0).normal(size=(3, 2, 3)).astype(np.float32)
    assert back(x)[0].data.tobytes() == layer(x)[0].data.tobytes()


def test_damaged_and_hostile_files_are_one_clear_error(tmp_path, soak_size):
    export_onnx(Last(nn.GRU(2, 3)), (np.ones((2, 1, 2), np.float32), np.zeros((1, 1, 3), np.float32)),
                tmp_path / "model.onnx")  # fmt: skip
    data = bytearray((tmp_path / "model.onnx").read_bytes())
    whole = from_onnx(bytes(data))
    assert whole.hidden_size == 3
    rng = np.random.default_rng(0)
    for _ in range(soak_size(2000)):
        damaged = bytearray(data)
        for at in rng.integers(0, len(damaged), rng.integers(1, 6)):
            damaged[at] = rng.integers(0, 256)
        if rng.random() < 0.2:
            damaged = damaged[: rng.integers(0, len(damaged))]
        try:
            layer = from_onnx(bytes(damaged))
        except TinygradError as refused:
            assert isinstance(refused, FileError) and "\n" not in str(refused)
        else:
            assert all(np.isfinite(p.data).all() for p in layer.parameters())


@pytest.mark.parametrize("what", ["missing", "folder", "text"])
def test_what_is_no_model_is_named(what, tmp_path):
    path = tmp_path / "x.onnx"
    if what == "folder":
        path.mkdir()
    if what == "text":
        path.write_text("this is no model at all, only a few words")
    with pytest.raises(FileError, match="x.onnx"):
        from_onnx(path)
