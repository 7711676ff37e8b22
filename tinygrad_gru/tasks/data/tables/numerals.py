"""Numbers as people write them: decimal commas, thousands, percent and currency, and what tells which is meant.

`1.200,5` and `1,200.5` tell which mark is the decimal one; `1,200` does not. So a column is looked at as a whole: what
its telling cells say holds for the others, and where they contradict each other it is refused.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DECIMALS", "GAP", "MISSING", "Numerals", "evidence_in", "is_gap", "looks_numeric", "plain", "unit_of"]

DECIMALS = {"point": ".", "comma": ","}

# The text of a cell without a value.
MISSING = frozenset(["", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "-", "--", "?", "."])

CURRENCY = r"(?:[$€£¥₹₽₩₺₴₫₪฿]|(?:EUR|USD|GBP|JPY|CNY|CHF|INR|CAD|AUD|SEK|NOK|DKK|PLN|BRL)(?![A-Za-z])|kr\.?|zł|Kč)"
NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+−–]?)\s*(?P<before>{CURRENCY})?\s*(?P<inner>[-+−–]?)"
    r"(?P<digits>\d[\d.,'’_ \u00a0\u2009\u202f]*|[.,]\d+)(?P<exponent>[eE][-+]?\d+)?"
    rf"[\s\u00a0\u202f]*(?P<after>[%‰]|°[CF]?|{CURRENCY})?\s*(?P<close>\))?"
)
MINUS = "-−–"
SPACES = "'’ \u00a0\u2009\u202f"  # between thousands, wherever numbers are written
GROUPS = re.compile(r"\d{1,3}(?P<mark>[^\d])\d{3}(?:(?P=mark)\d{3})*|\d{1,2}(?:,\d\d)+,\d{3}")  # 1.234.567, 12,34,567
CACHED = 4096

# What a cell tells of its column.
GAP, OTHER, WHOLE, POINT, COMMA, POINT_OR_GROUP, COMMA_OR_GROUP = range(7)


@dataclass(frozen=True)
class Numerals:
    """How the numbers of a column are written: its decimal mark, and its unit, "%", "€" or none."""

    decimal: str = "."
    unit: str = ""

    @classmethod
    def of(cls, evidence: Counter[int], units: Counter[str], otherwise: str = ".") -> Numerals | None:
        """What the cells of a column tell together, `otherwise` being the mark where they tell none.

        None where they contradict each other: 1,5 beside many a 1.234, which would be either of two numbers.
        """
        point, comma = evidence[POINT], evidence[COMMA]
        decimal = "." if point > comma else "," if comma > point else otherwise
        telling, doubtful = max(point, comma), evidence[POINT_OR_GROUP if decimal == "," else COMMA_OR_GROUP]
        if point and comma and point == comma:
            return None
        if telling and doubtful > 100 * telling:
            return None
        if not telling and evidence[POINT_OR_GROUP] and evidence[COMMA_OR_GROUP]:
            return None
        return cls(decimal, unit_of(evidence, units))

    def value(self, text: str) -> float:
        """The number that a cell holds, in its own unit: 50 for 50 %; nan if it holds none, or one of another unit."""
        if self.decimal == "." or ("." not in text and "," not in text):
            value = plain(text)
            if value == value:
                return value if not value or self.unit not in ("%", "‰") else math.nan
        match = NUMBER.fullmatch(text.strip())
        if match is None or (match["open"] is None) != (match["close"] is None):
            return math.nan
        unit, value = _unit(match), _digits(match["digits"], self.decimal)
        if unit != self.unit and (unit or (self.unit in ("%", "‰") and value)):
            return math.nan
        if match["exponent"]:
            value = float(f"{value:.17g}{match['exponent']}") if value < 1e15 else math.nan
        signs = match["sign"] + match["inner"] + ("-" if match["open"] else "")  # (5) is −5
        return math.nan if len(signs) > 1 else -value if signs and signs in MINUS else value

    def as_facts(self) -> dict[str, str]:
        """For a checkpoint; empty for plain numbers."""
        return {
            name: value for name, value in (("decimal", self.decimal), ("unit", self.unit)) if value not in (".", "")
        }


def unit_of(evidence: Counter[int], units: Counter[str]) -> str:
    """The unit of a column: the currency in it, or % where most numbers have it; of bare ones nobody knows which."""
    unit, times = units.most_common(1)[0] if units else ("", 0)
    return "" if unit in "%‰" and 2 * times < evidence.total() else unit


def plain(text: str) -> float:
    """A number as programs write it, or nan."""
    try:
        return float(text) if "_" not in text else math.nan  # Python reads 1_000, tables do not mean it
    except ValueError:
        return math.nan


def is_gap(text: str) -> bool:
    """Whether a cell holds no value: it is empty, or says so, as in NA."""
    return text.strip().lower() in MISSING


def looks_numeric(text: str) -> bool:
    """Whether a text is meant as a number, however it is written.

    >>> [looks_numeric(text) for text in ["1.5", "1,200", "1,5", "50%", "$50", "(3)", "12h", "1.2.2024", "x"]]
    [True, True, True, True, True, True, False, False, False]
    """
    return evidence_in(text)[0] not in (GAP, OTHER)


@lru_cache(CACHED)
def evidence_in(text: str) -> tuple[int, str]:
    """What a cell tells about the decimal mark of its column, and its unit."""
    if is_gap(text):
        return GAP, ""
    match = NUMBER.fullmatch(text.strip())
    if match is None:
        return (WHOLE if math.isfinite(plain(text)) else OTHER), ""
    digits, unit = match["digits"].strip(), _unit(match)
    values = [_digits(digits, mark) for mark in ".,"]
    if math.isnan(values[0]) and math.isnan(values[1]):
        return (WHOLE if "_" in digits and digits.replace("_", "").isdigit() else OTHER), unit
    if "." not in digits and "," not in digits:
        return WHOLE, unit
    if math.isnan(values[1]):
        return POINT, unit
    if math.isnan(values[0]):
        return COMMA, unit
    return (POINT_OR_GROUP if "." in digits else COMMA_OR_GROUP), unit


def _digits(digits: str, decimal: str) -> float:
    """The value of digits with marks, the decimal one being this; nan if they do not stand as they should."""
    digits = digits.strip()
    whole, mark, fraction = digits.partition(decimal)
    if mark and fraction and not fraction.isdecimal():
        return math.nan
    if not whole.isdecimal() and whole:
        groups = GROUPS.fullmatch(whole)
        if groups is None or whole.startswith("0") or groups["mark"] in (decimal, "_"):
            return math.nan
        if groups["mark"] is not None and groups["mark"] not in f"{SPACES}.,":
            return math.nan
        if groups["mark"] is None and decimal == ",":
            return math.nan
        whole = "".join(c for c in whole if c.isdecimal())
    if not whole and not fraction:
        return math.nan
    return float(f"{whole or 0}.{fraction or 0}")


def _unit(match: re.Match[str]) -> str:
    """The currency before a number, or what stands behind it."""
    return match["before"] or match["after"] or ""
