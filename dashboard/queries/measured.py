"""Measures in a context: the one way in which pages ask for them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard import formats
from dashboard.filters import EVERYTHING, Column, Filters
from dashboard.gold import Gold, Row
from dashboard.measures import Measure


def measured(
    gold: Gold,
    filters: Filters,
    *measures: Measure,
    by: tuple[str, ...] = (),
    where: str = "true",
    sliced_by: tuple[Column, ...] = EVERYTHING,
) -> list[Row]:
    """Measures of one fact in the slicers' context, under their names.

    Args:
        by: columns of the fact to group by, in this order; without any there is one row.
        where: a condition of the visual's own.
        sliced_by: the slicers that the visual listens to.
    """
    (fact,) = {measure.fact for measure in measures}
    columns = ", ".join([*by, under_their_names(*measures)])
    grouped = f"group by {', '.join(by)} order by {', '.join(by)}" if by else ""
    return gold.rows(
        f"select {columns} from {fact} where {filters.where(sliced_by)} and {where} {grouped}",
        filters.parameters(sliced_by),
    )


def under_their_names(*measures: Measure) -> str:
    """Measures as columns of a select."""
    return ", ".join(f'{measure.sql} as "{measure.name}"' for measure in measures)


def moved(gold: Gold, filters: Filters, measure: Measure) -> tuple[Any, Any]:
    """A measure in the first and in the second half of the period."""
    first, second = (measured(gold, half, measure)[0][measure.name] for half in filters.halves())
    return first, second


@dataclass(frozen=True)
class Card:
    """One measure, and its change against the period of the same length just before; None is blank."""

    measure: Measure
    value: Any
    change: Any
    has_change: bool = True
    """Whether it is shown with a change at all."""

    @property
    def text(self) -> str:
        """The value as people see it."""
        return self.measure.show(self.value)

    @property
    def change_text(self) -> str:
        """The change as people see it."""
        return self.measure.show_change(self.change)


def figures(row: Row, *measures: Measure) -> list[Card]:
    """Measures that were asked for already as cards without a change."""
    return [Card(measure, row[measure.name], None, has_change=False) for measure in measures]


def card(gold: Gold, filters: Filters, measure: Measure) -> Card:
    """A measure and its change; the change is blank where the period before begins before the data."""
    value = measured(gold, filters, measure)[0][measure.name]
    before = filters.before()
    if before.first_date < gold.first_date:
        return Card(measure, value, None)
    return Card(measure, value, _change(measure, value, measured(gold, before, measure)[0][measure.name]))


def _change(measure: Measure, value: Any, value_before: Any) -> Any:
    if value is None or value_before is None:
        return None
    if measure.show_change is not formats.change_percent:
        return value - value_before
    return Decimal(value) / Decimal(value_before) - 1 if value_before else None
