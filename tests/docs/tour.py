"""The tour of the book: docs/learn/tour.toml, what it promises, and the page made from it.

The book is what a reader reads to understand how a GRU learns. `faults` are the promises that it breaks: each name is
there, the lines are few, no function is long, and whatever a listed object uses inside the package is listed itself or
explained under "plugs in". `python -m tests.docs.tour` writes docs/engine.md, and the number in README, anew.
"""

from __future__ import annotations

import ast
import re
import symtable
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["PACKAGE", "PAGE", "README", "TOUR", "Tour", "faults", "lines_of", "page", "read", "with_lines", "within"]

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "learn" / "tour.toml"
PAGE = ROOT / "docs" / "engine.md"
README = ROOT / "README.md"
PACKAGE = ROOT / "tinygrad_gru"

MOST_LINES = 1100  # docstrings, comments and blank lines included
MOST_LINES_OF_A_FUNCTION = 45  # from its decorators to its end: what must fit on a screen

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


class Unresolved(LookupError):
    """A name that leads nowhere."""


# --- the package, read but not run -----------------------------------------------------------------------------------


class Module:
    """A file of the package: its text, and what each name at its top level stands for."""

    def __init__(self, file: Path, dotted: str) -> None:
        self.file = file
        self.dotted = dotted  # core.op
        self.text = file.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text)
        self.imports = list(self._imports())  # a name, and the dotted name of what it stands for
        self.imported = {name: target for name, target in reversed(self.imports) if name != "*"}
        self.stars = [target for name, target in self.imports if name == "*"]

    def _imports(self) -> Iterator[tuple[str, str]]:
        package = self.dotted.split(".") if self.file.name == "__init__.py" else self.dotted.split(".")[:-1]
        for node in run_by_import(self.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                above = package[: len(package) - node.level + 1]
                for alias in node.names:
                    parts = [*above, *(node.module or "").split("."), *([alias.name] if alias.name != "*" else [])]
                    yield alias.asname or alias.name, ".".join(part for part in parts if part)

    def definition(self, name: str) -> ast.stmt | None:
        """The statement at the top level that defines a name."""
        return member(self.tree, name)


def run_by_import(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a file but those for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from run_by_import(node)


def member(owner: Any, name: str) -> ast.stmt | None:
    """The statement in a file or class that defines a name."""
    for node in owner.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = {n.id for target in targets if target for n in ast.walk(target) if isinstance(n, ast.Name)}
        if name in names or (isinstance(node, DEFINITIONS) and node.name == name):
            found: ast.stmt = node
            return found
    return None


class Package:
    """Dotted names of a package, from its root: `core.ops.arithmetic.Add`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.module = cache(self._module)

    def _module(self, dotted: str) -> Module | None:
        path = self.folder.joinpath(*dotted.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.exists():
                return Module(file, dotted)
        return None

    def canonical(self, dotted: str) -> str:
        """The name under which something is defined, whatever it was imported through."""
        module, rest = self._split(dotted)
        if not rest or module.definition(rest[0]):
            return dotted
        if rest[0] in module.imported:
            return self.canonical(".".join([module.imported[rest[0]], *rest[1:]]))
        for star in module.stars:
            try:
                return self.canonical(".".join([star, *rest]))
            except Unresolved:
                continue
        raise Unresolved(dotted)

    def find(self, dotted: str) -> tuple[Module, Any]:
        """The file in which it is defined, and its statement there (the whole file if it is one)."""
        module, rest = self._split(self.canonical(dotted))
        node: Any = module.tree
        for name in rest:
            node = member(node, name) if isinstance(node, ast.Module | ast.ClassDef) else None
            if node is None:
                raise Unresolved(dotted)
        return module, node

    def _split(self, dotted: str) -> tuple[Module, list[str]]:
        parts = dotted.split(".")
        for i in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:i]))
            if module is not None:
                return module, parts[i:]
        raise Unresolved(dotted)


def first_line(node: Any) -> int:
    """Where a statement begins, with its decorators; a file begins at 1."""
    return min([getattr(node, "lineno", 1), *(d.lineno for d in getattr(node, "decorator_list", []))])


def last_line(module: Module, node: Any) -> int:
    return getattr(node, "end_lineno", len(module.lines))


# --- what an object uses inside the package --------------------------------------------------------------------------


def uses(package: Package, dotted: str) -> set[str]:
    """The names, inside the package, of all that an object calls or imports; of a whole file, what it imports."""
    module, node = package.find(dotted)
    needed: set[str] = set()
    if isinstance(node, ast.Module):
        for name, target in module.imports:
            needed |= with_attributes(package, target, node, name)
        return {package.canonical(name) for name in needed}
    names = names_outside(module, node)
    looked_at: set[str] = set()
    while names - looked_at:
        name = (names - looked_at).pop()
        looked_at.add(name)
        definition = module.definition(name)
        if name in module.imported:
            needed |= with_attributes(package, module.imported[name], node, name)
        elif isinstance(definition, DEFINITIONS):
            needed.add(f"{module.dotted}.{name}")
        elif definition is not None:  # TANH = Tanh(): what it is made of
            names |= {n.id for n in ast.walk(definition) if isinstance(n, ast.Name)}
    return {package.canonical(name) for name in needed}


def with_attributes(package: Package, target: str, node: Any, name: str) -> set[str]:
    """What an imported name stands for; of a module, the objects that are taken from it."""
    if package.module(target) is None:
        return {target}
    taken = {
        f"{target}.{n.attr}"
        for n in ast.walk(node)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name
    }
    return taken or {target}


def names_outside(module: Module, node: Any) -> set[str]:
    """The names in a statement that are neither its own nor its functions'."""
    if not isinstance(node, DEFINITIONS):
        return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    table = next(t for t in tables(symbols(module.text)) if (t.get_name(), t.get_lineno()) == (node.name, node.lineno))
    names = {s.get_name() for t in tables(table) for s in t.get_symbols() if s.is_global() and s.is_referenced()}
    around = [*node.decorator_list, *getattr(node, "bases", []), *getattr(getattr(node, "args", None), "defaults", [])]
    return names | {n.id for part in around for n in ast.walk(part) if isinstance(n, ast.Name)}


@cache
def symbols(text: str) -> symtable.SymbolTable:
    return symtable.symtable(text, "source", "exec")


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


# --- the tour --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tour:
    package: Package
    contents: dict[str, Any]  # of the TOML file

    @property
    def pieces(self) -> list[dict[str, Any]]:
        """The objects of the book, in reading order."""
        return [piece for chapter in self.contents["chapters"] for piece in chapter["pieces"]]

    @property
    def names(self) -> list[str]:
        return [piece["name"] for piece in self.pieces]

    @property
    def plugs(self) -> dict[str, str]:
        """What plugs into the book: a name, of a module or object, and a sentence."""
        plugs: dict[str, str] = self.contents["plugs in"]
        return plugs

    @property
    def attached(self) -> dict[str, str]:
        """What is reached through an attribute of a tensor, a module, and so is imported by nothing in the book."""
        attached: dict[str, str] = self.contents.get("attached", {})
        return attached

    def explained(self, dotted: str) -> bool:
        """Whether it is listed, plugs in, or is attached, itself or as a part of what is."""
        return any(within(dotted, name) for name in [*self.names, *self.plugs, *self.attached])


def within(dotted: str, whole: str) -> bool:
    return dotted == whole or dotted.startswith(f"{whole}.")


def read(file: Path = TOUR, package: Path = PACKAGE) -> Tour:
    """The tour that a TOML file tells."""
    return Tour(Package(package), tomllib.loads(file.read_text(encoding="utf-8")))


def lines_of(tour: Tour) -> dict[str, int]:
    """How many lines each listed object adds to the book; a line that is listed twice counts once."""
    counted: set[tuple[Path, int]] = set()
    lines: dict[str, int] = {}
    for name in tour.names:
        module, node = tour.package.find(name)
        own = range(first_line(node), last_line(module, node) + 1)
        new = {(module.file, i) for i in own} - counted
        counted |= new
        lines[name] = lines.get(name, 0) + len(new)
    return lines


def faults(tour: Tour) -> list[str]:
    """The promises of the book that are broken, each in a sentence."""
    parts = [part for piece in tour.pieces for part in piece.get("show", [])]
    names = [*tour.names, *parts, *tour.plugs, *tour.attached]
    found = [f"{name} does not resolve" for name in names if not resolves(tour.package, name)]
    if found:
        return found
    found += [f"{name}: wants one sentence" for name, words in sentences(tour) if not one_sentence(words)]
    lines = sum(lines_of(tour).values())
    if lines > MOST_LINES:
        found.append(f"the book has {lines} lines, at most {MOST_LINES} are promised")
    for name in tour.names:
        found += [f"{function} has {n} lines, at most {MOST_LINES_OF_A_FUNCTION} are promised"
                  for function, n in functions(tour.package, name) if n > MOST_LINES_OF_A_FUNCTION]  # fmt: skip
    needed = {used: name for name in tour.names for used in uses(tour.package, name)}
    found += [f"{needed[used]} uses {used}, which is not explained" for used in needed if not tour.explained(used)]
    found += [f"{plug} plugs into nothing" for plug in tour.plugs if not any(within(used, plug) for used in needed)]
    return sorted(found + bases_left_out(tour))


def resolves(package: Package, name: str) -> bool:
    try:
        source(package, name)
    except Unresolved:
        return False
    return True


def sentences(tour: Tour) -> Iterator[tuple[str, str]]:
    yield from ((piece["name"], piece["look"]) for piece in tour.pieces)
    yield from {**tour.plugs, **tour.attached}.items()


def one_sentence(words: str) -> bool:
    return words.endswith(".") and ". " not in words


def functions(package: Package, dotted: str) -> Iterator[tuple[str, int]]:
    """The functions and methods of an object, with the number of their lines."""
    module, whole = package.find(dotted)
    for node in ast.walk(whole):
        if isinstance(node, ast.FunctionDef):
            yield f"{module.dotted}: {node.name}", last_line(module, node) - first_line(node) + 1


def bases_left_out(tour: Tour) -> list[str]:
    """The base classes of listed operations count with them: to be named under "plugs in" is not enough."""
    found = []
    for name in tour.names:
        module, node = tour.package.find(name)
        for base in getattr(node, "bases", []):
            used = with_base(tour.package, module, base)
            if used and not any(within(used, listed) for listed in tour.names) and used not in tour.plugs:
                found.append(f"{name} is built on {used}, which is not listed")
    return found


def with_base(package: Package, module: Module, base: ast.expr) -> str | None:
    name = ast.unparse(base)
    if name not in module.imported and not module.definition(name):
        return None
    return package.canonical(module.imported.get(name, f"{module.dotted}.{name}"))


# --- the page --------------------------------------------------------------------------------------------------------


def page(tour: Tour) -> str:
    """The guided tour as a page: each piece with its question, what to look for, and its real source."""
    contents = tour.contents
    lines = sum(lines_of(tour).values())
    parts = [f"# {contents['title']}", filled(contents["text"], lines=lines)]
    for number, chapter in enumerate(contents["chapters"], 1):
        parts.append(f"## {number}. {chapter['title']}")
        parts += [filled(chapter["text"])] if "text" in chapter else []
        for piece in chapter["pieces"]:
            parts += shown(tour, piece)
        parts += [chapter["example"].strip()] if "example" in chapter else []
    parts += ["## What plugs in", filled(contents["plugs"])]
    parts.append(
        "\n".join(
            ["| what | for |", "|---|---|", *(row(tour, *plug) for plug in {**tour.attached, **tour.plugs}.items())]
        )
    )
    parts += [contents["ending"].strip()]
    return "<!-- made from docs/learn/tour.toml by `make tour` -->\n\n" + "\n\n".join(parts) + "\n"


def filled(text: str, **numbers: int) -> str:
    for name, number in numbers.items():
        text = text.replace("{" + name + "}", f"{number:,}")
    return text.strip()


def shown(tour: Tour, piece: dict[str, Any]) -> list[str]:
    """A piece on the page."""
    module, _ = tour.package.find(piece["name"])
    file = module.file.relative_to(tour.package.folder.parent).as_posix()
    parts = [f"**{piece['question']}** {piece['look']}  \n`{label(tour, piece['name'])}` in [{file}](../{file})"]
    parts += [f"```py\n{source(tour.package, name)}\n```" for name in piece.get("show", [piece["name"]])]
    return parts


def label(tour: Tour, name: str) -> str:
    module, node = tour.package.find(name)
    return name.removeprefix(f"{module.dotted}.") if not isinstance(node, ast.Module) else module.file.name


def source(package: Package, name: str) -> str:
    """The source of an object as it stands; `A.x .. A.y` is all from one to the other."""
    first, _, last = name.partition(" .. ")
    module, start = package.find(first)
    end, stop = package.find(last or first)
    if end is not module or first_line(stop) < first_line(start):
        raise Unresolved(f"{name}: does not go from one to the other")
    return textwrap.dedent("\n".join(module.lines[first_line(start) - 1 : last_line(module, stop)]))


def row(tour: Tour, name: str, sentence: str) -> str:
    module, _ = tour.package.find(name)
    file = module.file.relative_to(tour.package.folder.parent).as_posix()
    return f"| [`{name}`](../{file}) | {sentence} |"


def with_lines(readme: str, tour: Tour) -> str:
    """README's text, with the number of lines that the afternoon means."""
    lines = sum(lines_of(tour).values())
    text, times = re.subn(r"[\d,]+(?= lines, docstrings included)", f"{lines:,}", readme)
    if times != 1:
        raise ValueError('README says nowhere how long the book is, "… lines, docstrings included", or more than once')
    return text


if __name__ == "__main__":
    whole = read()
    PAGE.write_text(page(whole), encoding="utf-8")
    README.write_text(with_lines(README.read_text(encoding="utf-8"), whole), encoding="utf-8")
