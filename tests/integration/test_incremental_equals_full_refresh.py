"""Incremental builds, one full refresh and the simulator's ledger agree, whatever arrives in whatever batch."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from simulator.faults import FaultRates
from simulator.ledger import Ledger
from simulator.orders import Shop
from tests.support.orders import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "incremental"
BATCHES = 4
# processed_batch says when a row was worked on, not what it means.
TABLES = {
    "silver.order_keys": (),
    "silver.order_messages": ("processed_batch",),
    "gold.dim_product": ("processed_batch",),
    "gold.fct_sales_by_state_minute": ("processed_batch",),
    "gold.fct_sales_by_product_day": ("processed_batch",),
}
MINE = f"where topic_generation = '{GENERATION}'"


def history(ledger: Ledger) -> list[Message]:
    """A small shop's thirty days with many faults, on two partitions, in the order of sending."""
    until = datetime(2026, 6, 30, 12, tzinfo=UTC)
    now_ms = int(until.timestamp() * 1000)
    rates = FaultRates(duplicate=0.15, late=0.15, broken_json=0.03, missing_price=0.03, missing_quantity=0.03)
    shop = Shop(7, 100, rates)
    orders = shop.in_utc(shop.orders(shop.times(2_000, until, 30), now_ms), now_ms)
    offsets = Counter[int]()
    messages = []
    for event in shop.events(orders, shop.sending_order(orders, 300, now_ms), ledger):
        partition = int(event.key[0], 16) % 2
        messages.append(Message(event.body, partition, offsets[partition], until))
        offsets[partition] += 1
    return messages


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> Iterator[tuple[Warehouse, Ledger, dict[str, list[tuple[object, ...]]]]]:
    """The warehouse after a run for each batch, the ledger, and all incremental tables as they were then."""
    ledger = Ledger()
    messages = history(ledger)
    size = -(-len(messages) // BATCHES)
    for number in range(BATCHES):
        batch = messages[number * size : (number + 1) * size]
        if number == 3:
            # A lost checkpoint: the second batch's positions are read again.
            warehouse.land(messages[size : 2 * size], GENERATION)
        warehouse.land(batch, GENERATION)
        if number == 0:
            warehouse.dbt("seed")
        warehouse.dbt("run")
    # Late and odd ones, in runs of their own: a key that comes back with another date, products nobody listed.
    at = datetime(2026, 6, 30, 13, tzinfo=UTC)
    warehouse.land(
        [
            Message(order(order_id="again", timestamp="2026-06-01T10:00:00"), 2, 0, at),
            Message(order(order_id="unlisted", product_id="new-1", category="gadgets"), 2, 1, at),
        ],
        GENERATION,
    )
    warehouse.dbt("run")
    warehouse.land(
        [
            Message(order(order_id="again", timestamp="2026-06-28T10:00:00"), 2, 2, at),
            Message(order(order_id="late", timestamp="2026-06-01T10:00:30"), 2, 3, at),
            Message(
                order(order_id="unlisted later", timestamp="2026-05-01T10:00:00", product_id="NEW-1", category="Other"),
                2,
                4,
                at,
            ),
        ],
        GENERATION,
    )
    warehouse.dbt("build", "--vars", json.dumps({"test_whole_tables": True}))
    return warehouse, ledger, {table: warehouse.rows(table, without) for table, without in TABLES.items()}


def test_each_verdict_is_the_ledgers(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, ledger, _ = built
    rows = warehouse.query(
        f"select verdict, count(*) as messages from silver.order_messages {MINE} and partition < 2 group by verdict"
    )
    verdicts = {row["verdict"]: row["messages"] for row in rows}
    expected = ledger.orders
    assert verdicts == {
        "accepted": expected.accepted,
        "duplicate": expected.duplicates,
        "rejected": expected.quarantined,
    }
    reasons = warehouse.query(
        f"select reason, count(*) as messages from silver.order_messages lateral view explode(reasons) as reason {MINE}"
        " group by reason"
    )
    assert {row["reason"]: row["messages"] for row in reasons} == dict(expected.reasons)


def test_revenue_and_items_by_state_are_the_ledgers_to_the_cent(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, ledger, _ = built
    rows = warehouse.query(
        "select state_code, sum(total_amount) as revenue, sum(quantity) as items"
        f" from silver.orders {MINE} and partition < 2 group by state_code"
    )
    assert {row["state_code"]: row["revenue"] for row in rows} == {
        state: Decimal(cents) / 100 for state, cents in ledger.revenue_cents.items()
    }
    assert {row["state_code"]: row["items"] for row in rows} == dict(ledger.items)


def test_a_key_that_comes_back_with_another_date_is_a_duplicate(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, _, _ = built
    rows = warehouse.query(
        f"select offset, verdict, duplicate_of.offset as first from silver.order_messages {MINE} and order_id = 'again'"
        " order by offset"
    )
    assert rows == [
        {"offset": 0, "verdict": "accepted", "first": None},
        {"offset": 2, "verdict": "duplicate", "first": 0},
    ]


def test_a_late_order_is_added_to_the_minute_it_belongs_to(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, _, _ = built
    minute = warehouse.query(
        "select total_sales, order_count from gold.fct_sales_by_state_minute"
        " where state_code = 'KY' and category = 'Electronics' and minute_at = timestamp'2026-06-01 10:00:00Z'"
    )
    silver = warehouse.query(
        "select sum(total_amount) as total_sales, count(*) as order_count from silver.orders"
        " where state_code = 'KY' and product_id like 'ELEC-%'"
        " and date_trunc('minute', ordered_at) = timestamp'2026-06-01 10:00:00Z'"
    )
    assert minute == silver
    assert minute[0]["order_count"] >= 2


def test_an_unlisted_product_has_the_category_of_its_first_landed_order(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, _, _ = built
    rows = warehouse.query("select category, is_inferred from gold.dim_product where product_id = 'NEW-1'")
    assert rows == [{"category": "Gadgets", "is_inferred": True}]


def test_positions_read_again_after_a_lost_checkpoint_stand_in_silver_once(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, _, _ = built
    landed = warehouse.query(
        "select count(*) as rows, count(distinct topic_generation, partition, offset) as positions"
        f" from bronze.orders {MINE}"
    )[0]
    judged = warehouse.query(f"select count(*) as rows from silver.order_messages {MINE}")[0]
    assert landed["rows"] > landed["positions"] == judged["rows"]


def test_incremental_tables_equal_a_full_refresh(built) -> None:  # type: ignore[no-untyped-def]
    warehouse, _, incremental = built
    warehouse.dbt("run", "--full-refresh")
    for table, without in TABLES.items():
        refreshed = warehouse.rows(table, without)
        assert refreshed == incremental[table], table
        assert refreshed, table
