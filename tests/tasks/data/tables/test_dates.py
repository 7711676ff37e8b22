"""Dates and times of tables as seconds, against the standard library's calendar."""

import math
from datetime import datetime, timedelta, timezone

import pytest

from tinygrad_gru.tasks.data.tables.dates import looks_like_a_date, orders_of, seconds, step_in_words


def utc(*parts, hours=0):
    return datetime(*parts, tzinfo=timezone(timedelta(hours=hours))).timestamp()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", utc(2024, 1, 31)),
        ("2024/1/31 12:30", utc(2024, 1, 31, 12, 30)),
        ("2024-01-31T12:30:05.5Z", utc(2024, 1, 31, 12, 30, 5, 500000)),
        ("2024-01-31 12:30:00 +02:00", utc(2024, 1, 31, 12, 30, hours=2)),
        ("2024-01-31T12:30-0500", utc(2024, 1, 31, 12, 30, hours=-5)),
        ("31.1.2024", utc(2024, 1, 31)),
        ("31.01.24 9:30 PM", utc(2024, 1, 31, 21, 30)),
        ("1.1.68", utc(2068, 1, 1)),
        ("1.1.69", utc(1969, 1, 1)),
        ("12:00 AM", math.nan),
        ("31 Jan 2024", utc(2024, 1, 31)),
        ("31-Jan-24", utc(2024, 1, 31)),
        ("January 31st, 2024", math.nan),
        ("Jan 31, 2024", utc(2024, 1, 31)),
        ("Wed, Jan 31, 2024", utc(2024, 1, 31)),
        ("2024-02", utc(2024, 2, 1)),
        ("Feb 2024", utc(2024, 2, 1)),
        ("2024Q3", utc(2024, 7, 1)),
        ("1815-06-18", utc(1815, 6, 18)),
        ("12:30", 45000.0),
        ("23:59:59", 86399.0),
    ],
)
def test_a_date_is_its_seconds_since_1970(text, moment):
    assert seconds(text) == pytest.approx(moment, nan_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "20240131",
        "2024-02-30",
        "2024-13-01",
        "32.1.2024",
        "1.2.3",
        "127.0.0.1",
        "1.5",
        "12h",
        "25:00",
        "May",
    ],
)
def test_what_is_no_date_is_none(text):
    assert math.isnan(seconds(text)) and not looks_like_a_date(text)


def test_day_and_month_may_be_told_or_not():
    assert orders_of("31/1/2024") == ("dmy",) and orders_of("1/31/2024") == ("mdy",)
    assert orders_of("3/4/2024") == ("dmy", "mdy")
    assert seconds("3/4/2024", "dmy") == utc(2024, 4, 3) and seconds("3/4/2024", "mdy") == utc(2024, 3, 4)
    assert math.isnan(seconds("3/4/2024", "ymd"))


def test_distances_are_told_in_the_largest_unit_that_fits():
    assert [step_in_words(step) for step in (1, 90, 3600, 86400 * 7, 0.5)] == [
        "1 second",
        "1.5 minutes",
        "1 hour",
        "7 days",
        "0.5 seconds",
    ]
