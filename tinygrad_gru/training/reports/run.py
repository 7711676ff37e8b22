"""A run on one page of HTML: its result, its curves, examples, gates and states, its graph, its equations.

The page needs no network, and nothing beside it. All of it comes from the run's directory, so it can be written again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ...diagram import draw
from ...errors import FileError, TinygradError
from ...inspection.analyse import input_of, look_inside
from ...inspection.page import page as page_of_insides
from ...nn.files import write_atomically
from ...symbolic.api import equations_of_cell
from ...tasks import TASKS
from ...updates.learning_curve import curves, curves_over
from ..runs.checkpoint import Checkpoint, load_checkpoint
from ..runs.data import task_of
from ..runs.directory import checkpoint_of
from ..runs.facts import RunFacts, read_facts
from ..runs.sequences import recorded_loss, sequence_of_task
from .html import is_page_of_ours, page, table

__all__ = ["write_report"]

EXAMPLES = 8
PICTURES = 4  # of what is forecast
DRAWN = 3  # steps of the graph
READ = 60  # steps of the sequence that one looks inside with
SEED = 0


def write_report(run: Path, ours: bool = False) -> Path:
    """Write report.html into a run's directory; returns its path. `ours`: it is this process that trained it just now.

    A part that cannot be written, because the data are gone or an extra is missing, says so in its place. Raises
    FileError if the directory holds no run or cannot be written.
    """
    facts = read_facts(run, ours)
    if facts.config is None:
        raise FileError(f"{run} holds no run that can be read. try: tinygrad-gru runs")
    if (path := run / "report.html").exists() and not is_page_of_ours(path):
        raise FileError(f"{path} is not a report of ours, so not written over. try: another name for it")
    sections = [_summary(facts), _section("Learning curve", _learning_curve, facts)]
    try:
        checkpoint = load_checkpoint(checkpoint_of(run))
    except TinygradError as error:
        sections.append(f'<p class="soft">There are no weights to look at: {escape(str(error))}</p>')
    else:
        sections += [
            _section("What it says", _examples, checkpoint),
            _section("What it remembers", _remembered, checkpoint),
            _section("One sequence through it", _graph, checkpoint),
            _section("Its equations", _equations, checkpoint),
        ]
    sections.append(_section("Settings", _settings, facts))
    title = f"{run.resolve().name} · {facts.config.cell_name} on {facts.config.task}"
    with write_atomically(path) as file:
        file.write(page(title, "\n".join(sections)).encode("utf-8", "replace"))
    return path


def _section(title: str, make: Callable[..., str], source: Any) -> str:
    """A heading with what belongs under it, or why it is not there."""
    try:
        inside = make(source)
    except (TinygradError, OSError) as error:
        inside = f'<p class="soft">Not shown: {escape(str(error))}</p>'
    return f"<section>\n<h2>{escape(title)}</h2>\n{inside}\n</section>" if inside else ""


def _summary(facts: RunFacts) -> str:
    config, metric = facts.config, str(facts.told.get("metric", "metric"))
    assert config is not None
    best = f"{facts.best:.4g}" if math.isfinite(facts.best) else "not measured"
    goal = (
        "" if facts.goal is None else f"goal: below {facts.goal:.4g}, {'reached' if facts.reached else 'not reached'}"
    )
    baselines = ", ".join(f"{value:.4g} ({name})" for name, value in _baselines(facts).items())
    return (
        f"<h1>{escape(facts.run.resolve().name)}</h1>\n"
        f"<p>{escape(config.cell_title)} with {config.hidden} hidden units on {escape(config.task)}, "
        f"length {config.length}: it shows that {escape(TASKS[config.task].teaches)}.</p>\n"
        f'<p class="big">{best}</p>\n'
        f'<p>{escape(metric)} · <span class="{"good" if facts.reached else "bad"}">{escape(goal)}</span></p>\n'
        f'<p class="soft">baselines: {escape(baselines)} · {facts.how_far} in {facts.seconds:.0f} s</p>'
    )


def _baselines(facts: RunFacts) -> dict[str, float]:
    baselines = facts.told.get("baselines")
    rows = baselines.items() if isinstance(baselines, dict) else ()
    return {str(name): float(value) for name, value in rows if type(value) in (int, float)}


def _learning_curve(facts: RunFacts) -> str:
    losses = [(m["update"], m["loss"]) for m in facts.metrics if type(m.get("loss")) in (int, float)]
    levels = dict(_baselines(facts)) | ({} if facts.goal is None else {"goal": facts.goal})
    metric = str(facts.told.get("metric", "metric"))
    same_unit = facts.config is not None and metric in ("test MSE", "bits per character")
    svg = curves(losses if same_unit else [], facts.curve, levels, metric)
    return f'<div class="wide">{svg}</div>' if svg else "<p>Nothing was measured yet.</p>"


def _examples(checkpoint: Checkpoint) -> str:
    task = task_of(checkpoint)
    examples = {"examples": task.examples(checkpoint.model, np.random.default_rng(SEED), EXAMPLES)}
    tables = [table(name, rows) for name, rows in (examples | task.tables(checkpoint.model)).items() if rows]
    return "\n".join([*_lines(task.lines(checkpoint.model)), *tables])


def _lines(lines: Mapping[str, Mapping[str, list[tuple[int, float]]]]) -> list[str]:
    """A picture for each target of a forecast, of the first few."""
    return [
        f'<h3>{escape(name)}</h3>\n<div class="wide">{curves_over(figures, "the last rows held out")}</div>'
        for name, figures in list(lines.items())[:PICTURES]
    ]


def _remembered(checkpoint: Checkpoint) -> str:
    x, labels = sequence_of_task(checkpoint, SEED, READ)
    layer, layer_input = input_of(checkpoint.model, x)
    config = checkpoint.config
    name = f"{config.cell_name}, {config.hidden} units"
    page = page_of_insides([(name, look_inside(layer, layer_input, labels))])
    return f'<iframe title="Gates and state over time" sandbox="allow-scripts" srcdoc="{escape(page)}"></iframe>'


def _graph(checkpoint: Checkpoint) -> str:
    """The page of the loss of one short sequence, to open and to play."""
    steps = max(DRAWN, getattr(TASKS[checkpoint.config.task], "shortest", 1))
    loss = recorded_loss(checkpoint, steps, SEED)
    page = draw(loss, title=f"{steps} steps, forward and backward").html()
    return f'<iframe title="The graph, to open and to play" sandbox="allow-scripts" srcdoc="{escape(page)}"></iframe>'


def _equations(checkpoint: Checkpoint) -> str:
    layer: Any = checkpoint.model.recurrent  # type: ignore[attr-defined]
    return f"<pre>{escape(equations_of_cell(layer.cell).text('unicode', False))}</pre>"


def _settings(facts: RunFacts) -> str:
    assert facts.config is not None
    meant = [{"setting": name, "value": str(value)} for name, value in facts.config.as_dict().items()]
    versions = facts.told.get("versions")
    around = [{"what": str(k), "version": str(v)} for k, v in versions.items()] if isinstance(versions, dict) else []
    return (
        f"<p>The same again:</p>\n<pre>{escape(facts.config.command)}</pre>\n"
        + table("settings", meant)
        + (table("where it ran", around) if around else "")
    )
