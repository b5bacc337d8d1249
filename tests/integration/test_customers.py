"""Customers, their first and last orders, and the months of those who came first in the same month."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "customers"
AT = datetime(2026, 6, 30, tzinfo=UTC)
ANNA, BEN, CLEO = "customers Anna", "customers Ben", "customers Cleo"


def line(customer: str | None, number: str, timestamp: str, **fields: Any) -> bytes:
    fields = {"price": 10.0, "quantity": 1, "total_amount": ..., "state": "MT", **fields}
    return order(order_id=f"customers {number}", customer_id=customer, timestamp=timestamp, **fields)


BATCHES = [
    [
        line(ANNA, "1", "2018-02-10T12:00:00Z", line_number=1, content_type="Blog"),
        line(ANNA, "1", "2018-02-10T12:00:00Z", line_number=2, price=5.0, quantity=3),
        line(ANNA, "2", "2018-04-01T12:00:00Z", state="ID"),
        line(BEN, "3", "2018-02-20T12:00:00Z"),
        line(None, "4", "2018-02-20T12:00:00Z"),
    ],
    # An order of the year before, late; Ben's order is cancelled after all, and he comes again.
    [
        line(ANNA, "5", "2017-12-31T23:30:00Z", state="ID", content_type="Video"),
        line(BEN, "3", "2018-02-20T12:00:00Z", delivery_status="Cancelled"),
        line(BEN, "6", "2018-03-05T12:00:00Z", price=7.5),
    ],
    [line(CLEO, "7", "2018-03-31T12:00:00Z", price=1.0)],
]


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> Warehouse:
    warehouse.seed()
    for number, bodies in enumerate(BATCHES):
        warehouse.land([Message(body, 0, 10 * number + n, AT) for n, body in enumerate(bodies)], GENERATION)
        warehouse.dbt("run", "--select", "+dim_customer", "+fct_customer_cohorts")
    return warehouse


def customer(warehouse: Warehouse, name: str) -> dict[str, Any]:
    (row,) = warehouse.query(f"select * from gold.dim_customer where customer_id = '{name}'")
    return row


def test_a_late_older_order_moves_the_first(built: Warehouse) -> None:
    anna = customer(built, ANNA)
    assert (anna["first_order_date"], anna["last_order_date"]) == (date(2017, 12, 31), date(2018, 4, 1))
    assert (anna["first_content_type"], anna["home_state_code"]) == ("Video", "ID")
    assert (anna["order_count"], anna["line_count"], anna["units"]) == (3, 4, 6)
    assert (anna["gross_amount"], anna["net_amount"]) == (Decimal("45.00"), Decimal("45.00"))


def test_what_is_cancelled_later_is_an_order_without_money(built: Warehouse) -> None:
    ben = customer(built, BEN)
    assert (ben["order_count"], ben["gross_amount"], ben["net_amount"]) == (2, Decimal("17.50"), Decimal("7.50"))


def test_cohorts_follow_the_first_order(built: Warehouse) -> None:
    rows = built.query(
        "select cohort_month, months_since, customer_count, order_count, net_amount from gold.fct_customer_cohorts"
        " where cohort_month between '2017-12-01' and '2018-12-01' order by 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        (date(2017, 12, 1), 0, 1, 1, Decimal("10.00")),
        (date(2017, 12, 1), 2, 1, 1, Decimal("25.00")),
        (date(2017, 12, 1), 4, 1, 1, Decimal("10.00")),
        (date(2018, 2, 1), 0, 1, 1, Decimal("0.00")),
        (date(2018, 2, 1), 1, 1, 1, Decimal("7.50")),
        (date(2018, 3, 1), 0, 1, 1, Decimal("1.00")),
    ]


def test_who_does_not_say_is_no_customer(built: Warehouse) -> None:
    assert built.query("select * from gold.dim_customer where customer_id is null or customer_key is null") == []
    (row,) = built.query("select customer_key from gold.fct_order_lines where order_id = 'customers 4'")
    assert row == {"customer_key": None}
