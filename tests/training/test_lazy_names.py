"""`tinygrad_gru.training` imports a name when it is first used, and knows all that it offers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_gru import training


def test_every_name_is_there_and_type_checkers_see_the_same():
    assert all(getattr(training, name) is not None for name in training.__all__)
    tree = ast.parse(Path(training.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    assert sorted(alias.name for node in block.body for alias in node.names) == sorted(training.__all__)
    assert sorted(training._TABLE) == sorted(training.__all__) == sorted(dir(training))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = training.trian


def test_what_is_declared_of_the_settings_needs_no_numpy():
    code = "import sys; from tinygrad_gru.training.config import SETTINGS; print(len(SETTINGS), 'numpy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == [str(len(training.config.SETTINGS)), "False"]
