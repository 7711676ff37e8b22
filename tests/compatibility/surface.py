"""What a checkout offers: public names with their signatures, commands with their options, promises of the docs.

`python -m tests.compatibility.surface` prints it as JSON; `... OTHER_CHECKOUT` prints what differs from the other one.
"""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, get_origin, get_type_hints

ROOT = Path(__file__).parents[2]


def signature_of(value):
    """What a name is: the signature of a function, its kind and signature if it is a class, else its type."""
    if isinstance(value, ModuleType):
        return "module"
    if not callable(value):
        return type(value).__name__
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):  # a class of C without a signature
        text = "(...)"
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return f"class{text}" if isinstance(value, type) else text


def names_of(module, path, seen):
    """{dotted name: signature} of a module's `__all__`, and of the modules in it."""
    names = {}
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        names[f"{path}.{name}"] = signature_of(value)
        if isinstance(value, ModuleType) and value.__name__ not in seen:
            names |= names_of(value, f"{path}.{name}", seen | {value.__name__})
        elif isinstance(value, type):
            for method in sorted(vars(value)):
                if not method.startswith("_") and callable(getattr(value, method)):
                    names[f"{path}.{name}.{method}"] = signature_of(getattr(value, method))
    return names


def public_names():
    """The public names of the root, and of each package right below it."""
    root = importlib.import_module("tinygrad_gru")
    names = names_of(root, "tg", {"tinygrad_gru"})
    for file in sorted(Path(root.__file__).parent.glob("*/__init__.py")):
        package = importlib.import_module(f"tinygrad_gru.{file.parent.name}")
        names |= names_of(package, f"tg.{file.parent.name}", {"tinygrad_gru", package.__name__})
    return names


def commands():
    """{"command option": what it is} from the Typer app itself; a command's own line is its help."""
    import typer

    from tinygrad_gru.cli import app

    told = {}
    for name, command in typer.main.get_command(app).commands.items():
        told[name] = command.help
        kinds = annotations_of(command.callback)  # Typer's own names for them change from version to version
        for parameter in command.params:
            spelt = "/".join([*parameter.opts, *parameter.secondary_opts])
            kind = kinds.get(parameter.name)
            told[f"{name} {spelt}"] = f"{kind} = {parameter.default!r}: {getattr(parameter, 'help', None)}"
    return told


def annotations_of(callback):
    """{argument: what it takes} of the function of a command, whose signature may be made of the settings."""
    hints = get_type_hints(inspect.unwrap(callback))
    own = {name: p.annotation for name, p in inspect.signature(callback).parameters.items()}
    plain = {name: a.__origin__ if get_origin(a) is Annotated else a for name, a in own.items()}
    return plain | hints


def promises(page):
    """The points under "The promises", each in one line."""
    part = page.split("## The promises\n")[1].split("\n## ")[0]
    points = re.split(r"^\* ", part, flags=re.MULTILINE)[1:]
    return {" ".join(point.split()): "promised" for point in points}


def surface():
    page = Path(importlib.import_module("tinygrad_gru").__file__).parents[1] / "docs" / "promises.md"
    return {"names": public_names(), "commands": commands(), "promises": promises(page.read_text(encoding="utf-8"))}


def differences(before, after):
    """(kind, what, before, after) for each entry that is gone, new or changed."""
    for part in after:
        old, new = before[part], after[part]
        for key in sorted(old.keys() - new.keys()):
            yield "gone", f"{part}: {key}", old[key], None
        for key in sorted(new.keys() - old.keys()):
            yield "new", f"{part}: {key}", None, new[key]
        for key in sorted(old.keys() & new.keys()):
            if old[key] != new[key]:
                yield "changed", f"{part}: {key}", old[key], new[key]


def surface_of(checkout):
    """The surface of another checkout, asked in a process of its own by this very file."""
    done = subprocess.run(
        [sys.executable, Path(__file__)],
        env={**os.environ, "PYTHONPATH": str(Path(checkout).resolve())},
        cwd=checkout,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(f"{checkout}: its surface cannot be read:\n{done.stderr}")
    return json.loads(done.stdout)


def main(arguments):
    if not arguments:
        print(json.dumps(surface(), indent=1, ensure_ascii=False))
        return
    grouped = sorted(differences(surface_of(arguments[0]), surface_of(ROOT)), key=lambda difference: difference[:2])
    for kind, what, before, after in grouped:
        print(f"{kind:8}{what}  " + " -> ".join(str(side) for side in (before, after) if side is not None))


if __name__ == "__main__":
    main(sys.argv[1:])
