"""A setting of a run, declared once: what it means, what it may be, and which tasks know it.

Options of the command line, TOML, what `init` writes, what a sweep varies and the table in docs/training.md are made of
these. This file imports no NumPy, so that `--help` need not wait for it.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from dataclasses import MISSING, dataclass, field, fields, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from ..errors import ConfigError, did_you_mean

__all__ = ["LARGEST", "Setting", "is_class_of_file", "one_of", "setting", "settings_of", "words_of", "written"]

LARGEST = 1_000_000_000  # of whole numbers, if nothing smaller is declared
MOST_SHOWN = 60  # letters of a value in a message


@dataclass(frozen=True)
class Setting:
    """A setting: a field of a dataclass, declared with `setting(...)` and read with `settings_of(the class)`."""

    help: str  # a sentence
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()  # that know it; all of them if there is none
    or_class: bool = False  # or FILE.py:CLASS, beside the choices
    path: bool = False  # the path of a file
    example: Any = None  # a good value, for messages and comments: without one the default
    name: str = ""
    kind: type = str  # int, float, bool, str, or list, of words
    required: bool = False  # then it has no default, or each task one of its own
    default: Any = None

    @property
    def option(self) -> str:
        """Its name on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def of_the_task(self) -> bool:
        """Whether each task has a default of its own."""
        return self.required and self.kind in (int, float)

    def known_to(self, task: str) -> bool:
        """Whether this task knows the setting."""
        return not self.tasks or task in self.tasks

    @property
    def wanted(self) -> str:
        """What its value may be, in words."""
        if self.choices:
            return _listed((*self.choices, "FILE.py:CLASS") if self.or_class else self.choices)
        if self.kind is bool:
            return "true or false"
        if self.kind is int:
            return f"a whole number from {self.least} to {self.most}"
        if self.kind is float:
            low = "" if self.least is None else f" of at least {self.least:g}"
            low = low if self.above is None else f" above {self.above:g}"
            return f"a finite number{low}" if self.most is None else f"a number{low}, at most {self.most:g}"
        return "a path" if self.path else "a list of words" if self.kind is list else "a word"

    def check(self, value: Any, example: Any = None) -> Any:
        """The value, a float where that is its kind; ConfigError, with an example, if it may not be this."""
        if value is None and self.default is None and not self.required:
            return None
        if self.choices and not (self.or_class and is_class_of_file(value)):
            one_of(self.name, value, self.choices)
        if not self._allows(value):
            shown = _shown(value if self.kind in (int, float) else repr(value))
            example = self.example if example is None else example
            example = f"{example:g}" if isinstance(example, float) else written(example)
            raise ConfigError(f"{self.name}: got {shown}, wanted {self.wanted}. try: {self.option} {example}")
        return float(value) if self.kind is float else value  # 1 and 1.0 are written, and read, alike

    def _allows(self, value: Any) -> bool:
        if self.kind is bool:
            return type(value) is bool
        if self.kind is int:
            return type(value) is int and self._in_range(value)
        if self.kind is float:
            return type(value) in (int, float) and self._in_range(value)
        if self.kind is list:
            return isinstance(value, list) and len(value) > 0 and all(map(_is_word, value))
        return _can_be_a_path(value) if self.path else _is_word(value)

    def _in_range(self, value: float) -> bool:
        most = sys.float_info.max if self.most is None else self.most
        above, least = -math.inf if self.above is None else self.above, -most if self.least is None else self.least
        return above < value and least <= value <= most  # which a NaN is not

    def read(self, text: str) -> Any:
        """The value that a word of a command line means; ValueError if it is no number and should be one."""
        if self.kind is bool:
            return {"true": True, "false": False}.get(text, text)
        return words_of(text) if self.kind is list else self.kind(text)


def setting(help: str, *, default: Any = MISSING, **declared: Any) -> Any:
    """A field of a dataclass, with what is declared of the setting; without a default the task has one."""
    return field(default=default, metadata={"setting": Setting(help, **declared)})


def settings_of(cls: Any) -> dict[str, Setting]:
    """The settings that a dataclass declares, by name: with their kinds, by its annotations, and defaults."""
    types = get_type_hints(cls)
    settings = {}
    for each in fields(cls):
        declared: Setting = each.metadata["setting"]
        hint = types[each.name]
        kind = get_args(hint)[0] if isinstance(hint, UnionType) else hint  # of `int | None`
        kind = get_origin(kind) or kind  # of list[str]
        if kind not in (int, float, bool, str, list):
            raise TypeError(f"{each.name}: a setting is an int, float, bool, str or list[str], got {hint}")
        if kind is int:
            declared = replace(
                declared,
                least=-LARGEST if declared.least is None else declared.least,
                most=LARGEST if declared.most is None else declared.most,
            )
        required = each.default is MISSING
        default = None if required else each.default
        example = default if declared.example is None else declared.example
        settings[each.name] = replace(
            declared, name=each.name, kind=kind, required=required, default=default, example=example
        )
    return settings


def is_class_of_file(value: Any) -> bool:
    """Whether this names a class in a file of Python, FILE.py:CLASS."""
    return isinstance(value, str) and value.rpartition(":")[0].endswith(".py")


def one_of(name: str, value: Any, choices: Any) -> None:
    """ConfigError, with the nearest choice, if the value is none of them."""
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        shown = _shown(repr(value) if isinstance(value, str) else value)
        raise ConfigError(f"{name}: got {shown}, wanted {_listed(choices)}. {did_you_mean(value, choices)}")


def words_of(text: str) -> list[str]:
    """The words of a list with commas; one that holds a comma itself stands in quotes, as in CSV.

    >>> words_of('load,"wind, north"')
    ['load', 'wind, north']
    """
    try:
        return next(csv.reader([text]), []) or [""]
    except csv.Error:  # a line end outside of quotes
        return text.split(",")


def written(value: Any) -> str:
    """A value as a word of a command line, as `Setting.read` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, list):
        return str(value)
    text = io.StringIO()
    csv.writer(text).writerow(value)  # it quotes what holds one of its own line ends, \r\n
    return text.getvalue().removesuffix("\r\n")


def _listed(names: Any) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _shown(value: Any) -> str:
    """As one would write it, or its beginning."""
    try:
        text = str(value)
    except Exception:  # a number of very many digits, or what cannot be shown
        from ..core.support.arguments import brief

        return brief(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _is_word(value: Any) -> bool:
    """Whether this is text that a table can hold, and a command line."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _can_be_a_path(value: Any) -> bool:
    """Whether a file can have this name: no NUL, and surrogates only for bytes that are no UTF-8."""
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == value
    except UnicodeEncodeError:
        return False
