"""What a run reads and when it says things happened, where producers leave something out or their clocks are wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingestion.errors import UserError
from tests.support.events import engagement, order
from tests.support.warehouse import Message, Warehouse


def test_a_shop_without_sessions_does_not_read_its_old_orders_again_for_journeys(warehouse: Warehouse) -> None:
    warehouse.seed()
    at = datetime(2026, 6, 30, tzinfo=UTC)
    warehouse.land([Message(order(order_id="no session 1"), 0, 0, at)], "no sessions")
    warehouse.dbt("run", "--select", "+journeys")
    warehouse.land([Message(order(order_id="no session 2"), 0, 1, at)], "no sessions")
    warehouse.dbt("run", "--select", "order_messages")
    # What was judged first can't be read any more: only by its statistics is it known to hold no session.
    orders = warehouse.spark.table("silver.order_messages").where("topic_generation = 'no sessions' and offset = 0")
    (file,) = {urlsplit(row[0]).path for row in orders.selectExpr("input_file_name()").collect()}
    hidden = Path(file).rename(f"{file}.hidden")
    try:
        warehouse.dbt("run", "--select", "journeys")
    finally:
        hidden.rename(file)


def test_one_clock_that_is_ahead_does_not_move_what_is_called_today(warehouse: Warehouse) -> None:
    warehouse.seed()
    now = datetime.now(UTC)
    ahead = now + timedelta(hours=20)
    warehouse.land(
        [
            Message(engagement(event_id="on time", timestamp=now.isoformat()), 0, 0, now),
            Message(engagement(event_id="ahead", timestamp=ahead.isoformat()), 0, 1, now),
        ],
        "clocks",
        "engagement",
    )
    warehouse.dbt("run", "--select", "+as_of")
    (row,) = warehouse.query(
        "select as_of_date = cast(convert_timezone('America/New_York', max_ingested) as date) as is_today,"
        " latest_event_at <= max_ingested as is_past from gold.as_of cross join"
        " (select max(ingested_at) as max_ingested from silver.engagement_messages)"
    )
    assert row == {"is_today": True, "is_past": True}
    accepted = "select count(*) as n from silver.engagement_events where topic_generation = 'clocks'"
    assert warehouse.query(accepted) == [{"n": 2}]


def test_the_delay_to_silver_ends_when_a_message_was_judged_not_when_health_was_counted(warehouse: Warehouse) -> None:
    warehouse.seed()
    warehouse.land([Message(order(order_id="judged"), 0, 0, datetime(2026, 6, 30, tzinfo=UTC))], "delays")
    warehouse.dbt("run", "--select", "+order_messages", "engagement_messages", "review_messages")
    (judged,) = warehouse.query("select max(processed_at) as at from silver.order_messages")
    warehouse.dbt("run", "--select", "+pipeline_health")
    (later,) = warehouse.query("select max(processed_at) as at, current_timestamp() as now from silver.order_messages")
    assert judged["at"] == later["at"] < later["now"]


def test_a_key_that_two_runs_accepted_fails_the_build_that_accepted_it_again(warehouse: Warehouse) -> None:
    warehouse.seed()
    at = datetime(2026, 6, 30, tzinfo=UTC)
    warehouse.land([Message(order(order_id="twice"), 0, 0, at)], "twice")
    warehouse.dbt("run", "--select", "+order_keys")
    warehouse.land([Message(order(order_id="twice too", timestamp="2026-05-01T10:00:00"), 0, 1, at)], "twice")
    warehouse.dbt("run", "--select", "order_messages", "order_keys")
    mine = "topic_generation = 'twice' and offset = 1"
    hashes = "key_hash = xxhash64('{0}'), key_check = xxhash64('check', '{0}')"
    key = "twice / product ELEC-0001"
    # As a verdict that went wrong would leave them.
    warehouse.query(f"update silver.order_messages set order_line_id = '{key}' where {mine}")
    warehouse.query(f"update silver.order_keys set {hashes.format(key)} where {mine}")
    with pytest.raises(UserError, match="accepted_once"):
        warehouse.dbt("test", "--select", "order_keys", "--indirect-selection", "eager")
    warehouse.query(f"update silver.order_messages set order_line_id = 'twice too' where {mine}")
    warehouse.query(f"update silver.order_keys set {hashes.format('twice too')} where {mine}")
    warehouse.dbt("test", "--select", "order_keys", "--indirect-selection", "eager")
