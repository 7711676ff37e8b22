"""The figures of docs/speed.md and of both README.md, written from results.json: none of them is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs" / "speed.md", ROOT / "examples" / "README.md", ROOT / "README.md", ROOT / "docs" / "peers.md"]
HIDDEN = ("at most", "medians, ms")  # columns that stand in results.json alone
NOT_YET = "Not measured yet: `make bench`."
# <!-- name --> is a whole table, <!-- name: value --> those of its rows that begin with the value
TABLE = re.compile(r"<!-- (?P<name>\w+)(?:: (?P<only>[^>]+?))? -->\n.*?<!-- end -->", re.DOTALL)


def shown(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def table(result: dict[str, Any], only: str | None = None) -> list[str]:
    """A benchmark as a table, or those of its rows that begin with `only`, and where and how it was measured."""
    rows = [row for row in result["rows"] if only in (None, next(iter(row.values())))]
    columns = [c for c in rows[0] if c.strip() not in HIDDEN]
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(shown(row[c]) for c in columns)} |" for row in rows]
    return [*lines, "", origin(result)]


def origin(result: dict[str, Any]) -> str:
    """Where and how it was measured."""
    threads = f"{result['threads']} thread{'s' if result['threads'] > 1 else ''}"
    clock = f" ({result['clock']})" if "clock" in result else ""
    parts = [f"`{result['command']}`, {result['date']}, {result['machine']}, {threads}{clock}"]
    if "features" in result:
        parts.append(", ".join(result["features"]))
    for part in ("blas", "environment", "versions"):
        if result.get(part):
            parts.append(", ".join(f"{name} {value}" for name, value in result[part].items()))
    return "; ".join(parts) + "."


def block(match: re.Match[str], results: dict[str, Any]) -> str:
    """What stands between the two comments, and they themselves."""
    name, only = match["name"], match["only"]
    lines = table(results[name], only) if name in results else [NOT_YET]
    return f"<!-- {name}{f': {only}' if only else ''} -->\n\n" + "\n".join(lines) + "\n\n<!-- end -->"


def page(text: str) -> str:
    """The page with every table as the results have it."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return TABLE.sub(lambda match: block(match, results), text)


def write_pages() -> None:
    """Bring the pages up to date."""
    for path in PAGES:
        path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
