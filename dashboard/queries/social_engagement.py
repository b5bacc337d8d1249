"""Social Engagement: what is looked at, and what comes of it."""

from dashboard.filters import Column, Filters
from dashboard.gold import Gold, Row
from dashboard.measures import (
    ATTRIBUTED_REVENUE,
    CLICKS,
    ENGAGEMENT_RATE,
    JOURNEYS_PURCHASED,
    LIKES,
    VALUE_INDEX_SQL,
    VIEWS,
)
from dashboard.queries.measured import measured, under_their_names
from dashboard.thresholds import thresholds


def engagement_trend(gold: Gold, filters: Filters) -> list[Row]:
    """business_date, Views, Clicks, Likes."""
    return measured(gold, filters, VIEWS, CLICKS, LIKES, by=("business_date",))


def content_types(gold: Gold, filters: Filters) -> list[Row]:
    """One row for each known content type, with its verdict: vanity, value or None; lowest Value Index first.

    Columns: content_type, Views, Clicks, Likes, Engagement Rate, Journeys Purchased, Attributed Revenue, Value Index.
    """
    engagement = under_their_names(VIEWS, CLICKS, LIKES, ENGAGEMENT_RATE)
    funnel = under_their_names(JOURNEYS_PURCHASED, ATTRIBUTED_REVENUE)
    rows = gold.rows(
        f"""
        with
        engagement as (
            select content_type, {engagement} from engagement where {filters.where()} group by content_type
        ),
        funnel as (
            select content_type, {funnel} from funnel where {filters.where()} group by content_type
        ),
        compared as (
            select
                names.content_type,
                coalesce("Views", 0) as "Views",
                coalesce("Clicks", 0) as "Clicks",
                coalesce("Likes", 0) as "Likes",
                "Engagement Rate",
                coalesce("Journeys Purchased", 0) as "Journeys Purchased",
                coalesce("Attributed Revenue", 0) as "Attributed Revenue"
            from dim_content_type as names
            left join engagement on names.content_type = engagement.content_type
            left join funnel on names.content_type = funnel.content_type
            where names.is_known
        )
        select *, {VALUE_INDEX_SQL} as "Value Index"
        from compared
        order by "Value Index" nulls last, content_type
        """,
        filters.parameters(),
    )
    return [row | {"verdict": _verdict(row["Value Index"])} for row in rows]


def _verdict(value_index: float | None) -> str | None:
    if value_index is None:
        return None
    if value_index <= thresholds().vanity_index:
        return "vanity"
    return "value" if value_index >= thresholds().value_index else None


def product_months(gold: Gold, filters: Filters, most: int = 15) -> list[Row]:
    """product_id, product_name, month_start_date, events, active_days, events_per_active_day.

    Of the products with most engagement, over all months of the data: a period of some days has no months to compare.
    A day is active for a product if it has a view, click or like of it.
    """
    sliced_by: tuple[Column, ...] = ("states", "categories")
    return gold.rows(
        f"""
        with
        product_days as (
            select product_id, product_name, month_start_date, business_date, sum(views + clicks + likes) as events
            from engagement
            where {filters.where(sliced_by)}
            group by all
        ),
        most as (
            select product_id, sum(events) as events from product_days group by product_id
            order by events desc, product_id limit $most
        )
        select
            product_id, product_name, month_start_date,
            sum(product_days.events) as events, count(*) as active_days,
            ratio(sum(product_days.events), count(*)) as events_per_active_day
        from product_days inner join most using (product_id)
        group by product_id, product_name, month_start_date, most.events
        order by most.events desc, product_id, month_start_date
        """,
        filters.parameters(sliced_by) | {"most": most},
    )
