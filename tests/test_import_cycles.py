"""No file imports, however indirectly, a file that imports it: not at its top, and not within a function either."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tinygrad_gru"


def imports_of(path: Path, name: str, modules: set[str]) -> set[str]:
    """The modules of ours that a file names in its imports, but for those that only type checkers follow."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imported: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for child in node.orelse:
                visit(child)
            return
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            imported.update(each if (each := f"{source}.{alias.name}") in modules else source for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return imported & modules - {name}


def graph_of(package: Path) -> dict[str, set[str]]:
    paths = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: imports_of(path, name, set(paths)) for name, path in paths.items()}


def test_no_file_imports_one_that_imports_it():
    graph = graph_of(PACKAGE)
    assert "tinygrad_gru.core.tensor" in graph["tinygrad_gru.nn.module"] and len(graph) > 200
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("line", ["from .b import y", "from . import b", "def f():\n    import house.sub.b"])
def test_a_circle_is_found_wherever_it_is_closed(line, tmp_path):
    house = tmp_path / "house"
    (house / "sub").mkdir(parents=True)
    (house / "__init__.py").write_text("")
    (house / "sub/__init__.py").write_text("")
    (house / "sub/a.py").write_text(line)
    (house / "sub/b.py").write_text("from typing import TYPE_CHECKING\nfrom ..c import x\ny = 1\n")
    (house / "c.py").write_text("if TYPE_CHECKING:\n    from .sub import a\n")
    TopologicalSorter(graph_of(house)).prepare()
    (house / "c.py").write_text("from .sub import a\n")
    with pytest.raises(CycleError):
        TopologicalSorter(graph_of(house)).prepare()
