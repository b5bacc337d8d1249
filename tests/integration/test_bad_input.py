"""Whatever arrives lands in bronze as it is, gets one verdict with all its reasons, and stops nothing."""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from tests.support.orders import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "bad-offset-input"
"""A name with a column's name in it: it must stay a name."""


class Case(NamedTuple):
    """A body, and the reasons for which it must be rejected; none means accepted."""

    body: bytes
    reasons: tuple[str, ...] = ()


def numbered(**fields: object) -> bytes:
    """An order whose id is its own, by what is changed in it."""
    return order(**{"order_id": f"bad input {fields}", **fields})


REJECTED = {
    "broken JSON": Case(b'{"order_id": "x", "price": ', ("broken_json",)),
    "a JSON array": Case(b"[" + numbered() + b"]", ("broken_json",)),
    "an empty body": Case(b"", ("broken_json",)),
    "only spaces": Case(b"   ", ("broken_json",)),
    "a number": Case(b"42", ("broken_json",)),
    "null": Case(b"null", ("broken_json",)),
    "two objects in one body": Case(numbered() + numbered(), ("broken_json",)),
    "text behind the object": Case(numbered() + b" and more", ("broken_json",)),
    "nested too deeply": Case(b'{"a":' * 5_000 + b"1" + b"}" * 5_000, ("broken_json",)),
    "invalid UTF-8": Case(numbered(city="X").replace(b"X", b"\xff\xfe"), ("invalid_text",)),
    "1 MB of noise": Case(b"\x00\x01\x02\x03" * 262_144, ("broken_json",)),
    "an empty object": Case(
        b"{}",
        ("missing_key", "missing_product", "bad_timestamp", "missing_price", "not_usa", "bad_delivery_status"),
    ),
    "no order_id": Case(order(order_id=...), ("missing_key",)),
    "a blank order_id": Case(order(order_id="  "), ("missing_key",)),
    "order_id null": Case(order(order_id=None), ("missing_key",)),
    "an order_id that is an object": Case(order(order_id={"a": 1}), ("wrong_type",)),
    "no product": Case(numbered(product_id=...), ("missing_product",)),
    "price as a string": Case(numbered(price="10.5"), ("bad_price",)),
    # Bare NaN and Infinity, as some writers leave them, are not JSON (RFC 8259, section 6).
    "price NaN": Case(numbered(price=float("nan")), ("broken_json",)),
    "price infinite": Case(numbered(price=float("inf")), ("broken_json",)),
    "price NaN as a string": Case(numbered(price="NaN"), ("bad_price",)),
    "price 1e400": Case(numbered(price=0).replace(b'"price": 0', b'"price": 1e400'), ("bad_price",)),
    "price 1e999999999": Case(numbered(price=0).replace(b'"price": 0', b'"price": 1e999999999'), ("bad_price",)),
    "price negative": Case(numbered(price=-1), ("bad_price",)),
    "price 0": Case(numbered(price=0), ("bad_price",)),
    "price absurd": Case(numbered(price=1e12), ("bad_price",)),
    "price true": Case(numbered(price=True), ("bad_price",)),
    "no price of an unlisted product": Case(numbered(price=..., product_id="?"), ("missing_price",)),
    "quantity 0": Case(numbered(quantity=0), ("bad_quantity",)),
    "quantity 2.5": Case(numbered(quantity=2.5), ("bad_quantity",)),
    "quantity as a string": Case(numbered(quantity="2"), ("bad_quantity",)),
    "quantity negative": Case(numbered(quantity=-1), ("bad_quantity",)),
    "quantity NaN as a string": Case(numbered(quantity="NaN"), ("bad_quantity",)),
    "a date in 1970": Case(numbered(timestamp="1970-01-01T00:00:00Z"), ("bad_timestamp",)),
    "a date in 2100": Case(numbered(timestamp="2100-01-01T00:00:00Z"), ("bad_timestamp",)),
    "a date without a time": Case(numbered(timestamp="2026-06-15"), ("bad_timestamp",)),
    "a day that does not exist": Case(numbered(timestamp="2026-02-30T10:00:00"), ("bad_timestamp",)),
    "a timestamp that is a number": Case(numbered(timestamp=1750000000), ("bad_timestamp",)),
    "an unknown state": Case(numbered(state="ZZ"), ("unknown_state",)),
    "no state": Case(numbered(state=...), ("unknown_state",)),
    "another country": Case(numbered(country="Canada", state="Ontario"), ("not_usa",)),
    "an unknown delivery status": Case(numbered(delivery_status="Lost"), ("bad_delivery_status",)),
    "single quotes": Case(numbered().replace(b'"', b"'"), ("broken_json",)),
    "single quotes and a brace": Case(numbered(city="}").replace(b'"', b"'"), ("broken_json",)),
    "latitude NaN as a string": Case(numbered(latitude="NaN"), ("wrong_type",)),
    "latitude as a string": Case(numbered(latitude="38.2"), ("wrong_type",)),
    "total_amount as a string": Case(numbered(total_amount="21.0"), ("wrong_type",)),
    "a city that is an object": Case(numbered(city={"name": "Louisville"}), ("wrong_type",)),
    "several things wrong": Case(
        numbered(price=-1, quantity=0, state="ZZ"), ("bad_price", "bad_quantity", "unknown_state")
    ),
}
ACCEPTED = {
    "the fourteen fields": Case(order(order_id="bad input: none")),
    "emoji": Case(numbered(city="🌆 Louisville", customer_id="😀")),
    "braces in a string": Case(numbered(city="a}{b")),
    "a 1 MB body": Case(numbered(note="x" * 1_000_000)),
    "the same key twice": Case(numbered(city="twice").replace(b'"quantity": 2', b'"quantity": 1, "quantity": 2')),
    "the same key twice and a brace": Case(
        numbered(city="twice }").replace(b'"quantity": 2', b'"quantity": 1, "quantity": 2')
    ),
    "a new field": Case(numbered(coupon={"code": "X", "off": [1, 2]})),
    "state in lower case": Case(numbered(state="ky")),
    "state written out": Case(numbered(state=" kentucky ")),
    "state with dots": Case(numbered(state="N.Y.")),
    "Washington, D.C.": Case(numbered(state="Washington, D.C.")),
    "country US": Case(numbered(country="US")),
    "country United States": Case(numbered(country="united states")),
    "country U.S.A.": Case(numbered(country="U.S.A.")),
    "an offset": Case(numbered(timestamp="2026-06-15T10:20:30+02:00")),
    "a space in the timestamp": Case(numbered(timestamp="2026-06-15 10:20:30.123456")),
    "no quantity": Case(numbered(quantity=...)),
    "no price": Case(numbered(price=...)),
    "quantity 2.0": Case(numbered(quantity=2.0)),
    "an unlisted product and category": Case(numbered(product_id="bad-input-new", category="Gadgets")),
    "status in lower case": Case(numbered(delivery_status="cancelled")),
    "spaces around the JSON": Case(b" \r\n" + numbered(city="spaces") + b"\n "),
}
CASES = REJECTED | ACCEPTED


@pytest.fixture(scope="module")
def judged(warehouse: Warehouse) -> dict[str, dict[str, object]]:
    """What became of each case, by its name; landed in one batch, built by one run with all tests on all rows."""
    at = datetime(2026, 6, 30, tzinfo=UTC)
    warehouse.land([Message(case.body, 0, n, at) for n, case in enumerate(CASES.values())], GENERATION)
    warehouse.dbt("build", "--vars", "{test_whole_tables: true}")
    rows = warehouse.query(f"select * from silver.order_messages where topic_generation = '{GENERATION}'")
    return {name: next(row for row in rows if row["offset"] == n) for n, name in enumerate(CASES)}


@pytest.mark.parametrize("name", REJECTED)
def test_a_bad_event_is_quarantined_with_all_its_reasons(name: str, judged: dict[str, dict[str, object]]) -> None:
    message = judged[name]
    assert (message["verdict"], tuple(message["reasons"])) == ("rejected", REJECTED[name].reasons)  # type: ignore[arg-type]
    assert bytes(message["body"]) == REJECTED[name].body  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_odd_but_sound_event_is_accepted(name: str, judged: dict[str, dict[str, object]]) -> None:
    assert (judged[name]["verdict"], judged[name]["reasons"]) == ("accepted", [])


def test_what_can_be_normalised_is(judged: dict[str, dict[str, object]]) -> None:
    assert {judged[name]["state_code"] for name in ("state in lower case", "state written out")} == {"KY"}
    assert judged["state with dots"]["state_code"] == "NY"
    assert judged["Washington, D.C."]["state_code"] == "DC"
    assert judged["an offset"]["ordered_at"] == datetime(2026, 6, 15, 8, 20, 30)
    assert judged["the fourteen fields"]["ordered_at"] == datetime(2026, 6, 15, 10, 20, 30)
    assert judged["status in lower case"]["delivery_status"] == "Cancelled"
    assert judged["emoji"]["city"] == "🌆 Louisville"
    assert judged["an unlisted product and category"]["product_id"] == "BAD-INPUT-NEW"


def test_what_is_missing_is_imputed_and_flagged(judged: dict[str, dict[str, object]]) -> None:
    quantity = judged["no quantity"]
    assert (quantity["quantity"], quantity["is_quantity_imputed"], str(quantity["total_amount"])) == (1, True, "10.50")
    price = judged["no price"]
    assert (str(price["price"]), price["is_price_imputed"], str(price["total_amount"])) == ("649.00", True, "1298.00")
    assert judged["the fourteen fields"]["is_price_imputed"] is False


def test_bronze_holds_every_body_byte_for_byte(warehouse: Warehouse, judged: dict[str, dict[str, object]]) -> None:
    rows = warehouse.query(f"select offset, body from bronze.orders where topic_generation = '{GENERATION}'")
    assert {row["offset"]: bytes(row["body"]) for row in rows} == {n: c.body for n, c in enumerate(CASES.values())}


def test_positions_read_again_are_not_inserted_again(
    warehouse: Warehouse, judged: dict[str, dict[str, object]]
) -> None:
    at = datetime(2026, 6, 30, tzinfo=UTC)
    warehouse.land([Message(case.body, 0, n, at) for n, case in enumerate(CASES.values())], GENERATION)
    warehouse.dbt("run")
    rows = warehouse.query(f"select count(*) as n from silver.order_messages where topic_generation = '{GENERATION}'")
    assert rows == [{"n": len(CASES)}]
