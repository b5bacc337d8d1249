"""Maintenance makes few files of many, changes no row, and disturbs neither who lands nor who picks."""

import json
from datetime import UTC, datetime
from threading import Thread
from typing import Any, NamedTuple

import pytest

from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "maintenance"
MINE = f"topic_generation = '{GENERATION}'"
AT = datetime(2026, 6, 30, tzinfo=UTC)
BATCHES = 4
TABLES = (
    *("bronze.orders", "silver.order_keys", "silver.order_messages", "silver.us_states"),
    *("gold.fct_sales_by_state_minute", "gold.dim_state"),
)
"""One of each kind: landed, incremental, a seed, a plain table. All thirty would take minutes."""


class Maintained(NamedTuple):
    """The rows of the tables before and after, which were still scattered, and what broke the landing."""

    before: dict[str, list[tuple[Any, ...]]]
    after: dict[str, list[tuple[Any, ...]]]
    scattered: list[str]
    failures: list[Exception]


def land(warehouse: Warehouse, offset: int) -> None:
    body = order(order_id=f"maintenance {offset}")
    warehouse.land([Message(body, 0, offset, AT)], GENERATION)


def maintain(warehouse: Warehouse) -> None:
    warehouse.dbt("run-operation", "maintain", "--args", json.dumps({"tables": TABLES}))


def files_too_many(warehouse: Warehouse, table: str) -> int:
    """Files beyond one in each partition; these tables are small."""
    (detail,) = warehouse.query(f"describe detail {table}")
    columns = ", ".join(detail["partitionColumns"])
    partitions = warehouse.query(f"select distinct {columns} from {table}") if columns else [{}]
    return max(0, int(detail["numFiles"]) - len(partitions))


@pytest.fixture(scope="module")
def maintained(warehouse: Warehouse) -> Maintained:
    """The tables, maintained while batches land; then these batches are picked."""
    warehouse.seed()
    for offset in range(BATCHES):
        land(warehouse, offset)
    warehouse.dbt("run", "--select", "+fct_sales_by_state_minute", "order_keys", "dim_state")
    assert files_too_many(warehouse, "bronze.orders") > 0
    # Bronze grows meanwhile.
    tables = TABLES[1:]
    before = {table: warehouse.rows(table) for table in tables}
    failures: list[Exception] = []

    def land_on() -> None:
        try:
            for offset in range(BATCHES, 2 * BATCHES):
                land(warehouse, offset)
        except Exception as error:
            failures.append(error)

    landing = Thread(target=land_on)
    landing.start()
    maintain(warehouse)
    landing.join()
    after = {table: warehouse.rows(table) for table in tables}
    scattered = [table for table in tables if files_too_many(warehouse, table)]
    warehouse.dbt("run", "--select", "order_messages")
    return Maintained(before, after, scattered, failures)


def test_no_row_changes(maintained: Maintained) -> None:
    for table, rows in maintained.before.items():
        assert maintained.after[table] == rows, table


def test_small_files_become_one(warehouse: Warehouse, maintained: Maintained) -> None:
    # Batches that landed after bronze's turn have files of their own.
    assert files_too_many(warehouse, "bronze.orders") <= BATCHES
    assert maintained.scattered == []


def test_what_lands_meanwhile_lands_and_is_picked_once(warehouse: Warehouse, maintained: Maintained) -> None:
    assert maintained.failures == []
    rows = warehouse.query(f"select offset, verdict from silver.order_messages where {MINE} order by offset")
    assert [(row["offset"], row["verdict"]) for row in rows] == [(n, "accepted") for n in range(2 * BATCHES)]
