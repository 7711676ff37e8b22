"""`tinygrad-gru export`: a run's weights as others have them, and nothing written where that cannot be."""

import sys

import numpy as np
import onnxruntime
import pytest

from tests.cli.runs import make_run
from tinygrad_gru import interop, softmax
from tinygrad_gru.cli import main


def exported(capsys, *words):
    code = main(["export", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_torch_gets_its_names_and_every_bit(capsys):
    model = make_run("chars", "lstm")
    code, out, err = exported(capsys, "last", "-o", "model.safetensors")

    assert (code, out) == (0, "model.safetensors\n")
    assert "load_state_dict(safetensors.torch.load_file('model.safetensors'))" in err
    arrays, wanted = interop.read_safetensors("model.safetensors"), interop.to_torch(model)
    assert set(arrays) == set(wanted) and "recurrent.weight_ih_l0" in arrays and "embedding.weight" in arrays
    assert all((arrays[name] == wanted[name]).all() for name in wanted)


@pytest.mark.parametrize("name", ["model.npz", "model.safetensors"])
def test_keras_gets_a_list_in_its_order_by_the_line_that_is_told(capsys, name):
    model = make_run("adding", "gru")
    code, _, err = exported(capsys, "1", "-o", name, "--dialect", "keras")

    assert code == 0
    if name == "model.npz":
        assert "model.set_weights(list(numpy.load('model.npz').values()))" in err
        arrays = list(np.load(name).values())
    else:
        assert "model.set_weights([arrays[name] for name in sorted(arrays)])" in err
        by_name = interop.read_safetensors(name)
        arrays = [by_name[key] for key in sorted(by_name)]
    wanted = interop.to_keras(model)
    assert [a.shape for a in arrays] == [(2, 12), (4, 12), (12,), (4, 1), (1,)]
    assert all((a == b).all() for a, b in zip(arrays, wanted, strict=True))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("task", ["adding", "chars"])
def test_onnx_gets_the_whole_model_with_free_sizes(capsys, task, cell):
    model = make_run(task, cell)
    code, _, _ = exported(capsys, "last", "-o", "model.onnx")
    assert code == 0

    session = onnxruntime.InferenceSession("model.onnx")  # onnx's own evaluator knows no Y_c of an LSTM before 1.23
    assert session.get_inputs()[0].name == "x"
    rng = np.random.default_rng(1)
    for T, B in ((7, 2), (1, 1)):
        x = rng.integers(3, size=(T, B)) if task == "chars" else rng.random((T, B, 2), dtype=np.float32)
        ours = softmax(model(x)[0].data) if task == "chars" else model(x).data  # in one's own units
        lengths = {} if task == "chars" else {"lengths": np.full(B, T)}
        assert np.abs(session.run(None, {"x": x, **lengths})[0] - ours).max() < 1e-5


def test_a_gru_that_torch_has_not_is_refused_with_the_reason_and_a_way_out(capsys, tmp_path):
    make_run("adding", "gru")
    code, out, err = exported(capsys, "last", "-o", "model.safetensors")

    assert (code, out) == (2, "") and err.count("\n") == 1
    assert "torch's GRU has the reset gate after the product" in err and "no weights make the two equal" in err
    assert err.rstrip().endswith("--dialect onnx -o model.onnx, or train with --cell gru-after")
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_file_that_is_there_is_kept_unless_forced(capsys, tmp_path):
    make_run("adding", "rnn")
    (tmp_path / "model.npz").write_bytes(b"precious")
    code, _, err = exported(capsys, "last", "-o", "model.npz")
    assert code == 2 and "model.npz is there already. try: another name, or --force" in err
    assert (tmp_path / "model.npz").read_bytes() == b"precious"

    assert exported(capsys, "last", "-o", "model.npz", "--force")[0] == 0
    assert len(np.load("model.npz").files) == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "model.h5"), "output: got model.h5, wanted .onnx, .safetensors or .npz. try: -o model.safetensors"),
        (("-o", "m.npz", "--dialect", "torch"), "output: got m.npz, wanted .safetensors for torch. try: -o m.safetens"),
        (("-o", "m.npz", "--dialect", "karas"), "dialect: got 'karas', wanted torch, keras or onnx. did you mean kera"),
        (("-o", "runs"), "output: got runs, wanted .onnx"),
        (("-o", "nowhere/m.npz"), "cannot write nowhere/m.npz: No such file or directory"),
    ],
)
def test_what_does_not_fit_is_one_line(capsys, words, message):
    make_run("adding", "rnn")
    code, out, err = exported(capsys, "last", *words)
    assert code in (1, 2) and out == ""
    assert err.startswith(f"error: {message}") and err.count("\n") == 1


def test_an_extra_that_is_missing_is_named_with_its_command(capsys, monkeypatch, tmp_path):
    make_run("adding", "lstm")
    for package, file in (("safetensors", "m.safetensors"), ("onnx", "m.onnx")):
        monkeypatch.setitem(sys.modules, package, None)
        code, _, err = exported(capsys, "last", "-o", file)
        assert code == 1 and 'try: pip install "tinygrad_gru[interop]"' in err and err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
