"""The files of tests that take longest are begun first, so that no worker is left with one of them at the end."""

from pathlib import Path
from types import SimpleNamespace

from tests.conftest import LONGEST, pytest_collection_modifyitems

TESTS = Path(__file__).parents[1]


def test_each_of_the_longest_files_is_there():
    assert set(LONGEST) <= {path.name for path in TESTS.rglob("test_*.py")}


def test_the_longest_come_first_and_all_else_keeps_its_order():
    first, second, *_ = LONGEST
    items = [SimpleNamespace(path=Path(name), id=i) for i, name in enumerate(["b.py", second, "a.py", first, second])]
    pytest_collection_modifyitems(items)
    assert [item.id for item in items] == [3, 1, 4, 0, 2]


def test_pytest_xdist_keeps_to_it(request):
    assert request.config.option.loadscopereorder is False
