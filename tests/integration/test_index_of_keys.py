"""The index of keys is built behind the messages: a key that comes back is known, wherever the index has got to."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "index of keys"
MINE = f"topic_generation = '{GENERATION}'"
AT = datetime(2026, 6, 30, tzinfo=UTC)
OFFSETS = count()

Judge = Callable[[str], tuple[int, str]]


@pytest.fixture
def judge(warehouse: Warehouse) -> Judge:
    """Lands an order under an id and judges it, as the hot path does: without the index. Returns offset and verdict."""

    def land_and_judge(key: str) -> tuple[int, str]:
        offset = next(OFFSETS)
        warehouse.land([Message(order(order_id=key), 0, offset, AT)], GENERATION)
        warehouse.dbt("run", "--select", "order_messages")
        (row,) = warehouse.query(f"select verdict from silver.order_messages where {MINE} and offset = {offset}")
        return offset, row["verdict"]

    warehouse.seed()
    warehouse.dbt("run", "--select", "stg_event_hub__orders")
    return land_and_judge


def index(warehouse: Warehouse) -> None:
    warehouse.dbt("run", "--select", "order_keys")


def test_a_key_is_known_wherever_the_index_has_got_to(judge: Judge, warehouse: Warehouse) -> None:
    first, verdict = judge("known")
    assert verdict == "accepted"
    # Not in the index yet.
    assert judge("known")[1] == "duplicate"
    index(warehouse)
    # In the index alone, then with messages behind it.
    assert judge("known")[1] == "duplicate"
    later, verdict = judge("known later")
    assert verdict == "accepted"
    assert judge("known")[1] == "duplicate"
    assert judge("known later")[1] == "duplicate"
    warehouse.query("drop table silver.order_keys")
    assert judge("known")[1] == "duplicate"
    assert warehouse.query(
        f"select distinct repeat_of.offset from silver.order_messages where {MINE} and verdict = 'duplicate' order by 1"
    ) == [{"offset": first}, {"offset": later}]
    index(warehouse)


def test_who_was_judged_again_is_not_what_the_index_says(judge: Judge, warehouse: Warehouse) -> None:
    offset, verdict = judge("judged again")
    assert verdict == "accepted"
    index(warehouse)
    # As the operations write it: where it stands, under a number of its own.
    warehouse.query(
        "update silver.order_messages set verdict = 'rejected', reasons = array('state_unknown'), "
        "processed_batch = processed_batch + 1 "
        f"where {MINE} and offset = {offset}"
    )
    assert judge("judged again")[1] == "accepted"
    index(warehouse)
    assert judge("judged again")[1] == "duplicate"


def test_the_index_is_what_its_messages_say(judge: Judge, warehouse: Warehouse) -> None:
    judge("indexed")
    index(warehouse)
    key = "if(verdict = 'rejected', null, order_line_id)"
    assert (
        warehouse.query(
            "select topic_generation, partition, offset, landed_batch, key_hash, key_check, processed_batch "
            "from silver.order_keys except "
            "select topic_generation, partition, offset, landed_batch, "
            f"if({key} is null, null, xxhash64({key})), if({key} is null, null, xxhash64('check', {key})), "
            "processed_batch "
            "from silver.order_messages"
        )
        == []
    )
    (counted,) = warehouse.query(
        "select (select count(*) from silver.order_keys) as indexed, "
        "(select count(*) from silver.order_messages) as judged"
    )
    assert counted["indexed"] == counted["judged"]
