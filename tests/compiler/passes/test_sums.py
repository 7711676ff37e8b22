"""Sums of many terms: what belongs to one, and what is one of its own."""

import pytest

from tests.compiler.written import Written
from tinygrad_gru.compiler.passes.sums import as_written, terms_of, within_a_sum


@pytest.fixture(name="written")
def fixture_written():
    return Written()


def test_the_terms_of_a_sum_are_those_of_the_sums_within_it(written):
    total = written("(h + x) + (c + a)")
    written.program.outputs = {"out": total}
    users = written.program.users()

    assert terms_of(total, users) == [written(letter) for letter in "hxca"]
    assert [within_a_sum(i, users) for i in (*total.args, total)] == [True, True, False]


def test_a_sum_that_is_used_twice_is_a_term(written):
    inner = written("h + x")
    total = written("(h + x) + c")
    written.program.outputs = {"out": total, "inner": inner}
    users = written.program.users()

    assert terms_of(total, users) == [inner, written("c")]
    assert not within_a_sum(inner, users)


def test_a_sum_of_a_column_is_not_one_of_the_wider_sum(written):
    column = written.program.make("add", written("h[:, i:j]", i=0, j=1), written("x[:, i:j]", i=0, j=1))
    total = written.program.make("add", column, written("c"))
    written.program.outputs = {"out": total}

    assert terms_of(total, written.program.users()) == [column, written("c")]


def test_a_sum_is_shown_with_its_parentheses(written):
    total = written("(h + x) + (c + (1 + a))")
    written.program.outputs = {"out": total}

    names = {i: i.label for i in written.letters.values()}
    assert as_written(total, written.program.users(), names) == "h + x + (c + (1 + a))"
