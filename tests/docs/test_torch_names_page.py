"""The tables of docs/from-pytorch.md are those that the errors answer from."""

from tests.docs.torch_names import OF, PAGE, START, tables, with_tables
from tinygrad_gru.torch_names import FUNCTIONS, KEYWORDS, NOT_HERE, WITHOUT


def test_the_page_shows_the_names_as_the_errors_answer_them():
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "a name has changed. try: make names"


def test_every_name_is_in_a_row():
    rows = tables()
    names = [f"`{owner}{name}`" for owner, table in OF.items() for name in table]
    names += [f"`{name}=`" for name in [*KEYWORDS, *WITHOUT]]
    names += [f"`{name}`" for several, _ in NOT_HERE.values() for name in several.split()]
    assert [name for name in names if name not in rows] == []
    assert {f"`torch.{name}`" in rows or f"`t.{name}`" in rows for name in FUNCTIONS} == {True}
    assert "| `t.view` | `tg.reshape(t, shape)` |" in rows and "| `torch.cat` | `tg.concat([t, u], axis=0)` |" in rows
    assert "| `dim=` | `axis=` |" in rows and "`t.add_` | `t + u` |" in rows


def test_a_row_that_is_old_missing_or_invented_is_put_right():
    page = f"Before.\n\n{START}\n{tables()}"
    first = tables().splitlines()[2]
    for changed in (page.replace(f"{first}\n", ""), page.replace(first, "| x | y |"), page + "\n| z | z |\n"):
        assert changed != page and with_tables(changed) == page
