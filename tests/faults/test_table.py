"""The table is complete: 64 faults, none twice, each with a test that is there and that knows its number."""

import ast
from pathlib import Path

import pytest

from tests.faults.table import FAULTS

HERE = Path(__file__).parent


def functions(file):
    """The tests of a file, by name, with their source."""
    text = (HERE / f"{file}.py").read_text()
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: text for node in nodes}


def test_there_are_64_faults_and_none_is_told_twice():
    assert list(FAULTS) == list(range(1, 65))
    assert len({(fault.what, fault.test) for fault in FAULTS.values()}) == 64


@pytest.mark.parametrize("number", FAULTS)
def test_each_has_a_test(number):
    file, _, name = FAULTS[number].test.partition("::")
    assert name in functions(file)


def test_where_several_faults_share_a_test_it_has_a_case_for_each():
    shared = {}
    for number, fault in FAULTS.items():
        shared.setdefault(fault.test, []).append(number)
    for test, numbers in shared.items():
        if len(numbers) > 1:
            assert set(numbers) <= cases(*test.split("::")), test


def cases(file, name):
    """The numbers of the faults in the cases of a test, each of which is called by its number first."""
    from _pytest.mark import ParameterSet

    module = pytest.importorskip(f"tests.faults.{file}")
    found = set()
    for mark in getattr(module, name).pytestmark:
        for case in mark.args[1]:
            values = case.values if isinstance(case, ParameterSet) else case
            found.add(values if isinstance(values, int) else values[0])
    return found


def test_the_page_lists_them_all():
    page = (HERE.parents[1] / "docs/faults.md").read_text(encoding="utf-8").replace("\\|", "|")
    for number, fault in FAULTS.items():
        assert f"| {number} | {fault.what} | {fault.note} |" in page
