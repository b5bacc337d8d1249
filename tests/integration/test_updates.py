"""What comes again under its key and says something newer: an order line's status, an edited review."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any, Final

import pytest

from tests.support.events import order, review
from tests.support.tables import INCREMENTAL_TABLES, ONLY_INCREMENTAL
from tests.support.warehouse import Message, Warehouse

GENERATION: Final = "updates"
AT: Final = datetime(2026, 6, 30, tzinfo=UTC)
DAY: Final = "2026-04-20"
"""On which nothing else is sold in Delaware; the updates come up to two months later."""

HISTORIES: Final[dict[str, list[dict[str, Any]]]] = {
    "delivered": [
        {"delivery_status": "Processing", "updated_at": f"{DAY}T14:00:00Z"},
        {"delivery_status": "Shipped", "updated_at": "2026-04-21T09:00:00Z"},
        {"delivery_status": "Delivered", "updated_at": "2026-04-23T17:30:00Z"},
    ],
    "cancelled": [
        {"delivery_status": "Processing", "updated_at": f"{DAY}T14:00:00Z"},
        {"delivery_status": "Cancelled", "updated_at": f"{DAY}T18:00:00Z"},
    ],
    "shipped and cancelled": [
        {"delivery_status": "Processing", "updated_at": f"{DAY}T14:00:00Z"},
        {"delivery_status": "Shipped", "updated_at": "2026-04-21T10:00:00Z"},
        {"delivery_status": "Cancelled", "updated_at": "2026-04-22T08:00:00Z"},
    ],
    "cancelled at once": [{"delivery_status": "Cancelled", "updated_at": f"{DAY}T14:00:00Z"}],
    "two of three back": [
        {"delivery_status": "Delivered", "updated_at": "2026-04-23T17:30:00Z", "quantity": 3},
        {"delivery_status": "Returned", "updated_at": "2026-06-15T12:00:00Z", "quantity": 1},
        {"delivery_status": "Returned", "updated_at": "2026-06-17T12:00:00Z", "quantity": 2},
    ],
}
"""What is sent about one line each, in the order in which it happened; all else is the same in each message."""

STATUS_NOW: Final = {
    "delivered": "Delivered",
    "cancelled": "Cancelled",
    "shipped and cancelled": "Cancelled",
    "cancelled at once": "Cancelled",
    "two of three back": "Returned",
}

PRICES: Final = {
    "delivered": Decimal("189.95"),
    "cancelled": Decimal("649.00"),
    "shipped and cancelled": Decimal("1899.00"),
    "cancelled at once": Decimal("32.50"),
    "two of three back": Decimal("10.50"),
}
"""Of a piece."""

VERSIONS: Final[list[dict[str, Any]]] = [
    {"rating": 5, "review_text": "Great sound, very happy.", "timestamp": "2026-04-21T18:00:00Z"},
    {"rating": 3, "review_text": "It is a phone.", "timestamp": "2026-04-24T18:00:00Z"},
    {"rating": 1, "review_text": "Terrible, it died.", "timestamp": "2026-06-09T18:00:00Z"},
]
"""Of one review; the last is what counts."""


def landings() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each history in all orders in which its messages can land, under a name of its own.

    A message that says Returned is not the first to land: it would be what was ordered.
    """
    for name, history in HISTORIES.items():
        for number, messages in enumerate(permutations(history)):
            if messages[0]["delivery_status"] != "Returned":
                yield f"{name} {number}", list(messages)


LANDED: Final = dict(landings())
REVIEWED: Final = {f"updates review {number}": messages for number, messages in enumerate(permutations(VERSIONS))}


def batches(messages: Mapping[str, Sequence[dict[str, Any]]]) -> list[list[tuple[str, dict[str, Any]]]]:
    """Three batches: a message each of most keys; of every third key all at once."""
    cut: list[list[tuple[str, dict[str, Any]]]] = [[], [], []]
    for number, (key, landed) in enumerate(messages.items()):
        for place, message in enumerate(landed):
            cut[1 if number % 3 == 0 else place].append((key, message))
    return cut


def history_of(key: str) -> str:
    return key.rsplit(" ", 1)[0]


def amount_of(key: str) -> Decimal:
    """What a line came to when it was ordered."""
    pieces = 3 if history_of(key) == "two of three back" else 1
    return PRICES[history_of(key)] * pieces


@pytest.fixture(scope="module")
def updated(warehouse: Warehouse) -> Warehouse:
    """All histories in three batches and three runs, spread over two partitions."""
    warehouse.seed()
    sent = zip(batches(LANDED), batches(REVIEWED), strict=True)
    for number, (orders, reviews) in enumerate(sent):
        bodies = [
            order(**{
                "order_id": f"updates {key}", "state": "DE", "timestamp": f"{DAY}T14:00:00Z",
                "price": float(PRICES[history_of(key)]), "quantity": 1,
                "total_amount": ..., "session_id": f"updates {key}", **message,
            })
            for key, message in orders
        ]  # fmt: skip
        warehouse.land([Message(body, 0, 100 * number + i, AT) for i, body in enumerate(bodies)], GENERATION)
        bodies = [review(**{"review_id": key, "product_id": "UPDATES-1", **message}) for key, message in reviews]
        warehouse.land([Message(body, 0, 100 * number + i, AT) for i, body in enumerate(bodies)], GENERATION, "reviews")
        warehouse.dbt("run", *(ONLY_INCREMENTAL if number else ()))
    return warehouse


@pytest.mark.parametrize("key", LANDED)
def test_the_first_is_accepted_and_what_is_further_an_update(key: str, updated: Warehouse) -> None:
    ranks = {
        status: rank for rank, status in enumerate(["Processing", "Shipped", "Delivered", "Returned", "Cancelled"])
    }
    furthest, expected = -1, []
    for message in LANDED[key]:
        rank = ranks[message["delivery_status"]]
        expected.append("accepted" if furthest == -1 else "update" if rank > furthest else "duplicate")
        furthest = max(rank, furthest)
    rows = updated.query(
        f"select verdict, cast(business_date as string) as day from silver.order_messages"
        f" where order_id = 'updates {key}' order by landed_batch, offset"
    )
    assert [row["verdict"] for row in rows] == expected
    assert {row["day"] for row in rows} == {DAY}, "all that is said of a line stands on its date"


@pytest.mark.parametrize("key", LANDED)
def test_a_line_is_as_far_as_any_message_said_whatever_the_order_they_landed_in(key: str, updated: Warehouse) -> None:
    (line,) = updated.query(f"select * from gold.fct_order_lines where order_id = 'updates {key}'")
    history = history_of(key)
    assert line["delivery_status"] == STATUS_NOW[history]
    for status in ("Shipped", "Delivered", "Returned", "Cancelled"):
        told = [m["updated_at"] for m in HISTORIES[history] if m["delivery_status"] == status]
        moment = min(datetime.fromisoformat(at).replace(tzinfo=None) for at in told) if told else None
        assert line[f"{status.lower()}_at"] == moment, status
    assert line["quantity"] == (3 if history == "two of three back" else 1)
    assert line["returned_quantity"] == (2 if history == "two of three back" else 0)


def test_facts_say_what_is_cancelled_and_returned_now(updated: Warehouse) -> None:
    back = [key for key in LANDED if STATUS_NOW[history_of(key)] == "Returned"]
    cancelled = [key for key in LANDED if STATUS_NOW[history_of(key)] == "Cancelled"]
    for fact in ("fct_sales_by_state_minute", "fct_sales_by_product_day"):
        (row,) = updated.query(
            "select sum(total_sales) as sales, sum(cancelled_sales) as cancelled, sum(returned_sales) as returned,"
            " sum(line_count) as line_count, sum(total_items) as items, sum(returned_items) as back"
            f" from gold.{fact} where business_date = '{DAY}' and state_code = 'DE'"
        )
        assert row["line_count"] == len(LANDED)
        assert row["sales"] == sum(map(amount_of, LANDED))
        assert row["cancelled"] == sum(map(amount_of, cancelled))
        assert row["returned"] == Decimal("21.00") * len(back)
        assert (row["items"], row["back"]) == (len(LANDED) + 2 * len(back), 2 * len(back))


def test_four_orders_come_to_what_they_are_by_hand(updated: Warehouse) -> None:
    """Landed in the order in which it happened: 189.95 is delivered; 649, 1,899 and 32.50 are cancelled."""
    keys = ("delivered 0", "cancelled 0", "shipped and cancelled 0", "cancelled at once 0")
    mine = "order_id in ({})".format(", ".join(f"'updates {key}'" for key in keys))
    (row,) = updated.query(
        "select count(*) as line_count, sum(total_amount) as revenue,"
        " sum(if(delivery_status = 'Cancelled', total_amount, 0)) as cancelled,"
        f" sum(net_amount) as net from gold.fct_order_lines where {mine}"
    )
    assert row == {
        "line_count": 4,
        "revenue": Decimal("2770.45"),
        "cancelled": Decimal("2580.50"),
        "net": Decimal("189.95"),
    }
    rows = updated.query(f"select verdict, count(*) as n from silver.order_messages where {mine} group by verdict")
    assert {row["verdict"]: row["n"] for row in rows} == {"accepted": 4, "update": 5}


def test_what_a_journey_sold_is_without_what_was_cancelled(updated: Warehouse) -> None:
    rows = updated.query(
        "select session_id, is_purchased, sales from silver.journeys where session_id in"
        " ('updates delivered 0', 'updates shipped and cancelled 0', 'updates two of three back 0')"
    )
    assert {row["session_id"][8:]: (row["is_purchased"], row["sales"]) for row in rows} == {
        "delivered 0": (True, Decimal("189.95")),
        "shipped and cancelled 0": (True, Decimal("0.00")),
        "two of three back 0": (True, Decimal("10.50")),
    }


@pytest.mark.parametrize("key", REVIEWED)
def test_a_review_is_what_was_written_last(key: str, updated: Warehouse) -> None:
    (row,) = updated.query(
        "select rating, cast(business_date as string) as day, sentiment_bucket, excerpt"
        f" from gold.fct_reviews where review_id = '{key}'"
    )
    assert (row["rating"], row["day"], row["sentiment_bucket"]) == (1, "2026-06-09", "Negative")
    assert row["excerpt"] == "Terrible, it died."


def test_rows_of_silver_reviews_are_one_a_review(updated: Warehouse) -> None:
    rows = updated.query(
        "select review_id, count(*) as n from silver.reviews where product_id = 'UPDATES-1' group by all"
    )
    assert {row["review_id"]: row["n"] for row in rows} == dict.fromkeys(REVIEWED, 1)


def test_a_repeat_with_another_price_or_quantity_is_a_conflict_with_both_bodies(updated: Warehouse) -> None:
    first = order(order_id="updates conflict", line_number=7, price=10.0, quantity=2, total_amount=...)
    told = {
        "dearer": order(order_id="updates conflict", line_number=7, price=11.0, quantity=2, total_amount=...),
        "another product": order(
            order_id="updates conflict", line_number=7, price=10.0, quantity=2, total_amount=..., product_id="BOOK-0002"
        ),
        "the same": first,
        "no price": order(order_id="updates conflict", line_number=7, price=..., quantity=2, total_amount=...),
        "one came back": order(
            order_id="updates conflict",
            line_number=7,
            price=10.0,
            quantity=1,
            total_amount=...,
            delivery_status="Returned",
        ),
    }
    bodies = [first, *told.values()]
    updated.land([Message(body, 1, place, AT) for place, body in enumerate(bodies)], GENERATION)
    updated.dbt("run", "--select", "order_messages", "order_keys", "fct_order_lines")
    rows = updated.query(
        "select verdict, product_differs, price_differs, quantity_differs, first_body_text, body_text"
        " from silver.conflicting_orders where order_line_id = 'updates conflict / line 7' order by offset"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("duplicate", False, True, False, first.decode(), told["dearer"].decode()),
        ("duplicate", True, False, False, first.decode(), told["another product"].decode()),
    ]


def test_an_update_opens_its_lines_date_and_no_other(updated: Warehouse) -> None:
    def files() -> dict[str, set[str]]:
        rows = updated.spark.table("gold.fct_order_lines").selectExpr(
            "cast(business_date as string) as day", "_metadata.file_path as path"
        )
        found: dict[str, set[str]] = {}
        for row in rows.distinct().collect():
            found.setdefault(row["day"], set()).add(row["path"])
        return found

    before = files()
    body = order(
        order_id="updates delivered 0", state="DE", timestamp="2026-06-25T10:00:00Z", delivery_status="Cancelled"
    )
    updated.land([Message(body, 1, 50, AT)], GENERATION)
    updated.dbt("run", "--select", "order_messages", "order_keys", "fct_order_lines")
    after = files()
    assert {day for day in after if after[day] != before.get(day)} == {DAY}


def test_incremental_runs_equal_a_full_refresh(updated: Warehouse) -> None:
    updated.dbt("run", *ONLY_INCREMENTAL)
    built = {table: updated.rows(table, without) for table, without in INCREMENTAL_TABLES.items()}
    updated.dbt("run", "--full-refresh", *ONLY_INCREMENTAL)
    for table, without in INCREMENTAL_TABLES.items():
        assert updated.rows(table, without) == built[table], table
