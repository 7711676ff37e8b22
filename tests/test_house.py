"""The house: no import goes in a circle, a folder can be surveyed, a name has one meaning, each module has its test."""

import ast
import importlib
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

import tinygrad_gru

PACKAGE = Path(tinygrad_gru.__file__).parent
TESTS = Path(__file__).parent

AT_MOST = 13  # files of code in a folder, its __init__ aside
LARGER = {
    "cli/commands": "one file for each command",
    "core/support": "28: what stands beneath the tensor and what above it, two storeys in a contract",
    "learn/exercises": "a numbered series",
}
# (from, to): imports inside a function that close a circle. None is to be left.
KNOWN_CYCLES: set[tuple[str, str]] = set()

# Names that are a module and something else in one package.
KNOWN_PAIRS = {"cli": {"app"}}  # the Typer app of cli/app.py, which cli has always offered

# -- imports --


def for_type_checkers(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(tree, package):
    """The relative imports of a file, also those inside its functions, as (module, names); none for type checkers."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if for_type_checkers(node):
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1]
            yield ".".join([*above, *([node.module] if node.module else [])]), [alias.name for alias in node.names]


def graph_of(folder):
    """Each module of a package, and those of the same package that it imports."""
    paths = {}
    for path in folder.rglob("*.py"):
        parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph = {}
    for module, path in paths.items():
        package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        targets = set()
        for source, names in imports_of(ast.parse(path.read_text(encoding="utf-8")), package):
            for name in names:
                targets.add(f"{source}.{name}" if f"{source}.{name}" in paths else source)
        graph[module] = (targets & paths.keys()) - {module}
    return graph


def test_the_imports_of_the_package_have_no_cycle_but_those_listed():
    graph = graph_of(PACKAGE)
    core = "tinygrad_gru.core"
    assert len(graph) > 150 and f"{core}.tensor" in graph[f"{core}.op"] and f"{core}.op" in graph[f"{core}.ops.bases"]

    for upper, lower in KNOWN_CYCLES:
        upper, lower = f"tinygrad_gru.{upper}", f"tinygrad_gru.{lower}"
        assert lower in graph[upper] and upper in graph[lower], f"no cycle any more, delete its line: {upper}, {lower}"
        graph[upper].remove(lower)
    order = list(TopologicalSorter(graph).static_order())
    assert order.index(f"{core}.tensor") < order.index(f"{core}.op") < order.index(f"{core}.backward")


@pytest.mark.parametrize("line", ["from .op import Op", "def f():\n    from . import op"])
def test_a_cycle_is_noticed(line, tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    (house / "op.py").write_text("from .tensor import Tensor\n")
    (house / "tensor.py").write_text(line + "\n")
    with pytest.raises(CycleError):
        list(TopologicalSorter(graph_of(house)).static_order())


def test_a_cycle_through_two_folders_is_noticed(tmp_path):
    for path, line in {"a/x.py": "from ..b import y\n", "b/y.py": "def f():\n    from ..a.x import z\n"}.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(line)
    with pytest.raises(CycleError):
        list(TopologicalSorter(graph_of(tmp_path)).static_order())


def test_an_import_for_type_checkers_is_none(tmp_path):
    (tmp_path / "op.py").write_text("from .tensor import Tensor\n")
    (tmp_path / "tensor.py").write_text("if TYPE_CHECKING:\n    from .op import Op\n")
    house = tmp_path.name
    assert graph_of(tmp_path) == {f"{house}.op": {f"{house}.tensor"}, f"{house}.tensor": set()}


# -- folders --


def folders_of(package):
    """Each folder of code, by its path below the package, and the names of its modules."""
    folders = defaultdict(set)
    for path in package.rglob("*.py"):
        if not path.stem.startswith("__"):
            folders[path.parent.relative_to(package).as_posix()].add(path.stem)
    return folders


def too_large(package):
    return {folder for folder, modules in folders_of(package).items() if len(modules) > AT_MOST}


def shared_prefixes(package):
    """(folder, prefix) where three modules of a folder share the word before the first underscore."""
    for folder, modules in folders_of(package).items():
        for prefix in sorted({module.split("_")[0] for module in modules}):
            if sum(module.split("_")[0] == prefix for module in modules) >= 3:
                yield folder, prefix


def test_a_folder_holds_about_a_dozen_files():
    assert too_large(PACKAGE) == set(LARGER)  # an exception that is needed no longer is deleted


def test_a_prefix_that_three_files_share_is_a_folder():
    assert list(shared_prefixes(PACKAGE)) == []


def test_a_crowded_folder_and_a_shared_prefix_are_noticed(tmp_path):
    (tmp_path / "full").mkdir()
    for number in range(AT_MOST):
        (tmp_path / "full" / f"m{number}.py").touch()
    (tmp_path / "full" / "__init__.py").touch()
    assert too_large(tmp_path) == set()
    (tmp_path / "full" / "onnx.py").touch()
    assert too_large(tmp_path) == {"full"}

    (tmp_path / "full" / "onnx_wire.py").touch()
    assert list(shared_prefixes(tmp_path)) == []
    (tmp_path / "full" / "onnx_ops.py").touch()
    assert list(shared_prefixes(tmp_path)) == [("full", "onnx")]


# -- names --


def names_of_two_things(package, modules):
    """Names that are a module of the package, and something else when they are asked of it."""
    return {name for name in modules if not isinstance(getattr(package, name, package), ModuleType)}


@pytest.mark.parametrize("folder", sorted(folders_of(PACKAGE)))
def test_no_name_is_both_a_module_and_something_else_but_those_listed(folder):
    package = importlib.import_module(".".join(["tinygrad_gru", *folder.split("/")]).rstrip("."))
    modules = folders_of(PACKAGE)[folder] | {path.parent.name for path in (PACKAGE / folder).glob("*/__init__.py")}
    assert names_of_two_things(package, modules) == KNOWN_PAIRS.get(folder, set())


def test_a_name_of_two_things_is_noticed():
    package = ModuleType("house")
    package.draw, package.look = print, ModuleType("house.look")
    assert names_of_two_things(package, {"draw", "look", "not_loaded"}) == {"draw"}


# -- tests --


# Tested elsewhere, whole: the short names of Keras's parts, and a script that draws in a process of its own.
ELSEWHERE = {
    "callbacks": "test_public_names.py",
    "layers": "test_public_names.py",
    "linalg": "core/ops/test_families.py",
    "models": "test_public_names.py",
    "optimizers": "test_public_names.py",
    "diagram/render/graphviz_worker": "diagram/render/test_graphviz_process.py",
    "learn/exercises": "learn/test_exercises.py",
}


def modules_without_test(package, tests):
    """Modules whose test is not at the mirrored place: nn/cell.py is tested in tests/nn/test_cell.py."""
    for folder, modules in folders_of(package).items():
        for module in modules:
            name = (Path(folder) / module).as_posix()
            if any((tests / ELSEWHERE.get(place, "missing")).exists() for place in (name, Path(folder).as_posix())):
                continue
            if not (tests / folder / f"test_{module}.py").exists():
                yield (Path(folder) / module).as_posix()


def test_every_module_has_a_test_file_at_the_mirrored_place_but_those_listed():
    listed = (TESTS / "modules_without_test.txt").read_text(encoding="utf-8").split()
    assert listed == sorted(modules_without_test(PACKAGE, TESTS)), "delete the line of a module that has its test now"


def test_a_module_without_test_is_noticed(tmp_path):
    package, tests = tmp_path / "package", tmp_path / "tests"
    (package / "nn").mkdir(parents=True)
    (tests / "nn").mkdir(parents=True)
    (package / "nn" / "cell.py").touch()
    (tests / "test_cell.py").touch()
    assert list(modules_without_test(package, tests)) == ["nn/cell"]
    (tests / "nn" / "test_cell.py").touch()
    assert list(modules_without_test(package, tests)) == []
