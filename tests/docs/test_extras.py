"""The page of extras has each that the package offers, and nothing else."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_extra_stands_in_the_table():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "README.md").read_text(encoding="utf-8").partition("## What to install")[2]
    rows = re.findall(r"^\| `(\w+)` \|", page, flags=re.M)
    assert set(rows) == set(project["optional-dependencies"]) - {"all"} and len(rows) == len(set(rows))
    (everything,) = project["optional-dependencies"]["all"]
    assert set(rows) - set(re.findall(r"\w+", everything)) == {"cluster"}, "what the page says of `all`"
