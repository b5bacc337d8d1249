"""Incremental builds, one full refresh and the simulator's ledger agree, whatever arrives in whatever batch."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from ingestion.contracts import HUBS
from ingestion.reconcile import MESSAGES
from simulator.backfill import Backfill
from simulator.faults import FaultRates
from simulator.ledger import Ledger
from tests.support.events import engagement, order, review
from tests.support.tables import INCREMENTAL_TABLES
from tests.support.warehouse import Message, Warehouse

GENERATION = "incremental"
BATCHES = 3
MINE = f"topic_generation = '{GENERATION}'"
SIMULATED = f"{MINE} and partition < 2"


class Built(NamedTuple):
    """The warehouse after all runs, the ledger, and all incremental tables as they were then."""

    warehouse: Warehouse
    ledger: Ledger
    tables: dict[str, list[tuple[Any, ...]]]


def history(ledger: Ledger) -> dict[str, list[Message]]:
    """A small shop's thirty days with many faults, on two partitions a hub, in the order of sending."""
    until = datetime(2026, 6, 30, 12, tzinfo=UTC)
    rates = FaultRates(
        duplicate=0.15,
        late=0.15,
        broken_json=0.03,
        missing_price=0.03,
        missing_quantity=0.03,
        new_field=0.2,
        retyped_field=0.03,
    )
    backfill = Backfill(seed=7, events=6_000, days=30, until=until, rates=rates, with_stories=False)
    offsets = Counter[tuple[str, int]]()
    messages: dict[str, list[Message]] = {hub: [] for hub in HUBS}
    for event in backfill.events(ledger):
        partition = sum(event.key.encode()) % 2
        messages[event.hub].append(Message(event.body, partition, offsets[event.hub, partition], until))
        offsets[event.hub, partition] += 1
    return messages


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> Built:
    """A run for each batch of all hubs. Orders and reviews run ahead of the views that they belong to, or behind."""
    ledger = Ledger()
    messages = history(ledger)
    warehouse.seed()
    for number in range(BATCHES):
        for hub, sent in messages.items():
            size = -(-len(sent) // BATCHES)
            if number == 2:
                # A lost checkpoint: the second batch's positions are read again.
                warehouse.land(sent[size : 2 * size], GENERATION, hub)
            # The last sixth of a batch of engagement waits for the next run; its orders and reviews do not.
            shift = size // 6 if hub == "engagement" else 0
            first = number * size - (shift if number else 0)
            last = (number + 1) * size - (shift if number < BATCHES - 1 else 0)
            warehouse.land(sent[first:last], GENERATION, hub)
        if number == 1:
            land_odd_events(warehouse)
        if number < BATCHES - 1:
            warehouse.dbt("run")
    land_later_events(warehouse)
    warehouse.dbt("build")
    warehouse.dbt("test", "--exclude-resource-type", "unit_test")
    return Built(
        warehouse, ledger, {table: warehouse.rows(table, without) for table, without in INCREMENTAL_TABLES.items()}
    )


def land_odd_events(warehouse: Warehouse) -> None:
    """Keys that will come again, and products that nobody listed."""
    at = datetime(2026, 6, 30, 13, tzinfo=UTC)
    orders = [
        order(order_id="again", timestamp="2026-06-01T10:00:00"),
        order(order_id="unlisted", product_id="new-1", category="gadgets"),
    ]
    events = [engagement(event_id="again"), engagement(event_id="unlisted", product_id="new-2")]
    for hub, bodies in {"orders": orders, "engagement": events, "reviews": [review(review_id="again")]}.items():
        warehouse.land([Message(body, 2, n, at) for n, body in enumerate(bodies)], GENERATION, hub)


def land_later_events(warehouse: Warehouse) -> None:
    """The keys again under other dates, late events, and what an order says of an unlisted product."""
    at = datetime(2026, 6, 30, 14, tzinfo=UTC)
    orders = [
        order(order_id="again", timestamp="2026-06-28T10:00:00"),
        order(order_id="late", timestamp="2026-06-01T10:00:30"),
        order(order_id="unlisted later", timestamp="2026-05-01T10:00:00", product_id="NEW-1", category="Other"),
        order(order_id="settles", product_id="NEW-2", category="Gadgets"),
    ]
    events = [
        engagement(event_id="again", timestamp="2026-05-15T10:10:00"),
        engagement(event_id="earlier", timestamp="2026-06-14T10:10:00"),
    ]
    reviews = [review(review_id="again", timestamp="2026-05-20T18:00:00", rating=1), review(review_id="late")]
    for hub, bodies in {"orders": orders, "engagement": events, "reviews": reviews}.items():
        warehouse.land([Message(body, 2, 10 + n, at) for n, body in enumerate(bodies)], GENERATION, hub)


@pytest.mark.parametrize("hub", HUBS)
def test_each_verdict_is_the_ledgers(hub: str, built: Built) -> None:
    table, truth = f"silver.{MESSAGES[hub]}", built.ledger.hubs[hub]
    rows = built.warehouse.query(f"select verdict, count(*) as n from {table} where {SIMULATED} group by verdict")
    assert Counter({row["verdict"]: row["n"] for row in rows}) == Counter(
        {
            "accepted": truth.accepted,
            "update": truth.updates,
            "duplicate": truth.duplicates,
            "rejected": truth.quarantined,
        }
    )
    reasons = built.warehouse.query(
        f"select reason, count(*) as n from {table} lateral view explode(reasons) as reason where {MINE}"
        " group by reason"
    )
    assert {row["reason"]: row["n"] for row in reasons} == dict(truth.reasons)
    (new,) = built.warehouse.query(
        f"select count(*) as n from {table} where {SIMULATED} and verdict = 'accepted' and size(new_fields) > 0"
    )
    assert new["n"] == truth.new_fields > 0


def test_revenue_and_items_by_state_are_the_ledgers_to_the_cent(built: Built) -> None:
    rows = built.warehouse.query(
        "select state_code, cast(sum(total_amount) * 100 as bigint) as cents, sum(quantity) as items"
        f" from silver.order_lines where {SIMULATED} group by state_code"
    )
    assert {row["state_code"]: row["cents"] for row in rows} == dict(built.ledger.revenue_cents)
    assert {row["state_code"]: row["items"] for row in rows} == dict(built.ledger.items)


def test_the_funnel_by_product_is_the_ledgers(built: Built) -> None:
    rows = built.warehouse.query(
        "select product_id, count_if(is_viewed) as viewed, count_if(is_viewed and (is_clicked or is_purchased)) as"
        " clicked, count_if(is_viewed and is_purchased) as purchased from silver.journeys"
        f" where session_id in (select session_id from silver.engagement_events where {SIMULATED})"
        " group by product_id"
    )
    found = {
        (row["product_id"], stage): row[stage]
        for row in rows
        for stage in ("viewed", "clicked", "purchased")
        if row[stage]
    }
    assert found == {key: count for key, count in built.ledger.funnel.items() if count}


def test_engagement_and_ratings_are_the_ledgers(built: Built) -> None:
    rows = built.warehouse.query(
        f"select content_type, event_type || 's' as kind, count(*) as n from silver.engagement_events where {SIMULATED}"
        " group by content_type, event_type"
    )
    assert {(row["content_type"], row["kind"]): row["n"] for row in rows} == dict(built.ledger.engagement)
    rows = built.warehouse.query(
        f"select product_id, count(*) as reviews, sum(rating) as stars from silver.reviews where {SIMULATED}"
        " group by product_id"
    )
    assert {(row["product_id"], name): row[name] for row in rows for name in ("reviews", "stars")} == dict(
        built.ledger.ratings
    )


@pytest.mark.parametrize(("hub", "key"), [("orders", "order_id"), ("engagement", "event_id"), ("reviews", "review_id")])
def test_a_key_that_comes_back_with_another_date_is_a_duplicate(hub: str, key: str, built: Built) -> None:
    rows = built.warehouse.query(
        f"select offset, verdict, repeat_of.offset as first from silver.{MESSAGES[hub]}"
        f" where {MINE} and {key} = 'again' order by offset"
    )
    assert rows == [
        {"offset": 0, "verdict": "accepted", "first": None},
        {"offset": 10, "verdict": "duplicate", "first": 0},
    ]


def test_a_late_order_is_added_to_the_minute_it_belongs_to(built: Built) -> None:
    minute = built.warehouse.query(
        "select total_sales, order_count from gold.fct_sales_by_state_minute"
        " where state_code = 'KY' and category = 'Electronics' and minute_at = timestamp'2026-06-01 10:00:00Z'"
    )
    silver = built.warehouse.query(
        "select sum(total_amount) as total_sales, count(*) as order_count from silver.order_lines"
        " where state_code = 'KY' and product_id like 'ELEC-%'"
        " and date_trunc('minute', ordered_at) = timestamp'2026-06-01 10:00:00Z'"
    )
    assert minute == silver
    assert minute[0]["order_count"] >= 2


def test_purchases_were_seen_before_and_after_their_views(built: Built) -> None:
    # A table numbers its batches by itself, and other tests have landed some: batches are counted from the first here.
    (row,) = built.warehouse.query(
        "with numbered as (select 'order' as kind, landed_batch, topic_generation, partition, session_id, product_id"
        " from silver.order_lines union all select event_type, landed_batch, topic_generation, partition, session_id,"
        " product_id from silver.engagement_events),"
        " counted as (select *, landed_batch - min(landed_batch) over (partition by kind = 'order') as batch"
        f" from numbered where {SIMULATED})"
        " select count_if(orders.batch < views.batch) as ahead, count_if(orders.batch > views.batch) as behind"
        " from counted as orders join counted as views using (session_id, product_id)"
        " where orders.kind = 'order' and views.kind = 'view'"
    )
    assert row["ahead"] > 0
    assert row["behind"] > 0


def test_an_unlisted_product_has_the_category_of_its_first_landed_order(built: Built) -> None:
    rows = built.warehouse.query(
        "select product_id, category, is_inferred from gold.dim_product where product_id in ('NEW-1', 'NEW-2')"
        " order by 1"
    )
    assert rows == [
        {"product_id": "NEW-1", "category": "Gadgets", "is_inferred": True},
        {"product_id": "NEW-2", "category": "Gadgets", "is_inferred": True},
    ]


@pytest.mark.parametrize("hub", HUBS)
def test_positions_read_again_after_a_lost_checkpoint_stand_in_silver_once(hub: str, built: Built) -> None:
    (landed,) = built.warehouse.query(
        "select count(*) as rows, count(distinct topic_generation, partition, offset) as positions"
        f" from bronze.{hub} where {MINE}"
    )
    (judged,) = built.warehouse.query(f"select count(*) as rows from silver.{MESSAGES[hub]} where {MINE}")
    assert landed["rows"] > landed["positions"] == judged["rows"]


def test_an_everyday_build_with_nothing_new_sends_few_statements(built: Built) -> None:
    sent = Counter(built.warehouse.statements("build"))
    assert sum(sent.values()) <= 120, sent.most_common()
    # An incremental table asks for its marks and is not tested; each call of `arrivals` is a question.
    nodes = json.loads((built.warehouse.target / "manifest.json").read_text())["nodes"].values()
    for node in nodes:
        if node["config"].get("materialized") == "incremental":
            assert sent[node["name"]] == node["raw_code"].count("= arrivals("), node["name"]
        if node["resource_type"] == "test" and f"{node.get('attached_node')}".startswith("model."):
            tested = next(each for each in nodes if each["unique_id"] == node["attached_node"])
            assert tested["config"]["materialized"] != "incremental" or not sent[node["name"]], node["name"]


def test_incremental_tables_equal_a_full_refresh(built: Built) -> None:
    built.warehouse.dbt("run", "--full-refresh")
    for table, without in INCREMENTAL_TABLES.items():
        refreshed = built.warehouse.rows(table, without)
        assert refreshed == built.tables[table], table
        assert refreshed, table


def test_every_incremental_model_is_among_the_tables_compared(built: Built) -> None:
    nodes = json.loads((built.warehouse.target / "manifest.json").read_text())["nodes"].values()
    incremental = {f"{n['schema']}.{n['name']}" for n in nodes if n["config"].get("materialized") == "incremental"}
    assert incremental == INCREMENTAL_TABLES.keys()


def test_every_column_is_described(built: Built) -> None:
    manifest = json.loads((built.warehouse.target / "manifest.json").read_text())
    tables = [*manifest["nodes"].values(), *manifest["sources"].values()]
    for node in tables:
        if node["resource_type"] in ("model", "seed", "snapshot", "source"):
            table = f"{node['schema']}.{node.get('alias') or node['identifier']}"
            described = [name for name, column in node["columns"].items() if column["description"]]
            assert sorted(described) == sorted(built.warehouse.spark.table(table).columns), table
