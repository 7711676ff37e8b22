"""Recurrent layers beside PyTorch's, a jitted JAX scan, NumPy by hand, and the matrix products alone.

Training is forward and backward, with the gradients of the input and of all parameters; inference is forward only. One
thread is measured in seconds of the processor, two in seconds on the wall. Ratios are formed in each round, and what is
shown is their median. "NumPy" is the program that runs without extras, "jit" with Numba; "by hand" is a GRU written in
NumPy, and "floor" the products alone, by the fastest BLAS that is installed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from rich.table import Table

from .layers import SHAPES
from .layers.limits import limits
from .layers.timed import Choice
from .processes import ROOT, environment
from .progress import steps
from .timing import ratio

Result = dict[str, Any]
RESULTS = {  # training, threads
    (True, 1): "recurrent_layers",
    (True, 2): "recurrent_layers_two_threads",
    (False, 1): "inference",
    (False, 2): "inference_two_threads",
}
RATIOS = ["NumPy / torch", "jit / torch", "jit / JAX", "NumPy / by hand", "NumPy / floor", "jit / floor"]


def row_of(case: dict[str, Any]) -> dict[str, Any]:
    """A row of the results from the seconds of all rounds."""
    seconds = dict(case["seconds"])
    floors = [name for name in seconds if name.startswith("floor")]
    seconds["floor"] = seconds[min(floors, key=lambda name: statistics.median(seconds[name]))]
    ms = {name: statistics.median(rounds) * 1e3 for name, rounds in seconds.items()}
    return {
        "layer": case["layer"],
        "batch, steps, input, hidden": SHAPES[case["row"]],
        "torch ms": ms.get("torch"),
        **{name: ratio(seconds, *name.split(" / ")) for name in RATIOS},
        "at most": limits(RESULTS[case["training"], case["threads"]], case["layer"], case["row"]),
        "medians, ms": ms,
    }


def cases(
    choice: Choice, threads: int, show: Callable[[str], None], variables: Mapping[str, str] = MappingProxyType({})
) -> Iterator[dict[str, Any]]:
    """The cases as they come from a process with so many threads and these environment variables; each is shown before
    it is waited for."""
    command = [sys.executable, "-m", "benchmarks.layers.timed", json.dumps(asdict(choice)), str(threads)]
    surroundings = environment(threads) | variables
    with subprocess.Popen(command, env=surroundings, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for layer, row, training in choice.cases:
                show(f"{layer}, {SHAPES[row]}, {words(training, threads)}")
                line = process.stdout.readline()
                if not line:
                    break
                yield json.loads(line)
            process.wait()
        finally:
            if process.poll() is None:
                process.kill()
    if process.returncode:
        sys.exit(f"error: the measurement with {threads} threads ended with exit code {process.returncode}")


def words(training: bool, threads: int) -> str:
    """A part of the table in words."""
    return f"{'training' if training else 'inference'}, {threads} thread{'s' if threads > 1 else ''}"


def main(part: dict[str, Any], results: dict[str, Result]) -> None:
    """Fill the results by name, case by case, so that the caller has what there is if this is stopped."""
    threads = part["threads"]
    choice = Choice(**{name: value for name, value in part.items() if name != "threads"})
    with steps(len(threads) * len(choice.cases)) as show:
        for number in threads:
            for case in cases(choice, number, show):
                clock = "CPU time" if number == 1 else "wall clock"
                result = {"threads": number, "clock": clock, "rows": []}
                results.setdefault(RESULTS[case["training"], number], result)["rows"].append(row_of(case))


def table(results: dict[str, Result]) -> Table:
    """All parts in one table; a star marks a ratio that is above its limit."""
    caption = "less than 1: the first of the two takes less time; *: above its limit"
    shown = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, caption=caption, caption_justify="left")
    shown.add_column("layer")
    for column in ("batch, steps,\ninput, hidden", "torch\nms", *[name.replace(" / ", " /\n") for name in RATIOS]):
        shown.add_column(column, justify="right", no_wrap=True)
    for (training, threads), name in RESULTS.items():
        if name not in results:
            continue
        shown.add_row()
        shown.add_row(*[f"[bold]{part}" for part in words(training, threads).split(", ")])
        layer = None
        for row in results[name]["rows"]:
            first = row["layer"] if row["layer"] != layer else ""
            layer = row["layer"]
            size = " ".join(map(str, row["batch, steps, input, hidden"]))
            cells = [cell(row[column], row["at most"].get(column)) for column in RATIOS]
            shown.add_row(first, size, cell(row["torch ms"]).rstrip(), *cells)
    return shown


def cell(value: float | None, limit: float | None = None) -> str:
    """Three digits at most, and a star if the limit is missed; as wide with a star as without."""
    if value is None:
        return ""
    digits = next(n for n in (3, 2, 1, 0) if n == 0 or value < 10 ** (3 - n))
    return f"{value:.{digits}f}" + ("*" if limit is not None and value > limit else " ")
