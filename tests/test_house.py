"""The house: no import cycle, no crowded folder, no prefix in the place of a folder, no name that is a module and a
function, and a file of tests for each module."""

import ast
import importlib
import inspect
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tinygrad_gru

PACKAGE = Path(tinygrad_gru.__file__).parent
TESTS = Path(__file__).parent
MOST_FILES = 13  # about a dozen in a folder

# Folders that hold more, and why.
CROWDED = {
    "core/support": "what stands beneath the tensor, and what above it: two storeys, in a contract of import-linter",
    "compiler": "the second edition of the compiler brings folders",
    "cli/commands": "a file for each command",
    "learn/exercises": "a numbered series",
}

# Modules that no file of tests mirrors: each is tested where its one user is, which is named.
ELSEWHERE: dict[str, str] = {}


def modules_of(folder):
    """The modules in a folder and below, by dotted name, with their files."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def for_type_checkers(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(path, module):
    """The modules that a file imports, also inside its functions: (package, names); none for type checkers."""
    pending = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if for_type_checkers(node):
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and node.level:
            package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            above = package[: len(package) - node.level + 1]
            yield ".".join(above + (node.module.split(".") if node.module else [])), [a.name for a in node.names]


def import_graph(folder):
    """Each module, and those that it imports."""
    modules = modules_of(folder)
    graph = {name: set() for name in modules}
    for name, path in modules.items():
        for source, imported in imports_of(path, name):
            for item in imported:
                target = f"{source}.{item}" if f"{source}.{item}" in modules else source
                if target in modules and target != name:
                    graph[name].add(target)
    return graph


def test_the_imports_have_no_cycle():
    graph = import_graph(PACKAGE)
    order = list(TopologicalSorter(graph).static_order())
    places = [order.index(f"tinygrad_gru.{name}") for name in ("core.tensor", "core.op", "core.backward", "nn.cells")]
    assert len(graph) > 250 and places == sorted(places)


@pytest.mark.parametrize("line", ["from .op import Op", "def f():\n    from . import op"])
def test_a_cycle_is_noticed(line, tmp_path):
    (tmp_path / "op.py").write_text("from .tensor import Tensor\n")
    (tmp_path / "tensor.py").write_text(line + "\n")
    with pytest.raises(CycleError):
        list(TopologicalSorter(import_graph(tmp_path)).static_order())


def crowded(package):
    """The folders with more files than a reader takes in at a glance."""
    files = Counter(str(p.parent.relative_to(package)) for p in package.rglob("*.py") if p.name != "__init__.py")
    return {folder for folder, number in files.items() if number > MOST_FILES}


def test_a_folder_holds_about_a_dozen_files(tmp_path):
    assert crowded(PACKAGE) == set(CROWDED)
    for number in range(MOST_FILES + 1):
        (tmp_path / f"m{number}.py").write_text("")
    assert crowded(tmp_path) == {"."}


def shared_prefixes(package):
    """Prefixes that three files of a folder share: they want to be a folder."""
    counts = Counter(
        (str(path.parent.relative_to(package)), path.stem.split("_")[0])
        for path in package.rglob("*.py")
        if "_" in path.stem.strip("_")
    )
    return {f"{folder}/{prefix}_" for (folder, prefix), number in counts.items() if number > 2}


def test_a_prefix_that_three_files_share_is_a_folder(tmp_path):
    assert shared_prefixes(PACKAGE) == set()
    for name in ("onnx_a", "onnx_b", "onnx_c", "other_a"):
        (tmp_path / f"{name}.py").write_text("")
    assert shared_prefixes(tmp_path) == {"./onnx_"}


def test_a_name_is_a_module_or_a_function_never_both():
    both = []
    for name, path in modules_of(PACKAGE).items():
        if path.name == "__init__.py" and path.parent != PACKAGE:
            package = importlib.import_module(name)
            below = {p.stem for p in path.parent.glob("*.py")} | {
                p.parent.name for p in path.parent.glob("*/__init__.py")
            }
            both += [
                f"{name}.{n}"
                for n in getattr(package, "__all__", ())
                if n in below and not inspect.ismodule(getattr(package, n))
            ]
    assert both == []


def without_tests():
    """The modules that no file of tests mirrors."""
    missing = []
    for name, path in modules_of(PACKAGE).items():
        if path.name in ("__init__.py", "__main__.py") or path.parent == PACKAGE:
            continue
        mirrored = TESTS.joinpath(*path.relative_to(PACKAGE).parts[:-1], f"test_{path.stem}.py")
        if not mirrored.exists():
            missing.append(name.removeprefix("tinygrad_gru."))
    return missing


def test_each_module_has_a_file_of_tests():
    assert sorted(without_tests()) == sorted(ELSEWHERE)
