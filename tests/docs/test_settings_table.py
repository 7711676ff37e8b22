"""The table of settings in docs/training.md is what is declared."""

from tests.docs.settings import HEAD, PAGE, table
from tests.docs.tables import with_table
from tinygrad_gru.training.config import SETTINGS


def test_the_page_shows_the_settings_as_they_are_declared():
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page, table()) == page, "a setting has changed. try: make settings"


def test_each_setting_has_a_row_in_the_order_of_the_fields():
    rows = table().removeprefix(HEAD).splitlines()
    assert [row.split("`")[1] for row in rows] == list(SETTINGS)
    assert "| `final_lr` | a number above 0, at most 1 | 0.1 | The share of lr at the end of a cosine;" in table()
    assert "| `horizon` | a whole number from 1 to 1000 |  | Of table: how many rows ahead; by default 1. |" in table()
