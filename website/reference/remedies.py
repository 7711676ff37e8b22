"""Each error that the package raises on purpose, with the next thing to try, read from the lines that raise it."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tinygrad_gru
from tinygrad_gru import errors

from ..markdown import escaped

__all__ = ["Raised", "page", "raised_in"]

PACKAGE = Path(tinygrad_gru.__file__).parent
REMEDIES = (" try: ", " did you mean ")


@dataclass(frozen=True)
class Raised:
    """A message: `{name}` stands for what is only known when it is raised."""

    error: str
    message: str
    remedy: str
    file: str
    line: int


def raised_in(file: Path, root: Path = PACKAGE) -> Iterator[Raised]:
    """Every `raise` of an error of ours whose message is written beside it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        name = ast.unparse(node.exc.func).rpartition(".")[2]
        text = " ".join(words(node.exc.args[0]).split())
        if name in errors.__all__ and text:
            problem, remedy = split(text)
            yield Raised(name, problem, remedy, file.relative_to(root.parent).as_posix(), node.lineno)


def words(node: ast.expr) -> str:
    """A string as it is written, with `{name}` for what it is filled with; nothing for what is no string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(words(value) if isinstance(value, ast.Constant) else slot(value) for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return words(node.left) + words(node.right)
    return ""


def slot(value: ast.expr) -> str:
    """What fills it: its name if it has one."""
    inner = value.value if isinstance(value, ast.FormattedValue) else value
    for part in ast.walk(inner):
        if isinstance(part, ast.Call) and ast.unparse(part.func).endswith("did_you_mean"):
            return "did you mean …?"
    text = ast.unparse(inner)
    return f"{{{text}}}" if text.replace(".", "").replace("_", "").isalnum() and len(text) < 24 else "{…}"


def split(text: str) -> tuple[str, str]:
    """A message in two: what is wrong, and what to try."""
    for word in REMEDIES:
        problem, sign, remedy = text.partition(word)
        if sign:
            return problem.rstrip(". "), (remedy if word == " try: " else f"did you mean {remedy}").strip()
    return text, ""


def page() -> str:
    """The errors by class, each message with its remedy and its line."""
    by_class: dict[str, list[Raised]] = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        for each in raised_in(file):
            by_class[each.error].append(each)
    tree = (inspect.getdoc(errors) or "").split("\n\n")[1]
    parts = [
        f"""# Messages and remedies

Every error that is raised on purpose, with the next thing to try, read from the lines that raise it when this site
was built: the search finds a message by its words. `{{name}}` stands for what the message fills in. An operation's
own words for shapes that do not fit are in [Operations](operations.md), how the command line shows errors in
[Errors](errors.md).

```text
{inspect.cleandoc(tree)}
```
"""
    ]
    for name in errors.__all__:
        if rows := by_class.get(name):
            parts.append(f"\n## {name} {{#{name}}}\n\n{escaped(inspect.getdoc(getattr(errors, name)) or '')}\n")
            parts.append("\n| message | try |\n|---|---|\n")
            parts += sorted({f"| {_cell(each.message)} | {_cell(each.remedy)} |\n" for each in rows})
    return "".join(parts)


def _cell(text: str) -> str:
    return escaped(text).replace("|", "\\|")
