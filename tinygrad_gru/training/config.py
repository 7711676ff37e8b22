"""The settings of a run, all of them checked in one place."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, did_you_mean
from .declaration import is_class_of_file, one_of, setting, settings_of, written
from .toml import from_toml, toml_of

if TYPE_CHECKING:  # NumPy comes with the tasks, and the command line's --help needs only what is declared here
    from ..core.tensor import Tensor
    from ..optim import Optimizer, Schedule
    from ..tasks import Task

__all__ = ["OF_ROWS", "READING", "SETTINGS", "SWITCHED_OFF", "Config", "refuse_unknown"]

OF_ROWS = ("labelled", "table")  # tasks whose data are rows of columns
# How a file is read: also for commands that read another file than the run's.
READING = ("time", "fill", "skip_bad", "encoding", "delimiter", "quote", "header", "decimal", "dates")
SWITCHED_OFF = ("keep_bias", "dropout")  # by 0
MEASUREMENTS, MOST_BETWEEN = 10, 100  # without `every`: ten in a run, but no more than 100 updates apart


@dataclass(frozen=True)
class Config:
    """What to train, how large, how long. `Config.of("adding", length=20)` fills in what suits the task.

    >>> Config.of("adding", hidden=0)
    Traceback (most recent call last):
    tinygrad_gru.errors.ConfigError: hidden: got 0, wanted a whole number from 1 to 1000000000. try: --hidden 64
    """

    task: str = setting("What to learn: see tinygrad-gru tasks.")
    cell: str = setting(
        "The kind of layer, by default gru; gru-after is PyTorch's GRU; FILE.py:CLASS is one of your own.",
        choices=("rnn", "gru", "gru-after", "lstm"), or_class=True,
    )  # fmt: skip
    hidden: int = setting("Numbers in the state.", least=1)
    updates: int = setting("Steps of the optimiser.", least=1)
    batch: int = setting("Sequences per update.", least=1)
    lr: float = setting("Adam's learning rate at the start.", above=0)
    length: int = setting("Time steps per sequence.", least=1)
    seed: int = setting("The same seed gives the same numbers.", default=0, least=0, most=2**63 - 1)
    file: str | None = setting(
        "Data of your own: text for chars, CSV or JSONL for labelled and table; - is stdin.",
        default=None, path=True, example="text.txt",
    )  # fmt: skip
    final_lr: float = setting(
        "The share of lr at the end of a cosine; 1 keeps lr as it is.", default=0.1, above=0, most=1
    )
    clip: float = setting("The most that the gradient's norm may be.", default=1.0, above=0)
    keep_bias: float | None = setting(
        "The gates start open for the past: 2 helps over long spans; 0 means none, where the task has one.",
        default=None, above=0, most=100, example=2,
    )  # fmt: skip
    weight_decay: float | None = setting(
        "AdamW's: each update shrinks the weights by lr times this; by default not at all.",
        default=None, least=0, example=0.01,
    )  # fmt: skip
    every: int | None = setting(
        "Updates between two measurements and checkpoints; by default a tenth of all, 100 at most.",
        default=None, least=1, example=50,
    )  # fmt: skip
    dropout: float | None = setting(
        "The share of what enters the output, and of embedded words, that is masked in training; of labelled 0.5.",
        default=None, least=0, most=0.95, example=0.2,
    )  # fmt: skip
    patience: int | None = setting(
        "Stop after so many measurements without a better one.", default=None, least=1, example=5
    )
    targets: list[str] | None = setting(  # noqa: RUF009 (it returns a field)
        "The columns to forecast; by default all that hold numbers.",
        default=None, tasks=("table",), example=["price", "volume"],
    )  # fmt: skip
    horizon: int | None = setting(
        "How many rows ahead; by default 1.", default=None, least=1, most=1000, tasks=("table",), example=1
    )
    season: int | None = setting(
        "How many rows a season has, 0 for none; by default found.",
        default=None, least=0, most=100_000, tasks=("table",), example=12,
    )  # fmt: skip
    label: str | None = setting(
        "The column with the labels, of texts or groups.", default=None, tasks=OF_ROWS, example="column"
    )
    group: str | None = setting(
        "The column that names the group of a row.", default=None, tasks=("table",), example="column"
    )
    split_seed: int | None = setting(
        "Draws which texts or groups are held out; by default the same ones for every run.",
        default=None, least=0, most=2**63 - 1, tasks=OF_ROWS, example=1,
    )  # fmt: skip
    text: str | None = setting("The column with the texts.", default=None, tasks=("labelled",), example="column")
    time: str | None = setting(
        "The column that gives the order of the rows, or none; by default one of dates.",
        default=None, tasks=("table",), example="column",
    )  # fmt: skip
    fill: str | None = setting(
        "What gaps are filled with; by default they are refused.",
        default=None, tasks=("table",), choices=("previous", "mean", "interpolate", "zero"), example="previous",
    )  # fmt: skip
    skip_bad: bool | None = setting(
        "Leave out rows that cannot be used, and say which.", default=None, tasks=OF_ROWS, example=True
    )
    encoding: str | None = setting(
        "That of the file; by default found in its bytes.", default=None, tasks=("chars", *OF_ROWS), example="cp1252"
    )
    delimiter: str | None = setting(
        "What stands between fields; by default found.",
        default=None, tasks=OF_ROWS, choices=("comma", "semicolon", "tab", "bar", "space"), example="comma",
    )  # fmt: skip
    quote: str | None = setting(
        "What stands around fields; by default found.",
        default=None, tasks=OF_ROWS, choices=("double", "single", "none"), example="double",
    )  # fmt: skip
    header: str | None = setting(
        "Whether the first row names the columns; by default found.",
        default=None, tasks=OF_ROWS, choices=("yes", "no"), example="yes",
    )  # fmt: skip
    decimal: str | None = setting(
        "The decimal mark; by default found, column by column.",
        default=None, tasks=("table",), choices=("point", "comma"), example="point",
    )  # fmt: skip
    dates: str | None = setting(
        "The order of day, month and year in dates; by default found.",
        default=None, tasks=("table",), choices=("ymd", "dmy", "mdy"), example="dmy",
    )  # fmt: skip

    @classmethod
    def of(cls, task: str, cell: str | None = None, **options: Any) -> Config:
        """The settings for a task: its own defaults, and the options that are not None instead of them.

        A `keep_bias` or `dropout` of 0 means none, also where the task has one of its own.
        """
        from ..tasks import TASKS

        one_of("task", task, TASKS)
        values = {name: value for name, value in options.items() if value is not None}
        for name in values:
            refuse_unknown(name, task)
        if "file" in values:
            values["file"] = from_toml(values["file"])
        if isinstance(values.get("file"), os.PathLike):
            values["file"] = os.fsdecode(values["file"])
        cell = _absolute(SETTINGS["cell"].check("gru" if cell is None else cell))
        suited = _suited(task, cell, values.get("length", TASKS[task].defaults["length"]))
        for name in SWITCHED_OFF:
            if type(values.get(name)) in (int, float) and values[name] == 0:
                suited.pop(name, None)
                del values[name]
        return cls(task, cell, **(suited | values))

    def __post_init__(self) -> None:
        from ..tasks import TASKS

        one_of("task", self.task, TASKS)
        for name, declared in SETTINGS.items():
            value = getattr(self, name)
            if value is not None:
                refuse_unknown(name, self.task)
            if name != "task":
                object.__setattr__(self, name, declared.check(value, TASKS[self.task].defaults.get(name)))
        object.__setattr__(self, "cell", _absolute(self.cell))
        if self.keep_bias is not None and is_class_of_file(self.cell):
            raise ConfigError("keep_bias: a cell of one's own sets its biases itself. try: without --keep-bias")
        if self.keep_bias is not None and self.cell == "rnn":
            raise ConfigError("keep_bias: an rnn has no gate that could keep anything. try: --cell gru")

    @property
    def options(self) -> dict[str, Any]:
        """The settings that not every task knows, those that are None left out."""
        return {name: value for name, value in self.as_dict().items() if SETTINGS[name].tasks}

    @property
    def cell_name(self) -> str:
        """The cell for people: its name, or that of the class of one's own."""
        return self.cell.rpartition(":")[2] if is_class_of_file(self.cell) else self.cell

    @property
    def cell_title(self) -> str:
        """The same as a title: GRU."""
        return self.cell_name if is_class_of_file(self.cell) else self.cell.upper()

    @property
    def path(self) -> Path | None:
        """The file as a path; `-` is stdin, and `./-` is a file of that name."""
        if self.file is None:
            return None
        path = Path(self.file)
        return path.absolute() if str(path) == "-" != self.file else path

    @property
    def measure_every(self) -> int:
        """Updates between two measurements."""
        return self.every or max(1, min(MOST_BETWEEN, self.updates // MEASUREMENTS))

    def optimizer(self, parameters: Iterable[Tensor]) -> Optimizer:
        """The optimiser of a run: AdamW, which without weight decay is Adam."""
        from .. import optim

        return optim.AdamW(parameters, self.lr, weight_decay=self.weight_decay or 0)

    def schedule(self, optimizer: Optimizer) -> Schedule:
        """The learning rate of each update: half a cosine, down to `final_lr` of the first."""
        from .. import optim

        return optim.CosineLR(optimizer, self.updates, final=self.final_lr)

    def create(self) -> Task:
        """The task with its data; raises DataError if the file cannot be used."""
        from ..tasks import TASKS

        create: Any = TASKS[self.task].create
        task: Task = create(self.length, self.path, **self.options)
        return task

    @property
    def command(self) -> str:
        """The command line that repeats the run."""
        words = ["tinygrad-gru", "train", self.task]
        for name, value in self.as_dict().items():
            if name != "task" and (value != SETTINGS[name].default or name == "seed"):
                option, text = SETTINGS[name].option, written(value)
                if SETTINGS[name].kind is bool:
                    words += [option if value else f"--no-{option[2:]}"]
                    continue
                words += [f"{option}={text}"] if text.startswith("-") else [option, text]
        return shlex.join(words)

    def as_toml(self, folder: Path | None = None) -> str:
        """The settings as TOML, one a line, in the order of the fields.

        With `folder`, that of the TOML file, a relative path of `file` becomes relative to it: so it is found from
        anywhere, and after both have moved.
        """
        named = self.as_dict()
        if folder is not None and self.file not in (None, "-") and not Path(str(self.file)).is_absolute():
            named["file"] = _seen_from(folder, Path(str(self.file)))
        return "".join(f"{name} = {toml_of(value)}\n" for name, value in named.items())

    def as_dict(self) -> dict[str, Any]:
        """The settings by name, those that are None left out: what `Config.of` takes."""
        named = {name: getattr(self, name) for name in SETTINGS}
        suited = _suited(self.task, self.cell, self.length)
        for name in SWITCHED_OFF:
            if getattr(self, name) is None and name in suited:
                named[name] = 0  # left out, it would be the task's own
        return {name: value for name, value in named.items() if value is not None}


SETTINGS = settings_of(Config)


def refuse_unknown(name: str, task: str) -> None:
    """ConfigError if this task knows no setting of that name."""
    if name not in SETTINGS:
        known = [known for known, declared in SETTINGS.items() if declared.known_to(task)]
        raise ConfigError(f"unknown setting {name!r}. {did_you_mean(name, known)}")
    if not SETTINGS[name].known_to(task):
        tasks = ", ".join(SETTINGS[name].tasks)
        raise ConfigError(f"{name} is a setting of {tasks}, not of {task}. try: without it")


def _absolute(cell: str) -> str:
    """The same cell; of one in a file with its whole path, for those who run in other folders."""
    if not is_class_of_file(cell):
        return cell
    file, _, name = cell.rpartition(":")
    return f"{os.path.abspath(file)}:{name}"  # noqa: PTH100 (a Path would follow no .. of a link)


def _seen_from(folder: Path, file: Path) -> str:
    """The relative path of a file from a folder, or its absolute path if it is on another drive."""
    there = Path(os.path.realpath(file.parent), file.name)  # `..` leads up from where a link leads to
    try:
        seen = os.path.relpath(there, os.path.realpath(folder))
    except ValueError:
        return str(there)
    return "./-" if seen == "-" else seen  # not stdin


def _suited(task: str, cell: str | None, length: Any) -> dict[str, Any]:
    """The default settings of the task for sequences of this length, and for the cell."""
    from ..tasks import TASKS

    suited = TASKS[task].suited(length) if type(length) is int else dict(TASKS[task].defaults)
    if cell == "rnn" or is_class_of_file(cell):
        suited.pop("keep_bias", None)  # it has no gate, or none that we know
    return suited
