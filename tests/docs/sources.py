"""The source that pages quote, by name. `python -m tests.docs.sources` writes it anew into all pages.

    <!-- source: core.ops.activations.Tanh.vjp -->
    ```py
    ...
    ```

A name is that of a definition in the package, or of one in a step of examples/steps: `step05.unbroadcast`. What stands
in the block is the text of the file, without the indentation that all of its lines share.
"""

import ast
import re
import textwrap
from pathlib import Path

__all__ = ["PAGES", "quotes", "refreshed", "source_of"]

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("docs/learn/*.md"))
QUOTE = re.compile(r"^<!-- source: ([\w.]+) -->\n```py\n(.*?)^```$", flags=re.M | re.S)


def source_of(name: str) -> str:
    """The text of a definition."""
    path, definitions = _file_and_definitions(name)
    text = path.read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for definition in definitions:
        members = [m for m in getattr(node, "body", []) if definition in _names(m)]
        if len(members) != 1:
            raise LookupError(
                f"{name}: {len(members)} definitions of {definition} in {path.relative_to(ROOT)}, wanted one"
            )
        node = members[0]
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])  # type: ignore[attr-defined]
    lines = text.splitlines()[first - 1 : node.end_lineno]  # type: ignore[attr-defined]
    return textwrap.dedent("\n".join(lines)) + "\n"


def _file_and_definitions(name: str) -> tuple[Path, list[str]]:
    parts = name.split(".")
    if re.fullmatch(r"step\d\d", parts[0]):
        return ROOT / "examples" / "steps" / f"{parts[0]}.py", parts[1:]
    for n in range(len(parts) - 1, 0, -1):
        path = ROOT.joinpath("tinygrad_gru", *parts[:n]).with_suffix(".py")
        if path.is_file():
            return path, parts[n:]
    raise LookupError(f"{name}: no such file in the package")


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return []


def quotes(page: str) -> list[str]:
    """The names that a page quotes."""
    return [match[1] for match in QUOTE.finditer(page)]


def refreshed(page: str) -> str:
    """The page with the source as it is now."""
    return QUOTE.sub(lambda match: f"<!-- source: {match[1]} -->\n```py\n{source_of(match[1])}```", page)


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(refreshed(each.read_text(encoding="utf-8")), encoding="utf-8")
