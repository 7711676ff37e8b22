"""Notebooks for lectures, made of the chapters' own blocks: `python -m website.notebooks` writes docs/notebooks.

Words become cells of Markdown, `python` and `pycon` cells of code, whose output is kept; what a shell would run, and
source that is quoted, stays text. They are executed when they are written, and nothing that changes from one run to
the next, such as times, is kept.
"""

from __future__ import annotations

import doctest
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from .markdown import TARGET, segments

__all__ = ["CHAPTERS", "FOLDER", "as_text", "executed", "file_of", "notebook", "same_output"]

DOCS = Path(__file__).parents[1] / "docs"
CHAPTERS = sorted((DOCS / "learn").glob("[0-9]*.md"))
FOLDER = DOCS / "notebooks"
SECONDS = 300  # for one cell
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
KEPT = ("text/plain",)  # of what an object may be shown as: pictures stand on the page already


def file_of(page: Path) -> Path:
    """The notebook of a page."""
    return FOLDER / f"{page.stem}.ipynb"


def notebook(page: Path) -> dict[str, Any]:
    """The notebook of a page, not executed."""
    said = f"*Made of [{page.stem}](../learn/{page.name}) by `make notebooks`.*\n"
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "metadata": {}, "source": said}]
    for language, lines in segments(page.read_text(encoding="utf-8")):
        code = "".join(lines.splitlines(keepends=True)[1:-1])
        if language == "python":
            cells.append(_code(code))
        elif language == "pycon":
            cells += [_code(part, raises) for part, raises in _without_prompts(code)]
        else:
            text = _words(lines) if not language else lines
            if cells and cells[-1]["cell_type"] == "markdown":
                cells[-1]["source"] += f"\n{text}"
            elif text.strip():
                cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
    for number, cell in enumerate(cells):
        cell["id"] = f"{page.stem[:2]}-{number:02}"
        cell["source"] = cell["source"].strip("\n")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _code(source: str, raises: bool = False) -> dict[str, Any]:
    metadata = {"tags": ["raises-exception"]} if raises else {}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def _without_prompts(code: str) -> list[tuple[str, bool]]:
    """The examples of a block of pycon, and whether they raise: a cell ends where something is printed."""
    parts, pending = [], ""
    for example in doctest.DocTestParser().get_examples(code):
        pending += example.source
        if example.want:
            parts.append((pending, example.exc_msg is not None))
            pending = ""
    return [*parts, (pending, False)] if pending else parts


def _words(text: str) -> str:
    """Words with their links as they lead from the folder of the notebooks; comments left out."""
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.S)

    def moved(match: re.Match[str]) -> str:
        target = match["target"]
        if target is None or target.startswith(("../", "http", "#")):
            return match[0]
        return f"](../learn/{target})"

    return TARGET.sub(moved, text)


def executed(unexecuted: dict[str, Any]) -> dict[str, Any]:
    """The notebook with what its cells print. CellExecutionError if one of them raises."""
    import nbclient
    import nbformat

    node = nbformat.from_dict(json.loads(json.dumps(unexecuted)))
    with tempfile.TemporaryDirectory() as folder:  # for the pictures that it saves
        client = nbclient.NotebookClient(node, timeout=SECONDS, resources={"metadata": {"path": folder}})
        client.execute()
    result = json.loads(json.dumps(node))
    for cell, before in zip(result["cells"], unexecuted["cells"], strict=True):
        cell["metadata"] = before["metadata"]  # without times
        if cell["cell_type"] == "code":
            cell["outputs"] = _joined([kept for output in cell["outputs"] if (kept := _kept(output))])
    result["metadata"] = unexecuted["metadata"]
    return result


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was printed in one piece: in how many it arrives depends on the time."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if joined and output["output_type"] == joined[-1]["output_type"] == "stream":
            joined[-1] = joined[-1] | {"text": joined[-1]["text"] + output["text"]}
        else:
            joined.append(output)
    return joined


def _kept(output: dict[str, Any]) -> dict[str, Any] | None:
    """An output without what changes from run to run; nothing of progress and warnings, which go to stderr."""
    if output["output_type"] == "stream":
        return output if output["name"] == "stdout" else None
    if output["output_type"] == "error":
        return output | {"traceback": [f"{output['ename']}: {output['evalue']}"]}
    data = {kind: text for kind, text in output.get("data", {}).items() if kind in KEPT}
    return output | {"data": data, "metadata": {}} if data else None


def same_output(a: Any, b: Any) -> bool:
    """Whether two outputs say the same; of numbers with decimals the last digits may differ on another machine."""
    first, second = json.dumps(a, ensure_ascii=False), json.dumps(b, ensure_ascii=False)
    if NUMBER.sub("#", first) != NUMBER.sub("#", second):
        return False
    pairs = zip(NUMBER.findall(first), NUMBER.findall(second), strict=True)
    return all(x == y or _close(float(x.replace("−", "-")), float(y.replace("−", "-"))) for x, y in pairs)


def _close(x: float, y: float) -> bool:
    return not (x.is_integer() and y.is_integer()) and abs(x - y) <= 0.02 * max(abs(x), abs(y))


def as_text(made: dict[str, Any]) -> str:
    """As it stands in its file, a line of a cell in a line."""
    cells = [cell | {"source": cell["source"].splitlines(keepends=True)} for cell in made["cells"]]
    return json.dumps(made | {"cells": cells}, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them all, executed."""
    FOLDER.mkdir(exist_ok=True)
    for page in CHAPTERS:
        file_of(page).write_text(as_text(executed(notebook(page))), encoding="utf-8")
        print(file_of(page), file=sys.stderr)


if __name__ == "__main__":
    main()
