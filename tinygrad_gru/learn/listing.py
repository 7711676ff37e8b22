"""A solution as a text that runs as it stands: its imports, what it uses of its module, no types."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .exercise import Exercise, bare_signature

__all__ = ["listing"]

OURS = "tinygrad_gru"


def listing(exercise: Exercise) -> str:
    """The solution, below the helpers and the constants that it uses, as the learner could have written it."""
    imports: list[str] = []
    ours: list[str] = []
    constants: list[str] = []
    functions: list[str] = []
    pending, listed = [(exercise.module, exercise.answer)], set()
    for module, name in pending:  # grows: helpers of helpers
        if name in listed:
            continue
        listed.add(name)
        value = getattr(module, name)
        home = sys.modules.get(getattr(value, "__module__", ""), module)
        if isinstance(value, ModuleType):
            if _is_ours(value):
                ours.append(name)
            else:
                imports.append(f"import {value.__name__}" + (f" as {name}" if name != value.__name__ else ""))
        elif _is_ours(home) and not _is_exercise(home):
            ours.append(name)
        elif inspect.isfunction(value) or inspect.isclass(value):
            functions.insert(0, _source(value, name))
            pending += [(home, used) for used in _names_in(value) if hasattr(home, used)]
        else:
            constants.append(_assignment(module, name))
    imports = sorted(imports) + ([f"from {OURS} import {', '.join(sorted(ours))}"] if ours else [])
    parts = ["\n".join(imports), "\n".join(dict.fromkeys(constants))]
    return "\n\n\n".join(["\n\n".join(filter(None, parts)), "\n\n".join(functions)]).lstrip("\n")


def _is_exercise(module: ModuleType) -> bool:
    return module.__name__.startswith(f"{__package__}.exercises.")


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.split(".")[0] == OURS


def _source(value: Any, name: str) -> str:
    """The source with the types taken out of the heads of its functions; its comments stay."""
    text = textwrap.dedent(inspect.getsource(value))
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in sorted(functions, key=lambda node: -node.lineno):
        function = value if node.name == name else getattr(value, node.name, None)
        if function is not None:
            indent = lines[node.lineno - 1][: node.col_offset]
            lines[node.lineno - 1 : node.body[0].lineno - 1] = [f"{indent}def {node.name}{bare_signature(function)}:\n"]
    return "".join(lines)


def _names_in(value: Any) -> Iterator[str]:
    """The global names that a function uses, or that a class does in its head and in its methods, without types."""
    for node in ast.walk(ast.parse(_source(value, value.__name__))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _assignment(module: ModuleType, name: str) -> str:
    """The line of a module that gives a name its value."""
    source = inspect.getsource(module)
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(each, ast.Name) and each.id == name for target in targets for each in ast.walk(target)):
            return ast.get_source_segment(source, node) or ""
    raise LookupError(f"{module.__name__} gives {name} no value in a line of its own")
