"""`python -m benchmarks [name ...]`: run them, print a table each, and write benchmarks/results.json."""

from __future__ import annotations

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before NumPy is loaded: one thread for everybody

import datetime
import importlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

from .page import write_pages

RESULTS = Path(__file__).with_name("results.json")
NAMES = [
    "gru_op_by_op", "recurrent_layers", "layer_details", "training_runs", "loop_overhead", "comparison",
    "published_row", "chain", "startup", "memory", "subnormals", "provenance",
]  # fmt: skip


def cpu() -> str:
    """The processor's name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as aligned columns."""

    def shown(value: Any) -> str:
        return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)

    cells = [list(rows[0]), *[[shown(v) for v in row.values()] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells)


def main() -> None:
    """Run the benchmarks named on the command line, or all of them."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    names = sys.argv[1:] or NAMES
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(sorted(unknown))}. try: {', '.join(NAMES)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{name}: {module.__doc__.splitlines()[0]}", flush=True)
        rows = module.main()
        print(table(rows), flush=True)
        results[name] = {
            "date": datetime.date.today().isoformat(),
            "command": f"python -m benchmarks {name}",
            "machine": f"{cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
            "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
            "threads": 1,
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    write_pages()


if __name__ == "__main__":
    main()
