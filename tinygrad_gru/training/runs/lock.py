"""One process on one run."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import FileError
from ..console.progress import say

__all__ = ["is_trained", "only_one_on"]

ATTEMPTS, MOMENT = 20, 0.01  # seconds between two of them
REFUSED = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


@contextmanager
def only_one_on(run: Path) -> Iterator[None]:
    """Inside `with only_one_on(run):` no other process may train in this directory; FileError if one does so already.

    The lock is on the directory itself: no file is left behind, and the system takes it away with the process, however
    that dies. Where directories cannot be locked (Windows, some network file systems) a warning says so instead.
    """
    try:
        import fcntl  # noqa: F401 (is there such a thing?)

        descriptor = os.open(run, os.O_RDONLY)
    except ImportError:
        say(f"this system cannot lock {run}: make sure that no other process trains it")
        yield
        return
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
            say(f"{run} cannot be locked ({error.strerror}): make sure that no other process trains it")
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock; whoever only asks whether a run is trained holds it too, for less than a moment."""
    import fcntl

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
    try:
        import fcntl

        descriptor = os.open(run, os.O_RDONLY)
    except (ImportError, OSError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in REFUSED
    finally:
        os.close(descriptor)
    return False
