"""Locks: one process on one run, and who works on what when several processes share a folder.

The system takes a lock away with its process, however that dies, so a lock that is held tells that somebody works here.
A run is locked by its directory itself, and no file is left behind. A claim is a file that its process keeps locked:
who finds it can tell whether somebody still works on what bears its name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import FileError

__all__ = ["Claim", "in_turn", "is_held", "is_trained", "only_one_on"]

ATTEMPTS, MOMENT = 20, 0.01  # seconds between two of them
REFUSED = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
CLAIM = re.compile(r"\.\d+-[0-9a-f]{8}\.claim")

try:
    import fcntl
except ImportError:  # Windows has other locks: there a claim is held as long as its file exists
    fcntl = None  # type: ignore[assignment]


@contextmanager
def only_one_on(run: Path, warn: Callable[[str], object]) -> Iterator[None]:
    """Inside `with only_one_on(run, warn):` no other process may train in this directory; FileError if one does so.

    Where directories cannot be locked (Windows, some network file systems) `warn` is called with a line that says so.
    """
    if fcntl is None:
        warn(f"this system cannot lock {run}: make sure that no other process trains it")
        yield
        return
    try:
        descriptor = os.open(run, os.O_RDONLY)
    except OSError as error:
        raise FileError(f"cannot open {run}: {error.strerror}. try: tinygrad-gru train, for a new run") from None
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in REFUSED:
                raise FileError(
                    f"{run} is being trained by another process. try: again when that has ended, or been stopped"
                ) from None
            warn(f"{run} cannot be locked ({error.strerror}): make sure that no other process trains it")
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock; whoever only asks whether a run is trained holds it too, for less than a moment."""
    for _ in range(ATTEMPTS):
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            time.sleep(MOMENT)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_trained(run: Path) -> bool:
    """Whether a process trains in this directory now, as far as the system can tell."""
    error = _refusal(run)
    return error is not None and error.errno in REFUSED


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
    return CLAIM.fullmatch(path.name) is not None and path.is_file() and path.lstat().st_size == 0


def is_held(path: Path) -> bool:
    """Whether the process that made this claim lives and has not given it up."""
    return path.exists() if fcntl is None else _refusal(path) is not None


def _refusal(path: Path) -> OSError | None:
    """Why a lock cannot be had; None if it can, if there is nothing to lock, or no locks at all."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error
    finally:
        os.close(descriptor)
    return None


def _opened(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags, 0o666)
    except OSError as error:
        raise FileError(f"cannot open {path}: {error.strerror}. try: --out with a folder of yours") from None
