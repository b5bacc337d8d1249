"""What the slicers chose."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

Column = Literal["dates", "states", "categories"]
EVERYTHING: tuple[Column, ...] = ("dates", "states", "categories")

_CONDITIONS: dict[Column, str] = {
    "dates": "business_date between $first_date and $last_date",
    "states": "(len($states::varchar[]) = 0 or list_contains($states::varchar[], state_code))",
    "categories": "(len($categories::varchar[]) = 0 or list_contains($categories::varchar[], category))",
}


@dataclass(frozen=True)
class Filters:
    """A period, both days included, and states and categories; none chosen is all of them."""

    first_date: date
    last_date: date
    states: tuple[str, ...] = ()
    """Codes, such as KY."""
    categories: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """The period's length."""
        return (self.last_date - self.first_date).days + 1

    def before(self) -> "Filters":
        """The same for the period of the same length just before."""
        length = timedelta(days=self.days)
        return replace(self, first_date=self.first_date - length, last_date=self.last_date - length)

    def halves(self) -> tuple["Filters", "Filters"]:
        """The same for the period's first and second half; of an odd number of days the first has one more."""
        middle = self.first_date + timedelta(days=(self.days - 1) // 2)
        return replace(self, last_date=middle), replace(self, first_date=middle + timedelta(days=1))

    def where(self, columns: tuple[Column, ...] = EVERYTHING) -> str:
        """The SQL condition on these columns; `parameters` has its values."""
        return " and ".join(_CONDITIONS[column] for column in columns) or "true"

    def parameters(self, columns: tuple[Column, ...] = EVERYTHING) -> dict[str, Any]:
        """The values of the parameters that the condition on these columns has."""
        values: dict[str, Any] = {}
        if "dates" in columns:
            values |= {"first_date": self.first_date, "last_date": self.last_date}
        if "states" in columns:
            values["states"] = list(self.states)
        if "categories" in columns:
            values["categories"] = list(self.categories)
        return values


def last_complete_days(days: int, first_date: date, as_of_date: date) -> tuple[date, date]:
    """The last days before the as_of day, which is still going on; that day itself where there is none before it."""
    last = max(as_of_date - timedelta(days=1), min(first_date, as_of_date))
    return max(last - timedelta(days=days - 1), min(first_date, last)), last
