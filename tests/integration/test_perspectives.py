"""Every query of the four perspectives runs, and its figures are silver's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.perspectives import Perspectives
from sandbox.settings import PERSPECTIVES
from simulator.backfill import Backfill
from simulator.faults import NO_FAULTS
from simulator.ledger import Ledger
from tests.support.warehouse import Message, Warehouse

EMPTY_WITHOUT_STORIES = {
    "at_risk",
    "expensive_and_badly_reviewed",
    "checkout_drop_offs",
    "state_surges",
    "winning_products",
}
"""Queries that have no row in a small shop in which nothing stands out."""


@pytest.fixture(scope="module")
def perspectives(warehouse: Warehouse) -> Perspectives:
    """A small shop's ten weeks, built."""
    # Late on 31 August in New York: that day is gold's latest, and it has orders.
    until = datetime(2026, 9, 1, 3, tzinfo=UTC)
    messages: dict[str, list[Message]] = {}
    for event in Backfill(seed=21, events=12_000, days=70, until=until, rates=NO_FAULTS, with_stories=False).events(
        Ledger()
    ):
        hub = messages.setdefault(event.hub, [])
        hub.append(Message(event.body, 0, len(hub), until))
    for name, sent in messages.items():
        warehouse.land(sent, "perspectives", name)
    warehouse.dbt("seed")
    warehouse.dbt("run")
    return warehouse.perspectives()


@pytest.mark.parametrize("name", PERSPECTIVES)
def test_each_query_of_a_perspective_has_rows_and_no_column_that_is_always_blank(
    name: str, perspectives: Perspectives
) -> None:
    assert perspectives.queries[name]
    for query in perspectives.queries[name]:
        rows = perspectives.rows(name, query.name)
        assert rows or query.name in EMPTY_WITHOUT_STORIES, query.name
        blank = {column for column in (rows[0] if rows else ()) if all(row[column] is None for row in rows)}
        assert blank <= {"verdict"}, query.name


def test_the_cards_are_silvers_last_thirty_complete_days(perspectives: Perspectives, warehouse: Warehouse) -> None:
    (cards,) = perspectives.rows("executive_overview", "cards")
    (silver,) = warehouse.query(
        "select sum(total_amount) as revenue, count(*) as orders from silver.orders"
        " where business_date between date'2026-08-01' and date'2026-08-30'"
    )
    (before,) = warehouse.query(
        "select sum(total_amount) as revenue, count(*) as orders from silver.orders"
        " where business_date between date'2026-07-02' and date'2026-07-31'"
    )
    assert (cards["revenue"], cards["orders"]) == (silver["revenue"], silver["orders"])
    assert cards["revenue_change"] == pytest.approx(float(silver["revenue"] / before["revenue"]) - 1)
    assert cards["orders_change"] == pytest.approx(silver["orders"] / before["orders"] - 1)


def test_the_funnel_is_silvers(perspectives: Perspectives, warehouse: Warehouse) -> None:
    (funnel,) = perspectives.rows("conversion_analysis", "funnel")
    (silver,) = warehouse.query(
        "select count(distinct views.session_id, views.product_id) as viewed,"
        " count(distinct orders.session_id, orders.product_id) as purchased"
        " from silver.engagement_events as views left join silver.orders as orders using (session_id, product_id)"
        " where event_type = 'view'"
    )
    assert (funnel["viewed"], funnel["purchased"]) == (silver["viewed"], silver["purchased"])
    assert funnel["purchase_drop_off"] == pytest.approx(1 - silver["purchased"] / funnel["clicked"])


def test_value_indices_weighed_by_views_come_to_one(perspectives: Perspectives) -> None:
    rows: list[dict[str, Any]] = perspectives.rows("social_engagement", "content_types")
    assert len(rows) == 3
    views = sum(row["views"] for row in rows)
    assert sum(row["value_index"] * row["views"] / views for row in rows) == pytest.approx(1)
