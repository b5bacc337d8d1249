"""The dashboard in a real browser: what it shows is what SQL says, on every page, and nothing else happens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from dashboard import formats, measures
from dashboard.filters import Filters, last_complete_days
from dashboard.gold import Gold
from dashboard.measures import Measure
from tests.support.dashboard_server import Visitor
from tests.support.silver_twin import SilverTwin

CARDS = {
    "Executive Overview": ("Revenue", "Orders", "Conversion %", "Average Rating"),
    "Conversion Analysis": ("Journeys Viewed", "Journeys Clicked", "Journeys Purchased", "Conversion %"),
    "Social Engagement": ("Views", "Clicks", "Likes", "Engagement Rate"),
    "Customer Sentiment & Reviews": ("Average Rating", "Reviews", "Sentiment Index", "Negative %"),
}
VISUALS = {
    "Executive Overview": {"revenue_by_state": 1, "minute_revenue": 1},
    "Conversion Analysis": {"funnel": 1, "conversion_trend": 1, "drop_off_by_category": 1, "winning_products": 1},
    "Social Engagement": {"content_types": 4, "engagement_trend": 1, "product_months": 1},
    "Customer Sentiment & Reviews": {
        **{"products_at_risk": 0, "rating_trend": 1, "sentiment_buckets": 1, "product_bubbles": 1},
        "expensive_and_badly_reviewed": 1,
    },
    "Pipeline Health": {"landed_by_hour": 1, "delays": 1, "hubs": 0},
}
"""Each page's visuals, and how many charts each has; one without has a table that is open."""
MEASURES = {
    measure.name: measure
    for measure in [*vars(measures).values(), *measures.SENTIMENT_SHARES.values()]
    if isinstance(measure, Measure)
}


def shown(silver: SilverTwin, filters: Filters, page: str) -> dict[str, str]:
    """What a page's cards must say, from silver."""
    values = silver.measures(filters)
    return {name: MEASURES[name].show(values[name]) for name in CARDS[page]}


@pytest.fixture(scope="session")
def default(gold: Gold) -> Filters:
    """What the slicers choose before anybody does."""
    return Filters(*last_complete_days(30, gold.first_date, gold.as_of_date))


@pytest.mark.parametrize("page", VISUALS)
def test_every_page_is_drawn(desk: Visitor, page: str) -> None:
    desk.turn_to(page)
    for name, charts in VISUALS[page].items():
        visual = desk.page.locator(f".st-key-visual_{name}")
        expect(visual.locator("h2")).not_to_be_empty()
        expect(visual.locator("[data-testid=stPlotlyChart]")).to_have_count(charts)
        expect(visual.locator("table tbody tr")).not_to_have_count(0)
        expect(visual.locator("details")).to_have_count(1 if charts else 0)
    expect(desk.page.locator("[data-testid=stException]")).to_have_count(0)


@pytest.mark.parametrize("page", CARDS)
def test_every_card_is_what_silver_says(desk: Visitor, silver: SilverTwin, default: Filters, page: str) -> None:
    assert desk.turn_to(page).cards() == shown(silver, default, page)


def test_changes_are_what_silver_says(desk: Visitor, gold: Gold, silver: SilverTwin, default: Filters) -> None:
    if default.before().first_date < gold.first_date:
        pytest.skip("the shop has no period before the last 30 days")
    now, before = silver.measures(default), silver.measures(default.before())
    assert desk.turn_to("Executive Overview").changes() == {
        "Revenue": f"{100 * (now['Revenue'] / before['Revenue'] - 1):+.1f}%",
        "Orders": f"{100 * (now['Orders'] / before['Orders'] - 1):+.1f}%",
        "Conversion %": f"{100 * (now['Conversion %'] - before['Conversion %']):+.1f} pp",
        "Average Rating": f"{now['Average Rating'] - before['Average Rating']:+.2f}",
    }


def test_pipeline_health_counts_every_landed_message(desk: Visitor, silver: SilverTwin) -> None:
    verdicts = dict(silver.landed())
    assert desk.turn_to("Pipeline Health").cards() == {
        "Landed": f"{sum(verdicts.values()):,}",
        "Accepted": f"{verdicts['accepted']:,}",
        "Updates": f"{verdicts.get('update', 0):,}",
        "Duplicates": f"{verdicts['duplicate']:,}",
        "Quarantined": f"{verdicts['rejected']:,}",
    }


def test_a_link_carries_the_slicers(desk: Visitor, gold: Gold, silver: SilverTwin) -> None:
    everything = Filters(gold.first_date, gold.as_of_date, states=("CA",))
    desk.open("Social Engagement", period="All days", states="California")
    assert desk.cards() == shown(silver, everything, "Social Engagement")
    week = Filters(gold.as_of_date - timedelta(days=10), gold.as_of_date - timedelta(days=4), categories=("Toys",))
    days = [week.first_date.isoformat(), week.last_date.isoformat()]
    desk.open("Conversion Analysis", period="Chosen days", days=days, categories="Toys")
    assert desk.cards() == shown(silver, week, "Conversion Analysis")
    desk.open()


def test_slicers_move_every_page(desk: Visitor, gold: Gold, silver: SilverTwin, default: Filters) -> None:
    names = {row["state_code"]: row["state_name"] for row in gold.rows("select * from dim_state")}
    ((state,),) = silver.rows("select state_code from orders group by all order by count(*) desc, 1 limit 1")
    ((category,),) = silver.rows("select category from orders group by all order by count(*) desc, 1 limit 1")
    desk.turn_to("Executive Overview")
    context = desk.page.locator("header.page p")

    desk.choose("States", names[state])
    expect(context).to_contain_text(names[state])
    desk.wait()
    of_state = replace(default, states=(state,))
    assert desk.cards() == shown(silver, of_state, "Executive Overview")

    desk.choose("Categories", category)
    expect(context).to_contain_text(category)
    desk.wait()
    both = replace(of_state, categories=(category,))
    assert desk.cards() == shown(silver, both, "Executive Overview")

    desk.choose("Period", "Last 7 complete days")
    week = replace(both, first_date=max(gold.first_date, default.last_date - timedelta(days=6)))
    expect(context).to_contain_text(formats.period(week.first_date, week.last_date))
    for page in CARDS:
        assert desk.turn_to(page).cards() == shown(silver, week, page)
    desk.open()


@pytest.mark.parametrize("page", VISUALS)
def test_nothing_is_wider_than_a_phone(phone: Visitor, page: str) -> None:
    phone.open(page)
    for details in phone.page.locator("details summary").all():
        details.click()
    parts = "[...document.querySelectorAll('html, [data-testid=stMain], .card, .finding, .js-plotly-plot')]"
    assert phone.page.evaluate(f"{parts}.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className)") == []
    assert phone.page.evaluate(f"{parts}.filter(e => e.getBoundingClientRect().right > 400).length") == 0
