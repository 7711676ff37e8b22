"""`tinygrad-gru learn`: exercises in files of one's own, and a judge that says which mistake it was."""

from __future__ import annotations

import shutil
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ...learn import USUAL_FOLDER
from ...terminal import say
from .. import streams
from ..arguments import Debug

if TYPE_CHECKING:
    from ...learn.exercise import Exercise
    from ...learn.judging.judge import Verdict
    from ...learn.workshop import Workshop

__all__ = ["learn"]

Action = Literal["list", "start", "check", "hint", "solution", "skip", "reset", "watch"]
MOST_PRINTED = 2000  # characters of what the learner's file printed, the last ones
EVERY = 0.3  # seconds between two looks at a file that is watched


def learn(
    action: Annotated[Action, typer.Argument(help="What to do; list if nothing is said.", show_default=False)] = "list",
    name: Annotated[str | None, typer.Argument(metavar="[EXERCISE]", help="Otherwise the one that you are at.")] = None,
    folder: Annotated[Path, typer.Option("--folder", help="Where your files are.")] = USUAL_FOLDER,
    debug: Debug = False,
) -> None:
    """Exercises, from the chain rule to a GRU of your own: a file each, checked in a moment.

    start writes a file with the task; check says whether it is right, and if not, which mistake it was; hint gives one
    hint more each time; solution shows how it is done, and counts as seen; skip leaves it out; reset begins anew and
    keeps your file beside it; watch checks whenever you save. How far you have come stands in progress.txt.
    """
    from ...learn.exercise import exercise
    from ...learn.workshop import Workshop

    workshop = Workshop(folder)
    if action == "list":
        _list(workshop, exercise(name) if name is not None else None)
        return
    task = exercise(name) if name is not None else _at(workshop)
    if action in ("start", "reset"):
        existed = workshop.file_of(task).exists()
        path = workshop.start(task) if action == "start" else workshop.reset(task)
        streams.write(f"{_filled(task.task)}\n\n{path}")
        if existed:
            say("yours was there already: it is as it was" if action == "start" else "yours is kept beside it, as .old")
        say(f"edit it, then: {workshop.command('check', task)}")
    elif action == "check":
        if not _check(workshop, task):
            raise typer.Exit(1)
    elif action == "hint":
        number, hint = workshop.next_hint(task)
        streams.write(_filled(f"hint {number} of {len(task.hints)}: {hint}"))
    elif action == "solution":
        streams.write(workshop.show_solution(task).rstrip())
    elif action == "skip":
        workshop.skip(task)
        say(f"{task.name} is skipped. next: {workshop.command('start', _at(workshop))}")
    else:
        _watch(workshop, task)


def _width() -> int:
    return max(40, min(100, shutil.get_terminal_size().columns))


def _filled(text: str) -> str:
    """Paragraphs in lines as wide as the terminal; what is indented, such as equations, stays as it is."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(p if p.startswith(" ") else textwrap.fill(p, _width()) for p in paragraphs)


def _at(workshop: Workshop) -> Exercise:
    """The exercise that was begun, or else the first one that is open."""
    from ...learn.exercise import exercises

    tasks = exercises()
    begun = [task for task in tasks if workshop.state(task) == "begun"]
    still_open = [task for task in tasks if not workshop.state(task)]
    return (begun or still_open or tasks)[0]


def _list(workshop: Workshop, only: Exercise | None) -> None:
    from ...learn.exercise import exercises

    tasks = exercises()
    width, done = _width(), sum(workshop.state(task) == "done" for task in tasks)
    for task in [only] if only else tasks:
        mark = {"done": "x", "seen": "o", "skipped": "-", "begun": ">"}.get(workshop.state(task), " ")
        head = f"[{mark}] {task.chapter:2} {task.name:18} "
        title = textwrap.shorten(task.title, width - len(head), placeholder=" …") if len(head) + 20 <= width else ""
        streams.write((head + title).rstrip())
    streams.write(_filled(f"{done} of {len(tasks)} done  ([x] done, [>] begun, [o] solution seen, [-] skipped)"))
    _say_what_is_next(workshop)


def _say_what_is_next(workshop: Workshop) -> None:
    from ...learn.exercise import exercises

    if all(workshop.state(task) in ("done", "seen", "skipped") for task in exercises()):
        say("that was the last one. next: the book, docs/engine.md")
    else:
        say(f"next: {workshop.command('start', _at(workshop))}")


def _check(workshop: Workshop, task: Exercise) -> bool:
    verdict, printed = workshop.check(task)
    if printed.strip():
        shown = printed.rstrip()[-MOST_PRINTED:]
        streams.write(textwrap.indent(shown if len(shown) == len(printed.rstrip()) else f"… {shown}", "  | "))
    streams.write(_filled(verdict.message))
    if verdict.passed:
        for file, number, line in task.ours():
            streams.write(f"\nours, {file}:{number}\n    {line}")
        streams.write(f"\nPyTorch\n    {task.torch}")
        if workshop.state(task) == "seen":
            say("it stays [o]: you have seen the solution")
        _say_what_is_next(workshop)
        return True
    _draw(task, verdict)
    say(f"stuck? {workshop.command('hint', task)}")
    return False


def _draw(task: Exercise, verdict: Verdict) -> None:
    """What was wanted beside what came."""
    from ...learn.side_by_side import side_by_side

    if verdict.got or (verdict.wanted and verdict.twin):
        lines = side_by_side(verdict.wanted, verdict.got, task.returns, _width(), task.rtol)
        case = f"case {verdict.case}" + (f": {verdict.inputs}" if verdict.inputs else "")
        streams.write("\n".join(["", *textwrap.wrap(case, _width(), subsequent_indent="    "), *lines]))


def _watch(workshop: Workshop, task: Exercise) -> None:
    """Check whenever the file is saved, until Ctrl-C."""
    path = workshop.start(task)
    say(f"watching {path}; Ctrl-C ends it")
    last = None
    while True:
        changed = path.stat().st_mtime_ns if path.exists() else None
        if changed is not None and changed != last:
            last = changed
            streams.write(f"--- {time.strftime('%H:%M:%S')} {task.name}")
            _check(workshop, task)
            streams.flush()
        time.sleep(EVERY)
