"""Fair timing: the contestants take turns in one process, so that a slow moment of the machine hits them all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def side_by_side(contestants: dict[str, Callable[[], object]], repeats: int = 15, warm: int = 2) -> dict[str, float]:
    """The median seconds of each, run in turns; the garbage collector stays on, as it is for users."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(warm):
        for run in contestants.values():
            run()
    for _ in range(repeats):
        for name, run in contestants.items():
            gc.collect()
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}
