"""Files: what is written comes back bit for bit, and whatever is damaged or hostile is one CheckpointError."""

import io
import json
import os
import random
import stat
import struct
import zipfile

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn
from tinygrad_gru.nn.files.npz import META, META_LIMIT, read_arrays, read_meta, write_arrays, write_atomically

ARRAYS = {
    "layers.0.W": np.arange(12, dtype=np.float32).reshape(3, 4),
    "b": np.array([1.5, -0.0, 5e-324]),
    "steps": np.array(7),
    "none": np.zeros((0, 3), np.float32),
}
EXPECTED = {name: (a.shape, a.dtype) for name, a in ARRAYS.items()}


@pytest.fixture
def path(tmp_path):
    """A sound file."""
    write_arrays(tmp_path / "a.npz", ARRAYS, {"update": 3, "vocabulary": 'aé\n"h̃'})
    return tmp_path / "a.npz"


def refused(path, message=".", expected=EXPECTED):
    with pytest.raises(errors.CheckpointError, match=message) as failure:
        read_arrays(path, expected)
    assert str(path) in str(failure.value) and "\n" not in str(failure.value)


def npy(array):
    """An array as NumPy writes it."""
    member = io.BytesIO()
    np.lib.format.write_array(member, array)
    return member.getvalue()


def archive(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, data in members:
            file.writestr(zipfile.ZipInfo(name), data)


def sound():
    return [(f"{name}.npy", npy(a)) for name, a in ARRAYS.items()]


# --- what is sound ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.GRU(3, 4),
        lambda: nn.LSTM(3, 4, dtype=np.float64),
        lambda: nn.Sequential(nn.Embedding(5, 3), nn.RNN(3, 2, bias=False), nn.LayerNorm(2)),
    ],
)
def test_a_module_comes_back_bit_for_bit(make, tmp_path):
    module, other = make(), make()
    tg.save(module, tmp_path / "m.npz")

    assert tg.load(other, tmp_path / "m.npz") is other
    for (name, p), (key, q) in zip(module.named_parameters(), other.named_parameters(), strict=True):
        assert name == key and p.dtype == q.dtype and p.data.tobytes() == q.data.tobytes()


def test_arrays_come_back_bit_for_bit_with_shape_and_dtype(path):
    got = read_arrays(path, EXPECTED)

    for name, array in ARRAYS.items():
        assert got[name].tobytes() == array.tobytes()
        assert (got[name].shape, got[name].dtype) == (array.shape, array.dtype)
        got[name][...] = 0  # they are the caller's own


def test_meta_comes_back(path):
    assert read_meta(path) == {"update": 3, "vocabulary": 'aé\n"h̃'}


def test_the_same_arrays_make_the_same_bytes(path, tmp_path):
    write_arrays(tmp_path / "b.npz", ARRAYS, read_meta(path))

    assert (tmp_path / "b.npz").read_bytes() == path.read_bytes()


def test_numpy_reads_what_we_write_and_we_read_what_numpy_writes(path, tmp_path):
    with np.load(path) as file:
        assert all((file[name] == array).all() for name, array in ARRAYS.items())
    for savez in (np.savez, np.savez_compressed):
        savez(tmp_path / "n.npz", **ARRAYS)
        assert (read_arrays(tmp_path / "n.npz", EXPECTED)["layers.0.W"] == ARRAYS["layers.0.W"]).all()


def test_an_array_of_any_layout_is_written_in_rows(tmp_path):
    array = np.arange(6.0).reshape(2, 3).T
    write_arrays(tmp_path / "t.npz", {"a": array, "big": array.astype(">f8")})

    got = read_arrays(tmp_path / "t.npz", {"a": ((3, 2), np.float64), "big": ((3, 2), np.float64)})
    assert (got["a"] == array).all() and (got["big"] == array).all() and got["big"].dtype.isnative


def test_a_name_may_be_anything(tmp_path):
    arrays = {name: np.ones(1) for name in ("file", "h̃", "a/b", "../c", "meta", "x.npy")}
    write_arrays(tmp_path / "t.npz", arrays, {})

    assert read_arrays(tmp_path / "t.npz", {name: ((1,), np.float64) for name in arrays}).keys() == arrays.keys()
    assert [p.name for p in tmp_path.iterdir()] == ["t.npz"]


# --- what does not fit -----------------------------------------------------------------------------------------------


def test_everything_that_does_not_fit_is_listed_together(path):
    expected = {"layers.0.W": ((4, 3), np.float32), "b": ((3,), np.float32), "c": ((1,), np.float32)}

    with pytest.raises(errors.CheckpointError) as failure:
        read_arrays(path, expected)

    assert str(failure.value) == (
        f"{path} does not fit: c is missing; steps.npy is unexpected; none.npy is unexpected; "
        "layers.0.W is float32 (3, 4), wanted float32 (4, 3); b is float64 (3,), wanted float32 (3,)"
    )


def test_a_long_list_is_cut(path):
    with pytest.raises(errors.CheckpointError, match=r"w0 is missing; .* and 992 more$"):
        read_arrays(path, {f"w{i}": ((1,), np.float32) for i in range(1000)})


def test_the_module_is_unchanged_when_a_file_does_not_fit(tmp_path):
    module = nn.GRU(3, 4)
    before = module.state_dict()
    tg.save(nn.GRU(3, 5), tmp_path / "five.npz")
    tg.save(nn.GRU(3, 4, reset_after=True), tmp_path / "after.npz")

    with pytest.raises(errors.CheckpointError, match=r"W_r is float32 \(8, 5\), wanted float32 \(7, 4\)"):
        tg.load(module, tmp_path / "five.npz")
    with pytest.raises(errors.CheckpointError, match=r"W_h is missing; .*W_hx\.npy is unexpected"):
        tg.load(module, tmp_path / "after.npz")
    assert all((module.state_dict()[name] == before[name]).all() for name in before)


# --- what is damaged or hostile --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"hello\n" * 100, b"\x80\x04]\x94.", npy(np.ones(3)), b"PK\x05\x06" + b"\0" * 18]
)
def test_what_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)

    refused(tmp_path / "x.npz")
    with pytest.raises(errors.CheckpointError):
        read_meta(tmp_path / "x.npz")


def test_a_path_that_is_no_file_is_refused(tmp_path):
    refused(tmp_path / "missing.npz", "there is no such file")
    refused(tmp_path, "is not a file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is not a file")  # and nobody waits for someone to write into it
    refused("/dev/zero", "is not a file")


def test_a_file_that_may_not_be_read_is_named(path, monkeypatch):
    def denied(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", denied)  # root may read anything

    refused(path, "may not be read: permission denied")


def test_a_file_cut_off_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refused(path)


def test_a_bit_flipped_in_the_length_of_a_header_is_noticed(path):
    """NumPy alone shifts the numbers by what the header is too short, and never looks at the checksum."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x93NUMPY\x01\x00") + 8
    data[at] ^= 16
    path.write_bytes(data)

    refused(path)


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive(tmp_path / "x.npz", [*sound(), sound()[0]])
    refused(tmp_path / "x.npz", r"layers\.0\.W\.npy is there twice")


def test_a_member_too_many_is_refused_wherever_its_name_leads(tmp_path):
    archive(tmp_path / "x.npz", [*sound(), ("../../evil.npy", npy(np.ones(1)))])

    refused(tmp_path / "x.npz", r"\.\./\.\./evil\.npy is unexpected")


def test_a_name_that_would_play_with_the_terminal_is_shown_escaped(tmp_path):
    archive(tmp_path / "x.npz", [*sound(), ("\x1b[2J\nerror: \u202e", b""), ("y" * 9999, b"")])

    refused(tmp_path / "x.npz", r"fit: '\\x1b\[2J\\nerror: \\u202e' is unexpected; y{80} is unexpected$")


def test_a_member_that_was_exchanged_is_noticed_by_the_sha_256(path, tmp_path):
    """Every checksum of the archive is right, and so are the names, the shapes and the sizes."""
    other = ARRAYS | {"b": ARRAYS["b"] + 1}
    for name, arrays, meta in (("array", other, read_meta(path)), ("meta", ARRAYS, {"update": 4})):
        write_arrays(tmp_path / f"{name}.npz", arrays, meta)
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / f"{name}.npz", "a") as new:
            new.comment = old.comment
        refused(tmp_path / f"{name}.npz", "the SHA-256 of its members is not the one that it was written with")


@pytest.mark.parametrize("comment", [b"hello", b"sha256 ", b"sha256 " + b"0" * 64, b"\xff" * 999])
def test_a_comment_that_is_no_right_sha_256_is_refused(path, comment):
    with zipfile.ZipFile(path, "a") as file:
        file.comment = comment
    refused(path, "the SHA-256 of its members")


def test_nan_and_infinity_are_refused_both_ways(tmp_path):
    for bad in (np.nan, np.inf):
        a = np.array([1.0, bad, 0.0])
        archive(tmp_path / "x.npz", [(name, npy(a) if name == "b.npy" else data) for name, data in sound()])
        refused(tmp_path / "x.npz", r"b\.npy holds NaN or infinity")
        with pytest.raises(errors.CheckpointError, match="b holds NaN or infinity"):
            write_arrays(tmp_path / "y.npz", {"b": a})
    assert not (tmp_path / "y.npz").exists()


HEADERS = {
    "object": {"'<f8'": b"'|O'"},
    "complex": {"'<f8'": b"'<c16'"},
    "date": {"'<f8'": b"'<M8[s]'"},
    "structure": {"'<f8'": b"[('a', '<f8')]"},
    "unknown": {"'<f8'": b"'<f9'"},
    "outdated": {"'<f8'": b"'|a8'"},
    "many axes": {"(3,)": b"(" + b"1, " * 999 + b")"},
    "columns": {"False": b"True"},
    "negative": {"(3,)": b"(-3,)"},
    "huge": {"(3,)": b"(9007199254740993,)"},
    "code": {"(3,)": b"(print(1),)"},
    "deep": {"(3,)": b"(" * 500 + b")" * 500},
    "version": {"NUMPY\x01": b"NUMPY\x02"},
}


@pytest.mark.parametrize("changes", HEADERS.values(), ids=HEADERS.keys())
def test_a_hostile_header_is_refused(tmp_path, changes):
    data = npy(ARRAYS["b"])
    for old, new in changes.items():
        data = data.replace(old.encode(), new)
    length = data.index(b"\n") + 1 - 10
    data = data[:8] + struct.pack("<H", length) + data[10:]  # the length is right, only the rest is not
    archive(tmp_path / "x.npz", [(name, data if name == "b.npy" else sane) for name, sane in sound()])

    refused(tmp_path / "x.npz", "b is")


def test_trailing_bytes_are_refused(tmp_path):
    archive(tmp_path / "x.npz", [(name, data + b"\0" * (name == "b.npy")) for name, data in sound()])

    refused(tmp_path / "x.npz", r"b\.npy has 153 bytes, wanted 24 and a header")


def test_a_bomb_is_not_inflated(tmp_path, monkeypatch):
    bomb = npy(ARRAYS["b"]) + bytes(50_000_000)
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in sound():
            file.writestr(name, bomb if name == "b.npy" else data)
        file.writestr(META, bomb)
    assert (tmp_path / "x.npz").stat().st_size < 200_000
    read = []
    inflate = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: read.append(inflate(self, n)) or read[-1])

    refused(tmp_path / "x.npz", r"b\.npy has 50000152 bytes")
    with pytest.raises(errors.CheckpointError, match=r"meta\.json has 50000152 bytes, the limit is 1048576"):
        read_meta(tmp_path / "x.npz")
    assert sum(map(len, read)) < 100_000


def test_an_encrypted_or_strangely_compressed_member_is_refused(tmp_path, path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_LZMA) as file:
        for name, data in sound():
            file.writestr(name, data)
    refused(tmp_path / "x.npz", "compressed in another way")

    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag that says: encrypted
    path.write_bytes(data)
    refused(path, "encrypted")


@pytest.mark.parametrize(
    "text", ["", "[1]", "{", "NaN", '{"a": NaN}', "[" * 100_000, '{"a": ' + "9" * 5000 + "}", b"\xff", "7", "null"]
)
def test_meta_that_is_no_small_dictionary_is_refused(tmp_path, text):
    archive(tmp_path / "x.npz", [*sound(), (META, text)])

    with pytest.raises(errors.CheckpointError, match=r"x\.npz"):
        read_meta(tmp_path / "x.npz")
    assert read_arrays(tmp_path / "x.npz", EXPECTED).keys() == ARRAYS.keys()


def test_meta_that_is_missing_or_too_long_is_refused(tmp_path, path):
    write_arrays(tmp_path / "x.npz", ARRAYS)
    with pytest.raises(errors.CheckpointError, match=r"holds no meta\.json"):
        read_meta(tmp_path / "x.npz")
    before = path.read_bytes()
    with pytest.raises(errors.CheckpointError, match="is not written: meta has"):
        write_arrays(path, ARRAYS, {"text": "x" * META_LIMIT})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_arrays(path, ARRAYS, {"loss": float("nan")})
    assert path.read_bytes() == before


def mutated(data, rng):
    """The bytes with one to five accidents."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(data) + 1)
        match rng.choice(("flip", "flip", "set", "cut", "insert", "delete")):
            case "flip" if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case "set" if at < len(data):
                data[at] = rng.randrange(256)
            case "cut":
                del data[at:]
            case "insert":
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case "delete":
                del data[at : at + rng.randrange(1, 9)]
    return bytes(data)


def test_a_mutated_file_is_refused_or_holds_the_same_numbers(path, tmp_path, soak_size):
    np.savez_compressed(tmp_path / "c.npz", **ARRAYS)
    originals = [path.read_bytes(), (tmp_path / "c.npz").read_bytes()]
    rng, target, seen = random.Random(0), tmp_path / "m.npz", {"refused": 0, "the same": 0}
    for i in range(soak_size(20_000)):
        target.write_bytes(mutated(originals[i % 2], rng))
        try:
            got = read_arrays(target, EXPECTED)
        except errors.CheckpointError as error:
            assert str(target) in str(error) and "\n" not in str(error)
            seen["refused"] += 1
        else:
            assert all(got[name].tobytes() == array.tobytes() for name, array in ARRAYS.items())
            seen["the same"] += 1
        try:
            read_meta(target)
        except errors.CheckpointError:
            pass
    assert min(seen.values()) > sum(seen.values()) * 0.02, seen


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_the_old_file_and_no_other(path):
    before = path.read_bytes()
    with pytest.raises(KeyError), write_atomically(path) as file:
        file.write(b"half of it")
        raise KeyError

    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["a.npz"]


def test_the_file_is_complete_and_on_the_disk_before_it_takes_the_place_of_the_old_one(path, monkeypatch):
    happened = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, real=real, name=name, **k: (happened.append(name), real(*a, **k))[1])

    write_arrays(path, {"a": np.ones(1)})

    assert happened == ["fsync", "replace", "fsync"]  # the file, its name, the folder


@pytest.mark.parametrize("place", ["missing/a.npz", "a.npz/b.npz"])
def test_a_place_that_cannot_be_written_is_named(tmp_path, place):
    (tmp_path / "a.npz").write_bytes(b"")

    with pytest.raises(errors.FileError, match=rf"cannot write .*{place}: "):
        tg.save(nn.Linear(1, 1), tmp_path / place)


def test_a_link_stays_a_link(path, tmp_path):
    (tmp_path / "link.npz").symlink_to(path)
    write_arrays(tmp_path / "link.npz", {"a": np.ones(1)})

    assert (tmp_path / "link.npz").is_symlink()
    assert read_arrays(path, {"a": ((1,), np.float64)})["a"] == 1


def test_the_permissions_are_those_of_any_new_file(tmp_path):
    tg.save(nn.Linear(1, 1), tmp_path / "a.npz")
    (tmp_path / "b").touch()

    assert stat.S_IMODE((tmp_path / "a.npz").stat().st_mode) == stat.S_IMODE((tmp_path / "b").stat().st_mode)


def test_meta_is_plain_json_in_the_archive(path):
    with zipfile.ZipFile(path) as file:
        assert json.loads(file.read(META)) == read_meta(path)
