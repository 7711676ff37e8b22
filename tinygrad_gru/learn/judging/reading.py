"""What is read in a learner's file before or beside running it: dots that were left, and an import of the solution."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

__all__ = ["imports_a_solution", "left_dots"]


def left_dots(file: str, answer: str) -> str:
    """What is said of `return ...` in a function that has more than that; nothing if the stub is as it was."""
    tree = _tree(file)
    definitions = [node for node in tree.body if getattr(node, "name", "") == answer] if tree else []
    for function in (node for definition in definitions for node in ast.walk(definition)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for body in _blocks(function):
            for place, statement in enumerate(body):
                if not (isinstance(statement, ast.Return) and _is_dots(statement.value)):
                    continue
                if place + 1 < len(body):
                    return f"Line {statement.lineno} still returns the dots; nothing below a return is run."
                if any(not _is_text(each) for each in body[:place]) or body is not function.body:
                    return f"Line {statement.lineno} still returns the dots: return what you have computed."
    return ""


def imports_a_solution(file: str) -> bool:
    """Whether the file imports something of `tinygrad_gru.learn`, where the solutions are."""
    tree = _tree(file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import) and any(_is_ours(alias.name) for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and not node.level:
            if any(_is_ours(f"{node.module}.{alias.name}") for alias in node.names):
                return True
    return False


def _is_ours(module: str) -> bool:
    return module.split(".")[:2] == ["tinygrad_gru", "learn"]


def _tree(file: str) -> ast.Module | None:
    """The syntax tree of a file; None if it cannot be read, about which others have better words."""
    try:
        return ast.parse(Path(file).read_bytes()) if file else None
    except (OSError, SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    """The lists of statements within a function, its own first."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block


def _is_dots(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...


def _is_text(statement: ast.stmt) -> bool:
    """A docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
