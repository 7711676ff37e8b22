"""`tinygrad-gru learn`: exercises in files of one's own, and a judge that says which mistake it was."""

from __future__ import annotations

import os
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
from ..output import is_stdout

if TYPE_CHECKING:
    from ...learn.course import Course
    from ...learn.exercise import Exercise
    from ...learn.judging.judge import Verdict
    from ...learn.marking import Mark
    from ...learn.workshop import Workshop

__all__ = ["learn"]

Action = Literal["list", "start", "check", "hint", "solution", "skip", "reset", "watch", "mark", "report", "rehearse"]
MOST_PRINTED, MOST_LINES = 2000, 20  # characters and lines of what the learner's file printed, the last ones
EVERY = 0.3  # seconds between two looks at a file that is watched


def learn(
    action: Annotated[Action, typer.Argument(help="What to do; list if nothing is said.", show_default=False)] = "list",
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXERCISE", help="Its name, number or file; else where you are. For mark and report: folders."
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where your files are; else learn, here or above.", show_default=False),
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", help="mark, report: write a table for other programs; - is stdout.")
    ] = None,
    course: Annotated[
        Path | None, typer.Option("--course", help="A TOML file: which exercises, in which order, and your own.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Exercises, from a slope to a GRU.

    A file each, checked in a moment:

    list      all, and where you are
    start     writes a file with the task
    check     is it right? if not, which
              mistake is it?
    watch     checks when you save
    hint      three, one at a time
    solution  ours; then it counts as seen
    skip      leaves it out for now
    reset     begins anew, keeps your file
    mark      the folders of a class
    report    what they have done, as CSV
    rehearse  are a course's exercises sound?

    progress.txt says how far you are.
    """
    from ...errors import ConfigError
    from ...learn.course import course_in, read_course
    from ...learn.workshop import Workshop

    chosen = read_course(course) if course is not None else None
    if action in ("mark", "report") and folder is not None and (names or action == "mark"):
        raise ConfigError(f"folder: {action} takes folders by their names. try: tinygrad-gru learn {action} {folder}")
    if action == "mark":
        _mark([Path(name) for name in names or []], table, chosen)
        return
    if action == "report":
        own = [] if names else [folder or _usual_folder()]  # in which a course is one's own
        chosen = course_in(own[0]) if own and chosen is None else chosen
        _report(own or [Path(name) for name in names or []], table, chosen)
        return
    if table is not None:
        raise ConfigError(
            "csv: only mark and report write a table. try: tinygrad-gru learn mark FOLDER --csv marks.csv"
        )
    if action == "rehearse":
        _rehearse(names, chosen)
        return
    if len(names or []) > 1:
        raise ConfigError(f"learn: {action} is for one exercise. try: tinygrad-gru learn {action} {(names or [''])[0]}")
    name = names[0] if names else None
    workshop = Workshop(_folder_of(name, folder), chosen)
    _act(action, workshop, name)
    if workshop.unwritten:
        say(f"your progress is not noted: {workshop.unwritten}")


def _folder_of(name: str | None, folder: Path | None) -> Path:
    """That of the file that was named, `mine/01_slopes.py`, or `01_slopes.py` if it lies here; otherwise `folder`."""
    path = Path(name or "")
    if path.suffix == ".py" and (path.parent != Path() or os.path.exists(path)):  # noqa: PTH110 - of any name
        return path.parent
    return folder or _usual_folder()


def _usual_folder() -> Path:
    """`learn`, here or in the nearest folder above in which one was begun: who went into another has not lost it.

    Above, another user's is passed over, as in /tmp: its course may run exercises of their own.
    """
    from ...learn.course import FILE
    from ...learn.workshop import PROGRESS

    here = Path.cwd()
    for above in (here, *here.parents):
        begun = above / USUAL_FOLDER
        if any(os.path.isfile(begun / name) for name in (PROGRESS, FILE)):  # noqa: PTH113 - also where none may look
            if above == here:
                return USUAL_FOLDER
            if _owner(begun) in (os.getuid() if hasattr(os, "getuid") else 0, _owner(here)):  # Windows says 0
                return Path(os.path.relpath(begun, here))
    return USUAL_FOLDER


def _owner(path: Path) -> int:
    return path.stat().st_uid


def _act(action: str, workshop: Workshop, name: str | None) -> None:
    if action == "list":
        _list(workshop, workshop.course.exercise(name) if name is not None else None)
        return
    task = workshop.course.exercise(name) if name is not None else _at(workshop)
    if action in ("start", "reset"):
        _begin(workshop, task, anew=action == "reset")
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
        state = {"done": "done, and stays so", "seen": "seen, and stays so"}.get(workshop.state(task), "skipped")
        say(f"{task.name} is {state}. next: {workshop.command('start', _at(workshop))}")
    else:
        _watch(workshop, task)


def _begin(workshop: Workshop, task: Exercise, anew: bool) -> None:
    existed = workshop.file_of(task).exists()
    path, old = workshop.reset(task) if anew else (workshop.start(task), None)
    streams.write(f"{_filled(task.task)}\n\n{path}")
    if old is not None:
        say(f"yours is kept beside it, as {old.name}")
    elif existed:
        say("yours was there already: it is as it was")
    say(f"edit it, then: {workshop.command('check', task)}")


def _width() -> int:
    return max(40, min(100, shutil.get_terminal_size().columns))


def _filled(text: str) -> str:
    """Paragraphs in lines as wide as the terminal; what is indented, such as equations, stays as it is."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(p if p.startswith(" ") else textwrap.fill(p, _width()) for p in paragraphs)


def _at(workshop: Workshop) -> Exercise:
    """The exercise that was begun, or else the first one that is open."""
    tasks = workshop.course.tasks
    begun = [task for task in tasks if workshop.state(task) == "begun"]
    still_open = [task for task in tasks if not workshop.state(task)]
    return (begun or still_open or tasks)[0]


def _list(workshop: Workshop, only: Exercise | None) -> None:
    tasks = workshop.course.tasks
    if workshop.course.title and not only:
        streams.write(_filled(workshop.course.title))
    width, done = _width(), sum(workshop.state(task) == "done" for task in tasks)
    for task in [only] if only else tasks:
        mark = {"done": "x", "seen": "o", "skipped": "-", "begun": ">"}.get(workshop.state(task), " ")
        head = f"[{mark}] {task.number:<3} {task.name:18} "
        title = textwrap.shorten(task.title, width - len(head), placeholder=" …") if len(head) + 20 <= width else ""
        streams.write((head + title).rstrip())
    streams.write(_filled(f"{done} of {len(tasks)} done  ([x] done, [>] begun, [o] solution seen, [-] skipped)"))
    _say_what_is_next(workshop)


def _say_what_is_next(workshop: Workshop) -> None:
    if all(workshop.state(task) in ("done", "seen", "skipped") for task in workshop.course.tasks):
        say("that was the last one. next: the book, docs/engine.md")
    else:
        say(f"next: {workshop.command('start', _at(workshop))}")


def _check(workshop: Workshop, task: Exercise) -> bool:
    verdict, printed = workshop.check(task)
    if printed.strip():
        streams.write(textwrap.indent(_last_lines(printed.rstrip()), "  | "))
    streams.write(_filled(verdict.message))
    if verdict.passed:
        for file, number, line in task.ours():
            streams.write(f"\nours, {file}:{number}\n    {line}")
        if task.torch:
            streams.write(f"\nPyTorch\n    {task.torch}")
        if workshop.state(task) == "seen":
            say("it stays [o]: you have seen the solution")
        _say_what_is_next(workshop)
        return True
    _draw(task, verdict)
    say(f"stuck? {workshop.command('hint', task)}")
    return False


def _last_lines(printed: str) -> str:
    """The end of what was printed, and how many lines stood before it."""
    lines = printed.splitlines()
    shown = "\n".join(lines[-MOST_LINES:])
    if len(shown) > MOST_PRINTED:
        shown = f"… {shown[-MOST_PRINTED:]}"
    before = len(lines) - len(shown.splitlines())
    return f"… {before} line{'s' * (before > 1)} before\n{shown}" if before else shown


def _draw(task: Exercise, verdict: Verdict) -> None:
    """The case, and what was wanted beside what came."""
    from ...learn.side_by_side import side_by_side

    if not verdict.case:
        return
    words, *block = verdict.inputs.split("\n")  # of a graph or a program the lines stay as they are
    case = f"case {verdict.case}" + (f": {words}" if words else "")
    lines = [*textwrap.wrap(case, _width(), subsequent_indent="    "), *block]
    if verdict.got or (verdict.wanted and verdict.twin):
        lines += side_by_side(verdict.wanted, verdict.got, task.returns, _width(), task.rtol)
    streams.write("\n".join(["", *lines]))


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


# --- a class ---------------------------------------------------------------------------------------------------------


def _mark(folders: list[Path], table: Path | None, course: Course | None) -> None:
    """Check all files of all folders; Ctrl-C ends it, and what is done is shown."""
    from ...errors import ConfigError
    from ...learn.course import USUAL
    from ...learn.marking import COLUMNS, in_order, marks

    course = course or USUAL
    if not folders:
        raise ConfigError("learn: mark wants the folders of your learners. try: tinygrad-gru learn mark class/*")
    _refuse_to_write_over(table, COLUMNS, "marks")
    workshops, unusable = _usable(folders, course)
    marked: list[Mark] = []
    try:
        for mark in marks(workshops):
            marked.append(mark)
            own = [each.result for each in marked if each.folder == mark.folder]
            if len(own) == len(course.tasks):
                ended = f"{len(marked)} of {len(workshops) * len(course.tasks)} checks"
                say(f"{mark.folder}: {own.count('right')} right, {own.count('wrong')} wrong ({ended})")
    finally:  # after Ctrl-C, too
        _write_marks(in_order(marked, workshops, course), list(workshops), table, course)
    _complain_of(unusable, len(folders), "marked")


def _usable(folders: list[Path], course: Course) -> tuple[dict[str, Workshop], list[str]]:
    """The folders of learners, and why others cannot be used."""
    from ...errors import FileError
    from ...learn.marking import workshops_in

    unusable: list[str] = []
    workshops = workshops_in(folders, unusable.append, course)
    if not workshops:
        raise FileError(unusable[0])
    for reason in unusable:
        say(f"left out: {reason}")
    return workshops, unusable


def _complain_of(unusable: list[str], folders: int, what: str) -> None:
    from ...errors import FileError

    if unusable:
        raise FileError(f"learn: {len(unusable)} of {folders} folders could not be {what}. try: the others alone")


def _report(folders: list[Path], table: Path | None, course: Course | None) -> None:
    """Write what learners noted of themselves, as CSV, to stdout or into a file."""
    from ...learn.course import USUAL
    from ...learn.reporting import COLUMNS, as_csv, report
    from ...nn.files import write_atomically

    _refuse_to_write_over(table, COLUMNS, "report")
    workshops, unusable = _usable(folders, course or USUAL)
    text = as_csv(list(report(workshops)))
    if table is None or is_stdout(table):
        streams.write(text, end="")
    else:
        with write_atomically(table) as file:
            file.write(text.encode())
        say(f"{table} holds it, a line for each folder and exercise")
    _complain_of(unusable, len(folders), "read")


def _rehearse(names: list[str] | None, course: Course | None) -> None:
    """Check the exercises of a course themselves, or those that are named."""
    from ...errors import ConfigError
    from ...learn.course import USUAL
    from ...learn.rehearsal import faults

    course = course or USUAL
    tasks = [course.exercise(name) for name in names] if names else list(course.tasks)
    wrong = []
    for task in tasks:
        of_task = faults(task)
        streams.write("\n".join(of_task) if of_task else f"{task.name}: sound, with {len(task.twins)} wrong twins")
        wrong += of_task
    if wrong:
        faulty = f"{len(wrong)} fault{'s' * (len(wrong) > 1)} in {len(tasks)} exercise{'s' * (len(tasks) > 1)}"
        raise ConfigError(f"learn: {faulty}. try: mend {'them' if len(wrong) > 1 else 'it'}, and rehearse again")


def _refuse_to_write_over(table: Path | None, columns: list[str], what: str) -> None:
    """Raise ConfigError for a file that holds something else than such a table."""
    from ...errors import ConfigError
    from ...nn.files.writing import is_written_into

    if table is None or is_stdout(table):
        return
    if table.is_dir():
        raise ConfigError(f"csv: {table} is a folder, wanted a file. try: --csv {table / f'{what}.csv'}")
    if table.exists() and not is_written_into(table):
        with table.open("rb") as file:
            if file.readline(1000).rstrip() != ",".join(columns).encode():
                raise ConfigError(f"csv: {table} is there already, and holds no {what}. try: another name")


def _write_marks(marked: list[Mark], folders: list[str], table: Path | None, course: Course) -> None:
    from ...learn.marking import as_csv, as_tables
    from ...nn.files import write_atomically

    if not marked:
        return
    if table is not None and is_stdout(table):
        streams.write(as_csv(marked), end="")
        return
    streams.write(as_tables(marked, folders, course))
    if table is not None:
        with write_atomically(table) as file:
            file.write(as_csv(marked).encode())
        say(f"{table} holds them, a line for each folder and exercise")
