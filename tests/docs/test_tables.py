"""A table is written anew in its place, whatever has become of its rows."""

import pytest

from tests.docs.tables import with_table

TABLE = "| name | value |\n|---|---|\n| a | 1 |\n| b | 2 |\n"
PAGE = f"Before.\n\n{TABLE}\nAfter.\n\n| another | table |\n|---|---|\n| a | 1 |\n"


@pytest.mark.parametrize(
    ("row", "instead"), [("| b | 2 |\n", "| b | 3 |\n"), ("| b | 2 |\n", ""), ("| b | 2 |\n", "| b | 2 |\n| c | 3 |\n")]
)
def test_a_row_that_is_old_missing_or_invented_is_put_right(row, instead):
    changed = PAGE.replace(row, instead)
    assert changed != PAGE and with_table(changed, TABLE) == PAGE


def test_a_page_as_it_should_be_is_left_alone():
    assert with_table(PAGE, TABLE) == PAGE


def test_a_page_without_the_table_is_an_error():
    with pytest.raises(ValueError, match="there is no table which begins '| name | value |"):
        with_table("| value | name |\n|---|---|\n", TABLE)
