"""Every query of the four perspectives runs, and its figures are silver's."""

from decimal import Decimal
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from sandbox.settings import PERSPECTIVES
from tests.support.shop import Shop

Shown = dict[str, dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def shown(shop: Shop) -> Shown:
    """The rows of each query, by perspective, in the shop with stories."""
    rows: Shown = shop.after("with stories")["perspectives"]
    return rows


@pytest.fixture(scope="module")
def silver(shop: Shop) -> duckdb.DuckDBPyConnection:
    """Silver's accepted orders and engagement events, without Spark."""
    database = duckdb.connect()
    for name, table in {"orders": "order_messages", "engagement_events": "engagement_messages"}.items():
        messages = DeltaTable(str(shop.tables / "silver.db" / table)).to_pyarrow_dataset()
        database.register(table, messages)
        database.execute(f"create table {name} as from {table} where verdict = 'accepted'")
    return database


@pytest.mark.parametrize("name", PERSPECTIVES)
def test_each_query_of_a_perspective_has_rows_and_no_column_that_is_always_blank(name: str, shown: Shown) -> None:
    assert shown[name]
    for query, rows in shown[name].items():
        assert rows, query
        blank = {column for column in rows[0] if all(row[column] is None for row in rows)}
        assert not blank, query


def test_the_cards_are_silvers_last_thirty_complete_days(shown: Shown, silver: duckdb.DuckDBPyConnection) -> None:
    def sums(first: str, last: str) -> tuple[Decimal, int]:
        query = (
            "select sum(total_amount), count(distinct order_id) from orders"
            " where business_date between ?::date and ?::date"
        )
        revenue, orders = silver.execute(query, [first, last]).fetchall()[0]
        return revenue, orders

    # The shop's last events are of 28 June.
    (cards,) = shown["executive_overview"]["cards"]
    revenue, orders = sums("2026-05-29", "2026-06-27")
    revenue_before, orders_before = sums("2026-04-29", "2026-05-28")
    assert (Decimal(cards["revenue"]), cards["orders"]) == (revenue, orders)
    assert float(cards["revenue_change"]) == pytest.approx(float(revenue / revenue_before) - 1)
    assert float(cards["orders_change"]) == pytest.approx(orders / orders_before - 1)


def test_the_funnel_is_silvers(shown: Shown, silver: duckdb.DuckDBPyConnection) -> None:
    (funnel,) = shown["conversion_analysis"]["funnel"]
    viewed, purchased = silver.execute(
        "select count(distinct (views.session_id, views.product_id)),"
        " count(distinct (orders.session_id, orders.product_id)) filter (where orders.order_id is not null)"
        " from engagement_events as views left join orders"
        " on views.session_id = orders.session_id and views.product_id = orders.product_id where event_type = 'view'"
    ).fetchall()[0]
    assert (funnel["viewed"], funnel["purchased"]) == (viewed, purchased)
    assert float(funnel["purchase_drop_off"]) == pytest.approx(1 - purchased / funnel["clicked"])


def test_value_indices_weighed_by_views_come_to_one(shown: Shown) -> None:
    rows = shown["social_engagement"]["content_types"]
    assert len(rows) == 3
    views = sum(row["views"] for row in rows)
    assert sum(float(row["value_index"]) * row["views"] / views for row in rows) == pytest.approx(1)
