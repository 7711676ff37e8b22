"""A comparison on paper: Markdown, CSV, a page, and its curves."""

from __future__ import annotations

import csv
import io
import math
import re
from html import escape
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...nn.files import write_atomically
from ...updates.learning_curve import STANDALONE, curves_of_cells, standalone
from ..experiments.compare import Comparison, Outcome
from ..runs.lock import in_turn
from .html import is_page_of_ours, page, table

__all__ = ["as_csv", "as_html", "as_markdown", "refuse_other_reports", "write_reports"]

LOOKED_AT = 4096  # bytes at the beginning of a file, which tell what it is


def as_markdown(comparison: Comparison) -> str:
    """The table and the verdict."""
    rows = comparison.rows()
    names = list(rows[0])
    lines = [f"# {comparison.task}", "", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_shown(row[name]) for name in names)} |" for row in rows]
    baselines = ", ".join(f"{value:.4g} ({name})" for name, value in comparison.baselines.items())
    lines += ["", f"Goal: below {comparison.goal:.4g}. Baselines: {baselines}.", "", f"{comparison.verdict()}."]
    return "\n".join(lines) + "\n"


def as_csv(comparison: Comparison) -> str:
    """A line for each run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["cell", "seed", "parameters", comparison.metric, "seconds", "updates to goal", "failed"])
    for outcomes in comparison.outcomes.values():
        for o in outcomes:
            reached = o.to_goal[0] if o.to_goal else ""
            best = repr(o.best) if math.isfinite(o.best) else ""
            writer.writerow([o.cell, o.seed, o.parameters, best, o.seconds, reached, o.failed])
    return text.getvalue()


def as_html(comparison: Comparison) -> str:
    """The table, the verdict and the curves on a page."""
    baselines = ", ".join(f"{value:.4g} ({name})" for name, value in comparison.baselines.items())
    rows = [{name: "" if value is None else value for name, value in row.items()} for row in comparison.rows()]
    title = f"{' and '.join(comparison.outcomes)} on {comparison.task}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(comparison.verdict())}.</p>",
        f'<p class="soft">goal: below {comparison.goal:.4g}; baselines: {escape(baselines)}</p>',
        table("the best first", rows),
        f'<div class="wide">{_curves(comparison)}</div>',
    ]
    runs = [
        {
            "run": _run_of(o),
            comparison.metric: o.best if math.isfinite(o.best) else "",
            "seconds": o.seconds,
            "failed": o.failed,
        }
        for outcomes in comparison.outcomes.values()
        for o in outcomes
    ]
    return page(title, "\n".join([*parts, table("all runs", runs)]))


def _run_of(outcome: Outcome) -> str:
    return f"{outcome.cell}, seed {outcome.seed}"


def write_reports(comparison: Comparison, folder: Path) -> list[Path]:
    """compare.md, compare.csv, compare.html and, if anything was measured, curves.svg; see `refuse_other_reports`."""
    refuse_other_reports(folder)
    curves = _curves(comparison)
    files = {
        "compare.md": as_markdown(comparison).encode(),
        "compare.csv": as_csv(comparison).encode(),
        "compare.html": as_html(comparison).encode("utf-8", "replace"),
    } | ({"curves.svg": standalone(curves).encode()} if curves else {})
    with in_turn(folder):
        for path in folder.glob(".*.tmp"):  # of a process that was killed here, where one at a time writes
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)
        for name, data in files.items():
            _write(folder / name, data)
    return [folder / name for name in files]


def _write(path: Path, data: bytes) -> None:
    with write_atomically(path) as file:
        file.write(data)


def refuse_other_reports(folder: Path) -> None:
    """Raise ConfigError if one of the reports would be written over a file that is none."""
    for name, is_ours in REPORTS.items():
        path = folder / name
        if (path.exists() or path.is_symlink()) and not (path.is_file() and is_ours(path)):
            raise ConfigError(f"{path} is not a report of ours, so not written over. try: --out with another folder")


def _is_table(path: Path) -> bool:
    return re.match(rb"# [a-z_]+\n\n\| cell \| parameters \| runs \|", _beginning(path)) is not None


def _is_list(path: Path) -> bool:
    return _beginning(path).startswith(b"cell,seed,parameters,")


def _is_plot(path: Path) -> bool:
    return _beginning(path).startswith(STANDALONE[0].encode())


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LOOKED_AT)


REPORTS = {"compare.md": _is_table, "compare.csv": _is_list, "compare.html": is_page_of_ours, "curves.svg": _is_plot}
TEMPORARY = re.compile(rf"\.(?:{'|'.join(map(re.escape, REPORTS))})\.[0-9a-f]{{8}}\.tmp")  # see nn.files.writing


def _curves(comparison: Comparison) -> str:
    """The metric over the updates, a line for each run."""
    runs = {cell: [outcome.curve for outcome in outcomes] for cell, outcomes in comparison.outcomes.items()}
    return curves_of_cells(runs, {"goal": comparison.goal}, comparison.metric)


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
