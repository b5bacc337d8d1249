"""What should not be in quarantine is judged again after a rule was mended, and ends as in a full refresh."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from sandbox.perspectives import queries_in
from tests.support.events import order, review
from tests.support.tables import INCREMENTAL_TABLES, ONLY_INCREMENTAL
from tests.support.warehouse import Message, Warehouse

GENERATION = "replay"
MINE = f"topic_generation = '{GENERATION}'"
AT = datetime(2026, 6, 30, tzinfo=UTC)
STATE, COUNTRY = "Bluegrass State", "Bluegrass Country"
"""Names of Kentucky and its country that the master tables lack at first."""

FIRST = {
    "orders": {
        "right": order(order_id="replay right"),
        "unknown state": order(order_id="replay", state=STATE),
        "unknown state, again": order(order_id="replay", state=STATE, price=99),
        "unknown state and bad price": order(order_id="replay both", state=STATE, price="1"),
        "bad price": order(order_id="replay price", price="1"),
        "another unknown state": order(order_id="replay Atlantis", state="Atlantis"),
        "unknown country": order(
            order_id="replay came again", line_number=1, country=COUNTRY, product_id="REPLAY-1", category="A"
        ),
    },
    "reviews": {"unknown state": review(review_id="replay came again", state=STATE, rating=1)},
}
LATER = {
    "orders": {
        "accepted meanwhile": order(
            order_id="replay came again",
            line_number=1,
            timestamp="2026-05-01T10:00:00",
            product_id="REPLAY-2",
            category="B",
        ),
        "its duplicate": order(order_id="replay came again", line_number=1),
    },
    "reviews": {"accepted meanwhile": review(review_id="replay came again", timestamp="2026-05-01T10:00:00", rating=5)},
}
"""Lands with keys of which the first messages were rejected."""

Messages = dict[tuple[str, str], dict[str, Any]]
"""By hub and name."""


class Replayed(NamedTuple):
    """The messages at three moments, the sales of one day around the first replay, and all tables last."""

    before: Messages
    after_orders: Messages
    after_all: Messages
    sales_before: list[dict[str, Any]]
    sales_after_orders: list[dict[str, Any]]
    tables: dict[str, list[tuple[Any, ...]]]


def messages(warehouse: Warehouse) -> Messages:
    """All that is known of each message."""
    names = {hub: [*FIRST[hub], *LATER[hub]] for hub in FIRST}
    return {
        (hub, names[hub][row["offset"]]): row
        for hub, table in (("orders", "order_messages"), ("reviews", "review_messages"))
        for row in warehouse.query(f"select * from silver.{table} where {MINE}")
    }


def sales(warehouse: Warehouse) -> list[dict[str, Any]]:
    """What was sold on the day of the unknown state's order."""
    return warehouse.query(
        "select sum(total_sales) as total_sales, sum(order_count) as orders from gold.fct_sales_by_product_day"
        " where product_id = 'ELEC-0001' and state_code = 'KY' and business_date = date'2026-06-15'"
    )


def replay(warehouse: Warehouse, **arguments: str) -> None:
    warehouse.dbt("run-operation", "replay_quarantined", "--args", json.dumps(arguments))


@pytest.fixture(scope="module")
def replayed(warehouse: Warehouse) -> Replayed:
    """One replay by hub and reason, looked at in one gold table; then one of everything, which overtakes messages."""
    warehouse.seed()
    for batch in (FIRST, LATER):
        for hub, bodies in batch.items():
            first = len(FIRST[hub]) if batch is LATER else 0
            warehouse.land([Message(body, 0, first + n, AT) for n, body in enumerate(bodies.values())], GENERATION, hub)
    warehouse.dbt("run")
    before, sales_before = messages(warehouse), sales(warehouse)

    warehouse.query(f"insert into silver.us_state_aliases values ('{STATE.upper()}', 'KY')")
    warehouse.query(f"insert into silver.country_aliases values ('{COUNTRY.upper()}', 'US')")
    replay(warehouse, hub="orders", reason="unknown_state")
    warehouse.dbt("run", "--select", "fct_order_lines", "fct_sales_by_product_day")
    after_orders, sales_after_orders = messages(warehouse), sales(warehouse)

    replay(warehouse)
    warehouse.dbt("run", *ONLY_INCREMENTAL)
    tables = {table: warehouse.rows(table, without) for table, without in INCREMENTAL_TABLES.items()}
    return Replayed(before, after_orders, messages(warehouse), sales_before, sales_after_orders, tables)


def test_the_right_messages_get_their_new_verdict(replayed: Replayed) -> None:
    found = {
        name: (message["verdict"], message["reasons"])
        for (hub, name), message in replayed.after_orders.items()
        if hub == "orders"
    }
    assert found == {
        "right": ("accepted", []),
        "unknown state": ("accepted", []),
        "unknown state, again": ("duplicate", []),
        "unknown state and bad price": ("rejected", ["bad_price"]),
        "bad price": ("rejected", ["bad_price"]),
        "another unknown state": ("rejected", ["unknown_state"]),
        "unknown country": ("rejected", ["not_usa"]),
        "accepted meanwhile": ("accepted", []),
        "its duplicate": ("duplicate", []),
    }


def test_no_other_message_is_touched(replayed: Replayed) -> None:
    moved = {key for key, message in replayed.after_orders.items() if message != replayed.before[key]}
    assert moved == {
        ("orders", "unknown state"),
        ("orders", "unknown state, again"),
        ("orders", "unknown state and bad price"),
    }


def test_gold_picks_a_replayed_order_once(replayed: Replayed) -> None:
    (before,), (after,) = replayed.sales_before, replayed.sales_after_orders
    assert after["orders"] - before["orders"] == 1
    assert float(after["total_sales"] - before["total_sales"]) == 21.0


@pytest.mark.parametrize("hub", FIRST)
def test_who_was_accepted_meanwhile_gives_way_to_who_landed_first(hub: str, replayed: Replayed) -> None:
    first = replayed.after_all[hub, "unknown country" if hub == "orders" else "unknown state"]
    later = [message for (of, name), message in replayed.after_all.items() if of == hub and name in LATER[hub]]
    assert first["verdict"] == "accepted"
    assert later
    for message in later:
        assert message["verdict"] == "duplicate"
        assert message["repeat_of"]["offset"] == first["offset"]


def test_the_quarantine_is_listed_by_reason_with_counts_and_samples(warehouse: Warehouse, replayed: Replayed) -> None:
    listed = {query.name: warehouse.query(query.sql) for query in queries_in(warehouse.compile("quarantine"))}
    counted = warehouse.query("select hub, count(*) as n from silver.quarantined_events group by hub")
    for hub in counted:
        of_hub = [row for row in listed["reasons"] if row["hub"] == hub["hub"]]
        assert sum(row["messages_with_no_other"] for row in of_hub) <= hub["n"] <= sum(r["messages"] for r in of_hub)
    samples = {(row["hub"], row["reason"]): row["body"] for row in listed["samples"]}
    assert samples.keys() == {(row["hub"], row["reason"]) for row in listed["reasons"]}
    assert "replay Atlantis" in samples["orders", "unknown_state"]


def test_a_second_replay_changes_nothing(warehouse: Warehouse, replayed: Replayed) -> None:
    replay(warehouse)
    assert messages(warehouse) == replayed.after_all


def test_tables_equal_a_full_refresh_by_the_new_rules(warehouse: Warehouse, replayed: Replayed) -> None:
    warehouse.dbt("run", "--full-refresh", *ONLY_INCREMENTAL)
    for table, without in INCREMENTAL_TABLES.items():
        refreshed = warehouse.rows(table, without)
        assert refreshed == replayed.tables[table], table
