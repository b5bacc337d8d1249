"""Every measure, evaluated over gold by an offline DAX engine, is what SQL over silver says."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from tests.powerbi.offline import OfflineModel, at_midnight
from tests.powerbi.project import Project
from tests.powerbi.twins import TWINS, Context, Silver

CONTEXTS = ("all", "state", "category", "content type", "product", "month", "last 30 days", "state and category")


@pytest.fixture(scope="module")
def contexts(silver: Silver) -> dict[str, Context]:
    state = silver.value(
        "select state_name from us_states join orders using (state_code) group by all order by count(*) desc, 1"
    )
    category = silver.value("select category from orders group by all order by count(*) desc, 1")
    # The product with most texts in both windows of the At-risk Score, so that it is not blank.
    product = silver.value(
        f"""select product_name from opinions join products using (product_id) where review_text is not null
        group by all order by least(
            count(*) filter (where business_date > '{silver.as_of - timedelta(days=28)}'),
            count(*) filter (where business_date between '{silver.as_of - timedelta(days=55)}'
                and '{silver.as_of - timedelta(days=28)}')) desc, 1"""
    )
    month_ends = silver.as_of.replace(day=1) - timedelta(days=1)
    yesterday = silver.as_of - timedelta(days=1)
    made = (
        Context("all"),
        Context("state", state=state),
        Context("category", category=category),
        Context("content type", content_type="Blog"),
        Context("product", product=product),
        Context("month", first_day=month_ends.replace(day=1), last_day=month_ends),
        Context("last 30 days", first_day=yesterday - timedelta(days=29), last_day=yesterday),
        Context("state and category", state=state, category=category),
    )
    return {context.name: context for context in made}


@pytest.fixture(scope="module")
def values(filled: OfflineModel, contexts: dict[str, Context]) -> dict[str, dict[str, Any]]:
    return {name: filled.evaluate(list(TWINS), context.filters()) for name, context in contexts.items()}


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_measure_equals_its_sql_twin(
    name: str, contexts: dict[str, Context], values: dict[str, dict[str, Any]], silver: Silver
) -> None:
    wrong = {}
    for measure, twin in TWINS.items():
        expected, measured = twin(silver, contexts[name]), values[name][measure]
        if not same(measured, expected):
            wrong[measure] = (measured, expected)
    assert not wrong


MISTAKES = {
    "Revenue": ("all", "SUM('Sales by Day'[Total Sales]) - [Cancelled Revenue]"),
    "Net Revenue": ("all", "[Revenue] - [Returned Revenue]"),
    "Average Order Value": ("state", "DIVIDE([Net Revenue], [Orders])"),
    "Units": ("state", "[Order Lines]"),
    "New Customer Revenue %": ("last 30 days", "[Repeat Customer %]"),
    "Repeat Customer %": ("category", "DIVIDE([Order Lines] - [Orders], [Order Lines])"),
    "Orders": ("state", "COUNTROWS('Sales by Day')"),
    "Minute Revenue": ("state", "SUM('Sales by Minute'[Total Sales])"),
    "Journeys Clicked": ("category", "SUM('Funnel'[Journey Count])"),
    "Conversion %": ("state", "DIVIDE([Journeys Purchased], [Journeys Viewed])"),
    "Click Drop-off %": ("state", "DIVIDE([Journeys Clicked], [Journeys Viewed])"),
    "Purchase Drop-off %": ("state", "DIVIDE([Journeys Viewed] - [Journeys Purchased], [Journeys Viewed])"),
    "Winner Score": ("product", "[Conversion %]"),
    "Attributed Revenue": ("state", "[Revenue]"),
    "Views": ("content type", "CALCULATE(SUM('Engagement'[View Count]), REMOVEFILTERS('Content Type'))"),
    "Engagement Rate": ("state", "DIVIDE([Clicks], [Views])"),
    "Value Index": ("content type", "DIVIDE([Journeys Purchased], [Views])"),
    "Average Rating": ("state", "AVERAGEX(VALUES('Customer Reviews'[Rating]), 'Customer Reviews'[Rating])"),
    "Sentiment Index": ("all", "100 * DIVIDE(SUM('Customer Reviews'[Sentiment Score]), [Reviews with Text])"),
    "Negative %": ("state", "DIVIDE(CALCULATE([Reviews], 'Customer Reviews'[Sentiment] = \"Negative\"), [Reviews])"),
    "At-risk Score": ("product", "50 * [Negative %]"),
    "Revenue change %": ("all", "DIVIDE([Revenue], [Cancelled Revenue])"),
    "Orders change %": ("last 30 days", "DIVIDE([Orders] - CALCULATE([Orders], REMOVEFILTERS('Date')), [Orders])"),
    "Conversion change": ("last 30 days", "[Conversion %] - CALCULATE([Conversion %], REMOVEFILTERS('Date'))"),
    "Rating change": ("month", "[Average Rating] - CALCULATE([Average Rating], REMOVEFILTERS('Date'))"),
}
"""Measure -> a context, and a definition that is wrong there."""


@pytest.mark.parametrize("measure", MISTAKES)
def test_a_wrong_definition_is_told_from_its_twin(
    measure: str, filled: OfflineModel, contexts: dict[str, Context], silver: Silver
) -> None:
    name, dax = MISTAKES[measure]
    wrong = filled.evaluate([measure], contexts[name].filters(), {measure: dax})[measure]
    assert not same(wrong, TWINS[measure](silver, contexts[name]))


def test_no_measure_is_blank_everywhere(values: dict[str, dict[str, Any]]) -> None:
    assert not [measure for measure in TWINS if all(of[measure] is None for of in values.values())]


def test_an_empty_denominator_gives_blank(filled: OfflineModel) -> None:
    before_all = filled.evaluate(list(TWINS), {"Date.Date": [datetime(1999, 1, 1)]})
    # These two are of the latest days, whatever is chosen.
    assert {measure for measure, value in before_all.items() if value is not None} <= {
        "Minute Revenue",
        "At-risk Score",
    }


def test_an_empty_numerator_gives_zero(filled: OfflineModel, silver: Silver) -> None:
    product, state = silver.connection.execute(
        """select product_name, state_name from visits join products using (product_id)
        join us_states using (state_code) where is_viewed
        group by all having bool_or(is_clicked) and not bool_or(is_purchased) order by 1, 2 limit 1"""
    ).fetchall()[0]
    unsold = {"Product.Product": [product], "State.State": [state]}
    expected = {"Conversion %": 0, "Purchase Drop-off %": 1}
    assert filled.evaluate(list(expected), unsold) == expected
    product, state = silver.connection.execute(
        """select product_name, state_name from opinions join products using (product_id)
        join us_states using (state_code) where review_text is not null
        group by all having max(sentiment_score) <= -0.05 order by 1, 2 limit 1"""
    ).fetchall()[0]
    disliked = {"Product.Product": [product], "State.State": [state]}
    expected = {"Positive %": 0, "Neutral %": 0, "Negative %": 1}
    assert filled.evaluate(list(expected), disliked) == expected


def test_every_measure_has_a_twin_or_is_held_against_something_else_below(project: Project) -> None:
    held_below = {"Journeys at Stage", "Products Flagged", "Risk Score", "Period Before Begins"}
    titles = {
        name for name, measure in project.model.measures.items() if measure.properties["displayFolder"] == "Titles"
    }
    assert set(project.model.measures) == set(TWINS) | held_below | titles


def test_the_funnel_stages_are_the_journeys(filled: OfflineModel, contexts: dict[str, Context]) -> None:
    state = contexts["state"].filters()
    steps = filled.evaluate(["Journeys Viewed", "Journeys Clicked", "Journeys Purchased"], state)
    stages = [
        filled.evaluate(["Journeys at Stage"], state | {"Funnel Stage.Stage": [stage]})["Journeys at Stage"]
        for stage in ("View", "Click", "Purchase")
    ]
    assert stages == list(steps.values())


def test_minute_revenue_is_the_revenue_of_that_minute_of_the_latest_day(filled: OfflineModel, silver: Silver) -> None:
    minute, expected = silver.connection.execute(
        f"""select extract(hour from clock) * 60 + extract(minute from clock) as minute_of_day, sum(total_amount)
        from (select *, ordered_at at time zone 'America/New_York' as clock from orders)
        where business_date = '{silver.as_of}' group by all order by 2 desc limit 1"""
    ).fetchall()[0]
    chosen = {"Time of Day.Minute of Day": [int(minute)]}
    assert same(filled.evaluate(["Minute Revenue"], chosen)["Minute Revenue"], expected)


def test_the_products_at_risk_are_those_of_gold(filled: OfflineModel, shop_tables: Path, silver: Silver) -> None:
    rows = DeltaTable(shop_tables / "gold.db" / "products_at_risk").to_pyarrow_table().to_pylist()
    assert (filled.evaluate(["Products Flagged"], {})["Products Flagged"] or 0) == len(
        {row["product_id"] for row in rows}
    )
    for row in rows:
        chosen = {"Product.Product ID": [row["product_id"]]}
        score = max(other["risk_score"] for other in rows if other["product_id"] == row["product_id"])
        assert same(filled.evaluate(["Risk Score"], chosen)["Risk Score"], score)
        if row["reason"] == "hidden_dissatisfaction":
            assert same(filled.evaluate(["At-risk Score"], chosen)["At-risk Score"], row["risk_score"])


def test_the_period_before_is_as_long_and_ends_just_before(
    filled: OfflineModel, contexts: dict[str, Context], silver: Silver
) -> None:
    for name in ("all", "month", "last 30 days"):
        before = silver.before(contexts[name])
        begins = filled.evaluate(["Period Before Begins"], contexts[name].filters())["Period Before Begins"]
        assert begins == (None if before is None or before.first_day is None else at_midnight(before.first_day))


def test_titles_state_what_sql_finds(filled: OfflineModel, contexts: dict[str, Context], silver: Silver) -> None:
    context = contexts["last 30 days"]
    titles = filled.evaluate(["State Title", "Drop-off Title", "Risk Title", "Overview Title"], context.filters())
    best = silver.value(
        "select state_name from us_states join " + silver.of("orders", context) + " using (state_code)"
        " group by all order by sum(total_amount) desc limit 1"
    )
    worst = silver.value(
        "select category from " + silver.of("visits", context) + " where is_viewed group by all"
        " order by 1 - sum(is_purchased::int) / sum((is_clicked or is_purchased)::int) desc limit 1"
    )
    assert titles["State Title"].startswith(f"{best} brings most revenue")
    assert titles["Drop-off Title"].startswith(f"{worst} loses most after the click")
    change = TWINS["Revenue change %"](silver, context)
    if change is not None:
        assert f"{'down' if change < 0 else 'up'} {abs(change):.1%}" in titles["Overview Title"]


def test_every_title_is_a_sentence_even_of_nothing(filled: OfflineModel, contexts: dict[str, Context]) -> None:
    names = [name for name, measure in filled.model.measures.items() if measure.properties["displayFolder"] == "Titles"]
    nothing = {"Date.Date": [datetime(1999, 1, 1)]}
    for filters in (contexts["state and category"].filters(), nothing):
        titles = filled.evaluate(names, filters)
        assert not [name for name, title in titles.items() if not title or "NaN" in title or title != title.strip()]


def test_a_state_reader_sees_the_states_that_are_named_and_no_product_at_risk(filled: OfflineModel) -> None:
    (role,) = filled.model.roles
    rules = {rule.name: rule.value for rule in role.all("tablePermission")}
    assert rules["Products at Risk"] == rules["State Access"] == "FALSE()"
    # The engine's USERPRINCIPALNAME() is the empty text, so that is the user's name here.
    seen = {"Seen": f"CONCATENATEX(FILTER('State', {rules['State']}), 'State'[State Code], \",\", 'State'[State Code])"}
    for rows, states in (([["", "TX"], ["", "CA"], ["other", "NY"]], "CA,TX"), ([["other", "NY"]], None)):
        access = {"columns": ["User", "State Code"], "rows": rows}
        small = OfflineModel(filled.model, {"State": filled.tables["State"], "State Access": access})
        assert small.evaluate(["Seen"], {}, seen)["Seen"] == states


def same(measured: Any, expected: Any) -> bool:
    """Blank is SQL's null; a count or a sum of nothing is blank in DAX and may be 0 in SQL."""
    if measured is None or expected is None:
        return measured is None and (expected is None or expected == 0)
    return bool(float(measured) == pytest.approx(float(expected), rel=1e-9, abs=1e-12))
