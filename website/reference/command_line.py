"""The command line from the app itself: each command with its help, its arguments and its options."""

from __future__ import annotations

import inspect
from typing import Any

from ..markdown import escaped

__all__ = ["page"]

INTRODUCTION = """# Command line

Every command and option, made from the app when this site was built; `tinygrad-gru COMMAND --help` says the same.
stdout is data, stderr is talk; [Errors](errors.md) has the exit codes. A task has [settings](settings.md) beside the
options here.

"""


def page() -> str:
    """All commands in the order of `--help`."""
    commands = _app().commands
    links = " ".join(f"[`{name}`](#{name})" for name in commands)
    return INTRODUCTION + links + "\n" + "".join(_command(name, command) for name, command in commands.items())


def _app() -> Any:
    import typer

    from tinygrad_gru.cli import app

    return typer.main.get_command(app)


def _command(name: str, command: Any) -> str:
    import typer

    context = typer.Context(command, info_name=name)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    call = " ".join(["tinygrad-gru", name, *(_metavar(p) for p in arguments), *["[OPTIONS]"] * bool(options)])
    lines = [f"\n## `{name}` {{#{name}}}", "", f"```text\n{call}\n```", "", _help(command.help or "")]
    if command.epilog:
        lines += ["", f"`{command.epilog.removeprefix('Example: ')}`"]
    rows = [_row(_metavar(p), p, context) for p in arguments]
    rows += [_row(", ".join([*p.opts, *p.secondary_opts]), p, context) for p in options]
    return "\n".join([*lines, "", "| option | | by default | |", "|---|---|---|---|", *rows]) + "\n"


def _help(text: str) -> str:
    """Words as words; a table of two columns in spaces as it stands."""
    paragraphs = inspect.cleandoc(text).replace("\b", "").split("\n\n")
    return "\n\n".join(f"```text\n{p}\n```" if "  " in p else escaped(p) for p in paragraphs)


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _row(spelling: str, parameter: Any, context: Any) -> str:
    kind = str(parameter.display_type(context)).strip("<>").replace("|", ", ").replace("bool", "flag")
    low, high = parameter.min, parameter.max
    if low is not None or high is not None:
        kind = kind.removesuffix(" range") + (f", {low} or more" if high is None else f", {low} to {high}")
    default = parameter.default
    shown = "" if default is None or default is False or default == () or callable(default) else f"`{default}`"
    words = escaped(" ".join((parameter.help or "").split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (f"`{spelling}`", kind, shown, words)) + " |"
