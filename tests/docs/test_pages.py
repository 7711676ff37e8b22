"""The code of README.md and of every page in docs/ runs, and shows what it really prints."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.docs.pages import LIKE, run_page

ROOT = Path(__file__).parents[2]
PAGES = [page for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))] if page.exists()]
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for file in sorted(ROOT.glob("tinygrad_gru/**/*.py"))
    if file.name != "__main__.py"  # importing it would start the app
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_shows(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, tmp_path)


@pytest.mark.parametrize("name", MODULES)
def test_a_docstring_does_what_it_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(module, extraglobs={"np": np, "tg": tg}, optionflags=LIKE).failed == 0
