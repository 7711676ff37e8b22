"""The lowest versions that are tested are those that pyproject.toml promises."""

import tomllib
from importlib.metadata import requires

import pytest

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


def test_every_requirement_of_the_package_and_its_extras_has_one():
    pins = lowest(tomllib.loads(PYPROJECT.read_text(encoding="utf-8")))
    for requirement in requires("tinygrad_gru"):
        name, _, bound = requirement.partition(";")[0].strip().partition(">=")
        if not name.startswith("tinygrad_gru["):
            assert pins[name.lower()] == bound
    assert {"pytest", "onnxruntime", "numba", "distributed"} <= set(pins)


def test_the_groups_are_all_whose_tests_run_without_a_browser_or_pytorch():
    groups = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    assert set(GROUPS) == set(groups) - {"parity", "browser", "bench", "lint"}
