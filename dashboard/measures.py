"""The measures: one SQL definition each, with the names and formats that the Power BI report has, too.

Their words are in dbt_project/docs/measures.md. Ratios are sum over sum; an empty denominator gives null, never 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dashboard import formats
from dashboard.thresholds import thresholds

_OLD_ENOUGH: Final = f"business_date <= as_of_date - {thresholds().conversion_window_days}"
"""Younger journeys are left out of Conversion %: their purchases may not have arrived."""

MACROS: Final = (
    "create macro ratio(part, whole) as part / nullif(whole, 0)",
    # The lower bound of the 95 % Wilson score interval (Wilson 1927), z = 1.96.
    f"""
    create macro winner_score(purchased, viewed) as
    case when viewed >= {thresholds().winner_minimum_journeys} then (
        purchased / viewed + 1.9208 / viewed
        - 1.96 * sqrt(purchased / viewed * (1 - purchased / viewed) / viewed + 0.9604 / (viewed * viewed)::double)
    ) / (1 + 3.8416 / viewed) end
    """,
)
"""What the definitions share, as macros of DuckDB."""


@dataclass(frozen=True)
class Measure:
    """A measure over one fact of `dashboard.gold.VIEWS`."""

    name: str
    fact: str
    sql: str
    show: Callable[[Any], str]
    """How people see a value."""
    show_change: Callable[[Any], str] = formats.change_percent
    """How they see its change: change_percent has a ratio, other formats a difference."""


REVENUE = Measure("Revenue", "sales", "coalesce(sum(total_amount), 0)", formats.dollars)
CANCELLED_REVENUE = Measure(
    "Cancelled Revenue",
    "sales",
    "coalesce(sum(total_amount) filter (where delivery_status = 'Cancelled'), 0)",
    formats.dollars,
)
RETURNED_REVENUE = Measure("Returned Revenue", "sales", "coalesce(sum(returned_amount), 0)", formats.dollars)
NET_REVENUE = Measure("Net Revenue", "sales", "coalesce(sum(net_amount), 0)", formats.dollars)
UNITS = Measure("Units", "sales", "coalesce(sum(quantity), 0)", formats.number)
ORDER_LINES = Measure("Order Lines", "sales", "count(*)", formats.number)
AVERAGE_ORDER_VALUE = Measure(
    "Average Order Value",
    "sales",
    "ratio(sum(net_amount), count(distinct order_key) filter (where is_kept))",
    formats.cents,
)
ORDERS = Measure("Orders", "sales", "count(distinct order_key)", formats.number)
MINUTE_REVENUE = Measure(
    "Minute Revenue",
    "sales_by_minute",
    "coalesce(sum(total_sales) filter (where business_date = as_of_date), 0)",
    formats.dollars,
)

JOURNEYS_VIEWED = Measure("Journeys Viewed", "funnel", "coalesce(sum(journeys_viewed), 0)", formats.number)
JOURNEYS_CLICKED = Measure("Journeys Clicked", "funnel", "coalesce(sum(journeys_clicked), 0)", formats.number)
JOURNEYS_PURCHASED = Measure("Journeys Purchased", "funnel", "coalesce(sum(journeys_purchased), 0)", formats.number)
PURCHASED_UNVIEWED = Measure(
    "Purchases without a view", "funnel", "coalesce(sum(unviewed_journeys_purchased), 0)", formats.number
)
CONVERSION = Measure(
    "Conversion %",
    "funnel",
    f"ratio(sum(journeys_purchased) filter (where {_OLD_ENOUGH}), sum(journeys_viewed) filter (where {_OLD_ENOUGH}))",
    formats.percent,
    formats.change_points,
)
CLICK_DROP_OFF = Measure(
    "Click Drop-off %", "funnel", "1 - ratio(sum(journeys_clicked), sum(journeys_viewed))", formats.percent
)
PURCHASE_DROP_OFF = Measure(
    "Purchase Drop-off %", "funnel", "1 - ratio(sum(journeys_purchased), sum(journeys_clicked))", formats.percent
)
WINNER_SCORE = Measure(
    "Winner Score",
    "funnel",
    f"winner_score(sum(journeys_purchased) filter (where {_OLD_ENOUGH}),"
    f" sum(journeys_viewed) filter (where {_OLD_ENOUGH}))",
    formats.percent,
)
ATTRIBUTED_REVENUE = Measure("Attributed Revenue", "funnel", "coalesce(sum(attributed_sales), 0)", formats.dollars)

VIEWS = Measure("Views", "engagement", "coalesce(sum(views), 0)", formats.number)
CLICKS = Measure("Clicks", "engagement", "coalesce(sum(clicks), 0)", formats.number)
LIKES = Measure("Likes", "engagement", "coalesce(sum(likes), 0)", formats.number)
ENGAGEMENT_RATE = Measure(
    "Engagement Rate", "engagement", "ratio(sum(clicks) + sum(likes), sum(views))", formats.percent
)
VALUE_INDEX_SQL: Final = (
    'ratio(ratio("Journeys Purchased", sum("Journeys Purchased") over ()), ratio("Views", sum("Views") over ()))'
)
"""Value Index of each content type, over the rows of all known ones; of two facts, so it is no `Measure`."""

REVIEWS = Measure("Reviews", "reviews", "count(*)", formats.number)
AVERAGE_RATING = Measure(
    "Average Rating", "reviews", "ratio(sum(rating), count(*))", formats.two_places, formats.change_two_places
)
SENTIMENT_INDEX = Measure(
    "Sentiment Index",
    "reviews",
    "ratio(100 * sum(sentiment_score) filter (where has_text), count(*) filter (where has_text))",
    formats.number,
)


def _share_of(bucket: str) -> Measure:
    return Measure(
        f"{bucket} %",
        "reviews",
        f"ratio(count(*) filter (where has_text and sentiment_bucket = '{bucket}'), count(*) filter (where has_text))",
        formats.percent,
    )


SENTIMENT_SHARES = {bucket: _share_of(bucket) for bucket in ("Positive", "Neutral", "Negative")}
