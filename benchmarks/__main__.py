"""`python -m benchmarks [name ...]`: run them, print a table each, and write benchmarks/results.json and the pages."""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import sys
from typing import Any

from rich.console import Console

from .layers import LAYERS, PACKAGES, SHAPES
from .page import RESULTS, write_pages
from .processes import VARIABLES

Results = dict[str, dict[str, Any]]
NAMES = [
    "recurrent_layers", "avx2", "native_products", "own_cells", "layer_memory", "first_call", "layer_details",
    "gru_op_by_op", "training_runs", "training_overhead", "comparison", "published_row", "chain", "peers", "startup",
    "memory", "subnormals", "waiting_threads", "provenance",
]  # fmt: skip
WHOLE = {"rounds": 11, "rows": [*range(len(SHAPES))], "threads": [1, 2], "layers": [*LAYERS], "without": []}
QUICK = WHOLE | {"rounds": 1, "rows": [0, 1]}


def arguments() -> tuple[list[str], dict[str, Any]]:
    """The names of the benchmarks, and how much of recurrent_layers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    group = parser.add_argument_group("a part of recurrent_layers, which is printed and not written")
    group.add_argument("--quick", action="store_true", help="one round of the first two rows")
    group.add_argument("--rounds", type=int, metavar="N")
    group.add_argument("--rows", type=int, nargs="+", choices=WHOLE["rows"])
    group.add_argument("--threads", type=int, nargs="+", choices=WHOLE["threads"])
    group.add_argument("--layers", nargs="+", choices=LAYERS)
    group.add_argument("--without", nargs="+", choices=[*PACKAGES, "by hand", "SciPy"])
    chosen = vars(parser.parse_args())
    names, quick = chosen.pop("names"), chosen.pop("quick")
    part = (QUICK if quick else WHOLE) | {name: value for name, value in chosen.items() if value is not None}
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}. try: {', '.join(NAMES)}")
    if part != WHOLE:
        if set(names) - {"recurrent_layers"}:
            parser.error("only recurrent_layers has parts. try: python -m benchmarks recurrent_layers --quick")
        names = ["recurrent_layers"]
    return names or NAMES, part


def text(rows: list[dict[str, Any]]) -> str:
    """The rows as aligned columns."""

    def shown(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{name}: {limit}" for name, limit in value.items())
        return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)

    cells = [list(rows[0]), *[[shown(v) for v in row.values()] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells)


def layers(part: dict[str, Any]) -> Results:
    """recurrent_layers, printed even if it is stopped."""
    from . import recurrent_layers

    results: Results = {}
    console = Console(width=None if sys.stdout.isatty() else 100)
    try:
        recurrent_layers.main(part, results)
    finally:
        if results:
            console.print(recurrent_layers.table(results))
    return results


def run(name: str, part: dict[str, Any]) -> Results:
    """One benchmark, printed; its results by name."""
    module = importlib.import_module(f"benchmarks.{name}")
    print(f"\n{name}: {module.__doc__.splitlines()[0]}", flush=True)
    if name == "recurrent_layers":
        return layers(part)
    rows = module.main()
    print(text(rows) if rows else "nothing that can be measured here", flush=True)
    return {name: {"threads": 1, "rows": rows}} if rows else {}


def write(name: str, measured: Results, facts: dict[str, Any]) -> None:
    """Put the results into the file, whole or not at all, and into the pages."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    origin = {"date": datetime.date.today().isoformat(), "command": f"python -m benchmarks {name}"} | facts
    results |= {key: origin | result for key, result in measured.items()}
    temporary = RESULTS.with_suffix(".tmp")
    temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    temporary.replace(RESULTS)
    write_pages()


def main() -> None:
    """Run the benchmarks named on the command line, or all of them."""
    names, part = arguments()
    os.environ |= dict.fromkeys(VARIABLES, "1")  # before NumPy is loaded: one thread for everybody
    from . import machine
    from .layers.contestants import missing

    with Console(stderr=True).status("loading the libraries …"):
        facts = machine.facts()
    print("\n".join(machine.lines(facts)), flush=True)
    reason = "this was a part" if part != WHOLE else ""
    if packages := missing(part["without"]):
        reason = f"without {', '.join(packages)}; try: make bench"
    for name in names:
        results = run(name, part)
        if not reason:
            write(name, results, facts)
    if reason:
        print(f"\nresults.json is as it was: {reason}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\nstopped: what was not finished is in results.json as it was", flush=True)
        sys.exit(130)
