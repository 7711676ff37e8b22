"""Arrays in files: npz that any NumPy can read, and that refuse every damaged or hostile file.

`np.load` alone inflates whatever a file claims to hold, stops before the checksum of a member is verified, and raises a
dozen kinds of exceptions. Here names, sizes, shapes and dtypes are compared with what is expected before memory is
taken, each member is read whole so that its checksum counts, and whatever is wrong is one CheckpointError. Nothing is
unpickled or evaluated, the little header of each array included.

The comment at the end of a file that we write holds a SHA-256 over all members. A file without one, as NumPy writes
them, has its CRCs only; in one that has it, it must be right.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...core.support.arguments import path_of
from ...core.support.arrays import Array
from ...errors import ArgumentError, CheckpointError
from ...optim import Optimizer
from ..module import Module
from .formats import FORMATS, check_format, check_title
from .names import printable
from .regular import IrregularFileError, open_regular
from .writing import write_atomically

__all__ = ["load", "npz_header", "read_arrays", "read_meta", "save", "write_arrays", "write_atomically"]

PathLike = str | os.PathLike[str]
M = TypeVar("M", Module, Optimizer)
Expected = Mapping[str, tuple[tuple[int, ...], Any]]

META = "meta.json"
META_LIMIT = 1 << 20  # bytes
SHA256 = b"sha256 "  # and 64 hexadecimal digits: the comment
NUMBERS = re.compile(rb"(?:(?:npz|module) \d{1,9} )*")  # before it, the versions that are not 1
HEADER_LIMIT = 4096  # bytes; NumPy's take 128
MOST_DEFLATED = 1100  # zlib makes at most so many bytes of one
UNASKED = 16 << 20, 4  # bytes, and times the file: what arrays may take that only their own headers describe

SHOWN = 12  # problems named in one message
REASON = 200  # characters of what zipfile says, which may hold names of any length

# The header of an array as NumPy writes it: magic and version, the length of what follows, a dictionary, a line end.
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)(?P<text>\{'descr': '(?P<dtype>[<>|][biufc]\d{1,2})', 'fortran_order': False, "
    rb"'shape': (?P<shape>\([\d, ]{0,200}\)), \} *\n)",
    re.DOTALL,
)

# Everything that zipfile and zlib raise on damaged files.
DAMAGE = (
    OSError, EOFError, ValueError, KeyError, IndexError, NotImplementedError, RuntimeError, MemoryError, OverflowError,
    struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def save(module: Module | Optimizer, path: PathLike) -> None:
    """Write a module's parameters, or an optimiser's state, to an npz file, atomically.

    After a crash there is the old file or the new one.
    """
    _refuse_what_has_no_state("save", module)
    write_arrays(path, module.state_dict(), kinds=("npz", "module"))


def load(module: M, path: PathLike) -> M:
    """Read what `save` wrote back into a module or an optimiser like it, and return it.

    Unless everything fits, CheckpointError, and it is unchanged.
    """
    _refuse_what_has_no_state("load", module)
    with _opened(path) as archive:
        title = _meta_of(archive).get("format") if META in archive.namelist() else None
        if type(title) is int:
            check_format("checkpoint", title, path)
        else:
            check_title(title, path)
    state = dict(module.named_parameters()) if isinstance(module, Module) else module.state_dict()
    module.load_state_dict(read_arrays(path, {name: (p.shape, p.dtype) for name, p in state.items()}))
    return module


def _refuse_what_has_no_state(who: str, module: object) -> None:
    if not isinstance(module, Module | Optimizer):
        got = type(module).__name__
        raise ArgumentError(f'{who}: got a {got}, wanted a module or an optimiser. try: tg.{who}(module, "model.npz")')


# --- writing ---------------------------------------------------------------------------------------------------------


def write_arrays(
    path: PathLike,
    arrays: Mapping[str, Array],
    meta: Mapping[str, Any] | None = None,
    kinds: tuple[str, ...] = ("npz",),
) -> None:
    """Write arrays, and `meta` as JSON beside them, to an npz file, atomically; the same arrays make the same bytes.

    The versions of these `kinds` of format stand in its comment.
    """
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise CheckpointError(f"{path} is not written: {name} holds NaN or infinity")
    digests: dict[str, bytes] = {}
    with write_atomically(path) as file, zipfile.ZipFile(file, "w") as archive:

        def write(name: str, data: bytes) -> None:
            digests[name] = hashlib.sha256(data).digest()
            archive.writestr(zipfile.ZipInfo(name), data)

        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
            write(f"{name}.npy", member.getvalue())
        if meta is not None:
            text = json.dumps(meta, allow_nan=False)
            if len(text) > META_LIMIT:
                raise CheckpointError(f"{path} is not written: meta has {len(text)} bytes, the limit is {META_LIMIT}")
            write(META, text.encode())
        numbers = "".join(f"{kind} {FORMATS[kind]} " for kind in kinds if FORMATS[kind] > 1)
        archive.comment = numbers.encode() + _sha256(digests)


def _sha256(digests: Mapping[str, bytes]) -> bytes:
    """The comment of a file whose members have these names and SHA-256."""
    sha256 = hashlib.sha256()
    for name in sorted(digests):
        sha256.update(name.encode("utf-8", "surrogatepass") + b"\0" + digests[name])
    return SHA256 + sha256.hexdigest().encode()


# --- reading ---------------------------------------------------------------------------------------------------------


def read_arrays(path: PathLike, expected: Expected) -> dict[str, Array]:
    """The arrays of an npz file, which must have exactly these names, shapes and dtypes, and finite values.

    Raises CheckpointError with everything that is missing, unexpected, or of another shape or dtype.
    """
    with _opened(path) as archive:
        files = [info.filename for info in archive.infolist()]
        names_of_files = {f"{name}.npy": name for name in expected}
        problems = [f"{name} is missing" for file, name in names_of_files.items() if file not in files]
        problems += [
            f"{printable(file)} is unexpected" for file in files if file not in names_of_files and file != META
        ]
        problems += [f"{printable(file)} is there twice" for file, times in Counter(files).items() if times > 1]
        for file, name in names_of_files.items():
            title = _title(*expected[name])
            if file in files and (got := _described(archive, archive.getinfo(file))) != title:
                problems.append(f"{name} is {got}, wanted {title}")
        if problems:
            more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
            raise CheckpointError(f"{path} does not fit: {'; '.join(problems[:SHOWN] + more)}")
        arrays: dict[str, Array] = {}
        digests: dict[str, bytes] = {}
        for file, name in names_of_files.items():
            arrays[name], digests[file] = _array(archive, archive.getinfo(file), *expected[name])
        if archive.comment:
            if META in files:
                digests[META] = hashlib.sha256(_meta(archive)).digest()
            if NUMBERS.sub(b"", archive.comment, count=1) != _sha256(digests):
                raise CheckpointError("the SHA-256 of its members is not the one that it was written with")
        return arrays


def npz_header(path: PathLike) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The names in an npz file, with dtype and shape; the elements are not read.

    Raises CheckpointError if there is anything in it that is no such array, or more of it than the file can hold.
    """
    with _opened(path) as archive:
        headers: dict[str, tuple[str, tuple[int, ...]]] = {}
        total, limit = 0, UNASKED[0] + UNASKED[1] * Path(path).stat().st_size
        for info in archive.infolist():
            if info.filename == META:
                continue
            name, dtype, sizes = info.filename.removesuffix(".npy"), *_described(archive, info).partition(" (")[::2]
            if name in headers or not sizes:
                raise CheckpointError(f"{printable(info.filename)} is {'there twice' if name in headers else dtype}")
            headers[name] = dtype, tuple(int(size) for size in re.findall(r"\d+", sizes))
            size = math.prod(headers[name][1]) * np.dtype(dtype).itemsize
            if not size < info.file_size <= size + HEADER_LIMIT or size > MOST_DEFLATED * (info.compress_size + 1):
                raise CheckpointError(
                    f"{printable(info.filename)} has {info.file_size} bytes, wanted {size} and a header"
                )
            total += size
        if total > limit:
            raise CheckpointError(f"its arrays take {total} bytes, wanted at most {limit}. try: numpy.savez")
        return headers


def read_meta(path: PathLike) -> dict[str, Any]:
    """The JSON that was written beside the arrays, at most a megabyte of it."""
    with _opened(path) as archive:
        if META not in archive.namelist():
            raise CheckpointError(f"{path} holds no {META}")
        return _meta_of(archive)


def _meta_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    meta = json.loads(_meta(archive), parse_constant=_not_json, parse_float=_finite)
    if not isinstance(meta, dict):
        raise CheckpointError(f"{META} holds a {type(meta).__name__}, wanted a dictionary")
    return meta


def _meta(archive: zipfile.ZipFile) -> bytes:
    info = archive.getinfo(META)
    if info.file_size > META_LIMIT:
        raise CheckpointError(f"{META} has {info.file_size} bytes, the limit is {META_LIMIT}")
    return archive.read(info)


def _described(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """The dtype and shape in the header of a member: `float32 (3, 4)`."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(f"{printable(info.filename)} is compressed in another way than npz files are")
    with archive.open(info) as member:
        header = HEADER.match(member.read(HEADER_LIMIT))
    if header is None or int.from_bytes(header["length"], "little") != len(header["text"]):
        return "no array that we write"
    with suppress(TypeError):
        return f"{np.dtype(header['dtype'].decode()).name} {header['shape'].decode()}"
    return "of an unknown dtype"


def _title(shape: tuple[int, ...], dtype: Any) -> str:
    return f"{np.dtype(dtype).name} {shape}"


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shape: tuple[int, ...], dtype: Any) -> tuple[Array, bytes]:
    """One array, whose header is checked already, and the SHA-256 of the member."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if not size < info.file_size <= size + HEADER_LIMIT:
        raise CheckpointError(f"{info.filename} has {info.file_size} bytes, wanted {size} and a header")
    member = archive.read(info)  # to the end, where zipfile verifies the checksum
    header = HEADER.match(member)
    if header is None or len(member) != header.end() + size:
        raise CheckpointError(f"{info.filename} has {len(member)} bytes, wanted {size} and a header")
    stored = np.dtype(header["dtype"].decode())
    array = np.frombuffer(member, stored, offset=header.end()).reshape(shape).astype(dtype)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise CheckpointError(f"{info.filename} holds NaN or infinity")
    return array, hashlib.sha256(member).digest()


@contextmanager
def _opened(path: PathLike) -> Iterator[zipfile.ZipFile]:
    """The file as a zip archive; whatever goes wrong while it is read becomes a CheckpointError that names it."""
    path = path_of("a file to read", path)
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            numbers = NUMBERS.match(archive.comment)[0].decode().split()  # type: ignore[index]
            for kind, number in zip(numbers[::2], numbers[1::2], strict=True):
                check_format(kind, int(number), path)
            yield archive
    except CheckpointError as error:
        raise error if str(error).startswith(str(path)) else CheckpointError(f"{path}: {error}") from None
    except IrregularFileError:
        raise CheckpointError(f"{path} is not a file") from None
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such file") from None
    except PermissionError:
        raise CheckpointError(f"{path} may not be read: permission denied") from None
    except DAMAGE as error:
        reason = printable(str(error).partition("\n")[0], REASON) or type(error).__name__
        raise CheckpointError(f"{path} is damaged, or no checkpoint: {reason}") from None


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number[:40]} is larger than a float can be")
    return value


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
