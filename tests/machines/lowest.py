"""The lowest versions that pyproject.toml promises, as constraints for pip: `python -m tests.machines.lowest`.

They are derived from its bounds, so that what is tested is what is promised.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["GROUPS", "lowest"]

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
GROUPS = ("test", "jit", "cluster")  # what the tests of the package and of its extras need
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?(?P<bound>>=|==)(?P<version>\d[\w.]*)")


def lowest(pyproject: Mapping[str, Any]) -> dict[str, str]:
    """The lowest version of each package that the package, its extras and the groups of their tests ask for.

    Raises ValueError for a requirement without a lower bound, and for a package with two of them: one would be tested.
    """
    versions: dict[str, str] = {}
    for requirement in _requirements(pyproject):
        match = REQUIREMENT.fullmatch(requirement)
        if match is None:
            raise ValueError(f"pyproject.toml: {requirement} promises no lowest version. try: {requirement}>=1.0")
        name = re.sub(r"[-_.]+", "-", match["name"]).lower()  # as the index spells it
        if versions.setdefault(name, match["version"]) != match["version"]:
            raise ValueError(f"pyproject.toml: {name} has two lowest versions, {versions[name]} and {match['version']}")
    return versions


def _requirements(pyproject: Mapping[str, Any]) -> Iterator[str]:
    project = pyproject["project"]
    of_itself = re.compile(re.escape(project["name"]) + r"\[.*\]")  # an extra made of extras
    yield from project["dependencies"]
    for extra in project["optional-dependencies"].values():
        yield from (requirement for requirement in extra if not of_itself.fullmatch(requirement))
    for group in GROUPS:
        yield from _of_group(pyproject["dependency-groups"], group)


def _of_group(groups: Mapping[str, Any], name: str) -> Iterator[str]:
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _of_group(groups, entry["include-group"])


if __name__ == "__main__":
    for package, version in sorted(lowest(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))).items()):
        print(f"{package}=={version}")
