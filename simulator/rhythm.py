"""When people shop: the rhythm of day and week, and the days of the business."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
BUSINESS_ZONE = ZoneInfo("America/New_York")
"""Business dates are days there, as in dbt's variable `business_time_zone`."""
HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 10, 11, 13, 15, 16, 14, 9, 5], dtype=float)
"""Relative demand by hour of the shopper's day: quiet nights, busy evenings."""
WEEKDAYS = np.array([1.0, 0.95, 0.95, 1.0, 1.1, 1.25, 1.2])
"""Relative demand by day of the week, from Monday."""


def shares(weights: ArrayLike) -> NDArray[np.float64]:
    """Weights as parts of 1."""
    array: NDArray[np.float64] = np.asarray(weights, dtype=np.float64)
    parts: NDArray[np.float64] = array / array.sum()
    return parts


def times_of_day_and_week(
    random: np.random.Generator, utc_offset_hours: NDArray[np.int64], until_ms: int, days: int
) -> NDArray[np.int64]:
    """One time for each shopper in the `days` before `until_ms`, in the rhythm of the shopper's own clock.

    Args:
        random: where the choices come from.
        utc_offset_hours: of each shopper's clock.
        until_ms: end of the history; no time is past it.
        days: how long the history is.

    Returns:
        Milliseconds since 1970 (UTC), in no order.
    """
    count = len(utc_offset_hours)
    starts = until_ms - DAY_MS * np.arange(days, 0, -1)
    weekdays = np.array([datetime.fromtimestamp(start / 1000, UTC).weekday() for start in starts.tolist()])
    chosen = random.choice(days, size=count, p=shares(WEEKDAYS[weekdays]))
    within = random.choice(24, size=count, p=shares(HOURS)) * HOUR_MS + random.integers(0, HOUR_MS, size=count)
    # The hour of the day is the clock's, so that it does not shift with the hour of `until`.
    local = starts[chosen] - starts[chosen] % DAY_MS + within
    local = np.where(local < starts[chosen], local + DAY_MS, local)
    moved = local - utc_offset_hours * HOUR_MS
    return np.where(moved > until_ms, moved - DAY_MS, moved)


def business_date(at_ms: int) -> date:
    """The business date of a time in milliseconds since 1970."""
    return datetime.fromtimestamp(at_ms / 1000, BUSINESS_ZONE).date()


def first_ms(day: date) -> int:
    """When a business date begins, in milliseconds since 1970."""
    return int(datetime.combine(day, time(), BUSINESS_ZONE).timestamp() * 1000)
