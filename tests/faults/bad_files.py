"""Checkpoints as nobody wants them, each made from a good one: its bytes in, bad bytes out."""

import io
import json
import pickle
import struct
import warnings
import zipfile

import numpy as np

META = "meta.json"


def members(good):
    """The members of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(good)) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive(items, compression=zipfile.ZIP_STORED):
    """An archive of these names and bytes, in which a name may be there twice."""
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", compression) as file:
        warnings.simplefilter("ignore", UserWarning)
        for name, content in items:
            file.writestr(name, content)
    return data.getvalue()


def npy(array):
    """An array as NumPy writes it."""
    data = io.BytesIO()
    np.lib.format.write_array(data, array)
    return data.getvalue()


def first(good):
    """The name of the first array."""
    return next(iter(members(good)))


def exchanged(good, change):
    """The first array, as bytes, changed."""
    name = first(good)
    return archive({**members(good), name: change(members(good)[name])}.items())


def header(text):
    """Another dictionary in the header of the first array, with the right length of it."""

    def change(data):
        body = data[10 + struct.unpack("<H", data[8:10])[0] :]
        line = text.encode() + b"\n"
        if len(line) < 1 << 16:
            return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line + body
        return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(line)) + line + body

    return lambda good: exchanged(good, change)


def described(descr="'<f4'", shape="(6, 4)"):
    """A header with this dtype and shape."""
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")


def told(change):
    """What is written beside the arrays, changed."""

    def make(good):
        meta = json.loads(members(good)[META])
        change(meta)
        return archive({**members(good), META: json.dumps(meta)}.items())

    return make


def flipped_header_length(good):
    at = good.index(b"\x93NUMPY\x01\x00") + 8
    return good[:at] + bytes([good[at] ^ 16]) + good[at + 1 :]


def encrypted(good):
    at = good.index(b"PK\x01\x02") + 8
    return good[:at] + bytes([good[at] | 1]) + good[at + 1 :]


def unknown_compression(good):
    """Method 99 in both places that tell it."""
    data = bytearray(good)
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(mark) + offset
        data[at : at + 2] = struct.pack("<H", 99)
    return bytes(data)


def bomb(good):
    """Twenty megabytes of zeros in twenty kilobytes."""
    name = first(good)
    items = {**members(good), name: members(good)[name] + bytes(20_000_000)}
    return archive(items.items(), zipfile.ZIP_DEFLATED)


def renamed(good):
    name = first(good)
    return archive((f"x{n}" if n == name else n, data) for n, data in members(good).items())


def nan(good):
    return exchanged(good, lambda data: data[:-4] + struct.pack("<f", float("nan")))


BAD_FILES = [
    (1, "empty", lambda good: b""),
    (2, "text", lambda good: b"to be, or not to be\n" * 20),
    (3, "pickle", lambda good: pickle.dumps({"model": [1.0, 2.0]})),
    (4, "objects", lambda good: exchanged(good, lambda data: npy(np.array([{}, None], dtype=object)))),
    (7, "header length", flipped_header_length),
    (8, "other names", renamed),
    (9, "twice", lambda good: archive([*members(good).items(), (first(good), members(good)[first(good)])])),
    (10, "too many", lambda good: archive([*members(good).items(), ("extra.npy", npy(np.ones(3)))])),
    (11, "../../evil", lambda good: archive([*members(good).items(), ("../../evil.npy", npy(np.ones(3)))])),
    (12, "encrypted", encrypted),
    (13, "compression", unknown_compression),
    (13, "lzma", lambda good: archive(members(good).items(), zipfile.ZIP_LZMA)),
    (14, "bomb", bomb),
    (
        14,
        "bomb of facts",
        lambda good: archive({**members(good), META: bytes(20_000_000)}.items(), zipfile.ZIP_DEFLATED),
    ),
    (15, "8 PB", described(shape="(1125899906842624, 2)")),
    (16, "negative", described(shape="(-6, 4)")),
    (17, "5 MB", described(shape="(6, 4)" + " " * 5_000_000)),
    (18, "deep", described(shape="(" * 900 + ")" * 900)),
    (19, "complex", described(descr="'<c8'")),
    (19, "dates", described(descr="'<M8[s]'")),
    (21, "hidden", told(lambda meta: meta["config"].update(hidden=5))),
    (22, "NaN", nan),
    (23, "task", told(lambda meta: meta["config"].update(task="reber"))),
    (23, "no such task", told(lambda meta: meta["config"].update(task="os.system"))),
    (24, "format", told(lambda meta: meta.update(format=3))),
    (25, "npy", lambda good: members(good)[first(good)]),
    (26, "directory", None),
]
