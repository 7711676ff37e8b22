"""Arrays in .safetensors files, for exchange with other libraries; our own files are npz, which has checksums.

The format is eight bytes with the length of a header, the header (JSON: names, dtypes, shapes, offsets) and the data.
The safetensors library reads it. Before that the length is checked, and before memory is allocated for the data the
names, dtypes and shapes are compared with those expected. Without checksums a flipped bit goes unseen, unless it makes
a number infinite or NaN.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...core.support.arguments import brief, path_of
from ...core.support.arrays import Array
from ...errors import ArgumentError, CheckpointError, MissingExtraError
from ...nn.files import write_atomically
from ...nn.files.formats import FORMATS, MARK, check_mark
from ...nn.files.names import printable
from ...nn.files.regular import IrregularFileError, open_regular
from .validate import FLOAT_NAMES, as_array_of, misfits, refuse, unusable

__all__ = ["read_safetensors", "safetensors_header", "save_safetensors"]

PathLike = str | os.PathLike[str]
Shape = tuple[int, ...]

REASON = 200  # characters of the library's message, which may contain names of any length
HEADER_LIMIT = 1 << 24  # bytes; a name takes about 100
DTYPES = {"F32": "float32", "F64": "float64", "F16": "float16", "BF16": "bfloat16"}


def save_safetensors(path: PathLike, arrays: Mapping[str, Array]) -> None:
    """Write float32 and float64 arrays to a .safetensors file, atomically; the same arrays make the same bytes.

    Needs the extra [interop].
    """
    _library()
    from safetensors.numpy import save

    path = path_of("save_safetensors", path, "model.safetensors")
    if not isinstance(arrays, Mapping) or not all(isinstance(name, str) for name in arrays):
        hint = "try: tg.interop.to_torch(module)"
        raise ArgumentError(f"save_safetensors: got {brief(arrays)}, wanted arrays by name. {hint}")
    arrays = {name: np.asarray(as_array_of(name, array), order="C") for name, array in arrays.items()}
    problems = _other_dtypes({name: array.dtype.name for name, array in arrays.items()})
    if problems := problems or unusable(arrays):
        refuse(f"{path} is not written", problems, "finite arrays in float32")
    data = save(arrays, {MARK: str(FORMATS["safetensors"])})
    with write_atomically(path) as file:
        file.write(data)


def read_safetensors(path: PathLike, expected: Mapping[str, Shape] | None = None) -> dict[str, Array]:
    """The arrays of a .safetensors file: float32 or float64, of finite numbers.

    With `expected` they must have exactly these names and shapes, and one dtype. Raises CheckpointError with everything
    that is missing, unexpected, mis-shaped or not finite. Needs the extra [interop].
    """
    if not isinstance(expected, Mapping | None):
        raise ArgumentError(
            f"read_safetensors: expected: got {brief(expected)}, wanted shapes by name. try: to leave it out"
        )
    with _opened(path) as file:
        header = _header(file)
        dtypes = {name: dtype for name, (dtype, _) in header.items()}
        problems = misfits(header, expected) if expected is not None else _other_dtypes(dtypes)
        if problems:
            hint = "float32 arrays" if expected is None else "the file of the same network, saved in float32"
            refuse(f"{path} does not fit", problems, hint)
        arrays = {name: np.array(file.get_tensor(name)) for name in header}
    if problems := unusable(arrays):
        refuse(f"{path} cannot be used", problems, "a checkpoint from before training diverged")
    return arrays


def safetensors_header(path: PathLike) -> dict[str, tuple[str, Shape]]:
    """The names in a .safetensors file, with dtype and shape; no data is read."""
    with _opened(path) as file:
        return _header(file)


def _other_dtypes(dtypes: Mapping[str, str]) -> list[str]:
    others = {printable(name): dtype for name, dtype in dtypes.items() if dtype not in FLOAT_NAMES}
    return [f"{name} is {dtype}, wanted float32 or float64" for name, dtype in others.items()]


def _header(file: Any) -> dict[str, tuple[str, Shape]]:
    slices = {name: file.get_slice(name) for name in file.keys()}  # it is no dictionary
    return {name: (DTYPES.get(s.get_dtype(), s.get_dtype()), tuple(s.get_shape())) for name, s in slices.items()}


@contextmanager
def _opened(path: PathLike) -> Iterator[Any]:
    """The file, opened by the library; each error while it is read becomes a CheckpointError that names it."""
    library = _library()
    path = path_of("a .safetensors file", path, "model.safetensors")
    try:
        with open_regular(path) as start:
            size, length = os.fstat(start.fileno()).st_size, int.from_bytes(start.read(8), "little")
        if not 2 <= length <= min(HEADER_LIMIT, size - 8):
            problem = f"is damaged, or not safetensors: its header would have {length} bytes"
            raise CheckpointError(f"{path} {problem}. try: the file as it was saved, fetched again")
        with library.safe_open(os.fspath(path), framework="numpy") as file:
            check_mark("safetensors", file.metadata() or {}, path)
            yield file
    except IrregularFileError:
        raise CheckpointError(f"{path} is not a file. try: the path of a .safetensors file") from None
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such file. try: the path of a .safetensors file") from None
    except PermissionError:
        raise CheckpointError(f"{path} may not be read: permission denied. try: chmod u+r {path}") from None
    except (OSError, ValueError, TypeError, OverflowError, MemoryError, library.SafetensorError) as error:
        reason = printable(str(error).partition("\n")[0], REASON) or type(error).__name__
        raise CheckpointError(
            f"{path} is damaged, or not safetensors: {reason}. try: the file as it was saved, fetched again"
        ) from None


def _library() -> Any:
    try:
        import safetensors
    except ImportError:
        raise MissingExtraError("safetensors", "interop", "a .safetensors file") from None
    return safetensors
