"""Opening regular files only: a pipe would block, a device has no end, and a folder holds no bytes."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

__all__ = ["IrregularFileError", "open_regular"]

FLAGS = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)  # opening a pipe would wait for a writer


class IrregularFileError(OSError):
    """A folder, pipe, socket or device where a file was wanted. Never leaves the package."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(0, "not a file", os.fspath(path))


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, opened for reading its bytes; IrregularFileError if it is no regular file, or another OSError."""
    try:
        descriptor = os.open(path, FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO or os.path.isdir(path):  # noqa: PTH112  (a socket; Windows opens no folder)
            raise IrregularFileError(path) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IrregularFileError(path)
    return os.fdopen(descriptor, "rb")
