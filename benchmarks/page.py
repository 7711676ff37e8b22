"""The figures of docs/speed.md, written from results.json: no number on that page is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
TABLE = re.compile(r"<!-- (?P<name>\w+) -->\n.*?<!-- end -->", re.DOTALL)


def shown(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def table(name: str, result: dict[str, Any]) -> str:
    """A benchmark as a table, and where and how it was measured."""
    columns = [c for c in result["rows"][0] if c.strip() != "at most"]
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(shown(row[c]) for c in columns)} |" for row in result["rows"]]
    versions = ", ".join(f"{package} {version}" for package, version in result["versions"].items())
    lines += [
        "",
        f"`{result['command']}`, {result['date']}, {result['machine']}, {result['threads']} thread; {versions}.",
    ]
    return f"<!-- {name} -->\n\n" + "\n".join(lines) + "\n\n<!-- end -->"


def page(text: str) -> str:
    """The page with every table as the results have it."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return TABLE.sub(lambda match: table(match["name"], results[match["name"]]), text)


def write_page() -> None:
    """Bring the page up to date."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
