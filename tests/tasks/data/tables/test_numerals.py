"""Numbers as people write them: what they mean, what tells it, and what is refused rather than guessed."""

import math
from collections import Counter

import pytest

from tinygrad_gru.tasks.data.tables.numerals import Numerals, evidence_in, is_gap, looks_numeric


def numerals_of(cells, otherwise="."):
    """What cells tell together."""
    kinds = [evidence_in(cell) for cell in cells]
    return Numerals.of(Counter(kind for kind, _ in kinds), Counter(unit for _, unit in kinds if unit), otherwise)


@pytest.mark.parametrize(
    "text",
    ["1", "-1.5e3", "1,200", "1.200,5", "1 200", "1'200", "50%", "50 %", "$50", "-$50", "5 €", "(5)", "−5", "3 EUR"],
)
def test_what_people_read_as_a_number_looks_numeric(text):
    assert looks_numeric(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "12h", "1.2.24", "2024-01-01", "12:30", "A12", "1/2", "127.0.0.1", "%", "$", "1,23,4", "0,1,2", "inf"],
)
def test_dates_names_and_times_do_not_look_numeric(text):
    assert not looks_numeric(text)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", " -2.5 ", "1e-3", "+4", ".5", "5."], [1, -2.5, 0.001, 4, 0.5, 5]),
        (["1,5", "-2,25", "1.200,5", "1.200", ",5", "3"], [1.5, -2.25, 1200.5, 1200, 0.5, 3]),
        (["1,200.5", "1,200", "12,34,567"], [1200.5, 1200, 1234567]),
        (["1,200", "950", "12,000"], [1200, 950, 12000]),  # three digits behind each comma: thousands
        (["1.234", "2.345"], [1.234, 2.345]),  # points are decimal, unless others tell
        (["1 200", "1\u202f300,5", "1'000"], [1200, 1300.5, 1000]),
        (["50%", "12.5 %", "0"], [50, 12.5, 0]),
        (["$50", "-$1,200.50", "($3)", "7"], [50, -1200.5, -3, 7]),
        (["€ 3", "4,5 €", "−5 €"], [3, 4.5, -5]),
        (["1,5e3", "2"], [1500, 2]),
        (["-2 °C", "14.5°C"], [-2, 14.5]),
        (["٣", "٤٢"], [3, 42]),
    ],
)
def test_a_column_is_read_as_its_cells_tell_together(cells, values):
    numerals = numerals_of(cells)
    assert [numerals.value(cell) for cell in cells] == values


@pytest.mark.parametrize(
    "cells",
    [
        ["1,5", "2.5"],  # either of two marks
        ["1.234", "1,234"],
        ["1,5", *["1.234"] * 200],  # one decimal comma, or 200 decimal points
    ],
)
def test_a_column_that_contradicts_itself_is_not_guessed(cells):
    assert numerals_of(cells) is None


@pytest.mark.parametrize(
    ("numerals", "text"),
    [
        (Numerals("."), "1,5"),
        (Numerals(","), "2.5"),
        (Numerals("."), "50%"),
        (Numerals(".", "%"), "0.5"),  # a half, or half a per cent
        (Numerals(".", "$"), "5 €"),
        (Numerals("."), "1_000"),
        (Numerals("."), "--5"),
        (Numerals("."), "(5"),
        (Numerals("."), "12,34"),
        (Numerals("."), "0x10"),
        (Numerals("."), ""),
        (Numerals("."), "x"),
    ],
)
def test_a_cell_that_is_written_otherwise_is_no_number(numerals, text):
    assert math.isnan(numerals.value(text))


def test_where_no_cell_tells_the_mark_is_that_of_the_others():
    assert numerals_of(["1,234"], ",").value("1,234") == 1.234
    assert numerals_of(["1,234"], ".").value("1,234") == 1234


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "#N/A", "NaN", "null", "None", "-", "--", "?", "."])
def test_what_says_that_there_is_no_value_is_a_gap(text):
    assert is_gap(text)


def test_plain_numbers_need_no_facts():
    assert Numerals().as_facts() == {}
    assert Numerals(",", "€").as_facts() == {"decimal": ",", "unit": "€"}
