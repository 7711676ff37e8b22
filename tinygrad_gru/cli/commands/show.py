"""`tinygrad-gru show`: all about a run, in the terminal, as a page, or for TensorBoard."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...terminal import say
from .. import streams
from ..arguments import AsJson, Debug, Run
from ..tables import as_definitions

if TYPE_CHECKING:
    from ...training import RunFacts

__all__ = ["show"]

WIDTH = 40  # of the curve


def show(
    run: Run = "last",
    html: Annotated[bool, typer.Option("--html", help="Write the run's report.html again.")] = False,
    tensorboard: Annotated[Path | None, typer.Option(help="A folder for its metrics as events.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Tell how far a run came, how good it is, and what to do with it next."""
    from ...errors import FileError
    from ...training import find_run, read_facts

    folder = find_run(run)
    if html:
        from ...training.reports.run import write_report

        streams.write(str(write_report(folder)))
        return
    if tensorboard is not None:
        from ...training.reports.tensorboard import write_events

        events = write_events(folder, tensorboard)
        say(f"look at it: tensorboard --logdir {tensorboard}")
        streams.write(str(events))
        return
    facts = read_facts(folder)
    if facts.config is None:
        inside = next((path.parent for path in sorted(folder.glob("*/config.toml"))), None)  # of a comparison or sweep
        way = f"tinygrad-gru show {shlex.quote(str(inside))}, or another run in it" if inside else "tinygrad-gru runs"
        raise FileError(f"{folder} holds no run that can be read. try: {way}")
    if as_json:
        more = {"config": facts.config.as_dict(), "curve": facts.curve, "files": _files(folder)}
        streams.write(json.dumps(facts.as_row() | {"facts": facts.told} | more, ensure_ascii=False))
    else:
        _print(facts)


def _files(folder: Path) -> dict[str, int]:
    """The files of a run and their bytes; one that is being written may go away while one looks."""
    sizes = {}
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                sizes[path.name] = path.stat().st_size
    return sizes


def _print(facts: RunFacts) -> None:
    """All about a run, and the commands for it."""
    from ...training import sparkline

    config = facts.config
    assert config is not None
    row = facts.as_row()
    baselines = facts.told.get("baselines")
    known = baselines.items() if isinstance(baselines, dict) else ()
    best = "not measured" if row["best"] is None else f"{row['best']:.4g}"
    goal = [facts.goal] if isinstance(facts.goal, int | float) else []
    among = [*(value for _, value in known), *goal]
    curve = sparkline([test for _, test in facts.curve], WIDTH, among)
    below = "None" if facts.goal is None else f"{facts.goal:.4g}"
    definitions = {
        "state": f"{facts.how_far}, {facts.seconds:.0f} s",
        str(row["metric"]): f"{best}  {curve}",
        "goal": f"{below}, {'reached' if facts.reached else 'not reached'}",
        "baselines": ", ".join(f"{value:.4g} ({name})" for name, value in known),
        "settings": ", ".join(f"{name} {value}" for name, value in config.as_dict().items() if name != "task"),
        "versions": ", ".join(f"{name} {value}" for name, value in dict(facts.told.get("versions") or {}).items()),
        "files": ", ".join(f"{name} ({size:,} bytes)" for name, size in _files(facts.run).items()),
    }
    streams.write(f"{facts.run}: {config.cell_name} on {config.task}")
    streams.write(as_definitions(definitions))
    streams.write("next:")
    for command in _next(facts):
        streams.write(f"  tinygrad-gru {command}")


def _next(facts: RunFacts) -> list[str]:
    """What one would do now."""
    from ...training.trainer import gentler

    run, config = shlex.quote(str(facts.run)), facts.config
    assert config is not None
    if facts.state == "stopped" and (facts.last is not None or facts.best_kept is None):
        return [f"resume {run}"]
    if facts.state == "running":
        return [f"show {run}"]
    if facts.state == "diverged":
        return [dataclasses.replace(config, lr=gentler(config)).command.partition(" ")[2]]
    look = f"sample {run}" if config.task == "chars" else f"eval {run}"
    return [
        *([] if facts.has_report or facts.state != "finished" else [f"show {run} --html"]),
        look,
        f"inspect {run} -o insides.html",
        f"graph --run {run} --length 3 -o graph.svg",
        f"export {run} -o model.onnx",
    ]
