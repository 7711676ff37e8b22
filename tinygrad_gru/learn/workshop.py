"""A learner's folder: a file for each exercise that was begun, and beside them, as plain text, how far one has come."""

from __future__ import annotations

import datetime
import itertools
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError, FileError
from ..nn.files import write_atomically
from . import USUAL_FOLDER
from .course import FILE, USUAL, Course, course_in
from .exercise import Exercise
from .judging.judge import Verdict
from .listing import listing
from .process import TIME_LIMIT, run

__all__ = ["PROGRESS", "STATES", "Workshop"]

PROGRESS = "progress.txt"
LARGEST = 1_000_000  # bytes of it
WHEN = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", re.ASCII)  # anything else, such as =1+1, would stand in a report
STATES = ("done", "seen", "skipped")  # seen: its solution was shown
HEAD = "# How far you have come: exercise, state, when, hints seen. Yours to edit.\n"


@dataclass
class Entry:
    """A line of progress.txt."""

    state: str = "begun"
    when: str = ""
    hints: int = 0


class Workshop:
    """The folder of one learner. Nothing in it is written over but progress.txt and what `reset` names.

    The course is that of the folder's `course.toml`, if there is one, unless another is given.
    """

    def __init__(self, folder: Path, course: Course | None = None) -> None:
        self.folder = folder
        self.course = course_in(folder) if course is None else course
        self.entries = self._read()
        self.unwritten = ""  # why the progress could not be written, if so

    # --- files -------------------------------------------------------------------------------------------------------

    def file_of(self, task: Exercise) -> Path:
        """The learner's file, named by the chapter: 06_sigmoid.py, and 06b_matmul_vjp.py for its second exercise."""
        return self.folder / self.name_of(task)

    @staticmethod
    def name_of(task: Exercise) -> str:
        """The name of a file."""
        return f"{'0' * (task.chapter < 10)}{task.number}_{task.name}.py"

    def command(self, action: str, task: Exercise) -> str:
        """What one types: with the folder, unless it is the usual one, and the course, unless it is the folder's."""
        folder = f" --folder {shlex.quote(str(self.folder))}" if self.folder != USUAL_FOLDER else ""
        path = self.course.path
        named = path is not None and path.resolve() != (self.folder / FILE).resolve()
        return f"tinygrad-gru learn {action} {task.name}{folder}" + (
            f" --course {shlex.quote(str(path))}" if named else ""
        )

    def start(self, task: Exercise) -> Path:
        """Write the stub, unless the file is there already."""
        path = self.file_of(task)
        if path.is_dir():
            raise FileError(f"{path} is a folder, in the place of your file. try: to move it away, or another --folder")
        if not path.exists():
            self._make_folder()
            with write_atomically(path) as file:
                file.write(task.stub(self.command("check", task)).encode())
            if self.state(task) in ("", "skipped"):
                self._note(task, "begun")
        return path

    def reset(self, task: Exercise) -> tuple[Path, Path | None]:
        """Write the stub again; returns its path, and that of what was there, now with .old, .old2, … at its end.

        An exercise whose solution was shown stays seen, and hints that were read are not unread.
        """
        path, old = self.file_of(task), None
        if path.exists():
            endings = (f".py.old{n}" if n > 1 else ".py.old" for n in itertools.count(1))
            old = next(each for ending in endings if not (each := path.with_suffix(ending)).exists())
            try:
                path.replace(old)
            except OSError as error:
                raise FileError(f"cannot rename {path}: {error.strerror}. try: --folder with one of yours") from None
        if self.state(task) != "seen":
            self._note(task, "begun")
        return self.start(task), old

    # --- judging -----------------------------------------------------------------------------------------------------

    def check(self, task: Exercise, time_limit: float = TIME_LIMIT) -> tuple[Verdict, str]:
        """The verdict on the learner's file, and what it printed, in a process of its own; noted if it is right."""
        path = self.file_of(task)
        if not path.is_file():
            start = "to move it away" if path.exists() else self.command("start", task)
            hint = f"try: {start}, or the folder that your files are in"
            raise ConfigError(f"learn: {path} is {'not a file' if path.exists() else 'not there'}. {hint}")
        verdict, printed = run(task, path.resolve(), time_limit)
        if verdict.passed and self.state(task) != "seen":
            self._note(task, "done")
        return verdict, printed

    # --- progress ----------------------------------------------------------------------------------------------------

    def state(self, task: Exercise) -> str:
        """done, seen, skipped, begun, or nothing."""
        entry = self.entries.get(task.name)
        return entry.state if entry else ""

    def hints_seen(self, task: Exercise) -> int:
        """How many of its hints have been read."""
        return self.entries.get(task.name, Entry()).hints

    def next_hint(self, task: Exercise) -> tuple[int, str]:
        """The number of the next hint, and the hint; after the last one, the last one again."""
        entry = self.entries.get(task.name, Entry())
        number = min(entry.hints + 1, len(task.hints))
        self._note(task, entry.state, number)
        return number, task.hints[number - 1]

    def show_solution(self, task: Exercise) -> str:
        """The solution; the exercise is seen then, not done."""
        if self.state(task) != "done":
            self._note(task, "seen")
        return listing(task)

    def skip(self, task: Exercise) -> None:
        """Leave it out for now; what is done stays done, and what was seen, seen."""
        if self.state(task) not in ("done", "seen"):
            self._note(task, "skipped")

    def _note(self, task: Exercise, state: str, hints: int | None = None) -> None:
        """Write a line of progress. Where that is not possible, `unwritten` says so: it takes nothing else away."""
        try:
            self.entries = self._read()  # again: another check may have ended meanwhile
        except FileError as error:
            self.unwritten = str(error)
        if hints is None:
            hints = self.hints_seen(task)
        self.entries[task.name] = Entry(state, f"{datetime.datetime.now():%Y-%m-%d %H:%M}", hints)
        try:
            self._write()
        except FileError as error:
            self.unwritten = str(error)

    @property
    def _known(self) -> tuple[str, ...]:
        """The exercises that may stand in progress.txt: those of the course, and ours that are not in it."""
        return (*self.course.names, *(name for name in USUAL.names if name not in self.course.names))

    @property
    def _progress(self) -> Path:
        return self.folder / PROGRESS

    def _read(self) -> dict[str, Entry]:
        """The lines that can be read; others were edited into something else, and are said."""
        try:
            if not self._progress.is_file():
                return {}
            if self._progress.stat().st_size > LARGEST:
                raise FileError(f"{self._progress} is too large. try: another --folder, or remove it")
            text = self._progress.read_text(encoding="utf-8-sig")  # editors of Windows write a byte order mark
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read {self._progress}: {error}. try: another --folder, or remove it") from None
        entries = {}
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            has_state = len(words) > 1 and words[1] in (*STATES, "begun")
            if has_state and words[0] not in self._known and words[0].isidentifier():
                raise FileError(
                    f"{self._progress}, line {number}: there is no exercise {words[0][:60]!r} in this course. "
                    "try: --course with the file of the one that has it, or remove the line"
                )
            if not has_state or words[0] not in self._known:
                raise FileError(
                    f"{self._progress}, line {number}: {line[:60]!r} is no exercise with a state. "
                    "try: slopes done, or remove the line"
                )
            hints = words[-1] if len(words) > 2 and words[-1].isascii() and words[-1].isdigit() else "0"
            when = " ".join(words[2:4])
            entries[words[0]] = Entry(words[1], when if WHEN.fullmatch(when) else "", int(hints[:1]))
        return entries

    def _write(self) -> None:
        self._make_folder()
        lines = [
            f"{name:20} {entry.state:8} {entry.when} {entry.hints}\n"
            for name in self._known
            if (entry := self.entries.get(name)) is not None
        ]
        with write_atomically(self._progress) as file:
            file.write((HEAD + "".join(lines)).encode())

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make {self.folder}: {error.strerror}. try: --folder with one of yours") from None
