"""Arrays in files: a strict npz that any NumPy can read and that nothing damaged gets past.

`np.load` alone would inflate a bomb, stops before the checksum of a member is verified, and raises half a dozen kinds
of exceptions. Here names, shapes, dtypes and sizes are compared with what is expected before memory is taken, each
member is read to its end so that its CRC counts, and whatever is wrong is one CheckpointError. Nothing is unpickled.
"""

from __future__ import annotations

import io
import json
import math
import os
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..core.arrays import Array
from ..errors import CheckpointError, FileError
from .module import Module

__all__ = ["load", "read_arrays", "read_meta", "save", "write_arrays", "write_atomically"]

META = "meta.json"
META_LIMIT = 1 << 20  # bytes
HEADER_LIMIT = 4096  # bytes of .npy header; ours need about 128

Expected = Mapping[str, tuple[tuple[int, ...], Any]]

# Everything that zipfile, zlib and NumPy's header reader were seen to raise on damaged files.
_DAMAGE = (
    EOFError, ValueError, KeyError, NotImplementedError, RuntimeError, MemoryError, OverflowError, SyntaxError,
    UnicodeError, RecursionError, zipfile.BadZipFile, zlib.error, tokenize.TokenError, TypeError, OSError,
)  # fmt: skip


def save(module: Module, path: str | os.PathLike[str]) -> None:
    """Write a module's parameters to an npz file, atomically: a crash leaves the old file or the new one."""
    write_arrays(path, module.state_dict())


def load(module: Module, path: str | os.PathLike[str]) -> Module:
    """Read a module's parameters back; raises CheckpointError, the module unchanged, unless everything fits."""
    expected = {name: (p.shape, p.dtype) for name, p in module.named_parameters()}
    module.load_state_dict(read_arrays(path, expected))
    return module


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Array], meta: Any = None) -> None:
    """Write arrays, and `meta` as JSON if given, to an npz file, atomically."""
    with write_atomically(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
        if meta is not None:
            archive.writestr(zipfile.ZipInfo(META), json.dumps(meta, allow_nan=False))


def read_arrays(path: str | os.PathLike[str], expected: Expected) -> dict[str, Array]:
    """The arrays of an npz file, which must have exactly these names, shapes and dtypes, and finite values."""
    with _archive(path) as archive:
        names = [info.filename for info in archive.infolist() if info.filename != META]
        wanted = [f"{name}.npy" for name in expected]
        if sorted(names) != sorted(wanted):
            missing = sorted(set(wanted) - set(names))
            extra = sorted(set(names) - set(wanted)) or sorted({n for n in names if names.count(n) > 1})
            raise CheckpointError(f"{path}: missing {_some(missing)}; unexpected {_some(extra)}")
        return {name: _member(archive, path, name, shape, dtype) for name, (shape, dtype) in expected.items()}


def read_meta(path: str | os.PathLike[str]) -> Any:
    """The JSON that was written beside the arrays."""
    with _archive(path) as archive:
        infos = [info for info in archive.infolist() if info.filename == META]
        if len(infos) != 1 or infos[0].file_size > META_LIMIT:
            raise CheckpointError(f"{path}: wants one {META} of at most {META_LIMIT} bytes")
        return json.loads(_whole(archive, infos[0], META_LIMIT))


def _member(archive: zipfile.ZipFile, path: Any, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
    """One array, compared with what is expected at each stage."""
    info = archive.getinfo(f"{name}.npy")
    dtype = np.dtype(dtype)
    limit = math.prod(shape) * dtype.itemsize + HEADER_LIMIT
    if info.file_size > limit:
        raise CheckpointError(f"{path}: {name} holds {info.file_size} bytes, wanted at most {limit}")
    stream = io.BytesIO(_whole(archive, info, limit))
    version = np.lib.format.read_magic(stream)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    got_shape, fortran, got_dtype = read_header(stream, max_header_size=HEADER_LIMIT)
    if (got_shape, got_dtype) != (shape, dtype):
        raise CheckpointError(f"{path}: {name} wants {shape} {dtype}, got {got_shape} {got_dtype}")
    rest = stream.read()
    if len(rest) != math.prod(shape) * dtype.itemsize:
        raise CheckpointError(f"{path}: {name} has {len(rest)} bytes of numbers, wanted {shape} {dtype}")
    array = np.frombuffer(rest, dtype).reshape(shape, order="F" if fortran else "C").copy()
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise CheckpointError(f"{path}: {name} holds NaN or infinity")
    return array


def _whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """A member read to its end, where zipfile verifies the CRC; never more than `limit` bytes, whatever it claims."""
    with archive.open(info) as member:
        data = member.read(limit + 1)
        if len(data) > limit or member.read(1):
            raise CheckpointError(f"{info.filename} is longer than it claims")
    return data


@contextmanager
def _archive(path: str | os.PathLike[str]) -> Iterator[zipfile.ZipFile]:
    try:
        with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except CheckpointError:
        raise
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file") from None
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} is damaged or no checkpoint: {reason}") from None


def _some(names: list[str]) -> str:
    shown = ", ".join(n.removesuffix(".npy") for n in names[:5])
    return (shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")) or "nothing"


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[io.BufferedWriter]:
    """A file to write to, which takes the place of `path` only when all of it is safely on the disk."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
