"""Files are replaced, never written over: after a crash there is the old file or the new one.

A device, a pipe or an open file of this process cannot be replaced without harm, and is written into.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ...core.support.arguments import path_of
from ...errors import FileError

__all__ = ["descriptor_named", "is_written_into", "sync_folder", "write_atomically"]

PathLike = str | os.PathLike[str]

# Folders whose entries are the open files of this process; /dev/stdout is a link to one of them.
DESCRIPTORS = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
NOT_FOR_FOLDERS = {errno.EINVAL, errno.ENOTSUP}  # what file systems say that cannot sync one
MOST_LINKS = 40  # from one to the next, as the system follows them
HINT = "try: a folder of yours, on a disk with room"


@contextmanager
def write_atomically(path: PathLike) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` only when all of it is safely on the disk.

    A link stays a link, and a file that is replaced keeps its permissions and, where we may give files away, its owner.
    A device, a pipe, a socket or an open file of this process (/dev/stdout, /dev/fd/3) gets what was written when all
    of it is there. Raises FileError for a folder, and for what cannot be written.
    """
    path = path_of("a file to write", path)
    try:
        if is_written_into(path):
            buffer = io.BytesIO()
            yield buffer
            _write_into(path, buffer.getvalue())
            return
        with _replacing(Path(os.path.realpath(path))) as file:  # a link stays a link
            yield file
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}. {HINT}") from None


def is_written_into(path: PathLike) -> bool:
    """Whether this is a device, a pipe, a socket, or an open file of this process: nothing to be replaced."""
    if descriptor_named(path) is not None:
        return True
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False  # whatever is wrong with it is reported when it is written
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def descriptor_named(path: PathLike) -> int | None:
    """The N of /dev/fd/N, of /proc/self/fd/N, and of links to them: /dev/stdout is 1. None for all other paths."""
    folders = {os.path.realpath(folder) for folder in DESCRIPTORS}
    here = Path(path).absolute()
    for _ in range(MOST_LINKS):
        if os.path.realpath(here.parent) in folders:
            return int(here.name) if here.name.isascii() and here.name.isdigit() else None
        if not here.is_symlink():
            return None
        here = here.parent / here.readlink()
    return None


def _write_into(path: PathLike, data: bytes) -> None:
    """Write to what stays what it is; a pipe waits for its reader."""
    number = descriptor_named(path)
    if number is not None:
        for stream in (sys.stdout, sys.stderr):  # what was said before comes before it
            if stream is not None:
                stream.flush()
        descriptor = os.dup(number)  # opened anew, a file would be written from its beginning
    elif Path(path).is_socket():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(path))
            connection.sendall(data)
        return
    else:
        descriptor = os.open(path, os.O_WRONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """A file beside the target that takes its place at the end, or goes away."""
    try:
        before = target.stat()
    except FileNotFoundError:
        before = None
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if before is not None:
        os.close(os.open(target, os.O_WRONLY))  # raises if it is protected: a rename would not ask
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    mode = 0o666 if before is None else stat.S_IMODE(before.st_mode) & 0o777  # the umask is taken off by the system
    try:
        with os.fdopen(os.open(temporary, NEW, mode), "wb") as file:
            if before is not None:
                _keep_owner_and_mode(file.fileno(), before)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(target.parent)


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    """As far as we may, and the file system knows of them; without that nobody may do more with it than before."""
    if not hasattr(os, "fchown"):  # Windows
        return
    now = os.fstat(descriptor)
    with suppress(OSError):  # only root gives files away
        if now.st_uid != before.st_uid:
            os.fchown(descriptor, before.st_uid, -1)
    with suppress(OSError):  # and only members to a group
        if now.st_gid != before.st_gid:
            os.fchown(descriptor, -1, before.st_gid)
    with suppress(OSError):  # after the owner, for whom they are
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)


def sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system can and lets us: what is written is there without it."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # a folder that may be entered and written to, and not be read
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(descriptor)
