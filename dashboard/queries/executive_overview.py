"""Executive Overview: how much, and where."""

from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.measures import (
    AVERAGE_ORDER_VALUE,
    AVERAGE_RATING,
    CANCELLED_REVENUE,
    CONVERSION,
    MINUTE_REVENUE,
    NET_REVENUE,
    ORDER_LINES,
    ORDERS,
    RETURNED_REVENUE,
    REVENUE,
    UNITS,
)
from dashboard.queries.measured import Card, card, measured

BY_STATE = (REVENUE, NET_REVENUE, CANCELLED_REVENUE, RETURNED_REVENUE, ORDERS, UNITS)


def cards(gold: Gold, filters: Filters) -> list[Card]:
    """Revenue, Orders, Conversion %, Average Rating."""
    return [card(gold, filters, measure) for measure in (REVENUE, ORDERS, CONVERSION, AVERAGE_RATING)]


def what_stays(gold: Gold, filters: Filters) -> dict[str, str]:
    """By name and as people see them: what Revenue is without Cancelled and Returned, and what was ordered."""
    measures = (NET_REVENUE, CANCELLED_REVENUE, RETURNED_REVENUE, AVERAGE_ORDER_VALUE, ORDERS, ORDER_LINES, UNITS)
    (values,) = measured(gold, filters, *measures)
    return {measure.name: measure.show(values[measure.name]) for measure in measures}


def revenue_by_state(gold: Gold, filters: Filters) -> list[Row]:
    """state_name, Revenue, Net Revenue, Cancelled and Returned Revenue, Orders, Units; highest Revenue first."""
    rows = measured(gold, filters, *BY_STATE, by=("state_name",))
    return sorted(rows, key=lambda row: (-row["Revenue"], row["state_name"]))


def minute_revenue(gold: Gold, filters: Filters) -> list[Row]:
    """minute_of_day, Minute Revenue: the as_of day, whatever the period; minutes without an order have no row."""
    return measured(
        gold,
        filters,
        MINUTE_REVENUE,
        by=("minute_of_day",),
        where="business_date = as_of_date",
        sliced_by=("states", "categories"),
    )
