"""The figures of docs/speed.md and of both README.md, written from results.json: none of them is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs" / "speed.md", ROOT / "examples" / "README.md", ROOT / "README.md"]
# <!-- name --> is a whole table, <!-- name: value --> those of its rows that begin with the value
TABLE = re.compile(r"<!-- (?P<name>\w+)(?:: (?P<only>[^>]+?))? -->\n.*?<!-- end -->", re.DOTALL)


def shown(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def table(name: str, result: dict[str, Any], only: str | None = None) -> str:
    """A benchmark as a table, or those of its rows that begin with `only`, and where and how it was measured."""
    rows = [row for row in result["rows"] if only in (None, next(iter(row.values())))]
    columns = [c for c in rows[0] if c.strip() != "at most"]
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(shown(row[c]) for c in columns)} |" for row in rows]
    versions = ", ".join(f"{package} {version}" for package, version in result["versions"].items())
    lines += [
        "",
        f"`{result['command']}`, {result['date']}, {result['machine']}, {result['threads']} thread; {versions}.",
    ]
    return f"<!-- {name}{f': {only}' if only else ''} -->\n\n" + "\n".join(lines) + "\n\n<!-- end -->"


def page(text: str) -> str:
    """The page with every table as the results have it."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return TABLE.sub(lambda m: table(m["name"], results[m["name"]], m["only"]) if m["name"] in results else m[0], text)


def write_pages() -> None:
    """Bring the pages up to date."""
    for path in PAGES:
        path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
