"""The order of the rows of a table: a column of dates or years gives it, and the oldest row comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....core.support.arrays import Array
from ....errors import CheckpointError, ConfigError, did_you_mean
from ..reader import Source
from .columns import Columns
from .dates import ORDERS, step_in_words

__all__ = ["GUESSED", "Key", "Order", "direction_of", "order_of", "time_columns"]

TIMES = ("date", "time", "datetime", "timestamp", "year")  # names of columns of numbers that may give the order
GUESSED = "number?"  # how the dates of such a column are read, while it is a guess

Key = tuple[str, str]  # a column, and how its dates are read: an order of day, month and year, or "number"


@dataclass(frozen=True)
class Order:
    """The rows in their order (N,), None if they stand so; the column that gives it, and what is said of it."""

    words: str = ""
    facts: dict[str, str] = field(default_factory=dict)  # the column, and how its dates are read
    rows: Array | None = None


def time_columns(
    columns: Columns, names: Sequence[str], source: Source, facts: Mapping[str, Any] | None, but: set[str | None]
) -> dict[str, tuple[str, ...]]:
    """The columns that may give the order of the rows, with the orders in which their dates can be read.

    `("number",)` stands for one whose numbers give it, and `(GUESSED,)` for one of which this is but a guess.
    """
    asked, order = source.reading.time, source.reading.dates
    time = {} if facts is None else facts.get("time") or {}
    if isinstance(time, dict) and "otherwise" in time:  # another file, with an option of its own
        asked = time["otherwise"]
    elif facts is not None:
        asked, order = (time.get("column"), time.get("order")) if isinstance(time, dict) else (None, None)
        if not asked:
            return {}
        if not isinstance(asked, str) or order not in (*ORDERS, "number"):
            raise CheckpointError("the checkpoint's time cannot be used, wanted a column. try: another one")
        if asked not in columns:
            raise source.error(
                1, f"no column {asked!r}, which gives the order of the rows. try: a header row with {asked}"
            )
        return {asked: (order,)}
    if asked == "none":
        return {}
    if asked is not None:
        name = source.column(asked, list(columns))
        if name is None:
            hint = did_you_mean(asked, columns, f"try: --time {next(iter(columns))}, or --time none")
            raise ConfigError(f"time: got {asked!r}, wanted a column. {hint}")
        if facts is not None and name in names:
            raise ConfigError(f"time: {name} is a column that the run reads. try: another one, or --time none")
        if columns[name].kind == "number":
            return {name: ("number",)}
        orders = columns[name].orders(max(columns[name].dates.values(), default=0))
        if not orders:
            raise ConfigError(f"time: {name} holds no dates and no numbers. try: another column, or --time none")
        return {name: (order,) if order else orders}
    candidates: dict[str, tuple[str, ...]] = {}
    for name, column in columns.items():
        if name in but:
            continue
        filled = column.others + column.numbers
        orders = column.orders(filled)
        if filled and orders and not column.gaps and (order is None or order in orders):
            candidates[name] = (order,) if order else orders
        elif name in names and name.casefold() in TIMES and not column.gaps and not column.others:
            candidates[name] = (GUESSED,)
    return candidates


def order_of(times: Mapping[Key, Array], codes: Array) -> Order:
    """The order that times (N,) give, those of groups each within its own `codes` (N,).

    Of several columns, or readings of one, the one is taken in which the rows are in order already, forwards or
    backwards; a single one sorts them.
    """
    if not times:
        return Order()
    directions = {key: direction_of(moments, codes) for key, moments in times.items()}
    in_order = [key for key, direction in directions.items() if direction]
    names = list(dict.fromkeys(name for name, _ in times))
    if not in_order and len(names) > 1:
        several = " and ".join(names)
        return Order(f"that of the file: {several} are dates, none of them in order (--time COLUMN sorts by one)")
    if not in_order and len(times) > 1:
        return Order(f"that of the file: {names[0]} may have the day or the month first (--dates dmy or mdy tells)")
    key = in_order[0] if in_order else next(iter(times))
    moments, direction = times[key], directions[key]
    rows = None
    if direction == 1:
        how = "as in the file"
    elif direction == -1:
        how, rows = "newest first in the file, turned round", np.arange(len(moments))[::-1]
    else:
        how, rows = "sorted", np.argsort(moments, kind="stable")
    told = len(codes) == 0 and sum(name == key[0] for name, _ in in_order) <= 1  # otherwise nobody knows how far apart
    steps = _steps(moments if rows is None else moments[rows], key[1]) if told else ""
    return Order(f"by {key[0]}, {how}{steps}", {"column": key[0], "order": key[1]}, rows)


def direction_of(moments: Array, codes: Array, strictly: bool = False) -> int:
    """1 if time never goes back, −1 if it never goes on, 0 otherwise; of groups within each."""
    steps = np.diff(moments)
    if len(codes):
        order = np.argsort(codes, kind="stable")
        steps = np.diff(moments[order])[np.diff(codes[order]) == 0]
    if (steps > 0).all() if strictly else (steps >= 0).all():
        return 1
    return -1 if ((steps < 0).all() if strictly else (steps <= 0).all()) else 0


def _steps(moments: Array, order: str) -> str:
    """The usual distance of two rows, and how many are at another, for people."""
    if order == "number" and (days := _days_of(moments)) is not None:
        moments, order = days * 86400.0, "ymd"
    steps = np.diff(moments)
    if not len(steps):
        return ""
    sizes, counts = np.unique(steps, return_counts=True)
    usual = sizes[counts.argmax()]
    step = f"{usual:g}" if order == "number" else step_in_words(float(usual))
    twice, other = int((steps == 0).sum()), int((steps != usual).sum())
    if 2 * twice > len(steps):
        return (
            f", {twice:,} at the same time as the one before: several series are forecast as one. try: a file for each"
        )
    if order != "number" and usual >= 28 * 86400:  # months, quarters and years differ in their days
        return f", {twice:,} at the same time as the one before" if twice else ""
    text = f", {step} apart" if usual else ""
    if other and usual:
        text += f" ({other:,} of {len(steps):,} otherwise{_remedy(steps, float(usual), other)})"
    return text + (f", {twice:,} at the same time as the one before" if twice else "")


def _remedy(steps: Array, usual: float, other: int) -> str:
    """What to do about rows that are missing; where very many are, as weekends of prices, the file means it so."""
    few = 20 * other <= len(steps)
    return (
        ": rows are missing, and shift a season. try: empty rows for them, and --fill"
        if few and steps.max() > usual
        else ""
    )


def _days_of(moments: Array) -> Array | None:
    """Days since 1970 of numbers such as 19580329 (N,); None if they are not all days."""
    years, months, days = moments // 10_000, moments // 100 % 100, moments % 100
    if not ((1000 <= years) & (years < 3000) & (1 <= months) & (months <= 12) & (1 <= days) & (days <= 31)).all():
        return None
    month = ((years - 1970) * 12 + months - 1).astype(np.int64).astype("datetime64[M]")
    return np.asarray(month.astype("datetime64[D]").astype(np.float64) + days - 1)
