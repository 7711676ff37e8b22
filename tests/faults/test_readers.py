"""Every reader with files that are mutated, nested, huge or none: a line or a result, in bounded memory, at once.

All files of one reader are read by one process, whose memory is limited and measured.
"""

import json
import os
import random
import select
import socket
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.cli.command import ROOT, environment
from tests.faults.session import good_run
from tests.faults.test_memory import onnx_of, safetensors
from tinygrad_gru.keras.layers import GRU, Input
from tinygrad_gru.keras.models import Sequential, load_model

pytest.importorskip("onnx")
pytest.importorskip("safetensors")

MEGABYTES = 100
MUTATIONS = 6
TOKENS = [
    b"\0",
    b"\xff" * 8,
    b"[" * 3000,
    b'{"a":' * 3000,
    b"9" * 400,
    b"1e999",
    b"-1",
    b"\n",
    b"\x1b[2J",
    b"null",
    b'"',
]


def mutated(good, count=MUTATIONS):
    """Files that differ from a good one by a few bytes, a piece that is missing or doubled, or something put in."""
    rng = random.Random(0)
    for _ in range(count):
        data = bytearray(good)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(data) + 1)
            match rng.randrange(4):
                case 0:
                    data[at : at + 1] = bytes([rng.randrange(256)])
                case 1:
                    del data[at : at + rng.randrange(1, 200)]
                case 2:
                    data[at:at] = data[at : at + rng.randrange(1, 200)]
                case 3:
                    data[at:at] = rng.choice(TOKENS)
        yield bytes(data)


ODD = {
    "nothing": b"",
    "nested lists": b"[" * 200_000,
    "nested dictionaries": b'{"a":' * 200_000,
    "nested TOML": b"a = " + b"[" * 200_000,
    "long number": b"1" * 5000,
    "no text": b"\xff\xfe\0\0" * 1000,
    "zeros": bytes(3_000_000),
    "one long line": b"a" * 3_000_000,
}


def odd(path):
    """What else can be under a file's name: one after the other, made when it is asked for."""
    for data in ODD.values():
        path.write_bytes(data)
        yield
    path.unlink()
    yield
    for make in (
        os.mkdir,
        os.mkfifo,
        lambda place: place.symlink_to("/dev/zero"),
        lambda place: place.symlink_to(place),
    ):
        make(path)
        yield
        path.rmdir() if path.is_dir() else path.unlink()


class Reader:
    """A process that runs one command after the other, and tells of each."""

    def __init__(self, cwd, timeout=60):
        self.timeout = timeout  # seconds for one command
        command = [sys.executable, "-m", "tests.faults.reading", "-"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=cwd, env=environment(PYTHONPATH=str(ROOT)), text=True, **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.kill()  # it may hang
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def problem(self, words, megabytes=MEGABYTES):
        """What is wrong with what the command did; nothing, if it succeeded or failed in a line, in bounded memory."""
        self.process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], self.timeout)[0]:
            return f"did not end in {self.timeout} s"
        line = self.process.stdout.readline()
        if not line:
            return "the process ended"
        told = json.loads(line)
        errors = [line for line in told["err"].splitlines() if line.startswith("error: ")]
        if told["code"] not in (0, 1, 2):
            return f"got {told['code']}"
        if told["code"] and (len(errors) != 1 or ("try: " not in errors[0] and "did you mean" not in errors[0])):
            return f"no line that says what to try: {told['err'][:500]!r}"
        if not told["err"].replace("\n", "").isprintable() or len(told["err"]) > 4000:
            return f"not fit for a terminal: {told['err'][:500]!r}"
        return f"took {told['megabytes']:.0f} MB" if told["megabytes"] > megabytes else None


def problems(path, good, words, cwd):
    """What goes wrong with a reader, by the number of the mutation or the odd file."""
    found = {}
    with Reader(cwd) as reader:
        path.write_bytes(good)
        reader.problem(words)  # what the model needs is no part of the bound
        for number, data in enumerate(mutated(good)):
            path.write_bytes(data)
            if problem := reader.problem(words):
                found[f"mutation {number}"] = problem
        for name, _ in zip([*ODD, "missing", "folder", "pipe", "device", "loop"], odd(path), strict=True):
            if problem := reader.problem(words):
                found[name] = problem
    return found


STEPS = ["--length", "50"]
SMALL = ["--updates", "1", "--hidden", "2", "--batch", "1", "--length", "3", "--quiet"]


def _weights(folder, name, good):
    path = folder / name
    return path, good, ["import", path]


def _in_run(name, *command):
    def make(folder):
        run = good_run(folder / "runs" / "adding-0001")
        path = run / name
        return (
            path,
            path.read_bytes(),
            [*command, run] if command[0] != "runs" else ["runs", "--folder", folder / "runs"],
        )

    return make


def _npz(folder):
    np.savez(folder / "good.npz", np.zeros((2, 12)), np.zeros((4, 12)), np.zeros((2, 12)))
    return _weights(folder, "a.npz", (folder / "good.npz").read_bytes())


def _table(folder):
    rows = b"".join(b"%d,%d\n" % (i % 7, i % 5) for i in range(200))
    return folder / "data.csv", b"a,b\n" + rows, ["train", "table", "--file", folder / "data.csv", *SMALL]


def _chars(folder):
    return (
        folder / "text.txt",
        b"to be or not to be\n" * 60,
        ["train", "chars", "--file", folder / "text.txt", *SMALL, *STEPS],
    )


READERS = {
    "safetensors": lambda folder: _weights(
        folder, "a.safetensors", safetensors({"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 4)})
    ),
    "npz": _npz,
    "onnx": lambda folder: _weights(folder, "a.onnx", onnx_of(2, 3)),
    "best.npz": _in_run("best.npz", "eval"),
    "run.json": _in_run("run.json", "runs"),
    "run.json, shown": _in_run("run.json", "show"),
    "metrics.jsonl": _in_run("metrics.jsonl", "runs"),
    "config.toml": _in_run("config.toml", "show"),
    "last.npz": _in_run("last.npz", "resume", "--quiet"),
    "metrics.jsonl, as a page": _in_run("metrics.jsonl", "show", "--html", "--force"),
    "table": _table,
    "chars": _chars,
}


@pytest.mark.parametrize("make", READERS.values(), ids=READERS)
def test_whatever_the_file_a_reader_ends_in_a_result_or_a_line(make, tmp_path):
    path, good, words = make(tmp_path)
    assert problems(path, good, words, tmp_path) == {}


def rows(count, row):
    """A long file of short rows."""
    return "".join(row(i) for i in range(count)).encode()


def german(i):
    """A row as a German spreadsheet writes it, with a gap now and then."""
    return f"{i % 28 + 1:02}.{i // 28 % 12 + 1:02}.{2000 + i // 336};{i % 7},5 €;{i % 5 or ''}\n"


GROUPED = ["--group", "id", "--label", "label"]
LONG = {  # files of which each row, as objects of Python's, would take a hundred times its bytes
    "one column": (["table"], ".csv", "a\n", lambda i: f"{i % 7}\n", 250_000),
    "spreadsheet": (["table", "--fill", "mean"], ".csv", "day;a;b\n", lambda i: german(i), 100_000),
    "groups": (["table", *GROUPED], ".csv", "id,label,x\n", lambda i: f"{i // 5},{'ab'[i // 5 % 2]},{i % 7}\n", 50_000),
    "texts": (["labelled"], ".csv", "text,label\n", lambda i: f"{'abcdefghijk'[i % 11] * 2},{'ab'[i % 2]}\n", 100_000),
    "chars": (["chars", *STEPS], ".txt", "", lambda i: f"to be {i}\n", 100_000),
}


@pytest.mark.parametrize("case", LONG.values(), ids=LONG)
def test_long_data_take_what_their_numbers_take(case, tmp_path):
    words, suffix, head, row, count = case
    path = tmp_path / f"data{suffix}"
    command = ["train", words[0], *SMALL, *words[1:], "--file", path]
    with Reader(tmp_path) as reader:
        path.write_bytes(head.encode() + rows(300, row))
        reader.problem(command)  # what training itself needs is no part of the bound
        path.write_bytes(head.encode() + rows(count, row))
        assert reader.problem(command, 5 + 20 * path.stat().st_size / 1e6) is None


FROM_PYTHON = {
    "tg.load": lambda path: tg.load(tg.nn.Linear(2, 1), path),
    "read_safetensors": tg.interop.read_safetensors,
    "from_torch": lambda path: tg.interop.from_torch(tg.nn.GRU(2, 3, reset_after=True), path),
    "from_onnx": tg.interop.from_onnx,
    "load_model": load_model,
    "load_weights": lambda path: Sequential([Input((5, 2)), GRU(3)]).load_weights(path),
}


@pytest.mark.parametrize("read", FROM_PYTHON.values(), ids=FROM_PYTHON)
def test_the_librarys_readers_take_regular_files_only(read, tmp_path):
    pipe, folder, device, other = (tmp_path / f"{name}.safetensors" for name in ("pipe", "folder", "device", "socket"))
    os.mkfifo(pipe)
    folder.mkdir()
    device.symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as address:
        address.bind(os.path.relpath(other))
        for path in (pipe, folder, device, other):
            with pytest.raises(tg.errors.FileError, match="is not a file"):
                read(path)


def test_a_reader_that_waits_is_caught(tmp_path):
    (tmp_path / "claim").write_text("wait")
    with Reader(tmp_path, timeout=0) as reader:
        assert reader.problem(["planted", tmp_path / "claim"]) == "did not end in 0 s"


def test_a_reader_that_raises_what_it_likes_and_takes_a_files_word_is_caught(tmp_path):
    path = tmp_path / "claim"
    with Reader(tmp_path) as reader:
        assert "got FileNotFoundError" in reader.problem(["planted", path])
        path.write_text("x")
        assert "got ValueError" in reader.problem(["planted", path])
        path.write_text("300000000")
        assert reader.problem(["planted", path]).startswith("took ")
