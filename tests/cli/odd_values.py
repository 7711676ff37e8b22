"""Every command with odd values: lines that are good, values that are odd, and what no command may do with them.

An invocation is a good line in which one argument or option has an odd value. It runs in this process, in a folder with
runs and data, on streams that are looked at afterwards; stdout is taken for a terminal, stderr is none.
"""

import contextlib
import errno
import io
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from typer.main import get_command

from tinygrad_gru.cli import app, main

SECONDS, WAITING = 20, 200  # the longest that a command may take of the processor, and in all: a machine may be busy
LONGEST_LINE = 400  # characters of an error

# Each argument and option of each command stands in a line here, with a value with which the command ends with 0.
LINES = """
demo --out=new
tasks adding
train adding --config=small.toml --cell=gru --hidden=4 --updates=2 --batch=2 --lr=0.01 --length=5 --seed=1 --out=new
train adding --config=small.toml --final-lr=0.5 --clip=1 --keep-bias=1 --weight-decay=0.01 --every=1 --patience=1\
 --dropout=0.1 --quiet
train chars --config=small.toml --file=text.txt --quiet --no-report
train labelled --config=small.toml --file=labelled.csv --text=text --label=label --split-seed=1 --dry-run
train table --config=small.toml --file=numbers.csv --targets=a --horizon=2 --season=2 --time=none --fill=mean\
 --dry-run --json
train table --config=small.toml --file=numbers.csv --encoding=utf-8 --delimiter=comma --quote=double --header=yes\
 --decimal=point --dates=dmy --dry-run --json
train table --config=small.toml --file=groups.csv --label=label --group=group --dry-run
init adding --output=new.toml
resume runs/adding-0001 --quiet
runs adding --sort=best --folder=runs
show runs/adding-0001
show runs/chars-0002 --tensorboard=new
compare adding --config=small.toml --updates=2 --cells=rnn,gru --seeds=1 --match=params --out=new --jobs=1\
 --backend=sequential
compare adding --config=small.toml --hidden=4 --updates=2 --batch=2 --lr=0.01 --length=5 --seed=1 --cells=gru --seeds=1\
 --jobs=1 --quiet
compare adding --config=small.toml --final-lr=0.5 --clip=1 --keep-bias=1 --weight-decay=0.01 --every=1 --patience=1\
 --dropout=0.1 --cells=gru --seeds=1 --jobs=1 --quiet
compare chars --config=small.toml --file=text.txt --cells=gru --seeds=1 --jobs=1 --quiet
compare table --config=small.toml --file=numbers.csv --targets=a --horizon=2 --cells=gru --seeds=1 --jobs=1 --quiet\
 --season=2 --time=none --fill=mean
compare table --config=small.toml --file=numbers.csv --encoding=utf-8 --delimiter=comma --quote=double --header=yes\
 --decimal=point --dates=dmy --cells=gru --seeds=1 --jobs=1 --quiet
compare labelled --config=small.toml --file=labelled.csv --text=text --split-seed=1 --cells=gru --seeds=1 --jobs=1\
 --quiet
compare table --config=small.toml --file=groups.csv --label=label --group=group --cells=gru --seeds=1 --jobs=1 --quiet
sweep adding --param=lr=0.01,0.1 --param=updates=2 --param=batch=2 --param=length=5 --param=hidden=4 --trials=1\
 --seed=1 --jobs=1 --backend=sequential --storage=sqlite:///new.db --out=new --quiet
sample runs/chars-0002 --length=5 --temperature=0.5 --prompt=s --seed=1
sample runs/adding-0001 --count=2
predict runs/labelled-0003 lines.txt --as=lines --format=csv --output=new.csv
predict runs/table-0004 numbers.csv
predict runs/table-0004 numbers.csv --encoding=utf-8 --delimiter=comma --quote=double --header=yes --decimal=point\
 --dates=dmy --time=none --fill=mean
eval runs/adding-0001 --length=6
eval runs/labelled-0003 --file=labelled.csv
eval runs/table-0004 --file=numbers.csv
eval runs/table-0004 --file=numbers.csv --encoding=utf-8 --delimiter=comma --quote=double --header=yes --decimal=point\
 --dates=dmy --time=none --fill=mean
eval runs/chars-0002 --file=text.txt
graph --cell=gru --length=2 --hidden=2 --inputs=2 --level=cell --fold=auto --steps=1-2 --params=tag --theme=light\
 --dir=LR --seed=1 --output=new.txt
graph --run=runs/adding-0001 --length=2 --path=W_r@1 --output=new.dot
graph --length=2 --hidden=2 --inputs=2 --width=readme --output=new.dot
inspect runs/adding-0001 --length=4 --at=2 --theme=light --seed=1 --output=new.html
inspect runs/chars-0002 --text=she --output=new.html
learn list slopes --folder=learnt
learn mark folder --csv=new.csv
learn list --course=course.toml
learn report folder --csv=new.csv
play --cell=gru --length=1 --hidden=1 --inputs=1 --seed=1 --output=new.html
play --run=runs/adding-0001 --length=2 --output=new.html
play --length=1 --hidden=1 --inputs=1 --frames=new --frame-format=svg --frames-from=1 --frames-to=1 --theme=light
explain --cell=gru --format=latex --seed=1 --output=new.md
explain --numbers --hidden=1 --inputs=1
explain --snippet --cell=lstm --output=new.py
program --cell=gru --hidden=2 --inputs=2
program --stage=1
export runs/adding-0001 --output=new.onnx --dialect=onnx
import model.safetensors --output=new.npz
import model.safetensors --like=runs/adding-0001 --output=new
check tanh
""".replace("\\\n", "")

# Options that no line of our own can hold, and why.
WITHOUT_A_GOOD_VALUE = {
    ("compare", "--scheduler"): "a cluster is needed",
    ("sweep", "--scheduler"): "a cluster is needed",
}
OPENS_A_BROWSER = {("graph", "--open")}

VALUES = [
    "", " ", "-1", "0", "-0", "+1", "1.5", "1e5", "1e-400", "1e999", "0x10", "1,000", "1_0", "1 000", "٣", "²", "½",
    "9" * 20, "-" + "9" * 20, "1" * 400, "9" * 5000, "nan", "inf", "-inf", "True", "None", "nonsense", "last", "-",
    "--", "--seed", "=", "%s{0}", "[bold]x[/]", "*", "~", ".", "..", "/", "/dev/null", "/dev/zero", "/dev/full",
    "/dev/stdin", "folder", "text.txt", "runs", "missing/new", "new.npz", "x" * 300, "ab " * 2000, "a\nb",
    "\x1b[31mred\x1b[0m\x07", "a\x9b2Jb", "a\u202eb", "\x00", "a\udcffb", "\ud800", "é", "e\u0301", "🙂", "h̃", ",",
    ",,a", "a\r\nerror: b", "a=b", "1-", "3-1", "1:2:3", "a.py:A", "http://x", "sqlite://", "\ufeff1",
]  # fmt: skip


class Invocation(NamedTuple):
    """The words of a command line, and the argument or option of which the value is odd."""

    parameter: str
    words: list[str]


def parameters() -> dict[str, dict[str, str]]:
    """Of each command the arguments and options, asked of the app itself, with their kind: value, flag or argument."""
    found: dict[str, dict[str, str]] = {}
    for name, command in get_command(app).commands.items():
        found[name] = {}
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                found[name][parameter.name] = "argument"
            else:
                flag = getattr(parameter, "is_flag", False)
                found[name][max(parameter.opts, key=len)] = "flag" if flag else "value"
                found[name] |= dict.fromkeys(parameter.secondary_opts, "flag")
    return found


def without_a_line() -> list[str]:
    """The commands and the options with a value that stand in no line."""
    missing = []
    for command, kinds in parameters().items():
        lines = [line for line in good_lines() if line[0] == command]
        there = {word.partition("=")[0] for line in lines for word in line[1:]}
        if not lines:
            missing.append(command)
        arguments = [name for name, kind in kinds.items() if kind == "argument"]
        if arguments and max((len(_arguments(line)) for line in lines), default=0) < len(arguments):
            missing.append(f"{command} {arguments[-1]}")
        for name, kind in kinds.items():
            if kind == "value" and name not in there and (command, name) not in WITHOUT_A_GOOD_VALUE:
                missing.append(f"{command} {name}")
    return missing


def good_lines() -> list[list[str]]:
    """The lines as words."""
    return [shlex.split(line) for line in LINES.strip().splitlines()]


def _arguments(line: list[str]) -> list[str]:
    return [word for word in line[1:] if not word.startswith("--")]


def invocations() -> list[Invocation]:
    """All of them: each place of each line with each value; a place that stood the same before is not tried again."""
    made, tried = [], set()
    for line in good_lines():
        command = line[0]
        for place, word in enumerate(line[1:], 1):
            if (command, word) in tried:
                continue
            tried.add((command, word))
            rest = line[:place] + line[place + 1 :]
            option, is_option, _ = word.partition("=")
            if word.startswith("--") and not is_option:
                continue  # a flag: see below
            if word.startswith("--"):
                made += [Invocation(option, [*rest, f"{option}={value}"]) for value in VALUES]
                made.append(Invocation(option, [*line, word]))  # twice
                made.append(Invocation(option, [*rest, option]))  # without a value
                made.append(Invocation(option, [*rest, f"{option}x=1"]))  # misspelt
            else:
                options = [w for w in line[1:] if w.startswith("--")]
                for value in VALUES:
                    words = [value if w is word else w for w in _arguments(line)]
                    made.append(Invocation(word, [command, *options, "--", *words]))
                made.append(Invocation(word, [*line, word]))
                made.append(Invocation(word, rest))
    for command, kinds in parameters().items():
        line = next((line for line in good_lines() if line[0] == command), [command])
        for name, kind in kinds.items():
            if kind == "flag" and (command, name) not in OPENS_A_BROWSER:
                made += [Invocation(name, [*line, word]) for word in (name, f"{name}=1", f"{name}x")]
            elif (command, name) in WITHOUT_A_GOOD_VALUE:
                made += [Invocation(name, [*line, f"{name}={value}"]) for value in VALUES]
    return made


# --- running them ----------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What came of an invocation."""

    words: list[str]
    code: int | None
    out: str
    err: str
    escaped: BaseException | None = None  # what main did not turn into an exit code
    outside: list[str] = field(default_factory=list)  # written or removed where nobody asked for it
    changed: list[str] = field(default_factory=list)  # files that were there before, and are others now
    temporary: list[str] = field(default_factory=list)  # files that should have been taken away again


class TooSlow(BaseException):
    """Raised by the alarm: no `except Exception` may hold it up."""


class Terminal(io.TextIOWrapper):
    """A stream into memory that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class Place:
    """A folder with runs and data for the commands, which is as it was before each of them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.temporary = folder.resolve(), folder.resolve().with_name("temporary")
        self.master = self.folder.with_name("master")
        self.temporary.mkdir()
        shutil.copytree(self.folder, self.master)
        self.before = self._look()

    def _look(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def run(self, words: list[str], call: Callable[[list[str]], int] = main) -> Outcome:
        """Run a command here."""
        out, err = Terminal(io.BytesIO(), encoding="utf-8"), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        code, escaped = None, None
        with (
            _streams(stdin, out, err),
            contextlib.chdir(self.folder),
            _temporary_files_in(self.temporary),
            _watched([self.folder, self.temporary]) as outside,
        ):
            try:
                with _alarm(SECONDS):
                    code = call(words)
            except BaseException as error:  # looked at below, whatever it is
                if isinstance(error, KeyboardInterrupt):
                    raise
                escaped = error
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
        changed, temporary = self._cleaned()
        return Outcome(words, code, *texts, escaped, sorted(set(outside)), changed, temporary)

    def _cleaned(self) -> tuple[list[str], list[str]]:
        """What was changed, and what lies around; the folder is as before afterwards."""
        now = self._look()
        changed = [path for path, data in self.before.items() if now.get(path) != data]
        new = now.keys() - self.before.keys()
        temporary = [path for path in new if Path(path).name.startswith(".") or path.endswith(".tmp")]
        temporary += [str(path) for path in self.temporary.iterdir()]
        if changed or new:
            shutil.rmtree(self.folder)
            shutil.copytree(self.master, self.folder)
        for path in self.temporary.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return changed, temporary


@contextlib.contextmanager
def _streams(stdin: io.TextIOWrapper, out: io.TextIOWrapper, err: io.TextIOWrapper) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = stdin, out, err
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise TooSlow

    timers = {signal.ITIMER_PROF: (signal.SIGPROF, seconds), signal.ITIMER_REAL: (signal.SIGALRM, WAITING)}
    before = {number: signal.signal(number, ring) for number, _ in timers.values()}
    for timer, (_, limit) in timers.items():
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for timer, (number, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


_watching: tuple[list[Path], list[str]] | None = None
_hooked = False
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.truncate", "sqlite3.connect"}


@contextlib.contextmanager
def _watched(folders: list[Path]) -> Iterator[list[str]]:
    """What is written, made or removed outside these folders, which it is kept from; devices are nobody's."""
    global _watching, _hooked
    if not _hooked:
        sys.addaudithook(_hook)  # it cannot be taken away again, and does nothing outside this block
        _hooked = True
    outside: list[str] = []
    _watching = (folders, outside)
    try:
        yield outside
    finally:
        _watching = None


def _hook(event: str, arguments: tuple) -> None:
    if _watching is None:
        return
    if event == "open":
        path, _, flags = arguments
        paths = [path] if isinstance(flags, int) and flags & WRITES else []
    elif event in CHANGES:
        paths = arguments[: 2 if event in ("os.rename", "os.link") else 1]
    else:
        return
    folders, outside = _watching
    for path in paths:
        if not isinstance(path, str | bytes | os.PathLike) or os.fsdecode(path) == ":memory:":
            continue
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        ours = any(text == str(folder) or text.startswith(f"{folder}{os.sep}") for folder in folders)
        if not (ours or text.startswith("/dev/") or "__pycache__" in text or (event == "open" and os.path.isdir(text))):  # noqa: PTH112
            outside.append(f"{event} {text}")
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), text)  # as for most people


# --- judging them ----------------------------------------------------------------------------------------------------

PROGRESS = re.compile(r"step \d+/\d+ · ")


def violations(outcome: Outcome) -> list[str]:
    """What the command did that none may do."""
    wrong = []
    debug = "--debug" in outcome.words
    if outcome.escaped is not None:
        kind = type(outcome.escaped).__name__
        wrong.append(f"longer than {SECONDS} s" if kind == "TooSlow" else f"raises {kind}: {outcome.escaped}"[:300])
    elif outcome.code not in (0, 1, 2):
        wrong.append(f"exit code {outcome.code}")
    if "Traceback" in outcome.out + outcome.err and not debug:
        wrong.append("a traceback")
    for name, text in (("stdout", outcome.out), ("stderr", outcome.err)):
        if raw := {c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"} | (set("\u202e") & {*text}):
            wrong.append(f"{name} holds {sorted(raw)}")
    errors = [line for line in outcome.err.split("\n") if line.startswith("error: ")]
    talk = [line for line in outcome.err.split("\n") if line and not line.startswith("error: ")]
    if outcome.code in (1, 2) and not debug:
        if len(errors) != 1:
            wrong.append(f"{len(errors)} lines of error")
        elif not outcome.err.endswith(errors[0] + "\n"):
            wrong.append("the error is not the last line")
        if outcome.code == 2 and (outcome.out or talk):
            wrong.append("it says more than the line of error")
    if outcome.code == 0 and errors:
        wrong.append("an error, and exit code 0")
    for line in errors:
        if "try: " not in line and "did you mean" not in line:
            wrong.append("it does not say what to try")
        if len(line) > LONGEST_LINE:
            wrong.append(f"a line of {len(line)} characters")
    if not any(word in ("/", "..") or word.endswith(("=/", "=..")) for word in outcome.words):  # where it was asked to
        wrong += [f"outside its folder: {what}" for what in outcome.outside]
    wrong += [f"changed {path}" for path in outcome.changed]
    wrong += [f"left {path}" for path in outcome.temporary]
    return wrong
