"""A name in the code names the thing: `gradients`, `path`, `shape`; not that it was found, made, given or said."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinygrad_gru

ROOT = Path(tinygrad_gru.__file__).parent
EMPTY = {"found", "made", "given", "said"}
VAGUE = {"kept", "known", "seen", "told", "wanted", "what"}  # gone from the engine, the layers and the compiler
# `Equations.given`: what the equations are given, as printed above them.
PUBLIC = {"symbolic/document.py": {"given"}, "symbolic/snippet.py": {"given"}}


def names_of(node: ast.AST) -> Iterator[str]:
    """The names that a node of the syntax tree binds or reads."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias) and node.asname:
        yield node.asname
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name


def empty_names(source: str, empty: set[str] = EMPTY) -> list[tuple[int, str]]:
    """The line and the name, wherever the source uses a name that names nothing."""
    return sorted(
        (node.lineno, name)  # type: ignore[attr-defined]
        for node in ast.walk(ast.parse(source))
        for name in names_of(node)
        if name in empty
    )


def in_package(root: Path, empty: set[str] = EMPTY) -> dict[str, list[tuple[int, str]]]:
    """The empty names of every file of a package, by the file's path in it."""
    files = {p.relative_to(root).as_posix(): empty_names(p.read_text("utf-8"), empty) for p in root.rglob("*.py")}
    return {file: names for file, names in files.items() if names}


def test_no_name_says_only_that_a_thing_was_found_made_given_or_said():
    empty = {
        file: remaining
        for file, names in in_package(ROOT).items()
        if (remaining := [(line, name) for line, name in names if name not in PUBLIC.get(file, ())])
    }
    assert empty == {}


@pytest.mark.parametrize("package", ["core", "nn", "optim", "compiler"])
def test_no_name_of_the_engine_layers_and_compiler_says_only_that_a_thing_was_kept_known_or_wanted(package):
    assert in_package(ROOT / package, VAGUE) == {}


def test_the_check_finds_a_planted_name_of_every_kind(tmp_path):
    planted = "def made(given):\n    found = given\n    given.said = found\n    return f'{found}', dict(made=1)\n"
    (tmp_path / "planted.py").write_text(planted)
    assert {name for _, name in in_package(tmp_path)["planted.py"]} == EMPTY
    assert (4, "found") in empty_names(planted), "also inside an f-string"
    assert (4, "made") in empty_names(planted), "also as a keyword"
    assert empty_names("kept = 1", VAGUE) == [(1, "kept")]


def test_a_word_of_a_text_or_a_part_of_a_name_is_no_empty_name():
    assert empty_names('"""What was found and given."""\nwhere_made = "made"  # as said\n') == []
