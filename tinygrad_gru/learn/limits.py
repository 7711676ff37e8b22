"""What a learner's file may use of the machine: seconds of computing, memory, bytes that it writes.

Windows has none of these limits; there the parent's clock must do. The memory is limited where the system says how
much is in use, which is on Linux.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

__all__ = ["MOST_MEMORY", "limit", "limit_seconds", "without_memory_limit"]

MOST_WRITTEN = 50_000_000  # bytes that the file may print, or write into another
MOST_MEMORY = 4 * 2**30  # bytes of data beyond those in use; a library may be imported, whatever its size


def limit(seconds: float) -> None:
    """Limit this process: it ends after so many seconds of computing, and is refused too much memory."""
    limit_seconds(seconds)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
        if (used := _data_in_use()) is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (used + MOST_MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def limit_seconds(seconds: float) -> None:
    """End this process after so many more seconds of computing; the first limit of a process is the last one, too."""
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    _, last = resource.getrlimit(resource.RLIMIT_CPU)
    last = end + 1 if last == resource.RLIM_INFINITY else last
    resource.setrlimit(resource.RLIMIT_CPU, (min(end, last), last))


@contextmanager
def without_memory_limit() -> Iterator[None]:
    """Inside there is memory to say that there was none."""
    if resource is None:
        yield
        return
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    if before != most:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        yield
    finally:
        if before != most:
            resource.setrlimit(resource.RLIMIT_DATA, (before, most))


def _data_in_use() -> int | None:
    """Bytes of data of this process; None where the system does not say."""
    try:
        match = re.search(r"^VmData:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), flags=re.M)
    except (OSError, ValueError):
        return None
    return int(match[1]) * 1024 if match else None
