"""What orders come to: prices of fractions of a cent, coupons, other currencies, free items, returns by minus signs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "money"
GIFT_DAY = "2026-05-09"
"""Nothing else is sold on it."""
AT = datetime(2026, 6, 30, tzinfo=UTC)


class Case(NamedTuple):
    """What is sent, and what must come of it: the total and whether the sent one differs, or a reason."""

    fields: dict[str, Any]
    total: str = ""
    differs: bool = False
    reason: str = ""


def sent(price: Any, quantity: Any, total: Any = ..., **fields: Any) -> dict[str, Any]:
    return {"price": price, "quantity": quantity, "total_amount": total} | fields


CASES = {
    # Unit prices of parts; each total worked out by hand.
    "0.89404 a thousand times": Case(sent(0.89404, 1000, 894.04), "894.04"),
    "0.0125 a thousand times": Case(sent(0.0125, 1000, 12.5), "12.50"),
    "0.0045 five thousand times": Case(sent(0.0045, 5000, 22.5), "22.50"),
    "1.005 a hundred times": Case(sent(1.005, 100, 100.5), "100.50"),
    "3.4995 twelve times": Case(sent(3.4995, 12, 41.99), "41.99"),
    "2.999 forty times": Case(sent(2.999, 40, 119.96), "119.96"),
    "0.495 nine hundred times": Case(sent(0.495, 900, 445.5), "445.50"),
    "2.5 four times": Case(sent(2.5, 4, 10.0), "10.00"),
    # A half cent goes up, where a double would lie below it and half even would go down.
    "0.335 three times": Case(sent(0.335, 3), "1.01"),
    "half a cent": Case(sent(0.005, 1), "0.01"),
    "less than half a cent": Case(sent(0.004, 1), "0.00"),
    # What was paid is not price x quantity.
    "a coupon": Case(sent(100.0, 1, 80.0, discount=20.0), "100.00", differs=True),
    "half off four": Case(sent(159.99, 4, 319.98), "639.96", differs=True),
    "tax and shipping": Case(sent(50.0, 1, 59.3), "50.00", differs=True),
    "free by coupon": Case(sent(100.0, 2, 0.0), "200.00", differs=True),
    "one cent less": Case(sent(100.0, 1, 99.99), "100.00"),
    "a bit more than a cent less": Case(sent(100.0, 1, 99.989), "100.00", differs=True),
    "no total": Case(sent(100.0, 1, None), "100.00"),
    "dollars": Case(sent(100.0, 1, 100.0, currency="USD"), "100.00"),
    "dollars in lower case": Case(sent(18995, 1, 18995, currency="usd"), "18995.00"),
    "pesos": Case(sent(1899.0, 1, 1899.0, currency="MXN"), reason="not_usd"),
    "yen": Case(sent(14800, 1, 14800, currency="jpy"), reason="not_usd"),
    "a gift": Case(sent(0, 1, 0, timestamp=f"{GIFT_DAY}T10:00:00", session_id="money gift"), "0.00"),
    "two gifts": Case(sent(0.0, 2, 0.0), "0.00"),
    "goods": Case(sent(12.75, 6, 76.5), "76.50"),
    "more goods": Case(sent(12.75, 4, 51.0), "51.00"),
    "goods that come back": Case(sent(12.75, -2, -25.5), reason="is_return"),
    "money that goes back": Case(sent(-12.75, 4, -51.0), reason="is_return"),
    "both": Case(sent(-12.75, -2, 25.5), reason="is_return"),
    "none": Case(sent(12.75, 0, 0), reason="bad_quantity"),
    "yards": Case(sent(8.4, 2.5, 21.0), reason="bad_quantity"),
}


class Sum(NamedTuple):
    """What several orders come to, worked out by hand."""

    names: tuple[str, ...]
    revenue: str
    pieces: int
    differing: int = 0


SUMS = {
    "parts": Sum(
        (
            *("0.89404 a thousand times", "0.0125 a thousand times", "0.0045 five thousand times"),
            *("1.005 a hundred times", "3.4995 twelve times", "2.999 forty times", "0.495 nine hundred times"),
            "2.5 four times",
        ),
        revenue="1646.99",
        pieces=8056,
    ),
    "coupons": Sum(
        (
            *("dollars", "one cent less", "a coupon", "half off four", "tax and shipping", "free by coupon"),
            "dollars in lower case",
        ),
        revenue="20184.96",
        pieces=11,
        differing=4,
    ),
    "goods and gifts": Sum(("goods", "more goods", "a gift", "two gifts"), revenue="127.50", pieces=13),
}


@pytest.fixture(scope="module")
def judged(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    """Each message by the name of its case."""
    bodies = [order(order_id=f"money {name}", **case.fields) for name, case in CASES.items()]
    warehouse.seed()
    warehouse.land([Message(body, 0, n, AT) for n, body in enumerate(bodies)], GENERATION)
    warehouse.dbt(
        "run", "--select", "+fct_sales_by_state_minute", "+fct_sales_by_product_day", "+fct_funnel_by_product_day"
    )
    # Of these it is said later that they came back, under their own key.
    back = order(order_id="money goods", delivery_status="Returned", **CASES["goods"].fields)
    warehouse.land([Message(back, 0, len(CASES), AT)], GENERATION)
    warehouse.dbt("run", "--select", "order_messages", "fct_order_lines")
    rows = warehouse.query(f"select * from silver.order_messages where topic_generation = '{GENERATION}'")
    return {name: next(row for row in rows if row["offset"] == n) for n, name in enumerate(CASES)}


@pytest.mark.parametrize("name", CASES)
def test_an_order_comes_to_price_times_quantity_or_is_rejected(name: str, judged: dict[str, dict[str, Any]]) -> None:
    message, case = judged[name], CASES[name]
    assert message["reasons"] == ([case.reason] if case.reason else [])
    if not case.reason:
        assert message["price"] == Decimal(str(case.fields["price"]))
        assert (message["total_amount"], message["total_differs"]) == (Decimal(case.total), case.differs)


@pytest.mark.parametrize("name", SUMS)
def test_orders_together_come_to_what_they_are_by_hand(
    name: str, warehouse: Warehouse, judged: dict[str, dict[str, Any]]
) -> None:
    expected = SUMS[name]
    ids = ", ".join(f"'money {one}'" for one in expected.names)
    (row,) = warehouse.query(
        "select count(*) as line_count, sum(total_amount) as revenue, sum(quantity) as pieces,"
        " count_if(total_differs) as differing, sum(returned_amount) as returned, sum(net_amount) as net"
        f" from gold.fct_order_lines where order_id in ({ids})"
    )
    returned = Decimal("76.50") if "goods" in expected.names else Decimal(0)
    assert row == {
        "line_count": len(expected.names),
        "revenue": Decimal(expected.revenue),
        "pieces": expected.pieces,
        "differing": expected.differing,
        "returned": returned,
        "net": Decimal(expected.revenue) - returned,
    }


def test_a_day_of_gifts_has_orders_and_items_and_no_sales(
    warehouse: Warehouse, judged: dict[str, dict[str, Any]]
) -> None:
    for fact in ("fct_sales_by_state_minute", "fct_sales_by_product_day"):
        rows = warehouse.query(
            f"select total_sales, total_items, order_count from gold.{fact} where business_date = '{GIFT_DAY}'"
        )
        assert rows == [{"total_sales": Decimal("0.00"), "total_items": 1, "order_count": 1}], fact
    rows = warehouse.query(
        "select unviewed_journeys_purchased as bought, unviewed_sales as sales from gold.fct_funnel_by_product_day"
        f" where business_date = '{GIFT_DAY}'"
    )
    assert rows == [{"bought": 1, "sales": Decimal("0.00")}]
