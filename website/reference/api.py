"""The API from its docstrings: a page for each public module, and on it each of its names."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ..markdown import as_markdown, escaped

__all__ = ["Namespace", "index", "namespaces", "page"]

ROOT = "tinygrad_gru"
SHORT = "The short name of `tinygrad_gru.keras"  # their names stand on the page of the long one
# What is reached through what stands above it.
INNER = ("cli", "core", "compiler", "learn", "playback", "tasks", "training", "updates")


@dataclass(frozen=True)
class Namespace:
    """A public module, by the name that one writes: `tg.nn.losses`."""

    path: str
    module: ModuleType

    @property
    def file(self) -> str:
        """The name of its page."""
        return f"api/{self.path}.md"

    @property
    def names(self) -> list[str]:
        """Its public names, those of modules aside."""
        return [n for n in self.module.__all__ if not isinstance(getattr(self.module, n), ModuleType)]


def namespaces() -> list[Namespace]:
    """The root, then each public module below it, each once."""
    return list(_below(Namespace("tg", importlib.import_module(ROOT)), {ROOT}))


def _below(namespace: Namespace, listed: set[str]) -> Iterator[Namespace]:
    yield namespace
    for name in sorted(namespace.module.__all__):
        value = getattr(namespace.module, name)
        inner = namespace.path == "tg" and name in INNER
        short = SHORT in (getattr(value, "__doc__", "") or "")
        if isinstance(value, ModuleType) and not (inner or short) and value.__name__ not in listed:
            listed.add(value.__name__)
            yield from _below(Namespace(f"{namespace.path}.{name}", value), listed)


def index(every: list[Namespace]) -> str:
    """The first page: each module with its first line."""
    rows = "".join(
        f"| [`{each.path}`]({Path(each.file).name}) | {len(each.names)} | {_cell(first_line(each.module))} |\n"
        for each in every
    )
    return f"""# API

Every public name, with its docstring, made from the code when this site was built. `tg` is `import tinygrad_gru as
tg`; in a Python prompt, `help(tg.nn.GRU)` says the same. What may change without a word is what stands on none of
these pages.

| module | names | |
|---|---:|---|
{rows}"""


def page(namespace: Namespace) -> str:
    """All names of a module."""
    text = inspect.getdoc(namespace.module) or ""
    parts = [f"# `{namespace.path}`", as_markdown(text)]
    names = namespace.names
    if len(names) > 12:
        parts.append(" ".join(f"[`{name}`](#{namespace.path}.{name})" for name in names))
    parts += [_entry(f"{namespace.path}.{name}", getattr(namespace.module, name), 2) for name in names]
    return "\n\n".join(part for part in parts if part) + "\n"


def _entry(path: str, value: Any, level: int) -> str:
    """A name: how it is called, what its docstring says, and of a class its methods."""
    name = path.rpartition(".")[2]
    head = f"{'#' * level} `{name}` {{#{path}}}"
    if not (callable(value) or isinstance(value, property)):
        return f"{head}\n\n`{path}` is `{value!r}`." if len(repr(value)) < 200 else head
    docstring = documentation(value)
    parts = [head, _signature(path, value), as_markdown(docstring)]
    if isinstance(value, type) and not issubclass(value, BaseException):
        parts += [_entry(f"{path}.{n}", member, level + 1) for n, member in methods(value)]
    return "\n\n".join(part for part in parts if part)


def methods(owner: type) -> list[tuple[str, Any]]:
    """The public methods and properties that a class defines itself and explains."""
    members = []
    for name, member in vars(owner).items():
        if isinstance(member, classmethod | staticmethod):
            member = member.__func__
        explains = inspect.isfunction(member) or isinstance(member, property)
        if not name.startswith("_") and explains and (getattr(member, "__doc__", None) or "").strip():
            members.append((name, member))
    return members


def documentation(value: Any) -> str:
    """The docstring as `help` shows it; nothing if a class only has that of a class above it."""
    if isinstance(value, type) and not vars(value).get("__doc__"):
        return ""
    return inspect.getdoc(value) or ""


def _signature(path: str, value: Any) -> str:
    """How it is called, without types, over several lines if it is long."""
    if isinstance(value, property):
        return ""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # a class of C has none
        return ""
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "self"]
    text = str(signature.replace(parameters=parameters, return_annotation=signature.empty))
    text = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", text))
    call = f"{path}{text}"
    if len(call) > 80 and len(parameters) > 1:
        call = f"{path}(\n    {_wrapped(text[1:-1])}\n)"
    return f"```python\n{call}\n```"


def _wrapped(parameters: str) -> str:
    """Parameters in lines of 76 letters at most, broken only between them."""
    lines = [""]
    for part in re.split(r", (?=[*\w]+(?:[=,]|$)|/)", parameters):
        lines = [*lines, ""] if lines[-1] and len(lines[-1]) + len(part) > 72 else lines
        lines[-1] += f"{part}, "
    return "\n    ".join(line.rstrip() for line in lines)


def first_line(value: Any) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _cell(text: str) -> str:
    return escaped(text).replace("|", "\\|")
