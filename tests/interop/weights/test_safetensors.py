"""Arrays in .safetensors files, damaged and hostile ones among them."""

import json
import os
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, CheckpointError, DtypeError, FileError, MissingExtraError
from tinygrad_gru.interop import from_torch, read_safetensors, save_safetensors, to_torch

Numbers = dict[str, np.ndarray]


def two_layers() -> nn.Module:
    return nn.Sequential(nn.Embedding(4, 2), nn.Linear(2, 3))


def parsed(data: bytes) -> Numbers:
    """The arrays as the format says, in four lines: https://github.com/huggingface/safetensors#format."""
    size = 8 + struct.unpack("<Q", data[:8])[0]
    header = {name: entry for name, entry in json.loads(data[8:size]).items() if name != "__metadata__"}
    places = {name: [size + offset for offset in entry["data_offsets"]] for name, entry in header.items()}
    dtypes = {"F32": "<f4", "F64": "<f8"}
    return {
        name: np.frombuffer(data[slice(*places[name])], dtypes[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def written(header: dict, numbers: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def state(module: nn.Module) -> dict[str, tuple[str, bytes]]:
    return {key: (str(a.dtype), a.tobytes()) for key, a in module.state_dict().items()}


# --- written and read ------------------------------------------------------------------------------------------------


def test_what_is_written_is_what_the_format_says_and_what_others_read(tmp_path):
    arrays = {"a": np.array([[1.0, -0.0], [5e-324, 2.0]]), "b.c": np.array([3.0], np.float32), "none": np.zeros((0, 3))}
    save_safetensors(tmp_path / "x.safetensors", arrays)
    data = (tmp_path / "x.safetensors").read_bytes()
    for found in (parsed(data), safetensors.numpy.load(data), read_safetensors(tmp_path / "x.safetensors")):
        assert {k: (v.dtype, v.shape, v.tobytes()) for k, v in found.items()} == {
            k: (v.dtype, v.shape, v.tobytes()) for k, v in arrays.items()
        }
    save_safetensors(tmp_path / "y.safetensors", dict(reversed(arrays.items())))
    assert (tmp_path / "y.safetensors").read_bytes() == data


def test_views_are_written_as_they_are_seen(tmp_path):
    array = np.arange(6.0).reshape(2, 3)
    save_safetensors(tmp_path / "x.safetensors", {"T": array.T, "part": array[:, ::2], "big": array.astype(">f8")})
    found = read_safetensors(tmp_path / "x.safetensors")
    assert found["T"].tolist() == array.T.tolist()
    assert found["part"].tolist() == [[0, 2], [3, 5]]
    assert found["big"].tolist() == array.tolist()


def test_a_module_comes_back_bit_for_bit(tmp_path):
    module = nn.Sequential(nn.Embedding(5, 2), nn.GRU(2, 3, 2, reset_after=True, bidirectional=True), nn.LayerNorm(6))
    path = tmp_path / "model.safetensors"
    save_safetensors(path, to_torch(module))
    other = nn.Sequential(nn.Embedding(5, 2), nn.GRU(2, 3, 2, reset_after=True, bidirectional=True), nn.LayerNorm(6))
    assert from_torch(other, path) is other
    assert state(other) == state(module)
    assert state(from_torch(other.astype(np.float64), str(path))) == state(module)


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {"a": np.ones(2)})
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="x.safetensors is not written: a holds NaN or infinity; c holds NaN"):
        save_safetensors(path, {"a": np.array([np.nan]), "b": np.ones(1), "c": np.array([np.inf], np.float32)})
    with pytest.raises(CheckpointError, match="x.safetensors is not written: a is int64, wanted float32 or float64"):
        save_safetensors(path, {"a": np.ones(2, int)})
    with pytest.raises(FileError, match="cannot write"):
        save_safetensors(tmp_path / "nowhere" / "x.safetensors", {"a": np.ones(2)})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]


# --- what does not fit -----------------------------------------------------------------------------------------------


def test_everything_that_does_not_fit_is_listed_at_once(tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.numpy.save_file(
        {"0.weight": np.zeros((4, 3), np.float32), "1.weight": np.zeros((3, 2), np.float16), "\x1b[31m": np.zeros(1)},
        path,
    )
    module = two_layers()
    before = state(module)
    with pytest.raises(CheckpointError) as raised:
        from_torch(module, path)
    assert str(raised.value) == (
        f"{path} does not fit Sequential: 1.bias is missing; '\\x1b[31m' is unexpected; "
        "0.weight is (4, 3), wanted (4, 2); 1.weight is float16, wanted float32 or float64"
    )
    assert state(module) == before


def test_names_and_shapes_can_be_asked_for(tmp_path):
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {"a": np.ones((2, 3))})
    assert list(read_safetensors(path, {"a": (2, 3)})) == ["a"]
    with pytest.raises(CheckpointError, match=r"does not fit: b is missing; a is \(2, 3\), wanted \(3, 2\)"):
        read_safetensors(path, {"a": (3, 2), "b": ()})


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.int64, bool])
def test_other_dtypes_are_refused(dtype, tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.numpy.save_file({"a": np.ones(2, dtype)}, path)
    with pytest.raises(CheckpointError, match="a is .*, wanted float32 or float64"):
        read_safetensors(path)
    with pytest.raises(CheckpointError, match="a is .*, wanted float32 or float64"):
        read_safetensors(path, {"a": (2,)})


@pytest.mark.parametrize("name", ["BF16", "F8_E4M3", "C64", "U64"])
def test_dtypes_that_numpy_has_not_are_refused_as_well(name: str, tmp_path):
    size = {"BF16": 2, "F8_E4M3": 1, "C64": 8, "U64": 8}[name]
    path = tmp_path / "x.safetensors"
    path.write_bytes(written({"a": {"dtype": name, "shape": [1], "data_offsets": [0, size]}}, bytes(size)))
    with pytest.raises(CheckpointError, match="x.safetensors does not fit: a is .*, wanted float32 or float64"):
        read_safetensors(path)


def test_infinities_in_a_file_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.numpy.save_file({"a": np.array([1.0, np.inf])}, path)
    with pytest.raises(CheckpointError, match="x.safetensors cannot be used: a holds NaN or infinity"):
        read_safetensors(path)


# --- damaged and hostile files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 7,
        b"\x00" * 8,
        b"\xff" * 8,
        struct.pack("<Q", 1 << 40) + b"{}",
        struct.pack("<Q", 3) + b"{}",
        b"PK\x03\x04" + bytes(60),
        written({}) + b"left over",
        written({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, bytes(4)),
        written({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, bytes(4)),
        written({"a": {"dtype": "F32", "shape": [1 << 62, 1 << 62], "data_offsets": [0, 4]}}, bytes(4)),
        written({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}, bytes(4)),
        written({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, bytes(4)),
        written({"a": {"dtype": "O", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
        written({"a": 3}),
        struct.pack("<Q", 20_000) + b"[" * 20_000,
        struct.pack("<Q", 4) + b"\xff\xfe\xfd\xfc",
    ],
)
def test_a_file_that_is_none_is_one_clear_error(data: bytes, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    module = two_layers()
    before = state(module)
    with pytest.raises(CheckpointError, match="x.safetensors (is damaged, or not safetensors|does not fit)") as raised:
        from_torch(module, path)
    assert "\n" not in str(raised.value)
    assert state(module) == before


def test_a_header_longer_than_any_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 90_000_000))
        file.truncate(200_000_000)  # as long as it says, and takes no room on the disk
    with pytest.raises(CheckpointError, match="its header would have 90000000 bytes"):
        read_safetensors(path)


def test_paths_that_are_no_files_are_refused(tmp_path):
    (tmp_path / "folder.safetensors").mkdir()
    os.mkfifo(tmp_path / "pipe.safetensors")
    for name, problem in [("folder", "is not a file"), ("pipe", "is not a file"), ("none", "there is no such file")]:
        with pytest.raises(CheckpointError, match=problem):
            from_torch(two_layers(), tmp_path / f"{name}.safetensors")
    with pytest.raises(ArgumentError, match="wanted the name of a file"):
        read_safetensors(tmp_path / "a\0b.safetensors")


def test_without_the_library_the_error_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    for attempt in (lambda: save_safetensors(tmp_path / "x.safetensors", {}), lambda: read_safetensors(tmp_path / "x")):
        with pytest.raises(MissingExtraError, match=r'needs safetensors. try: pip install "tinygrad_gru\[interop\]"'):
            attempt()


# --- thousands of mutations ------------------------------------------------------------------------------------------


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The file with a few bits flipped, or a piece cut off, put in, or left out, or with another header."""
    found = bytearray(data)
    size = 8 + struct.unpack("<Q", data[:8])[0]
    place = int(rng.integers(len(found) if rng.random() < 0.5 else size))
    match rng.integers(8):
        case 0:
            for _ in range(rng.integers(1, 9)):
                found[rng.integers(len(found))] ^= 1 << rng.integers(8)
        case 1:
            found[place] ^= 1 << rng.integers(8)
        case 2:
            del found[place:]
        case 3:
            found[place:place] = rng.bytes(rng.integers(1, 20))
        case 4:
            del found[place : place + rng.integers(1, 20)]
        case 5:  # a length up to 2**64
            found[:8] = struct.pack("<Q", int(rng.integers(1, 1 << 16)) << int(rng.integers(48)))
        case 6:  # another digit in the header
            digits = [i for i in range(8, size) if chr(found[i]).isdigit()]
            found[rng.choice(digits)] = ord("0") + rng.integers(10)
        case _:  # a sound header that says other things
            return written(other_header(json.loads(data[8:size]), rng), data[size:])
    return bytes(found)


def other_header(header: dict, rng: np.random.Generator) -> dict:
    names = [name for name in header if name != "__metadata__"]
    name, other = rng.choice(names, 2)
    entry = header[name]
    match rng.integers(7):
        case 0:
            header[f"{name}\n\0x"] = header.pop(name)
        case 1:
            header[name], header[other] = header[other], entry
        case 2:
            entry["shape"] = entry["shape"][::-1] if rng.random() < 0.5 else [*entry["shape"], 1]
        case 3:
            entry["dtype"] = str(rng.choice(["F16", "F32", "F64", "I32", "BF16", "U8", "f4", ""]))
        case 4:
            entry["data_offsets"] = [int(n) << int(rng.integers(40)) for n in rng.integers(100, size=2)]
        case 5:
            entry[str(rng.choice(["shape", "dtype", "data_offsets"]))] = [None, -1, {}, "x"][rng.integers(4)]
        case _:
            header["__metadata__"] = {"format": "pt"} if rng.random() < 0.5 else {"a": 1}
    return header


def outcome(load: Callable[[nn.Module, Path], nn.Module], data: bytes, path: Path) -> str:
    """What becomes of a file: "refused" with the module unchanged, or "loaded" whole; anything else is an error."""
    path.write_bytes(data)
    module = two_layers()
    before = state(module)
    try:
        load(module, path)
    except CheckpointError as error:
        assert "\n" not in str(error)
        assert state(module) == before, f"refused, but half of it was loaded: {error}"
        return "refused"
    arrays = parsed(data)
    assert set(arrays) == set(to_torch(module))
    for name, array in to_torch(module).items():
        assert array.dtype == arrays[name].dtype
        assert array.tobytes() == arrays[name].tobytes(), f"{name} is not what the file says"
        assert np.isfinite(array).all()
    return "loaded"


def test_of_ten_thousand_mutated_files_each_is_refused_or_loaded_whole(soak_size, tmp_path):
    rng = np.random.default_rng(8)
    path = tmp_path / "x.safetensors"
    save_safetensors(path, to_torch(two_layers()))
    data = path.read_bytes()
    assert outcome(from_torch, data, path) == "loaded"
    seen = Counter(outcome(from_torch, mutated(data, rng), path) for _ in range(soak_size(10_000)))
    assert seen["refused"] > 0.5 * seen.total()
    assert seen["loaded"] > 0.02 * seen.total()  # there are no checksums: a bit in a number goes unseen


def test_a_loader_that_loads_half_of_a_file_is_caught(tmp_path):
    def careless(module: nn.Module, path: Path) -> nn.Module:
        try:
            arrays = parsed(path.read_bytes())
            module[0].W.assign(arrays["0.weight"])
            module[1].W.assign(arrays["1.weight"].T)
            module[1].b.assign(arrays["1.bias"])
        except (KeyError, ValueError, TypeError, DtypeError, struct.error) as error:
            raise CheckpointError(str(error).partition("\n")[0]) from None
        return module

    path = tmp_path / "x.safetensors"
    save_safetensors(path, to_torch(two_layers()))
    data = path.read_bytes()
    assert outcome(careless, data, path) == "loaded"
    with pytest.raises(AssertionError, match="refused, but half of it was loaded"):
        outcome(careless, data.replace(b"1.bias", b"1.bios"), path)
