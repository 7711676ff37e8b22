"""Dates and times as they stand in tables, as seconds, so that rows can be put in order.

`3/4/2024` is in April or in March: which one, the other cells of the column tell, where one of them has a number above
12, or where only one of the two puts the rows in order.
"""

from __future__ import annotations

import datetime
import math
import re
from functools import lru_cache

__all__ = ["ORDERS", "looks_like_a_date", "orders_of", "seconds", "step_in_words"]

LONGEST = 40  # characters
ORDERS = ("ymd", "dmy", "mdy")  # of year, month and day; with the year first there is one
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
NAME = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
TIME = (
    r"(?:(?:[T ]\s*|,\s*)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d(?:[.,]\d+)?))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
PATTERNS = [
    re.compile(pattern + TIME, re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})",
        r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-. ]+(?P<name>{NAME})[-, ]+(?P<year>\d{{4}}|\d\d)",
        rf"(?:{WEEKDAY},?\s+)?(?P<name>{NAME})[- ]+(?P<day>\d{{1,2}}),?[- ]+(?P<year>\d{{4}})",
        rf"(?P<name>{NAME})[- ]+(?P<year>\d{{4}})",
    )
]
CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d(?:[.,]\d+)?))?")  # a time of day alone


def looks_like_a_date(text: str) -> bool:
    """Whether a cell holds a date, with a time of day or without, or a time of day alone.

    >>> [looks_like_a_date(text) for text in ["2024-01-31", "31.1.24", "Jan 31, 2024 9:30", "2024Q3", "12:30", "1.5"]]
    [True, True, True, True, True, False]
    """
    return bool(orders_of(text))


def orders_of(text: str) -> tuple[str, ...]:
    """In which orders a cell can be read as a date; none if it is no date.

    >>> orders_of("3/4/2024"), orders_of("31/1/2024"), orders_of("2024-01-31")
    (('dmy', 'mdy'), ('dmy',), ('ymd', 'dmy', 'mdy'))
    """
    return tuple(order for order in ORDERS if not math.isnan(seconds(text, order)))


def seconds(text: str, order: str = "dmy") -> float:
    """The seconds since 1970 in UTC, or since midnight; nan for what is no date. Where no zone stands it is UTC."""
    parts = _parts(text.strip())
    if parts is None:
        return math.nan
    if not parts.get("year"):
        return _time_of_day(parts)
    if parts.get("one"):
        if order == "ymd":
            return math.nan
        one, two = parts["one"], parts["two"]
        parts = parts | ({"day": one, "month": two} if order == "dmy" else {"day": two, "month": one})
    month = _month(parts)
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 69 else 1900  # as POSIX has it
    try:
        date = datetime.date(year, month, int(parts.get("day") or 1))
    except ValueError:  # there is no such day
        return math.nan
    return 86400.0 * (date.toordinal() - 719163) + _time_of_day(parts)


@lru_cache(4096)
def _parts(text: str) -> dict[str, str] | None:
    """The parts of a date or a time of day, by their names; None if it is neither."""
    if not text[:1].isalnum() or not 4 <= len(text) <= LONGEST:
        return None
    matches = (pattern.fullmatch(text) for pattern in (*PATTERNS, CLOCK))
    return next((match.groupdict() for match in matches if match), None)


def _month(parts: dict[str, str]) -> int:
    if name := parts.get("name"):
        return MONTHS.index(name[:3].lower()) + 1
    if quarter := parts.get("quarter"):
        return 3 * int(quarter) - 2
    return int(parts["month"])


def _time_of_day(parts: dict[str, str]) -> float:
    """The seconds since midnight, in UTC where a zone is named."""
    if not parts.get("hour"):
        return 0.0
    hour, minute = int(parts["hour"]), int(parts["minute"])
    second = float((parts["second"] or "0").replace(",", "."))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            return math.nan
        hour = hour % 12 + 12 * (half[0] in "pP")
    if hour > 24 or minute > 59 or second >= 61 or (hour == 24 and minute + second > 0):
        return math.nan
    zone = parts.get("zone") or ""
    shift = 0
    if zone.startswith(("+", "-")):
        shift = int(zone[0] + "1") * (3600 * int(zone[1:3]) + 60 * int(zone[-2:]))
    return 3600.0 * hour + 60 * minute + second - shift


def step_in_words(step: float) -> str:
    """A distance in time for people.

    >>> step_in_words(86400), step_in_words(1800), step_in_words(7 * 86400)
    ('1 day', '30 minutes', '7 days')
    """
    for size, unit in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second")):
        if step >= size:
            n = step / size
            return f"{n:g} {unit}{'s' if n != 1 else ''}"
    return f"{step:g} seconds"
