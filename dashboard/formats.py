"""How numbers look, by the formats of the measures; what is blank is a dash."""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

BLANK = "\N{EN DASH}"
Show = Callable[[Any], str]
Number = int | float | Decimal


def _rounded(value: Number, places: int, form: str = ",") -> str:
    """Halves away from zero, as Power BI rounds them."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    # No "-0".
    return f"{rounded or abs(rounded):{form}f}"


def _amount(value: Number | None, places: int) -> str:
    if value is None:
        return BLANK
    text = _rounded(value, places)
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def dollars(value: Number | None) -> str:
    """Whole dollars: $1,235."""
    return _amount(value, 0)


def cents(value: Number | None) -> str:
    """Dollars and cents: $1,234.50."""
    return _amount(value, 2)


def number(value: Number | None) -> str:
    """A whole number: 1,235."""
    return BLANK if value is None else _rounded(value, 0)


def percent(value: Number | None) -> str:
    """A part of 1 as 12.3%."""
    return BLANK if value is None else f"{_rounded(value * 100, 1)}%"


def two_places(value: Number | None) -> str:
    """4.05."""
    return BLANK if value is None else _rounded(value, 2)


def change_percent(value: Number | None) -> str:
    """A change, as a part of what was before: +12.3%."""
    return BLANK if value is None else f"{_rounded(value * 100, 1, '+,')}%"


def change_points(value: Number | None) -> str:
    """A difference of two shares, in percentage points: +1.2 pp."""
    return BLANK if value is None else f"{_rounded(value * 100, 1, '+,')} pp"


def change_two_places(value: Number | None) -> str:
    """A difference: +0.05."""
    return BLANK if value is None else _rounded(value, 2, "+,")


def day(value: date | None) -> str:
    """Aug 3, 2026."""
    return BLANK if value is None else f"{value:%b} {value.day}, {value.year}"


def period(first: date, last: date) -> str:
    """Aug 3, 2026, or Aug 3 to Sep 1, 2026, without saying a year twice."""
    if first == last:
        return day(first)
    begins = f"{first:%b} {first.day}" if first.year == last.year else day(first)
    return f"{begins} to {day(last)}"


def clock(minute_of_day: int) -> str:
    """14:05."""
    return f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"


def duration(seconds: float | None) -> str:
    """A delay in the unit that suits it: 0.8 s, 42 s, 12 min, 5.2 h, 44 days."""
    if seconds is None:
        return BLANK
    for limit, size, unit, places in ((10, 1, "s", 1), (120, 1, "s", 0), (7200, 60, "min", 0), (172800, 3600, "h", 1)):
        if seconds < limit:
            return f"{_rounded(seconds / size, places)} {unit}"
    return f"{_rounded(seconds / 86400, 0)} days"
