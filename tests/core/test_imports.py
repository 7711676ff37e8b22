"""The imports of core/ have no cycle: each file can be read after those that it imports."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tinygrad_gru.core

CORE = Path(tinygrad_gru.core.__file__).parent


def for_type_checkers(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(tree, module):
    """The modules that a file imports, also inside its functions: (package above, names); none for type checkers."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if for_type_checkers(node):
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and node.level:
            above = module.split(".")[: -node.level]
            yield ".".join(above + (node.module.split(".") if node.module else [])), [a.name for a in node.names]


def graph_of(folder):
    """The modules of a folder, and those of the same folder that each imports."""
    names = {}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        names[".".join((*parts[:-1], "" if parts[-1] == "__init__" else parts[-1])).strip(".") or "__init__"] = path
    graph = {}
    for name, path in names.items():
        module = ".".join(("core", *path.relative_to(folder).with_suffix("").parts))
        graph[name] = set()
        for source, imported in imports_of(ast.parse(path.read_text()), module):
            source = source.removeprefix("core").strip(".")
            for target in (source, *[f"{source}.{item}".strip(".") for item in imported]):
                if target in names and target != name:
                    graph[name].add(target)
    return graph


def test_the_imports_of_core_have_no_cycle():
    graph = graph_of(CORE)

    assert len(graph) > 30 and "tensor" in graph["op"] and "op" in graph["ops.arithmetic"]
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("tensor") < order.index("op") < order.index("ops.arithmetic") < order.index("backward")


@pytest.mark.parametrize("line", ["from .op import Op", "def f():\n    from . import op"])
def test_a_cycle_is_noticed(line, tmp_path):
    (tmp_path / "op.py").write_text("from .tensor import Tensor\n")
    (tmp_path / "tensor.py").write_text(line + "\n")
    with pytest.raises(CycleError):
        list(TopologicalSorter(graph_of(tmp_path)).static_order())


def test_an_import_for_type_checkers_is_none(tmp_path):
    (tmp_path / "op.py").write_text("from .tensor import Tensor\n")
    (tmp_path / "tensor.py").write_text("if TYPE_CHECKING:\n    from .op import Op\n")
    assert graph_of(tmp_path) == {"op": {"tensor"}, "tensor": set()}
