"""A table of a page that is made of the code: it is found by its head, and the rows below that are put right."""

import re


def with_table(page: str, table: str) -> str:
    """The page with this table in the place of the one with the same head, which is two lines."""
    head = "".join(table.splitlines(keepends=True)[:2])
    before, found, after = page.partition(head)
    if not found:
        raise ValueError(f"there is no table which begins {head!r}")
    return before + table + re.sub(r"\A(\|.*\n)*", "", after)
