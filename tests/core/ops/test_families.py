"""All operations together: each is in one family, on the page, and explained."""

from pathlib import Path

import pytest

import tinygrad_gru as tg
from tinygrad_gru.core import ops

ROOT = Path(__file__).parents[3]


def test_every_public_operation_is_in_one_family_and_defined_in_the_file_of_that_name():
    for family, names in ops.FAMILIES.items():
        for name in names:
            assert getattr(ops, name).__module__.endswith(f".{family}"), name
    assert len(ops.__all__) == len(set(ops.__all__))


def test_the_page_lists_them_all():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    for family, names in ops.FAMILIES.items():
        assert f"| {family} | {' '.join(f'`{name}`' for name in names)} |" in page


@pytest.mark.parametrize("name", ops.__all__)
def test_an_operation_says_in_one_sentence_what_it_does(name):
    doc = getattr(tg, name).__doc__

    assert doc and doc.strip().endswith(".") and "\n\n" not in doc.strip()[:40]
