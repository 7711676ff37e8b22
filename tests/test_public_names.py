"""The public face: every name is there, explained, known to type checkers, and loaded only when it is used."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_gru as tg

ROOT = Path(tg.__file__).parents[1]


def python(code: str) -> str:
    """What a fresh interpreter prints: in this one, everything has long been imported."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", tg.__all__)
def test_a_public_name_can_be_imported_and_is_explained(name: str) -> None:
    value = getattr(tg, name)
    assert (value.__doc__ or "").strip(), f"tinygrad_gru.{name} has no docstring"


def test_all_is_what_the_lazy_table_offers() -> None:
    assert tg.__all__ == sorted({*tg._TABLE, *tg._MODULES})
    assert dir(tg) == tg.__all__


def test_type_checkers_see_the_names_that_are_loaded_lazily() -> None:
    tree = ast.parse(Path(tg.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {alias.asname or alias.name for node in block.body for alias in node.names}
    if "*" in seen:  # from .core.ops import *
        from tinygrad_gru.core import ops

        seen = (seen - {"*"}) | set(ops.__all__)
    assert (seen - set(tg.__all__), set(tg.__all__) - seen) == (set(), set())  # (only types, only at run time)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sigmiod'") as caught:
        _ = tg.sigmiod
    assert (caught.value.name, caught.value.obj) == ("sigmiod", tg), "of which Python makes: Did you mean: 'sigmoid'?"


def test_importing_the_package_imports_no_numpy() -> None:
    assert python("import sys, tinygrad_gru; print('numpy' in sys.modules)") == "False\n"


def test_the_help_of_the_command_line_imports_no_numpy() -> None:
    told = python(
        "import sys\n"
        "from tinygrad_gru.cli import main\n"
        "sys.argv = ['tinygrad-gru', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "print('numpy' in sys.modules)"
    )
    assert "train" in told
    assert told.splitlines()[-1] == "False"


def test_the_core_imports_numpy_and_nothing_else() -> None:
    roots = python(
        "import json, sys\n"
        "before = set(sys.modules)\n"
        "import tinygrad_gru.core, tinygrad_gru.core.ops, tinygrad_gru.core.backward\n"
        "roots = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(roots - sys.stdlib_module_names)))"
    )
    assert json.loads(roots) == ["numpy", "tinygrad_gru"]


@pytest.mark.parametrize("name", ["callbacks", "layers", "models", "optimizers"])
def test_a_short_name_holds_what_keras_holds(name: str) -> None:
    short, whole = getattr(tg, name), getattr(tg.keras, name)
    assert short.__all__ == whole.__all__ and short.__all__
    assert all(getattr(short, each) is getattr(whole, each) for each in short.__all__)
