"""The code of README.md and of every page in docs/ runs, and shows what it really prints."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import texts_of
from tests.docs.pages import LIKE, run_page
from tests.docs.pictures import FOLDER, PICTURES, shown_on, skeleton

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
    if page.parent.name == "learn":
        for name in shown_on(page) & set(PICTURES):
            drawn = tmp_path / f"{name}.svg"
            assert drawn.exists(), f"{page} does not say what draws {name}"
            assert words_of(drawn) == words_of(FOLDER / drawn.name), f"what {page} draws is not its picture {name}"


def words_of(picture: Path) -> dict[str, str]:
    """What each node of a picture says, without its numbers, which may be those of other weights."""
    texts = texts_of(picture.read_text(encoding="utf-8"))
    return {key: skeleton(re.sub("(value|grad).*", r"\1", text)) for key, text in texts.items()}


@pytest.mark.parametrize("name", MODULES)
def test_a_docstring_does_what_it_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(module, extraglobs={"np": np, "tg": tg}, optionflags=LIKE).failed == 0
