"""The tester, tested: each canary page must fail, on the line and for the reason which it names itself."""

import re
import sys
import traceback
from pathlib import Path

import pytest

from tests.docs.pages import PageError, read_blocks, run_page

CANARIES = sorted(Path(__file__).parent.glob("canaries/*.md"))
FENCE = "```"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a page, and run it."""
    monkeypatch.chdir(tmp_path)

    def run(*blocks: tuple[str, str]) -> None:
        page = tmp_path / "page.md"
        page.write_text("\n".join(f"Prose.\n\n{FENCE}{language}\n{code}\n{FENCE}\n" for language, code in blocks))
        run_page(page, tmp_path)

    return run


@pytest.mark.parametrize("page", CANARIES, ids=lambda page: page.stem)
def test_a_canary_fails_where_and_why_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promise = re.match(r"<!-- must fail on line (\d+): (.+) -->", page.read_text())
    assert promise, "a canary begins with <!-- must fail on line N: REASON -->"
    line, reason = promise.groups()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PageError) as failure:
        run_page(page, tmp_path)
    assert f"{page}:{line}: " in str(failure.value)
    assert reason in str(failure.value)


def test_there_is_a_canary_for_each_way_to_fail() -> None:
    assert len(CANARIES) >= 5


def test_a_traceback_shows_the_line_of_the_page(tmp_path: Path) -> None:
    page = Path(__file__).parent / "canaries" / "exception_in_python.md"
    with pytest.raises(PageError) as failure:
        run_page(page, tmp_path)
    shown = "".join(traceback.format_exception(failure.value))
    assert f'File "{page}", line 7, in invert\n    return 1 / x' in shown


def test_the_blocks_of_a_page_share_one_namespace(run) -> None:
    run(("python", "x = 2"), ("pycon", ">>> y = x + 1\n>>> y\n3"), ("python", "assert y == 3"))


def test_the_blocks_of_a_page_share_one_directory(run) -> None:
    run(
        ("python", "from pathlib import Path\n_ = Path('made.txt').write_text('by python')"),
        ("console", "$ cat made.txt\nby python\n$ echo by console > made.txt"),
        ("pycon", ">>> Path('made.txt').read_text()\n'by console\\n'"),
    )


def test_an_ellipsis_stands_for_anything(run) -> None:
    run(("pycon", ">>> print(*range(20))\n0 1 ... 19"))
    run(("console", "$ echo one; echo two; echo three\none\n...\nthree"))


def test_output_that_is_not_shown_is_not_compared(run) -> None:
    run(("console", "$ echo this is not shown"))


def test_a_command_may_go_on_over_several_lines(run) -> None:
    run(("console", "$ echo one \\\n    two\none two\n$ echo three\nthree"))


def test_a_command_finds_the_python_that_runs_the_tests(run) -> None:
    run(("console", f'$ python -c "import sys; print(sys.prefix)"\n{sys.prefix}'))


def test_what_is_for_the_reader_only_is_not_run(run) -> None:
    run(("text", "1 / 0"), ("bash", "exit 1"), ("sh", "exit 1"))


def test_an_expected_exception_is_no_failure(run) -> None:
    run(("pycon", ">>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: division by zero"))


def test_blocks_are_found_inside_lists_and_behind_longer_fences(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "* item\n\n  ```python\n  if x:\n      y\n  ```\n\n````text\n```python\n````\n\n~~~console\n$ ls\n~~~\n"
    )
    found = [(block.language, block.code, block.line) for block in read_blocks(page)]
    assert found == [("python", "if x:\n    y\n", 4), ("text", "```python\n", 9), ("console", "$ ls\n", 13)]
