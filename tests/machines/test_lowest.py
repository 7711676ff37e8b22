"""The lowest versions that are tested are those that pyproject.toml promises."""

import tomllib

import pytest
from packaging.requirements import Requirement  # pytest brings it

from tests.machines.lowest import GROUPS, PYPROJECT, lowest

SMALL = {
    "project": {
        "name": "small",
        "dependencies": ["numpy>=2"],
        "optional-dependencies": {"plots": ["Mat_plot.lib>=3.9"], "all": ["small[plots]"]},
    },
    "dependency-groups": {
        "test": ["pytest>=8.4", "numpy>=2"],
        "jit": [{"include-group": "test"}, "numba==0.61.1"],
        "cluster": ["distributed[diagnostics]>=2025.1"],
        "lint": ["ruff"],
    },
}


def changed(group, *requirements):
    return SMALL | {"dependency-groups": SMALL["dependency-groups"] | {group: list(requirements)}}


def test_a_bound_is_the_version():
    assert lowest(SMALL) == {
        "numpy": "2",
        "mat-plot-lib": "3.9",
        "pytest": "8.4",
        "numba": "0.61.1",
        "distributed": "2025.1",
    }


@pytest.mark.parametrize("requirement", ["pytest", "pytest<9", "pytest>8", "pytest>=8,<9", "pytest~=8.4"])
def test_a_requirement_without_a_lowest_version_is_refused(requirement):
    with pytest.raises(ValueError, match="promises no lowest version"):
        lowest(changed("test", requirement))


def test_two_lowest_versions_of_one_package_are_refused():
    with pytest.raises(ValueError, match=r"numpy has two lowest versions, 2 and 2\.1"):
        lowest(changed("test", "numpy>=2.1"))


def test_each_bound_of_the_package_and_its_extras_is_tested_at_its_lowest():
    pyproject = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    pins = lowest(pyproject)
    extras = pyproject["project"]["optional-dependencies"]
    for text in pyproject["project"]["dependencies"] + [text for extra in extras.values() for text in extra]:
        requirement = Requirement(text)
        if requirement.name != "tinygrad_gru":
            (bound,) = requirement.specifier
            assert (bound.operator, bound.version) == (">=", pins[requirement.name.lower()])
    assert {"pytest", "onnxruntime", "numba", "distributed"} <= set(pins)


def test_the_groups_are_all_whose_tests_run_without_a_browser_or_pytorch():
    groups = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    assert set(GROUPS) == set(groups) - {"parity", "browser", "notebook", "docs", "data", "bench", "lint"}
