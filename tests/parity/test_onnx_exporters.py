"""Files that PyTorch's and Keras's own exporters write, imported whole: their numbers, onnxruntime's, and gradients."""

import os
import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.models import run
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import import_onnx

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 10, (2, 6))
X = RNG.normal(size=(2, 6, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def torch():
    import torch

    torch.manual_seed(3)
    return torch


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def of_words(torch, cell, **options):
    """Words to the probabilities of labels, by the last output."""

    class OfWords(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(10, 4)
            self.recurrent = getattr(torch.nn, cell)(4, 5, batch_first=True, **options)
            width = 5 * (2 if options.get("bidirectional") else 1)
            self.norm, self.drop, self.dense = torch.nn.LayerNorm(width), torch.nn.Dropout(), torch.nn.Linear(width, 3)

        def forward(self, x):
            out, _ = self.recurrent(self.embedding(x))
            return torch.softmax(self.dense(self.drop(self.norm(out[:, -1]))), -1)

    return OfWords()


def of_states(torch, cell, **options):
    """Rows of numbers to scores, by the last states, with an activation and a residual on top."""

    class OfStates(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = getattr(torch.nn, cell)(4, 5, batch_first=True, bidirectional=True, **options)
            self.hidden, self.dense = torch.nn.Linear(10, 10), torch.nn.Linear(10, 3, bias=False)

        def forward(self, x):
            out, last = self.recurrent(x)
            h = last[0] if isinstance(last, tuple) else last
            h = torch.cat([h[-2], h[-1]], 1)
            h = h + torch.nn.functional.gelu(self.hidden(h))
            mean = out.mean(1) - out.max(1).values.clamp(-0.5, 0.5)
            return self.dense(h), mean, torch.argmax(self.dense(mean), -1)

    return OfStates()


def of_layers(torch):
    """A Sequential around a layer that keeps the sequence, with time first, and h0 given."""

    class OfLayers(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.before = torch.nn.Sequential(
                torch.nn.Linear(4, 6), torch.nn.ELU(), torch.nn.Linear(6, 4), torch.nn.SiLU()
            )
            self.recurrent = torch.nn.GRU(4, 5, num_layers=2, dropout=0.3)
            self.after = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.LeakyReLU(0.1), torch.nn.Linear(4, 2))

        def forward(self, x):
            out, h_n = self.recurrent(self.before(x.transpose(0, 1)))
            return (
                self.after(out).transpose(0, 1).flatten(1),
                h_n.squeeze(),
                out.shape[0] * torch.sqrt(out.abs() + 1).sum(),
            )

    return OfLayers()


MODELS = {
    "words, GRU": (lambda t: of_words(t, "GRU"), IDS),
    "words, two layers of both directions": (lambda t: of_words(t, "GRU", num_layers=2, bidirectional=True), IDS),
    "words, LSTM": (lambda t: of_words(t, "LSTM", num_layers=2), IDS),
    "words, no bias": (lambda t: of_words(t, "LSTM", bias=False), IDS),
    "words, RNN of relu": (lambda t: of_words(t, "RNN", nonlinearity="relu"), IDS),
    "states, LSTM": (lambda t: of_states(t, "LSTM"), X),
    "states, GRU": (lambda t: of_states(t, "GRU"), X),
    "states, RNN": (lambda t: of_states(t, "RNN"), X),
    "layers": (of_layers, X),
}


def arrays(results):
    results = results if isinstance(results, tuple | list) else (results,)
    results = [r.data if isinstance(r, tg.Tensor) else r for r in results]
    return [r.detach().numpy() if hasattr(r, "detach") else r for r in results]


def same(a, b):
    return np.array_equal(a, b) if np.asarray(b).dtype.kind in "biu" else error(a, b) < 1e-5


def agree(path, model, inputs, wanted):
    """Imported, the file gives these numbers; and so does onnxruntime, so that the file itself is right."""
    imported = import_onnx(path)
    mine = imported(*inputs.values()) if not isinstance(inputs, np.ndarray) else imported(inputs)
    named = dict(zip(imported.inputs, inputs.values() if isinstance(inputs, dict) else [inputs], strict=True))
    for got, theirs, runtime in zip(arrays(mine), wanted, run(path, named), strict=True):
        assert np.shape(got) == np.shape(theirs)
        assert same(got, theirs) and same(got, runtime)
    return imported


@pytest.mark.parametrize("folding", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_what_pytorch_s_first_exporter_writes(torch, name, folding):
    make, x = MODELS[name]
    model = make(torch).eval()
    torch.onnx.export(
        model, (torch.tensor(x),), "m.onnx", dynamo=False, input_names=["x"], do_constant_folding=folding,
        dynamic_axes={"x": {0: "batch", 1: "time"}} if name != "layers" else None,
    )  # fmt: skip
    more = x if name == "layers" else np.concatenate([x, x, x[:1]])[:, [0, 3, 2, 1, 5, 4, 1, 2]]
    imported = agree("m.onnx", model, more, arrays(model(torch.tensor(more))))
    assert all(isinstance(layer, nn.Recurrent) for layer in imported.layers.values()) and imported.layers


@pytest.mark.parametrize("name", MODELS)
def test_what_pytorch_s_second_exporter_writes(torch, name):
    pytest.importorskip("onnxscript")
    make, x = MODELS[name]
    model = make(torch).eval()
    torch.onnx.export(model, (torch.tensor(x),), "m.onnx", dynamo=True, external_data=False, verbose=False)
    agree("m.onnx", model, x, arrays(model(torch.tensor(x))))


def test_lengths_of_packed_sequences(torch):
    class Packed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = torch.nn.GRU(4, 5, bidirectional=True)

        def forward(self, x, lengths):
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=True)
            out, h_n = self.recurrent(packed)
            return torch.nn.utils.rnn.pad_packed_sequence(out)[0], h_n

    model = Packed().eval()
    inputs = {"x": RNG.normal(size=(6, 3, 4)).astype(np.float32), "lengths": np.array([6, 4, 1])}
    given = tuple(torch.tensor(v) for v in inputs.values())
    torch.onnx.export(model, given, "m.onnx", dynamo=False, input_names=list(inputs))
    agree("m.onnx", model, inputs, arrays(model(*given)))


def test_gradients_are_pytorch_s(torch):
    model = of_words(torch, "GRU").eval()
    ids = torch.tensor(IDS)
    torch.onnx.export(model, (ids,), "m.onnx", dynamo=False)
    imported = import_onnx("m.onnx")
    model(ids)[:, 0].sum().backward()
    imported(IDS)[:, 0].sum().backward()
    for name in ("dense.weight", "dense.bias", "norm.weight", "embedding.weight"):
        wanted = model.get_parameter(name).grad.numpy()
        (mine,) = [p.grad for key, p in imported.named_parameters() if key.endswith(name)]
        assert error(mine, wanted) < 1e-4
    wanted = model.recurrent.weight_hh_l0.grad.numpy()
    (layer,) = imported.layers.values()
    assert error(layer.cell.W_hh.grad, wanted[10:].T) < 1e-4  # the candidate's, whose sign is the same there


def test_what_has_no_counterpart_is_one_line_that_names_it(torch):
    class Inverse(torch.nn.Module):
        def forward(self, x):
            return torch.nonzero(x)

    torch.onnx.export(Inverse(), (torch.tensor(X[0]),), "m.onnx", dynamo=False)
    with pytest.raises(FileError, match=r"node /NonZero: the operator NonZero is not read. try: "):
        import_onnx("m.onnx")


KERAS = {
    "GRU": lambda L: [L.Embedding(10, 4), L.GRU(5, return_sequences=True), L.LSTM(5), L.Dense(3, activation="softmax")],
    "of both directions, masked": lambda L: [
        L.Embedding(10, 4, mask_zero=True), L.Bidirectional(L.GRU(5, return_sequences=True)),
        L.TimeDistributed(L.Dense(3, activation="relu")),
    ],
    "reset before the product": lambda L: [
        L.Embedding(10, 4), L.GRU(5, reset_after=False), L.Dense(4, activation="gelu"),
        L.Dense(1, activation="sigmoid"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", KERAS)
def test_what_keras_writes(name):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras

        model = keras.Sequential([keras.Input((6,)), *KERAS[name](keras.layers)])
        wanted = np.asarray(model(IDS).detach())
        model.export("m.onnx", format="onnx", verbose=False)
    agree("m.onnx", model, IDS.astype(np.float32), [wanted])
