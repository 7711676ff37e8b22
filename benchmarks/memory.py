"""Peak memory of one training step over 5,000 time steps, operation by operation (batch 8, hidden 64).

Each contestant runs in a process of its own: a short step first, so that everything is loaded, then the long one; what
counts is how far the peak of resident memory rises. The collector is off throughout.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

BATCH, STEPS, INPUTS, HIDDEN = 8, 5_000, 64, 64

CHILD = """
import ctypes, gc, resource, sys
import numpy as np
from benchmarks import gru_op_by_op
gc.disable()
make = getattr(gru_op_by_op, sys.argv[1])
batch, steps, inputs, hidden = map(int, sys.argv[2:])
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize() / 1e6
def x(steps):
    return np.random.default_rng(1).standard_normal((steps, batch, inputs)).astype(np.float32)
make(batch, 50, inputs, hidden, x(50))()
run = make(batch, steps, inputs, hidden, x(steps))
before = resident()
run()
with open("/proc/self/status") as f:  # not ru_maxrss: a child inherits that from the process that started it
    peak = next(int(line.split()[1]) * 1024 / 1e6 for line in f if line.startswith("VmHWM"))
ctypes.CDLL(None).malloc_trim(0)  # the C library keeps what was freed; ask it to hand it back
alive = sum(type(o).__name__ == "Tensor" for o in gc.get_objects())
print(peak - before, resident() - before, alive)
"""


def measure(contestant: str) -> tuple[float, float, int]:
    """Megabytes at the peak, megabytes still resident after the step, and tensors still alive."""
    arguments = [sys.executable, "-c", CHILD, contestant, *map(str, (BATCH, STEPS, INPUTS, HIDDEN))]
    out = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1]), int(out[2])


def main() -> list[dict[str, Any]]:
    """Ours against PyTorch eager."""
    peak, after, alive = measure("ours")
    torch_peak, torch_after, _ = measure("torch_eager")
    return [
        {
            "steps": STEPS,
            "ours MB": peak,
            "torch MB": torch_peak,
            "ours / torch": peak / torch_peak,
            "at most": 1.3,
            "ours MB after": after,
            "torch MB after": torch_after,
            "our tensors alive after": alive,
        }
    ]
