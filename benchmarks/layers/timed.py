"""A process for one number of threads: times the cases of a choice, and prints a line of JSON for each.

The number of threads is in the environment already; the processors that may be used are limited to as many here, for
libraries that count them, such as JAX.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.layers import SHAPES

TURN = 0.02  # seconds that a contestant's turn takes at least
PAUSE = 0.12  # seconds, with several threads; those of OpenBLAS spin for 2²⁸ cycles, a tenth of a second


@dataclass(frozen=True)
class Choice:
    """What is measured."""

    layers: list[str]
    rows: list[int]  # of SHAPES
    rounds: int
    without: list[str]
    inference: bool = True  # beside training

    @property
    def cases(self) -> list[tuple[str, int, bool]]:
        """Layer, row, and whether with gradients."""
        kinds = (True, False) if self.inference else (True,)
        return [(layer, row, training) for layer in self.layers for training in kinds for row in self.rows]


def limit_processors(threads: int) -> None:
    """Run on as many processors as there are threads, where the system lets one choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def measure(choice: Choice, threads: int, case: tuple[str, int, bool]) -> dict[str, Any]:
    """The seconds of a case: of the processor for one thread, on the wall for more."""
    from benchmarks.layers.contestants import contestants
    from benchmarks.timing import in_rounds

    layer, row, training = case
    clock, pause = (time.process_time, 0.0) if threads == 1 else (time.perf_counter, PAUSE)
    turn = TURN if choice.rounds > 1 else 0.0
    runs = contestants(layer, SHAPES[row], training, choice.without)
    seconds = in_rounds(runs, choice.rounds, clock=clock, turn=turn, pause=pause)
    return {"layer": layer, "row": row, "training": training, "threads": threads, "seconds": seconds}


def main() -> None:
    """The choice and the number of threads are the arguments."""
    choice, threads = Choice(**json.loads(sys.argv[1])), int(sys.argv[2])
    limit_processors(threads)
    for case in choice.cases:
        print(json.dumps(measure(choice, threads, case)), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
