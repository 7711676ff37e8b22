"""The path of docs/learn: fourteen chapters, each with a question, something to do, and the command that comes next."""

import re
from pathlib import Path

import pytest

from tests.examples.steps import FOLDER as STEPS
from tinygrad_gru.learn.exercise import exercises

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "docs" / "learn").glob("[0-9]*.md"))
INDEX = (ROOT / "docs" / "learn" / "README.md").read_text(encoding="utf-8")


def text_of(page):
    return page.read_text(encoding="utf-8")


def number_of(page):
    return int(page.name[:2])


def prose(text):
    """The words outside of code and tables."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return [line for line in text.splitlines() if not line.startswith(("|", "    ", "<!--", "!["))]


def test_there_are_fourteen_in_order():
    assert [number_of(page) for page in CHAPTERS] == list(range(1, 15))
    places = [INDEX.index(f"({page.name})") for page in CHAPTERS]
    assert places == sorted(places)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_begins_with_a_question_and_is_short(page):
    title, _, question, *_ = text_of(page).splitlines()
    assert title.startswith(f"# {number_of(page)}. ") and f"[{title.removeprefix('# ')}]({page.name})" in INDEX
    assert re.fullmatch(r"\*[^*]+\*", question) and "?" in question
    words = " ".join(prose(text_of(page))).split()
    assert 320 <= len(words) <= 800, len(words)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_ends_with_its_exercises(page):
    names = [task.name for task in exercises() if task.chapter == number_of(page)]
    text = text_of(page)
    assert names and all(f"$ tinygrad-gru learn start {name}\n" in text for name in names)
    last = text.rstrip().removesuffix("```").rstrip().rpartition("```bash\n")[2].splitlines()
    assert [line for line in last if "check" in line] == [f"tinygrad-gru learn check {name}" for name in names]
    row = next(line for line in INDEX.splitlines() if f"({page.name})" in line)
    assert all(f"`{name}`" in row for name in names)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_what_a_step_prints_is_what_the_page_of_the_steps_shows(page):
    shown = text_of(STEPS / "README.md")
    for block in re.findall(r"^\$ python step\d\d\.py\n(?:[^`].*\n)+", text_of(page), flags=re.M):
        assert block in shown


def test_the_glossary_is_in_order_and_each_word_stands_in_its_chapter():
    glossary = text_of(ROOT / "docs" / "learn" / "glossary.md")
    rows = re.findall(r"^\| ([^|]+?) \| [^|]+ \| \[(\d+)\]\((.+?)\) \|$", glossary, flags=re.M)
    keys = [re.split("[,(]", word)[0].strip().lower().replace("δ", "delta") for word, _, _ in rows]
    assert len(rows) > 35 and keys == sorted(keys)
    missing = []
    for word, number, file in rows:
        text = text_of(ROOT / "docs" / "learn" / file)
        assert int(file[:2]) == int(number)
        plain = re.sub(r"\W+", " ", text.lower())
        first = re.sub(r"\W+", " ", re.split(r"[,(]", word.lower())[0]).strip()
        if first not in plain and first.rstrip("s") not in plain and word not in text:
            missing.append((word, number))
    assert missing == []
