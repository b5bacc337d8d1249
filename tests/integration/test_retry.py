"""`dbt retry` ends what a failed run has begun: what failed and what was skipped, with what has landed meanwhile."""

from datetime import UTC, datetime

import pytest

from ingestion.errors import UserError
from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "retry"
AT = datetime(2026, 6, 30, tzinfo=UTC)


def land(warehouse: Warehouse, offset: int) -> None:
    warehouse.land([Message(order(order_id=f"retry {offset}"), 0, offset, AT)], GENERATION)


def test_what_failed_and_what_was_skipped_is_made_up_for(warehouse: Warehouse) -> None:
    warehouse.seed()
    land(warehouse, 0)
    warehouse.dbt("run", "--select", "+order_messages")
    land(warehouse, 1)

    warehouse.query("alter table silver.us_state_aliases rename to silver.aside")
    try:
        with pytest.raises(UserError, match="us_state_aliases"):
            warehouse.dbt("run", "--select", "order_messages", "order_lines")
    finally:
        warehouse.query("alter table silver.aside rename to silver.us_state_aliases")
    land(warehouse, 2)

    assert warehouse.dbt("retry").keys() == {"success"}
    rows = warehouse.query(
        f"select offset, verdict from silver.order_messages where topic_generation = '{GENERATION}' order by offset"
    )
    assert [(row["offset"], row["verdict"]) for row in rows] == [(0, "accepted"), (1, "accepted"), (2, "accepted")]
