"""`tinygrad-gru import`: what is in a file is seen, checked, and comes back with every bit."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.cli.runs import make_run
from tinygrad_gru import interop, nn
from tinygrad_gru.cli import main
from tinygrad_gru.keras import layers, models
from tinygrad_gru.training import load_checkpoint


def imported(capsys, *words, command="import"):
    code = main([command, *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def lines(text):
    return [line.strip() for line in text.splitlines()]


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


ROUND_TRIPS = [
    ("rnn", "model.safetensors", "torch"),
    ("lstm", "model.safetensors", "torch"),
    *[(cell, file, "keras") for cell in ("rnn", "gru", "lstm") for file in ("model.npz", "model.safetensors")],
    *[(cell, "model.onnx", "onnx") for cell in ("rnn", "gru", "lstm")],
]


@pytest.mark.parametrize("task", ["adding", "chars"])
@pytest.mark.parametrize(("cell", "file", "dialect"), ROUND_TRIPS)
def test_out_and_in_again_gives_every_bit(capsys, task, cell, file, dialect):
    model = make_run(task, cell)
    assert imported(capsys, "last", "-o", file, "--dialect", dialect, command="export")[0] == 0
    code, out, err = imported(capsys, file, "--like", "1")

    assert (code, out) == (0, f"runs/{task}-0002\n")
    assert lines(err)[0] == f"{file}: {dialect}, {model.num_parameters:,} parameters, float32"
    again = load_checkpoint(Path(out.strip()) / "best.npz")
    ours, theirs = model.state_dict(), again.model.state_dict()
    assert list(ours) == list(theirs)
    assert all(ours[key].tobytes() == theirs[key].tobytes() for key in ours)
    assert again.update == 0


def test_a_run_that_was_imported_is_used_as_any_other(capsys):
    make_run("chars", "gru")
    imported(capsys, "last", "-o", "model.npz", command="export")
    imported(capsys, "model.npz", "--like", "last", "-o", "mine")
    sampled = [imported(capsys, run, "--length", "20", command="sample") for run in ("1", "mine")]

    assert sampled[0] == sampled[1] and sampled[0][0] == 0
    assert imported(capsys, "mine", "-o", "model.onnx", command="export")[0] == 0
    assert json.loads(Path("mine/run.json").read_text())["imported"] == "model.npz"


def test_torch_files_are_read_without_a_model(capsys):
    class Tagger(nn.Module):
        def __init__(self):
            self.embed = nn.Embedding(10, 3)
            self.encoder = nn.GRU(3, 4, num_layers=2, bidirectional=True, reset_after=True)
            self.norm = nn.LayerNorm(8)
            self.head = nn.Linear(8, 2)

    model = Tagger()
    interop.save_safetensors("tagger.safetensors", interop.to_torch(model))
    code, out, _ = imported(capsys, "tagger.safetensors")
    assert code == 0
    assert lines(out) == [
        f"tagger.safetensors: torch, {model.num_parameters} parameters, float32",
        "embed: nn.Embedding(10, 3), 30 parameters  (a Linear without a bias would look the same)",
        "encoder: nn.GRU(3, 4, num_layers=2, bidirectional=True, reset_after=True), 552 parameters",
        "head: nn.Linear(8, 2), 18 parameters",
        "norm: nn.LayerNorm(8), 16 parameters",
    ]

    code, out, _ = imported(capsys, "tagger.safetensors", "-o", "tagger.npz")
    assert (code, out) == (0, "tagger.npz\n")
    stored = np.load("tagger.npz")
    assert set(stored.files) == set(model.state_dict())
    assert all((stored[key] == array).all() for key, array in model.state_dict().items())
    tg.load(Tagger(), "tagger.npz")


@pytest.mark.parametrize(
    "layer", [nn.GRU(3, 4, reset_after=True), nn.LSTM(3, 4, bias=False), nn.GRUCell(3, 4, True, True)]
)
def test_a_file_that_is_one_layer_becomes_what_load_takes(capsys, layer):
    interop.save_safetensors("layer.safetensors", interop.to_torch(layer))
    assert imported(capsys, "layer.safetensors", "-o", "layer.npz")[0] == 0

    with tg.seed(99):
        again = type(layer)(3, 4, **({"reset_after": True} if "GRU" in type(layer).__name__ else {"bias": False}))
    tg.load(again, "layer.npz")
    assert all((a == b).all() for a, b in zip(again.state_dict().values(), layer.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([nn.Embedding(10, 2), nn.GRU(2, 4, reset_after=True), nn.Linear(4, 1)],
         ["nn.Embedding(10, 2)", "nn.GRU(2, 4, reset_after=True)", "nn.Linear(4, 1)"]),
        ([nn.LSTM(3, 4, bidirectional=True), nn.LSTM(8, 5)], ["nn.LSTM(3, 4, bidirectional=True)", "nn.LSTM(8, 5)"]),
        ([nn.RNN(3, 4, num_layers=2), nn.LayerNorm(4)], ["nn.RNN(3, 4)", "nn.RNN(4, 4)", "nn.LayerNorm(4)"]),
        ([nn.GRU(4, 4), nn.GRU(4, 4)], ["nn.GRU(4, 4)", "nn.GRU(4, 4)"]),
        ([nn.GRU(3, 4, bias=False, reset_after=True)], ["nn.GRU(3, 4, bias=False, reset_after=True)"]),
    ],
)  # fmt: skip
def test_a_list_from_keras_is_read_without_a_model(capsys, layers, expected):
    weights = interop.to_keras(nn.Sequential(*layers))
    np.savez("model.npz", *weights)  # the line that we tell Keras's users
    code, out, _ = imported(capsys, "model.npz", "--json")

    facts = json.loads(out)
    assert (code, facts["dialect"], facts["written"]) == (0, "keras", None)
    assert [layer["layer"] for layer in facts["layers"]] == expected
    assert facts["parameters"] == sum(a.size for a in weights)


def test_a_node_of_onnx_becomes_a_layer(capsys):
    gru = nn.GRU(2, 4, bidirectional=True)
    interop.export_onnx(gru, np.zeros((5, 3, 2), np.float32), "gru.onnx")
    code, out, _ = imported(capsys, "gru.onnx")
    assert code == 0
    assert "GRU 2 to 4, both directions, reset_after=False" in out

    imported(capsys, "gru.onnx", "-o", "gru.npz")
    again = tg.load(nn.GRU(2, 4, bidirectional=True), "gru.npz")
    assert all((a == b).all() for a, b in zip(again.state_dict().values(), gru.state_dict().values(), strict=True))


UNSURE = "two layers or both directions of one: it cannot be seen which, and two are assumed"
ALIKE = "two layers: both directions of one, as a sum, product or mean, would look the same"
MERGED = "what follows reads both directions as one sum, product or mean"


@pytest.mark.parametrize(
    ("chain", "expected", "notes"),
    [
        (lambda m: [m.Embedding(10, 3), m.Bidirectional(m.GRU(4)), m.Dense(2)],
         ["nn.Embedding(10, 3)", "nn.GRU(3, 4, reset_after=True, bidirectional=True)", "nn.Linear(8, 2)"], []),
        (lambda m: [m.Embedding(10, 4), m.Bidirectional(m.GRU(4)), m.Dense(2)],
         ["nn.Embedding(10, 4)", "nn.GRU(4, 4, reset_after=True, bidirectional=True)", "nn.Linear(8, 2)"], []),
        (lambda m: [m.Embedding(10, 4), m.GRU(4, return_sequences=True), m.GRU(4), m.Dense(2)],
         ["nn.Embedding(10, 4)", *["nn.GRU(4, 4, reset_after=True)"] * 2, "nn.Linear(4, 2)"], [ALIKE]),
        (lambda m: [m.Embedding(10, 3), m.Bidirectional(m.GRU(4), merge_mode="ave"), m.Dense(2)],
         ["nn.Embedding(10, 3)", "nn.GRU(3, 4, reset_after=True, bidirectional=True)", "nn.Linear(4, 2)"], [MERGED]),
        (lambda m: [m.Embedding(10, 4), m.Bidirectional(m.LSTM(4), merge_mode="sum"), m.Dense(2)],
         ["nn.Embedding(10, 4)", *["nn.LSTM(4, 4)"] * 2, "nn.Linear(4, 2)"], [ALIKE]),
        (lambda m: [m.Embedding(10, 4), m.Bidirectional(m.LSTM(4))],
         ["nn.Embedding(10, 4)", *["nn.LSTM(4, 4)"] * 2], [UNSURE]),
    ],
)  # fmt: skip
def test_both_directions_and_two_layers_of_keras_are_told_apart_where_they_can_be(capsys, chain, expected, notes):
    model = models.Sequential(chain(layers))
    model.build((None, 5))
    np.savez("model.npz", *model.get_weights())
    code, out, _ = imported(capsys, "model.npz", "--json")

    read = json.loads(out)["layers"]
    assert (code, [layer["layer"] for layer in read]) == (0, expected)
    assert [layer["note"] for layer in read[1:] if layer["note"]] == notes  # (the first is of the Embedding)


def test_a_file_read_as_both_directions_has_their_weights(capsys):
    model = models.Sequential([layers.Embedding(10, 4), layers.Bidirectional(layers.GRU(4)), layers.Dense(2)])
    model.build((None, 5))
    np.savez("model.npz", *model.get_weights())
    assert imported(capsys, "model.npz", "-o", "ours.npz")[0] == 0

    class Tagger(nn.Module):
        def __init__(self):
            self.embedding = nn.Embedding(10, 4)
            self.gru = nn.GRU(4, 4, bidirectional=True, reset_after=True)
            self.dense = nn.Linear(8, 2)

    ours, codes = tg.load(Tagger(), "ours.npz"), np.array([[1, 2, 3, 0, 9]])
    _, h_n = ours.gru(ours.embedding(codes.T))  # (2, B, H)
    y = ours.dense(tg.concat([h_n[0], h_n[1]], axis=-1))
    assert np.abs(y.data - model.predict(codes)).max() < 1e-6


def test_what_is_not_read_of_onnx_is_named_and_left_out_only_if_asked(capsys):
    class Tagger(nn.Module):
        def __init__(self):
            self.encoder = nn.GRU(2, 4)
            self.head = nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.encoder(x)[0])

    model = Tagger()
    interop.export_onnx(model, np.zeros((5, 3, 2), np.float32), "tagger.onnx")
    err = refused(capsys, "tagger.onnx", "-o", "gru.npz")
    assert "only recurrent nodes are read, not head.W (4, 2), head.b (2,). try: --partial, or --like RUN" in err
    assert not Path("gru.npz").exists()

    code, _, err = imported(capsys, "tagger.onnx", "-o", "gru.npz", "--partial")
    assert code == 0 and "not read: head.W (4, 2), head.b (2,)" in err
    again = tg.load(nn.GRU(2, 4), "gru.npz")
    assert all(
        (a == b).all() for a, b in zip(again.state_dict().values(), model.encoder.state_dict().values(), strict=True)
    )


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(capsys, *words):
    code, out, err = imported(capsys, *words)
    assert code in (1, 2) and out == "" and err.count("\n") == 1, err
    return err


def test_weights_that_do_not_fit_make_no_run(capsys, tmp_path):
    make_run("adding", "lstm", hidden=4)
    make_run("adding", "lstm", hidden=5)
    for file in ("model.safetensors", "model.npz", "model.onnx"):
        imported(capsys, "2", "-o", file, command="export")
        assert "wanted" in refused(capsys, file, "--like", "1")
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["adding-0001", "adding-0002"]


def test_a_gru_of_torch_is_not_put_into_a_run_that_has_another(capsys):
    make_run("adding", "gru")
    interop.save_safetensors("gru.safetensors", interop.to_torch(nn.GRU(2, 4, reset_after=True)))
    message = refused(capsys, "gru.safetensors", "--like", "1")
    assert "no weights make the two equal" in message and message.endswith("try: without --like, and -o model.npz\n")


def test_float64_is_not_rounded_for_a_run(capsys):
    model = make_run("adding", "lstm").astype(np.float64)
    interop.save_safetensors("model.safetensors", interop.to_torch(model))
    assert "holds float64, and a run float32" in refused(capsys, "model.safetensors", "--like", "1")
    assert imported(capsys, "model.safetensors")[0] == 0


def test_a_file_that_is_there_is_kept_unless_forced(capsys, tmp_path):
    interop.save_safetensors("gru.safetensors", interop.to_torch(nn.GRU(2, 4, reset_after=True)))
    (tmp_path / "gru.npz").write_bytes(b"precious")
    assert "gru.npz is there already" in refused(capsys, "gru.safetensors", "-o", "gru.npz")
    assert (tmp_path / "gru.npz").read_bytes() == b"precious"
    assert imported(capsys, "gru.safetensors", "-o", "gru.npz", "--force")[0] == 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"weight_ih_l0": (12, 2), "weight_hh_l0": (13, 4)}, "no layer of ours has"),
        ({"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 4), "weight_ih_l999": (12, 4)}, "no layer of ours has"),
        ({"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 4), "weight_ih_l1": (12, 4)}, "weight_hh_l1 is missing"),
        ({"conv.weight": (3, 3, 3, 3)}, "no layer of ours has conv.weight (3, 3, 3, 3). try: --like RUN"),
        ({"__class__.weight": (3, 3), "__class__.bias": (3,)}, "__class__ is no name for a layer"),
        ({"forward.weight": (3, 3), "forward.bias": (3,)}, "forward is no name for a layer"),
        ({".".join("a" * 40) + ".weight": (3, 3)}, "is no name for a layer"),
        ({"0000": (3, 3, 3)}, "no layer of ours has array 0 of shape (3, 3, 3) there"),
        ({"x\x1b[2J.weight": (2,)}, "no layer of ours has 'x\\x1b[2J.weight'"),
    ],
)
def test_arrays_that_make_no_layer_are_named(capsys, arrays, message):
    interop.save_safetensors("model.safetensors", {name: np.ones(s, np.float32) for name, s in arrays.items()})
    assert message in refused(capsys, "model.safetensors")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model.pt",), "from safetensors.torch import save_file"),
        (("model.h5",), "numpy.savez('model.npz', *model.get_weights())"),
        (("nowhere.npz",), "nowhere.npz: there is no such file"),
        (("nowhere.onnx",), "cannot read nowhere.onnx: No such file"),
        (("nowhere.safetensors",), "nowhere.safetensors: there is no such file"),
        (("model.npz", "-o", "new.h5"), "output: got new.h5, wanted an .npz. try: -o new.npz, or --like RUN"),
        (("model.npz", "--like", "7"), "no such run: 7"),
    ],
)
def test_what_does_not_fit_is_one_line(capsys, words, message):
    assert message in refused(capsys, *words)


def test_an_npz_of_ours_is_known(capsys):
    nn.files.save(nn.GRU(2, 3), "ours.npz")
    assert "it is ours already" in refused(capsys, "ours.npz")


def test_an_npz_that_claims_more_than_it_holds_takes_no_memory(capsys):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }\n"
    with zipfile.ZipFile("bomb.npz", "w") as archive:
        archive.writestr("arr_0.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64))
    assert "wanted 4000000000000 and a header" in refused(capsys, "bomb.npz")


def test_damaged_files_are_one_line_whatever_byte_it_is(capsys, soak_size):
    np.savez("model.npz", *interop.to_keras(nn.GRU(2, 3)))
    interop.save_safetensors("model.safetensors", interop.to_torch(nn.LSTM(2, 3)))
    interop.export_onnx(nn.GRU(2, 3), np.zeros((4, 2, 2), np.float32), "model.onnx")
    rng = np.random.default_rng(3)
    for name in ("model.npz", "model.safetensors", "model.onnx"):
        whole = np.fromfile(name, np.uint8)
        for _ in range(soak_size(300)):
            damaged = whole.copy()
            damaged[rng.integers(len(whole), size=rng.integers(1, 4))] = rng.integers(256)
            damaged[: rng.integers(len(whole) + 1) if rng.random() < 0.1 else len(whole)].tofile("bad" + name[5:])
            code, out, err = imported(capsys, "bad" + name[5:], "-o", "new.npz", "--force")
            assert code in (0, 1, 2) and (code == 0) == (out == "new.npz\n") and "Traceback" not in err
