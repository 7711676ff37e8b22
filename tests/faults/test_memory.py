"""Whatever a file claims, reading it takes at most 100 MB + 20 × the file + what the model needs, and ends in a line.

Each case is a file made to do harm and the command that reads it, in a process of its own whose memory is measured.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.cli.command import ROOT, environment

pytest.importorskip("onnx")
pytest.importorskip("safetensors")

MEGABYTE = 10**6


def measured(*words, cwd, timeout=60):
    """What the command did: exit code, megabytes beyond the imports, and the text of both streams."""
    command = [sys.executable, "-m", "tests.faults.reading", *map(str, words)]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def bounded(*words, cwd, size, model=0):
    """As `measured`, of a command that kept to the bound for a file of `size` and a model of `model` bytes."""
    done = measured(*words, cwd=cwd)
    bound = 100 + (20 * size + model) / MEGABYTE
    assert done["megabytes"] <= bound, f"{done['megabytes']:.0f} MB, at most {bound:.0f} wanted: {done['err'][:300]}"
    return done


def safetensors(shapes):
    """A file of zeros in these shapes, by name, in float32."""
    from safetensors.numpy import save

    return save({name: np.zeros(shape, np.float32) for name, shape in shapes.items()})


def deep_torch(folder):
    """3 MB of a first layer, and 300 on top of it that are one number each."""
    shapes = {"weight_ih_l0": (1536, 1), "weight_hh_l0": (1536, 512)}
    shapes |= {f"weight_{side}_l{k}": (1,) for k in range(1, 300) for side in ("ih", "hh")}
    (folder / "deep.safetensors").write_bytes(safetensors(shapes))
    return ["import", folder / "deep.safetensors"]


def many_small_layers(folder):
    """LayerNorms of one number, each at the end of a way of its own."""
    way = ".".join("abcdefghijklmn")
    shapes = {f"x{k}.{way}.{name}": (1,) for k in range(20_000) for name in ("weight", "bias")}
    (folder / "many.safetensors").write_bytes(safetensors(shapes))
    return ["import", folder / "many.safetensors"]


def checkpoint_with(folder, task, change, **sizes):
    """A run's checkpoint with other facts, with what `eval` needs beside it."""
    from tests.faults.bad_files import told
    from tests.faults.session import good_run

    run = good_run(folder / "run", task, **sizes)
    (run / "best.npz").write_bytes(told(change)((run / "best.npz").read_bytes()))
    return ["eval", run]


def large_vocabulary(folder):
    """As many characters as meta.json has room for, and a state for which that is a matrix of 1 GB."""
    letters = "".join(chr(0x4E00 + i) for i in range(20_000)) + "".join(chr(0x20000 + i) for i in range(60_000))

    def change(meta):
        meta["facts"]["vocabulary"] = letters
        meta["config"]["hidden"] = 512

    return checkpoint_with(folder, "chars", change, hidden=4)


def onnx_of(count, hidden):
    """A model of so many GRU nodes that share one W and one R."""
    from onnx import helper, numpy_helper

    arrays = {"W": np.zeros((1, 3 * hidden, 1), np.float32), "R": np.zeros((1, 3 * hidden, hidden), np.float32)}
    nodes = [
        helper.make_node("GRU", ["x", "W", "R"], [f"y{i}"], f"n{i}", hidden_size=hidden, linear_before_reset=1)
        for i in range(count)
    ]
    stored = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    return helper.make_model(helper.make_graph(nodes, "g", [], [], stored)).SerializeToString()


def shared_weights(folder):
    """200 layers with the weights of one."""
    (folder / "shared.onnx").write_bytes(onnx_of(200, 512))
    return ["import", folder / "shared.onnx"]


def very_many_nodes(folder):
    """20,000 nodes of one number each."""
    (folder / "many.onnx").write_bytes(onnx_of(20_000, 1))
    return ["import", folder / "many.onnx"]


def empty_messages(folder):
    """A million attributes with nothing in them, two bytes each."""
    from tests.interop.onnx.test_hostile import length_delimited

    attributes = length_delimited(5, b"") * 1_000_000
    (folder / "empty.onnx").write_bytes(length_delimited(7, length_delimited(1, attributes)))
    return ["import", folder / "empty.onnx"]


def shared_weights_for_a_run(folder):
    """200 layers with the weights of one, for a model of two layers."""
    from tests.faults.session import good_run

    return [*shared_weights(folder), "--like", good_run(folder / "run")]


def inflated(folder):
    """700 MB of zeros in 700 kB, as Keras's arrays."""
    shapes = [(9000, 12_000), (4000, 12_000), (2, 12_000)]
    arrays = {f"arr_{i}": np.zeros(shape, np.float32) for i, shape in enumerate(shapes)}
    np.savez_compressed(folder / "bomb.npz", **arrays)
    return ["import", folder / "bomb.npz"]


def no_end(folder):
    """A device as data."""
    return ["train", "chars", "--file", "/dev/zero", "--quiet"]


def no_writer(folder):
    """A pipe that nobody writes into, as data."""
    os.mkfifo(folder / "pipe.csv")
    return ["train", "table", "--file", folder / "pipe.csv"]


def long_settings(folder):
    """50 MB of settings, beside which a run is looked for."""
    run = folder / "runs" / "adding-0001"
    run.mkdir(parents=True)
    (run / "config.toml").write_bytes(b"a = [" + b"1," * 25_000_000 + b"]")
    return ["eval", run]


CASES = {
    "npz: 700 MB of zeros": inflated,
    "data: /dev/zero": no_end,
    "data: a pipe": no_writer,
    "config.toml of 50 MB": long_settings,
    "onnx: 200 nodes share their weights": shared_weights,
    "onnx: 200 nodes share their weights, --like": shared_weights_for_a_run,
    "onnx: 20,000 small nodes": very_many_nodes,
    "onnx: a million empty messages": empty_messages,
    "checkpoint: 80,000 characters": large_vocabulary,
    "safetensors: 300 layers without weights": deep_torch,
    "safetensors: 20,000 layers of two numbers": many_small_layers,
}


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_a_file_that_claims_too_much_is_refused_in_bounded_memory(make, tmp_path):
    words = make(tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    done = bounded(*words, cwd=tmp_path, size=size)
    (line,) = done["err"].splitlines()
    assert done["code"] in (1, 2) and line.startswith("error: ") and "try: " in line, done
    assert line.isprintable() and len(line) < 2000


def test_a_long_look_into_a_network_takes_what_is_shown(tmp_path):
    from tests.faults.session import good_run

    text = tmp_path / "text.txt"
    text.write_text("".join(chr(97 + i * i % 23) for i in range(400)))
    run = good_run(tmp_path / "run", "chars", file=str(text))
    done = bounded("inspect", run, "--length", 10**9, cwd=tmp_path, size=10**5)
    assert done["code"] == 0 and "showing the first 120 of 1000000000 steps" in done["err"]


def test_a_reader_that_believes_its_file_is_caught(tmp_path):
    (tmp_path / "claim").write_text("300000000")
    with pytest.raises(AssertionError, match="at most 100 wanted"):
        bounded("planted", "claim", cwd=tmp_path, size=9)
