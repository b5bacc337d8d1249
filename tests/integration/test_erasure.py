"""A customer who is to be forgotten leaves every table and, after VACUUM, every file; everything else goes on."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from ingestion import bronze
from ingestion import reconcile as account
from ingestion.settings import Settings
from tests.support.events import engagement, order, review
from tests.support.tables import INCREMENTAL_TABLES, ONLY_INCREMENTAL
from tests.support.warehouse import Message, Warehouse

GENERATION = "erasure"
MINE = f"topic_generation = '{GENERATION}'"
AT = datetime(2026, 6, 30, tzinfo=UTC)
WHO = "vanish-1"
TRACE = re.compile(r"(?i)vanish(?!-10)")
"""All that is theirs says so. Another's id begins like theirs."""

EVENTS = {
    "orders": [
        order(order_id="erasure A", customer_id=WHO, session_id="vanish-session", product_id="vanish-product"),
        order(order_id="erasure A", customer_id=WHO, city="Vanish"),
        order(order_id="erasure B", customer_id=WHO, price=-1),
        f'{{"order_id": "erasure C", "customer_id": "{WHO}", "price": '.encode(),
        order(order_id="erasure A", customer_id="stays", product_id="erasure-product", category="Stays"),
        order(order_id="erasure D", customer_id="stays", timestamp="2026-04-01T10:00:00"),
        order(order_id="erasure E", customer_id=WHO, timestamp="2026-04-01T10:00:00"),
        b'{"order_id": "erasure F", "customer_id": "vanish-10", "price": ',
    ],
    "engagement": [
        engagement(event_id="erasure A", session_id="vanish-session", visitor_id="vanish-visitor"),
        engagement(event_id="erasure B", session_id="vanish-visit", visitor_id="vanish-visitor"),
        engagement(event_id="erasure C", session_id="vanish-visit-2", visitor_id=WHO),
        engagement(event_id="erasure D", session_id="erasure stays", timestamp="2026-04-01T10:00:00"),
    ],
    "reviews": [
        review(review_id="erasure A", customer_id=WHO, review_text="vanish: a great thing!"),
        review(review_id="erasure B", order_id="erasure A", review_text="vanish: broken again"),
        review(review_id="erasure C", customer_id="stays", order_id="erasure A", timestamp="2026-04-01T10:00:00"),
    ],
}
LEFT = {"orders": {4, 5, 7}, "engagement": {3}, "reviews": {2}}
"""The offsets of those of them that are not theirs."""
WAITING = order(order_id="erasure G", customer_id=WHO)
"""Lands after the last build."""


class Erased(NamedTuple):
    """What was left right after the erasure, and all tables after the next build."""

    traces_at_once: dict[str, bool]
    traces_in_files_before_vacuum: list[Path]
    tables: dict[str, list[tuple[Any, ...]]]


def tables_with_traces(warehouse: Warehouse) -> dict[str, bool]:
    """Of each table, and each view but the staging views: whether any row has a trace."""
    names = [
        f"{schema}.{row['tableName']}"
        for schema in ("bronze", "silver", "gold")
        for row in warehouse.query(f"show tables in {schema}")
        # Views of a session's own are listed in every schema.
        if not row["isTemporary"] and not row["tableName"].startswith("stg_")
    ]
    return {
        name: any(TRACE.search(repr(tuple(row))) for row in warehouse.spark.table(name).collect()) for name in names
    }


def files_with_traces() -> list[Path]:
    """All data files of all tables that have one, be they of the newest version or not."""
    settings = Settings()
    folders = (Path(settings.bronze), Path(settings.silver).parent)
    files = [file for folder in folders for file in folder.rglob("*.parquet") if "_delta_log" not in file.parts]
    assert files
    return [file for file in files if TRACE.search(repr(pq.ParquetFile(file).read().to_pylist()))]


@pytest.fixture(scope="module")
def erased(warehouse: Warehouse) -> Erased:
    """Built, erased, and built again with what has landed meanwhile."""
    warehouse.seed()
    for hub, bodies in EVENTS.items():
        warehouse.land([Message(body, 0, n, AT) for n, body in enumerate(bodies)], GENERATION, hub)
    warehouse.dbt("run")
    warehouse.land([Message(WAITING, 0, len(EVENTS["orders"]), AT)], GENERATION)
    warehouse.dbt("run-operation", "erase_customers", "--args", json.dumps({"customer_ids": [WHO]}))
    at_once, in_files = tables_with_traces(warehouse), files_with_traces()
    warehouse.land([Message(order(order_id="erasure after"), 1, 0, AT)], GENERATION)
    warehouse.dbt("run", *ONLY_INCREMENTAL)
    tables = {table: warehouse.rows(table, without) for table, without in INCREMENTAL_TABLES.items()}
    return Erased(at_once, in_files, tables)


def test_every_table_is_rid_of_them_at_once(erased: Erased) -> None:
    assert erased.traces_at_once.keys() >= {"bronze.orders", "silver.quarantined_events", *INCREMENTAL_TABLES}
    assert [name for name, has_traces in erased.traces_at_once.items() if has_traces] == []


@pytest.mark.parametrize("hub", EVENTS)
def test_only_their_messages_leave(hub: str, warehouse: Warehouse, erased: Erased) -> None:
    rows = warehouse.query(f"select offset from bronze.{hub} where {MINE} and partition = 0")
    assert {row["offset"] for row in rows} == LEFT[hub]
    gone = warehouse.query(f"select offset from bronze.erased_positions where hub = '{hub}' and {MINE}")
    assert {row["offset"] for row in gone} == set(range(len(EVENTS[hub]) + (hub == "orders"))) - LEFT[hub]


def test_who_came_second_under_an_erased_key_counts_now(warehouse: Warehouse, erased: Erased) -> None:
    rows = warehouse.query(f"select verdict, repeat_of from silver.order_messages where {MINE} and offset = 4")
    assert rows == [{"verdict": "accepted", "repeat_of": None}]


def test_sums_have_lost_what_was_theirs_and_nothing_else(warehouse: Warehouse, erased: Erased) -> None:
    sales = warehouse.query(
        "select sum(total_sales) as total_sales, sum(order_count) as orders from gold.fct_sales_by_state_minute"
        " where minute_at = timestamp'2026-04-01 10:00:00Z'"
    )
    assert [(str(row["total_sales"]), row["orders"]) for row in sales] == [("21.00", 1)]


def test_what_was_erased_neither_lands_again_nor_is_missed(
    warehouse: Warehouse, erased: Erased, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings()
    orders = f"{settings.bronze}/orders"
    marks = bronze.high_water(warehouse.spark, orders, GENERATION, bronze.extent(warehouse.spark, orders))
    assert marks == {0: len(EVENTS["orders"]), 1: 0}
    monkeypatch.setattr(account, "topic_generation", lambda *_: GENERATION)
    monkeypatch.setattr(account, "broker_offsets", lambda *_: {0: (0, len(EVENTS["orders"]) + 1), 1: (0, 1)})
    partitions = [
        one for one in account.reconcile(warehouse.spark, settings, ["orders"]) if one.topic_generation == GENERATION
    ]
    assert [(one.problems, one.landed, one.erased) for one in partitions] == [([], 3, 6), ([], 1, 0)]


def test_tables_equal_a_full_refresh_without_them(warehouse: Warehouse, erased: Erased) -> None:
    warehouse.dbt("run", "--full-refresh", *ONLY_INCREMENTAL)
    for table, without in INCREMENTAL_TABLES.items():
        assert warehouse.rows(table, without) == erased.tables[table], table


def test_no_file_has_a_trace_after_vacuum(warehouse: Warehouse, erased: Erased) -> None:
    tables = {table_of(file) for file in erased.traces_in_files_before_vacuum}
    assert tables
    warehouse.dbt("run-operation", "maintain", "--args", json.dumps({"retain_hours": 0, "tables": sorted(tables)}))
    assert files_with_traces() == []


def table_of(file: Path) -> str:
    """Whose data file it is: <bronze>/orders/..., <warehouse>/silver.db/order_messages/..."""
    (schema,) = {"bronze", "silver.db", "gold.db"} & set(file.parts)
    return f"{schema.removesuffix('.db')}.{file.parts[file.parts.index(schema) + 1]}"
