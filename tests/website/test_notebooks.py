"""Notebooks are made of the chapters: their cells are the page's blocks, and their outputs are what these print."""

import json
import re

import pytest

from website.notebooks import CHAPTERS, FOLDER, as_text, executed, file_of, notebook, same_output

PAGE = """# A page

See [b](02-b.md), [c](../c.md).

```python
x = 1
```

```pycon
>>> x
1
>>> y = x + 1
>>> y
2
>>> 1 / 0
Traceback (most recent call last):
ZeroDivisionError: ...
>>> z = 3
```

```console
$ ls
```
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "01-a.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_words_are_markdown_and_each_that_prints_is_a_cell(page):
    cells = notebook(page)["cells"]
    assert [cell["source"] for cell in cells if cell["cell_type"] == "code"] == [
        "x = 1", "x", "y = x + 1\ny", "1 / 0", "z = 3",
    ]  # fmt: skip
    assert (
        "[b](../learn/02-b.md), [c](../c.md)" in cells[0]["source"] and cells[-1]["source"] == "```console\n$ ls\n```"
    )
    assert [cell["metadata"] for cell in cells if cell["metadata"]] == [{"tags": ["raises-exception"]}]
    assert len({cell["id"] for cell in cells}) == len(cells)


def without_outputs(made):
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return made


def committed(page):
    return json.loads(file_of(page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_notebook_has_the_cells_of_its_page(page):
    assert without_outputs(committed(page)) == json.loads(as_text(notebook(page))), "try: make notebooks"


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_notebook_is_executed_and_holds_no_time_and_no_path_of_a_machine(page):
    made = committed(page)
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    outputs = json.dumps([cell["outputs"] for cell in code])
    assert not re.search(r"0x[0-9a-f]{6}|/tmp|/home|/root|ipykernel|\\u001b", outputs)
    assert "iopub" not in json.dumps(made["cells"])


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_the_links_and_pictures_of_a_notebook_are_there(page):
    text = "".join("".join(cell["source"]) for cell in committed(page)["cells"] if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\(((?:\.\./)[^)#]+)", re.sub(r"```.*?```", "", text, flags=re.S))
    assert targets and [target for target in targets if not (FOLDER / target).exists()] == []


def test_there_are_no_others():
    assert sorted(FOLDER.iterdir()) == [file_of(page) for page in CHAPTERS]


@pytest.mark.parametrize(
    ("other", "same"),
    [("0.52 and 3", True), ("0.521 and 3", True), ("0.56 and 3", False), ("0.52 and 4", False), ("0.52 or 3", False)],
)
def test_of_two_outputs_the_last_digits_may_differ_and_nothing_else(other, same):
    assert same_output([{"text": "0.52 and 3"}], [{"text": other}]) == same


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_what_an_execution_leaves_is_what_was_printed(page):
    made = executed(notebook(page))
    assert [cell["outputs"] for cell in made["cells"] if cell["cell_type"] == "code"][1:] == [
        [{"output_type": "execute_result", "execution_count": 2, "data": {"text/plain": "1"}, "metadata": {}}],
        [{"output_type": "execute_result", "execution_count": 3, "data": {"text/plain": "2"}, "metadata": {}}],
        [{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero",
          "traceback": ["ZeroDivisionError: division by zero"]}],
        [],
    ]  # fmt: skip
    page.write_text(PAGE.replace(">>> z = 3", ">>> raise SystemError"), encoding="utf-8")
    with pytest.raises(Exception, match="SystemError"):
        executed(notebook(page))


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_notebook_prints_what_is_committed(page):
    made = json.loads(as_text(executed(notebook(page))))
    for now, then in zip(made["cells"], committed(page)["cells"], strict=True):
        assert same_output(now.get("outputs"), then.get("outputs")), now["source"]
