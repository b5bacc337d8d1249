"""Executive Overview: how much, and where."""

from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.measures import AVERAGE_RATING, CANCELLED_REVENUE, CONVERSION, MINUTE_REVENUE, ORDERS, REVENUE
from dashboard.queries.measured import Card, card, measured


def cards(gold: Gold, filters: Filters) -> list[Card]:
    """Revenue, Orders, Conversion %, Average Rating."""
    return [card(gold, filters, measure) for measure in (REVENUE, ORDERS, CONVERSION, AVERAGE_RATING)]


def cancelled_revenue(gold: Gold, filters: Filters) -> Card:
    """Cancelled Revenue, which is part of Revenue."""
    return card(gold, filters, CANCELLED_REVENUE)


def revenue_by_state(gold: Gold, filters: Filters) -> list[Row]:
    """state_name, Revenue, Cancelled Revenue, Orders; highest Revenue first."""
    rows = measured(gold, filters, REVENUE, CANCELLED_REVENUE, ORDERS, by=("state_name",))
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
