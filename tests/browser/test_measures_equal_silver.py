"""Every number of the dashboard is what silver's events come to, in every context of the slicers."""

from dataclasses import replace
from datetime import timedelta
from math import sqrt
from typing import Any

import pytest

from dashboard import measures
from dashboard.filters import Filters, last_complete_days
from dashboard.gold import Gold
from dashboard.measures import Measure
from dashboard.queries import conversion_analysis, customer_reviews, executive_overview, social_engagement
from dashboard.queries.measured import measured
from tests.support.silver_twin import SilverTwin

CONTEXTS = ("all", "state", "category", "last_30_days", "state_and_category", "month", "as_of_day", "nothing")


@pytest.fixture(params=CONTEXTS)
def filters(request: pytest.FixtureRequest, gold: Gold, silver: SilverTwin) -> Filters:
    return context(request.param, gold, silver)


def context(name: str, gold: Gold, silver: SilverTwin) -> Filters:
    """One choice of the slicers; values are those with most orders."""
    everything = Filters(gold.first_date - timedelta(days=400), gold.as_of_date)
    ((state,),) = silver.rows("select state_code from orders group by all order by count(*) desc, 1 limit 1")
    ((category,),) = silver.rows("select category from orders group by all order by count(*) desc, 1 limit 1")
    month_end = gold.as_of_date.replace(day=1) - timedelta(days=1)
    return {
        "all": everything,
        "state": replace(everything, states=(state,)),
        "category": replace(everything, categories=(category,)),
        "last_30_days": Filters(*last_complete_days(30, gold.first_date, gold.as_of_date)),
        "state_and_category": replace(everything, states=(state, "WY"), categories=(category,)),
        "month": Filters(month_end.replace(day=1), month_end),
        "as_of_day": Filters(gold.as_of_date, gold.as_of_date),
        "nothing": replace(everything, categories=("No such category",)),
    }[name]


def all_measures() -> list[Measure]:
    named = [value for value in vars(measures).values() if isinstance(value, Measure)]
    return [*named, *measures.SENTIMENT_SHARES.values()]


def assert_equal(found: Any, expected: Any, what: str = "") -> None:
    if isinstance(expected, float) or isinstance(found, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9), what
    else:
        assert found == expected, what


def test_every_measure_equals_its_twin(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    twins = silver.measures(filters)
    for measure in all_measures():
        if measure.name != "Winner Score":
            (row,) = measured(gold, filters, measure)
            expected = twins.pop(measure.name)
            # Minute Revenue looks at the as_of day whatever the period; as a measure it keeps to both.
            if measure is measures.MINUTE_REVENUE and not filters.first_date <= gold.as_of_date <= filters.last_date:
                expected = 0
            assert_equal(row[measure.name], expected, measure.name)
    assert not twins


def test_there_is_something_to_measure_and_blank_is_not_zero(gold: Gold, silver: SilverTwin) -> None:
    assert all(value for value in silver.measures(context("all", gold, silver)).values())
    nothing = context("nothing", gold, silver)
    for measure in (measures.CONVERSION, measures.AVERAGE_RATING, measures.SENTIMENT_INDEX, measures.ENGAGEMENT_RATE):
        (row,) = measured(gold, nothing, measure)
        assert row[measure.name] is None
        assert measure.show(row[measure.name]) == "\N{EN DASH}"


def test_changes_are_against_the_period_of_the_same_length_just_before(
    gold: Gold, silver: SilverTwin, filters: Filters
) -> None:
    now, before = silver.measures(filters), silver.measures(filters.before())
    in_data = filters.before().first_date >= silver.value("select min(business_date) from orders")
    for one in executive_overview.cards(gold, filters):
        name = one.measure.name
        assert_equal(one.value, now[name], name)
        if not in_data or now[name] is None or not before[name]:
            assert one.change is None, name
        elif name in ("Revenue", "Orders"):
            assert_equal(float(one.change), float(now[name] / before[name] - 1), name)
        else:
            assert_equal(one.change, now[name] - before[name], name)


def test_the_last_30_days_have_changes(gold: Gold, silver: SilverTwin) -> None:
    if gold.first_date > gold.as_of_date - timedelta(days=60):
        pytest.skip("the shop has less than 60 days")
    cards = executive_overview.cards(gold, context("last_30_days", gold, silver))
    assert all(one.change is not None for one in cards)


def test_revenue_by_state_equals_silver(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    rows = {
        row["state_name"]: (row["Revenue"], row["Orders"]) for row in executive_overview.revenue_by_state(gold, filters)
    }
    names = {row["state_code"]: row["state_name"] for row in gold.rows("select * from dim_state")}
    expected = silver.rows(
        "select state_code, sum(total_amount), count(distinct order_id) from orders"
        f" where {silver.condition(filters)} group by 1"
    )
    assert rows == {names[code]: (revenue, orders) for code, revenue, orders in expected}


def test_minute_revenue_is_of_the_as_of_day_whatever_the_period(
    gold: Gold, silver: SilverTwin, filters: Filters
) -> None:
    rows = {row["minute_of_day"]: row["Minute Revenue"] for row in executive_overview.minute_revenue(gold, filters)}
    expected = silver.rows(
        f"""
        select date_diff('minute', date_trunc('day', clock), clock), sum(total_amount)
        from (select *, (ordered_at::timestamptz at time zone 'America/New_York') as clock from orders)
        where business_date = date '{gold.as_of_date}' and {silver.condition(filters, dates=False)}
        group by 1
        """
    )
    assert rows == dict(expected)


def test_winner_score_is_the_lower_wilson_bound(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    z = 1.96
    expected = {}
    for product, n, bought in silver.rows(
        f"""
        select product_id, count(*), count_if(is_purchased) from viewed
        where {silver.condition(filters)} and business_date < date '{gold.as_of_date}' group by 1
        """
    ):
        if n >= 100:
            p = bought / n
            expected[product] = (2 * n * p + z * z - z * sqrt(z * z + 4 * n * p * (1 - p))) / (2 * (n + z * z))
    found = conversion_analysis.winning_products(gold, filters, most=10_000)
    assert {row["product_id"]: row["Winner Score"] for row in found} == pytest.approx(expected)
    scores = [row["Winner Score"] for row in found]
    assert scores == sorted(scores, reverse=True)


def test_drop_off_by_category_equals_silver(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    rows = {row["category"]: row for row in conversion_analysis.drop_off_by_category(gold, filters)}
    expected = silver.rows(
        f"""
        select
            category, count(*), avg((not (is_clicked or is_purchased))::int),
            avg((not is_purchased)::int) filter (where is_clicked or is_purchased)
        from viewed where {silver.condition(filters)} group by 1
        """
    )
    for category, viewed, click, purchase in expected:
        assert_equal(rows[category]["Journeys Viewed"], viewed)
        assert_equal(rows[category]["Click Drop-off %"], click)
        assert_equal(rows[category]["Purchase Drop-off %"], purchase)


def test_value_index_is_share_of_purchases_over_share_of_views(
    gold: Gold, silver: SilverTwin, filters: Filters
) -> None:
    here = silver.condition(filters)
    known = "content_type in ('Social Media', 'Blog', 'Video')"
    views = dict(
        silver.rows(f"select content_type, count(*) from events where {here} and event_type = 'view' group by 1")
    )
    funnel = {
        row[0]: row[1:]
        for row in silver.rows(
            f"select content_type, count_if(is_purchased), sum(sales) from viewed where {here} and {known} group by 1"
        )
    }
    bought = sum(row[0] for row in funnel.values())
    rows = social_engagement.content_types(gold, filters)
    assert {row["content_type"] for row in rows} == {"Social Media", "Blog", "Video"}
    for row in rows:
        name = row["content_type"]
        purchases, revenue = funnel.get(name, (0, 0))
        assert row["Views"] == views.get(name, 0)
        assert (row["Journeys Purchased"], row["Attributed Revenue"]) == (purchases, revenue)
        expected = purchases * sum(views.values()) / (bought * views[name]) if bought and views.get(name) else None
        assert_equal(row["Value Index"], expected, name)


def test_the_heatmap_counts_events_per_active_day(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    expected = {
        (product, month): (events, days, events / days)
        for product, month, events, days in silver.rows(
            f"""
            select product_id, date_trunc('month', business_date)::date, count(*), count(distinct business_date)
            from events where {silver.condition(filters, dates=False)} group by 1, 2
            """
        )
    }
    found = {
        (row["product_id"], row["month_start_date"]): (row["events"], row["active_days"], row["events_per_active_day"])
        for row in social_engagement.product_months(gold, filters, most=10_000)
    }
    assert found == expected


def test_weeks_of_ratings_begin_on_monday_and_equal_silver(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    found = {
        row["week_start_date"]: (row["Reviews"], row["Average Rating"])
        for row in customer_reviews.rating_trend(gold, filters)
    }
    expected = silver.rows(
        f"""
        select (business_date - (isodow(business_date) - 1)::int)::date, count(*), avg(rating)
        from all_reviews where {silver.condition(filters)} group by 1
        """
    )
    assert found == {week: (count, pytest.approx(rating)) for week, count, rating in expected}


def test_bubbles_and_expensive_products_equal_silver(gold: Gold, silver: SilverTwin, filters: Filters) -> None:
    expected = {
        row[0]: row[1:]
        for row in silver.rows(
            f"""
            select
                product_id, count(*), avg(rating), 100 * avg(sentiment_score::double) filter (review_text is not null)
            from all_reviews where {silver.condition(filters)} group by 1
            """
        )
    }
    bubbles = customer_reviews.product_bubbles(gold, filters, most=10_000)
    assert {row["product_id"] for row in bubbles} == {name for name, row in expected.items() if row[2] is not None}
    for row in bubbles:
        measured_row = (row["Reviews"], row["Average Rating"], row["Sentiment Index"])
        assert measured_row == pytest.approx(expected[row["product_id"]], abs=1e-9)
    expensive = {row["product_id"] for row in gold.rows("select * from dim_product where is_expensive")}
    found = customer_reviews.expensive_and_badly_reviewed(gold, filters, most=10_000)
    judged = {name for name, row in expected.items() if row[0] >= 8 and name in expensive}
    assert {row["product_id"] for row in found} == judged
    for row in found:
        assert_equal(row["Average Rating"], expected[row["product_id"]][1])


def test_the_at_risk_score_equals_silver(gold: Gold, silver: SilverTwin) -> None:
    day = gold.as_of_date
    everything = context("all", gold, silver)
    at_risk = customer_reviews.products_at_risk(gold, everything)
    for row in at_risk:
        if row["reason"] == "hidden_dissatisfaction":
            ((now, before, negative),) = silver.rows(
                f"""
                select
                    avg(sentiment_score::double) filter (business_date > date '{day}' - 28),
                    avg(sentiment_score::double) filter (business_date <= date '{day}' - 28),
                    avg((sentiment_score <= -0.05)::int) filter (business_date > date '{day}' - 28)
                from judged_reviews
                where product_id = '{row["product_id"]}' and business_date > date '{day}' - 56
                """
            )
            assert_equal(row["risk_score"], 50 * min(max((before - now) / 0.6, 0), 1) + 50 * negative)
    of_category = customer_reviews.products_at_risk(gold, context("category", gold, silver))
    category = context("category", gold, silver).categories
    assert of_category == [row for row in at_risk if (row["category"],) == category]
