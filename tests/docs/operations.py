"""The tables of docs/operations.md, made of the table of operations: families, and a row for each operation.

`python -m tests.docs.operations` writes them anew.
"""

import inspect
from pathlib import Path

from tests.docs.tables import with_table
from tinygrad_gru.core import ops

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
FAMILIES = {
    **{family: (ops, names) for family, names in ops.FAMILIES.items()},
    **{family: (ops.linalg, names) for family, names in ops.linalg.FAMILIES.items()},
}
BY_FAMILY = "| family (a file of `core/ops/`) | operations |\n|---|---|\n"
BY_NAME = "| operation | what it computes, and its derivative |\n|---|---|\n"


def families():
    """A row for each family, with the names in it."""
    return BY_FAMILY + "".join(
        f"| {family.replace('.', '/')} | {' '.join(f'`{name}`' for name in names)} |\n"
        for family, (_, names) in FAMILIES.items()
    )


def operations():
    """A row for each operation: how it is called, and the first line of what `help` says."""
    return BY_NAME + "".join(f"| {row(where, name)} |\n" for where, names in FAMILIES.values() for name in names)


def row(where, name):
    function = getattr(where, name)
    parameters = ", ".join(inspect.signature(function).parameters)
    path = "tg.linalg" if where is ops.linalg else "tg"
    formula = inspect.getdoc(function).partition("\n")[0]
    return f"`{path}.{name}({parameters})` | {formula.replace('|', chr(92) + '|')}"


def with_tables(page):
    """The page with both tables as they should be."""
    return with_table(with_table(page, families()), operations())


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
