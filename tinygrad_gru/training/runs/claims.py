"""Who works on what, when several processes share a folder and each may be killed at any moment.

A claim is a file that its process keeps locked. The system takes the lock away with the process, however that dies, so
whoever finds the file can tell whether somebody still works on what bears its name.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import FileError

__all__ = ["Claim", "in_turn", "is_held"]

NAME = re.compile(r"\.\d+-[0-9a-f]{8}\.claim")

try:
    import fcntl
except ImportError:  # Windows has other locks: there a claim is held as long as its file exists
    fcntl = None  # type: ignore[assignment]


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Inside `with in_turn(folder):` the other processes that say so wait."""
    descriptor = _opened(folder, os.O_RDONLY)
    try:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks: then with one process at a time
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Claim:
    """Inside `with Claim(folder) as claim:` the file `claim.path` is held, until `give_up` is called."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f".{os.getpid()}-{secrets.token_hex(4)}.claim"
        self._folder = folder

    def __enter__(self) -> Claim:
        with in_turn(self._folder):
            for path in self._folder.iterdir():
                if _is_claim(path) and not is_held(path):  # of a process that was killed
                    path.unlink(missing_ok=True)
            self._descriptor = _opened(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            if fcntl is not None:
                with contextlib.suppress(OSError):
                    fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self

    def give_up(self) -> None:
        """Tell everybody who works for this claim to stop. It may be called from a handler of signals."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def __exit__(self, *exc: object) -> None:
        self.give_up()
        os.close(self._descriptor)


def _is_claim(path: Path) -> bool:
    """Whether this is a file as claims are: of such a name, and empty."""
    return NAME.fullmatch(path.name) is not None and path.is_file() and path.lstat().st_size == 0


def is_held(path: Path) -> bool:
    """Whether the process that made this claim lives and has not given it up."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        if fcntl is None:
            return True
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _opened(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags, 0o666)
    except OSError as error:
        raise FileError(f"cannot open {path}: {error.strerror}. try: --out with a folder of yours") from None
