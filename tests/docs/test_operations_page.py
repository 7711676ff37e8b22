"""The tables of docs/operations.md are what the table of operations says."""

from tests.docs.operations import BY_NAME, FAMILIES, PAGE, families, operations, with_tables
from tinygrad_gru.core import ops


def test_the_page_shows_the_operations_as_they_are():
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "an operation has changed. try: make operations"


def test_each_operation_has_one_row_with_its_formula():
    rows = operations().removeprefix(BY_NAME).splitlines()

    assert len(rows) == len(ops.__all__) + len(ops.linalg.__all__) == len(set(rows))
    assert "| `tg.tanh(x)` | out = tanh(x);  ∂out/∂x = 1 − out². |" in rows
    assert r"| `tg.abs(x)` | out = \|x\|;  ∂out/∂x = sign x, 0 at 0. |" in rows
    assert "| `tg.linalg.inv(x)` | out = x⁻¹;  ∂L/∂x = −outᵀ g outᵀ. A singular x is an error. |" in rows


def test_each_family_has_a_row_with_its_names():
    assert families().count("\n") == 2 + len(FAMILIES)
    assert "| scans | `cumulative_max` `cumulative_min` `cumulative_prod` `cumulative_sum` `diff` |\n" in families()


def test_both_tables_are_written_anew():
    page = f"{families()}\n{operations()}"
    changed = page.replace("| scans |", "| scan |").replace("1 − out²", "1 − out")
    assert changed != page and with_tables(changed) == page
