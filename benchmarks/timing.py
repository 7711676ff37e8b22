"""Fair timing: the contestants take turns in one process, so that a slow moment of the machine hits them all."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable

MOST_CALLS = 1000  # in one turn


def in_rounds(
    contestants: dict[str, Callable[[], object]],
    rounds: int = 15,
    warm: int = 2,
    clock: Callable[[], float] = time.perf_counter,
    turn: float = 0.0,
    pause: float = 0.0,
) -> dict[str, list[float]]:
    """The seconds of a call of each, in each round; a turn makes as many calls as fill `turn` seconds, at least one.

    The garbage collector stays on, as it is for users. What was loaded before is no business of its: else whoever sets
    it off would pay for the objects of all libraries. With several threads a `pause` comes before each turn: the
    threads of the last one's library go on looking for work for a while.
    """
    calls: dict[str, int] = {}
    for name, run in contestants.items():
        for _ in range(warm):
            start = time.perf_counter()
            run()
            calls[name] = min(MOST_CALLS, max(1, math.ceil(turn / (time.perf_counter() - start))))
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            gc.collect()
            time.sleep(pause)
            start = clock()
            for _ in range(calls[name]):
                run()
            seconds[name].append((clock() - start) / calls[name])
    gc.unfreeze()
    return seconds


def ratio(seconds: dict[str, list[float]], over: str, under: str) -> float | None:
    """The median of the ratios of each round; None if one of the two was not there."""
    if over not in seconds or under not in seconds:
        return None
    return statistics.median(a / b for a, b in zip(seconds[over], seconds[under], strict=True))


def side_by_side(contestants: dict[str, Callable[[], object]], repeats: int = 15, warm: int = 2) -> dict[str, float]:
    """The median seconds of each, by the clock on the wall."""
    return {name: statistics.median(seconds) for name, seconds in in_rounds(contestants, repeats, warm).items()}
