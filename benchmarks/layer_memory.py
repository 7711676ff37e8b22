"""Peak memory of one training step of a layer: how far the peak of resident memory rises, each in its own process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .layers import PACKAGES, SHAPES
from .layers.contestants import missing
from .processes import output
from .progress import steps

ROWS = (3, 4)
LIMITS = {"jit / torch": 0.65}
LAYER = "GRU, reset after"
CHILD = """
import json, resource, sys
from benchmarks.layers.contestants import in_torch, ours
name, layer, (batch, length, inputs, hidden) = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
def step(length):
    shape = batch, length, inputs, hidden
    return in_torch(layer, shape, True) if name == "torch" else ours(layer, shape, True, jit=name == "jit")
step(2)()  # everything is loaded and compiled
run = step(length)
with open("/proc/self/clear_refs", "w") as f:
    f.write("5")  # the peak begins anew: it may have been higher while something was compiled
with open("/proc/self/statm") as f:
    before = int(f.read().split()[1]) * resource.getpagesize() / 1e6
run()
with open("/proc/self/status") as f:
    print(next(int(line.split()[1]) * 1024 / 1e6 for line in f if line.startswith("VmHWM")) - before)
"""


def peak(name: str, shape: tuple[int, ...]) -> float:
    """Megabytes of one contestant."""
    (megabytes,) = output(CHILD, name, LAYER, str([*shape]))
    return float(megabytes)


def row_of(shape: tuple[int, ...], mb: dict[str, float]) -> dict[str, Any]:
    """A row of the results."""
    theirs = mb.get("torch")
    over = {f"{name} / torch": mb[name] / theirs if theirs and name in mb else None for name in ("NumPy", "jit")}
    return {"batch, steps, input, hidden": shape, "torch MB": theirs, **over, "at most": LIMITS}


def main() -> list[dict[str, Any]]:
    """A row for each shape; Linux alone tells the peak."""
    if not Path("/proc/self/clear_refs").exists():
        return []
    names = [name for name in ("NumPy", "jit", "torch") if PACKAGES[name] not in missing()]
    rows = []
    with steps(len(ROWS) * len(names)) as show:
        for shape in (SHAPES[row] for row in ROWS):
            mb = {}
            for name in names:
                show(f"{name}, {shape}")
                mb[name] = peak(name, shape)
            rows.append(row_of(shape, mb))
    return rows
