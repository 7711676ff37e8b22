"""What users see of two checkouts, compared: public names with their signatures, the command line, the promises.

`python -m tests.compatibility.surface OTHER` prints what is gone, new and changed between the checkout OTHER and this
one; without an argument, what there is, as JSON. The other checkout is looked at in a process of its own, so this file
is run with nothing of this checkout but itself.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["differences", "surface"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("", "nn", "optim", "interop", "layers", "models", "callbacks", "optimizers", "tasks", "training", "errors")


def surface(root: Path) -> dict[str, str]:
    """Everything public, by name: of functions and classes the signature, of options the default and the help."""
    page = (root / "docs" / "promises.md").read_text(encoding="utf-8")
    promises = re.findall(r"^\| ([^|]+) \| \[`(test_\w+)`", page, flags=re.M)
    return _names() | _commands() | {f"promise: {promise}": test for promise, test in promises}


def _names() -> dict[str, str]:
    names = {}
    for package in PACKAGES:
        dotted = f"tinygrad_gru.{package}".rstrip(".")
        module = importlib.import_module(dotted)
        for name in module.__all__:
            value = getattr(module, name)
            names[f"{dotted}.{name}"] = _signature(value)
            if inspect.isclass(value) and not issubclass(value, Exception):
                names |= {f"{dotted}.{name}.{member}": _signature(v) for member, v in _members(value)}
    return names


def _members(kind: type) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in inspect.getmembers(kind) if not name.startswith("_") and callable(value)]


def _signature(value: Any) -> str:
    if isinstance(value, ModuleType):
        return "module"
    if not callable(value):
        return type(value).__name__
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return type(value).__name__
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return re.sub(r"tinygrad_gru(\.\w+)*\.(\w+)", r"\2", text)  # where a class lives is no part of it


def _commands() -> dict[str, str]:
    from typer.main import get_command

    from tinygrad_gru.cli import app

    options = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        options[f"command {name}"] = " ".join((command.help or "").split())
        for parameter in command.params:
            words = " ".join([*parameter.opts, *parameter.secondary_opts])
            default = "" if callable(parameter.default) else parameter.default
            help_text = " ".join((getattr(parameter, "help", "") or "").split())
            options[f"command {name} {words}"] = f"{default!r}: {help_text}"
    return options


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """What is gone, new and changed."""
    return {
        "gone": sorted(before.keys() - after.keys()),
        "new": sorted(after.keys() - before.keys()),
        "changed": [
            f"{name}\n    {before[name]}\n    {after[name]}"
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        ],
    }


def _of(checkout: Path) -> dict[str, str]:
    """The surface of a checkout, looked at from outside."""
    done = subprocess.run(
        [sys.executable, "-P", Path(__file__).resolve()],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout), "SURFACE_OF": str(checkout)},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        sys.exit(f"error: {checkout}: {done.stderr.splitlines()[-1:]}")
    names: dict[str, str] = json.loads(done.stdout)
    return names


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for title, lines in differences(_of(Path(sys.argv[1]).resolve()), _of(ROOT)).items():
            print(f"== {title}: {len(lines)}", *lines, sep="\n")
    else:
        print(json.dumps(surface(Path(os.environ.get("SURFACE_OF", ROOT))), indent=1, sort_keys=True))
