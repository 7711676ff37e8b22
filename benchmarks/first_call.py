"""What the first call of a layer costs with Numba, in seconds of the processor: with an empty cache, and from disk.

A call is a training step. "another size" is the first call of a second layer whose every size is another, in the
process in which the first one was compiled. Each process has a cache of its own to begin with.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from .layers import LAYERS
from .processes import output
from .progress import steps

LIMITS = {"empty cache, s": 5.0, "from disk, s": 0.9}
CHILD = """
import resource, sys
from benchmarks.layers.contestants import ours
def used():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
for shape in ((32, 50, 32, 64), (16, 40, 24, 48)):
    run = ours(sys.argv[1], shape, training=True, jit=True)
    before = used()
    run()
    print(used() - before)
"""


def seconds(layer: str, cache: str) -> list[float]:
    """Of the first call for each of two sizes, in one process with this folder as its cache."""
    return [float(word) for word in output(CHILD, layer, XDG_CACHE_HOME=cache)]


def main(layers: tuple[str, ...] = LAYERS) -> list[dict[str, Any]]:
    """A row for each layer."""
    rows = []
    with steps(2 * len(layers)) as show:
        for layer in layers:
            with tempfile.TemporaryDirectory() as cache:
                show(f"{layer}, empty cache")
                cold, another = seconds(layer, cache)
                assert any(files for _, _, files in os.walk(cache)), "nothing was written to the cache"
                show(f"{layer}, from disk")
                disk, _ = seconds(layer, cache)
            times = {"empty cache, s": cold, "from disk, s": disk, "another size, s": another}
            rows.append({"layer": layer, **times, "at most": LIMITS})
    return rows
