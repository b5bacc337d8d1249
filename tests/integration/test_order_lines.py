"""Orders of several lines: every line counts, and an order is one order whatever the slice."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

AT = datetime(2026, 6, 30, tzinfo=UTC)
PHONES, BOOK, GAME, LAPTOP = ("ELEC-0007", 189.95), ("BOOK-0002", 14.95), ("TOYS-0004", 32.5), ("ELEC-0001", 649.0)
ORDERS = {
    "1001": [(PHONES, 1), (BOOK, 2), (GAME, 1)],
    "1002": [(BOOK, 1), (LAPTOP, 1)],
    "1003": [(GAME, 3)],
    "1004": [(PHONES, 1)],
}
"""Products with their prices, and how many of each. 7 lines of 4 orders, 10 pieces, 1,203.75 dollars."""
DAYS = {"numbered": "2026-05-21", "by product": "2026-05-22"}
"""Two shops, one of which numbers its lines; on each day nothing else is sold in Wyoming."""
offsets = count()
ODD: dict[str, tuple[list[dict[str, Any]], dict[str, int]]] = {
    "500 lines": ([{"line_number": number} for number in range(1, 501)], {"accepted": 500}),
    "line 7 and the product 7": ([{"line_number": 7}, {"product_id": "7"}], {"accepted": 2}),
    "some lines have a number": ([{"line_number": 1}, {"product_id": "BOOK-0002"}], {"accepted": 2}),
    "products that differ in case": (
        [{"product_id": "lines-1"}, {"product_id": " LINES-1 "}],
        {"accepted": 1, "duplicate": 1},
    ),
    "a line with another product": (
        [{"line_number": 1}, {"line_number": 1, "product_id": "BOOK-0002"}],
        {"accepted": 1, "duplicate": 1},
    ),
    "spellings of 2": (
        [{"line_number": 2}, {"line_number": 2.0}, {"line_number": "2"}, {"line_number": " 2"}],
        {"accepted": 1, "duplicate": 3},
    ),
    "one product twice": ([{"line_number": 1}, {"line_number": 2}], {"accepted": 2}),
    # With the next: no two different pairs are one key.
    "order 1": ([{"line_number": 23}], {"accepted": 1}),
    "order 12": ([{"line_number": 3}], {"accepted": 1}),
}
"""Orders by their number: what their lines differ in, and the verdicts."""


def line(shop: str, number: str, place: int, **fields: Any) -> bytes:
    (product, price), quantity = ORDERS[number][place]
    numbered = {"line_number": place + 1} if shop == "numbered" else {}
    return order(
        order_id=f"lines {shop} {number}",
        product_id=product,
        price=price,
        quantity=quantity,
        timestamp=f"{DAYS[shop]}T15:04:05Z",
        state="WY",
        **{"total_amount": ..., **numbered, **fields},
    )


def odd() -> list[bytes]:
    return [
        order(order_id=f"lines odd {number}", timestamp="2026-05-23T15:04:05Z", **fields)
        for number, (lines, _) in ODD.items()
        for fields in lines
    ]


@pytest.fixture(scope="module")
def shops(warehouse: Warehouse) -> Warehouse:
    """Both shops' orders in two batches: a line of each lands later than the rest of its order, and one comes again."""
    warehouse.seed()
    for is_late in (False, True):
        bodies = [
            line(shop, number, place)
            for shop in DAYS
            for number, lines in ORDERS.items()
            for place in range(len(lines))
            if (place == 1) == is_late
        ]
        again = [] if is_late else [line(shop, "1004", 0) for shop in DAYS] + odd()
        warehouse.land([Message(body, 0, next(offsets), AT) for body in bodies + again], "order lines")
        warehouse.dbt(
            "run", "--select", "+orders", "+fct_order_lines", "+fct_sales_by_state_minute", "+fct_sales_by_product_day"
        )
    return warehouse


@pytest.mark.parametrize("shop", DAYS)
def test_every_line_is_accepted_and_one_that_comes_again_is_a_duplicate(shop: str, shops: Warehouse) -> None:
    rows = shops.query(
        "select verdict, count(*) as n from silver.order_messages"
        f" where order_id like 'lines {shop} %' group by verdict"
    )
    assert {row["verdict"]: row["n"] for row in rows} == {"accepted": 7, "duplicate": 1}


@pytest.mark.parametrize("number", ODD)
def test_odd_lines_are_told_apart(number: str, shops: Warehouse) -> None:
    rows = shops.query(
        "select verdict, count(*) as n from silver.order_messages"
        f" where order_id = 'lines odd {number}' group by verdict"
    )
    _, verdicts = ODD[number]
    assert {row["verdict"]: row["n"] for row in rows} == verdicts
    (row,) = shops.query(f"select line_count from silver.orders where order_id = 'lines odd {number}'")
    assert row == {"line_count": verdicts["accepted"]}


@pytest.mark.parametrize("shop", DAYS)
def test_an_order_is_its_lines_together(shop: str, shops: Warehouse) -> None:
    rows = shops.query(
        f"select right(order_id, 4) as number, line_count, units, gross_amount from silver.orders"
        f" where order_id like 'lines {shop} %' order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("1001", 3, 4, Decimal("252.35")),
        ("1002", 2, 2, Decimal("663.95")),
        ("1003", 1, 3, Decimal("97.50")),
        ("1004", 1, 1, Decimal("189.95")),
    ]


@pytest.mark.parametrize("shop", DAYS)
@pytest.mark.parametrize("fact", ["fct_sales_by_state_minute", "fct_sales_by_product_day"])
def test_facts_sum_all_lines(fact: str, shop: str, shops: Warehouse) -> None:
    rows = shops.query(
        f"select sum(total_sales) as sales, sum(total_items) as items, sum(line_count) as lines from gold.{fact}"
        f" where business_date = '{DAYS[shop]}' and state_code = 'WY'"
    )
    assert rows == [{"sales": Decimal("1203.75"), "items": 10, "lines": 7}]


@pytest.mark.parametrize("shop", DAYS)
def test_an_order_is_counted_once_whatever_the_slice(shop: str, shops: Warehouse) -> None:
    def orders(by: str) -> dict[str, int]:
        rows = shops.query(
            f"select {by} as slice, count(distinct order_key) as orders"
            " from gold.fct_order_lines join gold.dim_product using (product_id)"
            f" where business_date = '{DAYS[shop]}' and state_code = 'WY' group by 1"
        )
        return {row["slice"]: row["orders"] for row in rows}

    assert orders("'all'") == {"all": 4}
    assert orders("category") == {"Electronics": 3, "Books": 2, "Toys": 2}
    assert orders("product_id") == {"ELEC-0007": 2, "BOOK-0002": 2, "TOYS-0004": 2, "ELEC-0001": 1}


def test_orders_of_rows_that_are_one_order_are_not_to_be_summed(shops: Warehouse) -> None:
    (row,) = shops.query(
        "select sum(order_count) as orders from gold.fct_sales_by_state_minute"
        f" where business_date = '{DAYS['numbered']}' and state_code = 'WY'"
    )
    assert row["orders"] == 7
