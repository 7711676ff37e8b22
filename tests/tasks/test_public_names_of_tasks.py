"""The names of tg.tasks: there, and all that a page or an example needs for a task."""

import re
from pathlib import Path

import pytest

from tests.cli.command import ROOT
from tinygrad_gru import tasks

DEEP = re.compile(r"(?:from|import) tinygrad_gru\.tasks\.(\S+)")
READ_BY_LEARNERS = [*ROOT.glob("README.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.py")]


def deep_imports(text: str) -> list[str]:
    return DEEP.findall(text)


def test_every_public_name_is_there_and_stands_once():
    assert len(set(tasks.__all__)) == len(tasks.__all__)
    assert all(hasattr(tasks, name) for name in tasks.__all__)


@pytest.mark.parametrize("path", READ_BY_LEARNERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_and_examples_import_tasks_from_one_place(path: Path):
    assert deep_imports(path.read_text(encoding="utf-8")) == []


def test_an_import_from_a_deeper_folder_is_caught():
    assert deep_imports("from tinygrad_gru.tasks.synthetic.adding import Adding") == ["synthetic.adding"]
    assert deep_imports("from tinygrad_gru.tasks import Adding") == []
