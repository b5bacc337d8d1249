"""Whatever arrives lands in bronze as it is, gets one verdict with all its reasons, and stops nothing.

All hubs' cases are in this one file, since one build, which takes minutes, judges them all.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple

import pytest

from ingestion.contracts import HUBS, contract
from ingestion.reconcile import MESSAGES
from tests.support.events import engagement, order, review
from tests.support.warehouse import Message, Warehouse

GENERATION = "bad-offset-input"
"""A name with a column's name in it: it must stay a name."""
AT = datetime(2026, 6, 30, tzinfo=UTC)
KEYS = {"orders": "order_id", "engagement": "event_id", "reviews": "review_id"}
MAKERS: dict[str, Callable[..., bytes]] = {"orders": order, "engagement": engagement, "reviews": review}
LONG = 100_000

_numbers = count()


class Case(NamedTuple):
    """A body, and the reasons for which it must be rejected; none means accepted."""

    body: bytes
    reasons: tuple[str, ...] = ()


def numbered(hub: str, **fields: Any) -> bytes:
    """A sound event of the hub with an id of its own and some fields changed."""
    return MAKERS[hub](**{KEYS[hub]: f"bad input {next(_numbers)}", **fields})


def sent(hub: str, *reasons: str, **fields: Any) -> Case:
    """Such an event and what becomes of it."""
    return Case(numbered(hub, **fields), reasons)


def written(hub: str, field: str, text: str, *reasons: str) -> Case:
    """Such an event with a field's value written as no JSON library would."""
    return Case(numbered(hub, **{field: "@"}).replace(b'"@"', text.encode()), reasons)


def unreadable(hub: str) -> dict[str, Case]:
    """Bodies of which nothing can be known, whatever the hub."""
    bodies = {
        "broken JSON": b'{"product_id": "x", "price": ',
        "a JSON array": b"[" + numbered(hub) + b"]",
        "an empty body": b"",
        "only spaces": b"   ",
        "a number": b"42",
        "null": b"null",
        "two objects in one body": numbered(hub) + numbered(hub),
        "text behind the object": numbered(hub) + b" and more",
        "a bracket behind the object": numbered(hub) + b"]",
        "an array's rest behind the object": numbered(hub) + b"],[{}",
        "a NUL behind the object": numbered(hub) + b"\x00",
        "a comma behind the object": numbered(hub) + b",",
        "nested too deeply": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        "a new field nested too deeply": written(hub, "note", "[" * 5_000 + "]" * 5_000).body,
        "a number of 2000 digits": written(hub, "note", "7" * 2_000).body,
        "noise": b"\x00\x01\x02\x03" * 25_000,
        "single quotes": numbered(hub).replace(b'"', b"'"),
        "single quotes and a brace": numbered(hub, product_id="}").replace(b'"', b"'"),
        "a raw NUL in a text": written(hub, "product_id", '"a\x00b"').body,
        "a raw line end in a text": written(hub, "product_id", '"a\nb"').body,
        "a byte order mark": b"\xef\xbb\xbf" + numbered(hub),
        "UTF-16 without a mark": numbered(hub).decode().encode("utf-16-le"),
        # Bare NaN and Infinity, as some writers leave them, are not JSON (RFC 8259, section 6).
        "NaN": numbered(hub, note=float("nan")),
        "infinity": numbered(hub, note=float("inf")),
    }
    not_utf8 = {
        "invalid UTF-8": numbered(hub, product_id="@").replace(b"@", b"\xff\xfe"),
        "Latin-1": numbered(hub, product_id="café").decode().encode("latin-1"),
        "UTF-16": numbered(hub).decode().encode("utf-16"),
    }
    broken = {name: Case(body, ("broken_json",)) for name, body in bodies.items()}
    return broken | {name: Case(body, ("invalid_text",)) for name, body in not_utf8.items()}


def wrong_in_any_hub(hub: str) -> dict[str, Case]:
    """One thing wrong with a field that every hub has."""
    key = KEYS[hub]
    return {
        "no key": sent(hub, "missing_key", **{key: ...}),
        "a blank key": sent(hub, "missing_key", **{key: "  "}),
        "a key that is an object": sent(hub, "wrong_type", **{key: {"a": 1}}),
        "no product": sent(hub, "missing_product", product_id=...),
        "a product of white space": sent(hub, "missing_product", product_id=" \t\n"),
        "no timestamp": sent(hub, "bad_timestamp", timestamp=...),
        "a date in 1970": sent(hub, "bad_timestamp", timestamp="1970-01-01T00:00:00Z"),
        "a date in 2100": sent(hub, "bad_timestamp", timestamp="2100-01-01T00:00:00Z"),
        "more than a day after its arrival": sent(hub, "bad_timestamp", timestamp="2026-07-01T00:00:01Z"),
        "a date without a time": sent(hub, "bad_timestamp", timestamp="2026-06-15"),
        "a day that does not exist": sent(hub, "bad_timestamp", timestamp="2026-02-30T10:00:00"),
        "an offset that does not exist": sent(hub, "bad_timestamp", timestamp="2026-06-15T10:00:00+99:99"),
        "a timestamp that is a number": sent(hub, "bad_timestamp", timestamp=1750000000),
        "digits of another script": sent(hub, "bad_timestamp", timestamp="٢٠٢٦-06-15T10:20:30"),
        "an unknown state": sent(hub, "unknown_state", state="ZZ"),
        "no state": sent(hub, "unknown_state", state=...),
    }


def odd_in_any_hub(hub: str) -> dict[str, Case]:
    """Odd but sound, whatever the hub."""
    return {
        "the required fields": sent(hub),
        "a new field": sent(hub, coupon={"code": "X", "off": [1, 2]}, _unparsed="x", State="ZZ"),
        "a thousand new fields": sent(hub, **{f"field {n}": n for n in range(1_000)}),
        "a 1 MB body": sent(hub, note="x" * 1_000_000),
        "braces in a text": sent(hub, product_id="a}{b"),
        "an escaped NUL": sent(hub, product_id="a\x00b"),
        "right to left": sent(hub, product_id="מוצר \u202eabc\u202c ممتاز"),
        "an emoji": sent(hub, product_id="🛒"),
        "half an emoji": written(hub, "product_id", '"\\ud83d"'),
        "spaces around the JSON": Case(b" \r\n" + numbered(hub) + b"\n "),
        "the same key twice": written(hub, "product_id", '"ONE", "product_id": "TWO"'),
        "the same key twice and a brace": written(hub, "product_id", '"}", "product_id": "TWO }"'),
        "state in lower case": sent(hub, state="ky"),
        "state written out": sent(hub, state=" kentucky "),
        "state with dots": sent(hub, state="N.Y."),
        "Washington, D.C.": sent(hub, state="Washington, D.C."),
        "an offset": sent(hub, timestamp="2026-06-15T10:20:30+02:00"),
        "a space in the timestamp": sent(hub, timestamp="2026-06-15 10:20:30.123456"),
        "nanoseconds": sent(hub, timestamp="2026-06-15T10:20:30.123456789Z"),
        "an unlisted product": sent(hub, product_id=f"bad-input-{hub}", category="Gadgets"),
    }


REJECTED = {(hub, name): case for hub in HUBS for name, case in (unreadable(hub) | wrong_in_any_hub(hub)).items()} | {
    ("orders", "1 MB of noise"): Case(b"\x00\x01\x02\x03" * 262_144, ("broken_json",)),
    ("orders", "an empty object"): Case(
        b"{}",
        ("missing_key", "missing_product", "bad_timestamp", "missing_price", "not_usa", "bad_delivery_status"),
    ),
    ("orders", "price NaN as a string"): sent("orders", "bad_price", price="NaN"),
    ("orders", "price 1e400"): written("orders", "price", "1e400", "bad_price"),
    ("orders", "price 1e999999999"): written("orders", "price", "1e999999999", "bad_price"),
    ("orders", "price negative"): sent("orders", "is_return", price=-1),
    ("orders", "price absurd"): sent("orders", "bad_price", price=1e12),
    ("orders", "no price of an unlisted product"): sent("orders", "missing_price", price=..., product_id="?"),
    ("orders", "quantity 0"): sent("orders", "bad_quantity", quantity=0),
    ("orders", "quantity 2.5"): sent("orders", "bad_quantity", quantity=2.5),
    ("orders", "quantity negative"): sent("orders", "is_return", quantity=-1),
    ("orders", "quantity NaN as a string"): sent("orders", "bad_quantity", quantity="NaN"),
    ("orders", "line number 1.5"): sent("orders", "bad_line_number", line_number=1.5),
    ("orders", "line number negative"): sent("orders", "bad_line_number", line_number=-1),
    ("orders", "line number in words"): sent("orders", "bad_line_number", line_number="one"),
    ("orders", "line number absurd"): written("orders", "line_number", "1e400", "bad_line_number"),
    ("orders", "line number NaN as a string"): sent("orders", "bad_line_number", line_number="NaN"),
    ("orders", "another currency"): sent("orders", "not_usd", currency="CAD"),
    ("orders", "another country"): sent("orders", "not_usa", country="Canada", state="Ontario"),
    ("orders", "an unknown delivery status"): sent("orders", "bad_delivery_status", delivery_status="Lost"),
    ("orders", "latitude NaN as a string"): sent("orders", "wrong_type", latitude="NaN"),
    ("orders", "several things wrong"): sent(
        "orders", "bad_price", "bad_quantity", "unknown_state", price="1", quantity=0, state="ZZ"
    ),
    ("engagement", "an empty object"): Case(
        b"{}",
        (
            *("missing_key", "missing_session", "missing_product", "bad_timestamp"),
            *("bad_event_type", "unknown_content_type", "unknown_state"),
        ),
    ),
    ("engagement", "no session"): sent("engagement", "missing_session", session_id=...),
    ("engagement", "a blank session"): sent("engagement", "missing_session", session_id="  "),
    ("engagement", "an unknown event type"): sent("engagement", "bad_event_type", event_type="share"),
    ("engagement", "no event type"): sent("engagement", "bad_event_type", event_type=...),
    ("engagement", "an unknown content type"): sent("engagement", "unknown_content_type", content_type="Podcast"),
    ("engagement", "content type Unknown"): sent("engagement", "unknown_content_type", content_type="Unknown"),
    ("engagement", "no content type"): sent("engagement", "unknown_content_type", content_type=...),
    ("engagement", "several things wrong"): sent(
        "engagement", "missing_session", "bad_event_type", "wrong_type", session_id="", event_type="", device=[]
    ),
    ("reviews", "an empty object"): Case(
        b"{}", ("missing_key", "missing_product", "bad_timestamp", "bad_rating", "unknown_state")
    ),
    ("reviews", "no rating"): sent("reviews", "bad_rating", rating=...),
    ("reviews", "rating 0"): sent("reviews", "bad_rating", rating=0),
    ("reviews", "rating 6"): sent("reviews", "bad_rating", rating=6),
    ("reviews", "rating 4.5"): sent("reviews", "bad_rating", rating=4.5),
    ("reviews", "rating negative"): sent("reviews", "bad_rating", rating=-4),
    ("reviews", "rating 1e400"): written("reviews", "rating", "1e400", "bad_rating"),
    ("reviews", "rating five"): sent("reviews", "bad_rating", rating="five"),
    ("reviews", "rating 5 as a string"): sent("reviews", "bad_rating", rating="5"),
    ("reviews", "rating NaN as a string"): sent("reviews", "bad_rating", rating="NaN"),
    ("reviews", "several things wrong"): sent(
        "reviews", "bad_rating", "unknown_state", "wrong_type", rating=9, state="", review_text={"en": "Good."}
    ),
}
ACCEPTED = {(hub, name): case for hub in HUBS for name, case in odd_in_any_hub(hub).items()} | {
    ("orders", "country US"): sent("orders", country="US"),
    ("orders", "country United States"): sent("orders", country="united states"),
    ("orders", "country U.S.A."): sent("orders", country="U.S.A."),
    ("orders", "no quantity"): sent("orders", quantity=...),
    ("orders", "no price"): sent("orders", price=...),
    ("orders", "quantity 2.0"): sent("orders", quantity=2.0),
    ("orders", "line number 2.0"): sent("orders", line_number=2.0),
    ("orders", "line number as a string"): sent("orders", line_number=" 2 "),
    ("orders", "line number 0"): sent("orders", line_number=0),
    ("orders", "a blank line number"): sent("orders", line_number=" "),
    ("orders", "a status without its moment"): sent("orders", delivery_status="Returned", updated_at="soon"),
    ("orders", "status in lower case"): sent("orders", delivery_status="cancelled"),
    ("engagement", "event type in upper case"): sent("engagement", event_type=" LIKE "),
    ("engagement", "content type in lower case"): sent("engagement", content_type="social  media"),
    ("reviews", "rating 5.0"): sent("reviews", rating=5.0),
}
TEXTS: dict[str, tuple[Any, str | None]] = {
    "null": (None, None),
    "empty": ("", None),
    "spaces": ("   ", None),
    "emoji": ("😀👍🏽👨‍👩‍👧", "😀👍🏽👨‍👩‍👧"),
    "a number": (5, "5"),
    "right to left": ("מוצר \u202eabc\u202c ممتاز", "מוצר \u202eabc\u202c ممتاز"),
    "control characters": ("a\x00b\x07\x1b[31m\n\u2028c", "a\x00b\x07\x1b[31m\n\u2028c"),
    "like an object": ('{"rating": 1}', '{"rating": 1}'),
    "like an array": ("[sic] it says", "[sic] it says"),
    "100 kB": ("very good " * (LONG // 10), ("very good " * (LONG // 10)).strip()),
    "100 kB of letters": ("a" * LONG, "a" * LONG),
    "100 kB of digits": ("4" * LONG, "4" * LONG),
    "100 kB of single digits": ("1 " * (LONG // 2), ("1 " * (LONG // 2)).strip()),
    "100 kB of @": ("@" * LONG, "@" * LONG),
    "100 kB of dots and hyphens": (".-" * (LONG // 2), ".-" * (LONG // 2)),
    "100 kB of beginnings of addresses": ("a.a.a.a@" * (LONG // 8), "[e-mail]@" * (LONG // 16)),
    "100 kB of phone numbers": ("502-555-0123; " * (LONG // 14), ("[phone number]; " * (LONG // 14)).strip()),
}
"""What reviews say, and what silver keeps of it."""

# Of each field of each contract: what is not of its type, and null.
OTHER_TYPES: dict[str, list[Any]] = {
    "string": [{"a": 1}, ["a"], True, 17],
    "number": [{"a": 1}, [1], True, "17", "", "x"],
    "integer": [{"a": 1}, [1], True, "17", "", "x"],
}
FIELDS = [(hub, field) for hub in HUBS for field in contract(hub)["properties"] if field != "schema_version"]
REASONS = {
    **{"timestamp": "bad_timestamp", "state": "unknown_state", "country": "not_usa", "currency": "not_usd"},
    "line_number": "bad_line_number",
    **{"price": "bad_price", "quantity": "bad_quantity", "delivery_status": "bad_delivery_status"},
    **{"event_type": "bad_event_type", "rating": "bad_rating", "engagement content_type": "unknown_content_type"},
}
"""Fields whose wrong types have a reason of their own; of the others it is wrong_type."""


def bodies(hub: str) -> dict[tuple[str, ...], bytes]:
    """All that is landed in a hub, by name."""
    landed: dict[tuple[str, ...], bytes] = {
        (name,): case.body for (of, name), case in (REJECTED | ACCEPTED).items() if of == hub
    }
    for of, field in FIELDS:
        if of == hub:
            for value in OTHER_TYPES[contract(hub)["properties"][field]["type"]]:
                landed[field, json.dumps(value)] = numbered(hub, **{field: value})
            landed[field, "null"] = numbered(hub, **{field: None})
            landed[field, "left out"] = numbered(hub, **{field: ...})
    if hub == "reviews":
        landed |= {("text", name): numbered(hub, review_text=text) for name, (text, _) in TEXTS.items()}
    return landed


BODIES = {hub: bodies(hub) for hub in HUBS}
Judged = dict[str, dict[tuple[str, ...], dict[str, Any]]]


def land(warehouse: Warehouse) -> None:
    """Land all cases of each hub in one batch."""
    for hub, landed in BODIES.items():
        warehouse.land([Message(body, 0, n, AT) for n, body in enumerate(landed.values())], GENERATION, hub)


@pytest.fixture(scope="module")
def judged(warehouse: Warehouse) -> Judged:
    """What became of each case, by hub and name; built by one run. The unit tests run here too, on its tables."""
    land(warehouse)
    warehouse.seed()
    warehouse.dbt("run")
    warehouse.dbt("test", "--select", "test_type:unit")
    found: Judged = {}
    for hub, landed in BODIES.items():
        rows = warehouse.query(f"select * from silver.{MESSAGES[hub]} where topic_generation = '{GENERATION}'")
        by_offset = {row["offset"]: row for row in rows}
        found[hub] = {name: by_offset[n] for n, name in enumerate(landed)}
    return found


@pytest.mark.parametrize(("hub", "name"), REJECTED)
def test_a_bad_event_is_quarantined_with_all_its_reasons(hub: str, name: str, judged: Judged) -> None:
    message, case = judged[hub][(name,)], REJECTED[hub, name]
    assert (message["verdict"], tuple(message["reasons"])) == ("rejected", case.reasons)
    assert bytes(message["body"]) == case.body


@pytest.mark.parametrize(("hub", "name"), ACCEPTED)
def test_an_odd_but_sound_event_is_accepted(hub: str, name: str, judged: Judged) -> None:
    message = judged[hub][(name,)]
    assert (message["verdict"], message["reasons"], message["body"]) == ("accepted", [], None)


@pytest.mark.parametrize(("hub", "field"), FIELDS)
def test_a_value_of_a_wrong_type_is_a_reason_or_kept_as_its_text(hub: str, field: str, judged: Judged) -> None:
    kind = contract(hub)["properties"][field]["type"]
    reason = REASONS.get(f"{hub} {field}", REASONS.get(field, "wrong_type"))
    for value in OTHER_TYPES[kind]:
        message = judged[hub][field, json.dumps(value)]
        # Elsewhere a key that is `true` may have landed before.
        is_taken = message["verdict"] != "rejected"
        if is_taken and field == "updated_at":
            assert message["status_at"] == message["ordered_at"], value
        elif is_taken and field == "line_number":
            assert isinstance(value, str), "a number in a text is one, as some producers write it"
            assert message["line_number"] == (int(value) if value else None)
        elif is_taken:
            assert kind == "string", value
            assert not isinstance(value, dict | list), value
            assert message[field].lower() == json.dumps(value), value
        else:
            assert message["reasons"] == [reason], value


@pytest.mark.parametrize(("hub", "field"), FIELDS)
def test_null_is_the_same_as_a_field_that_is_missing(hub: str, field: str, judged: Judged) -> None:
    null, missing = judged[hub][field, "null"], judged[hub][field, "left out"]
    for column in set(null) - {"offset", "body", KEYS[hub], "order_line_id"}:
        assert null[column] == missing[column], column


@pytest.mark.parametrize("hub", HUBS)
def test_new_fields_are_named_and_change_nothing_else(hub: str, judged: Judged) -> None:
    plain, new = judged[hub][("the required fields",)], judged[hub][("a new field",)]
    assert plain["new_fields"] == []
    assert new["new_fields"] == ["coupon", "_unparsed", "State"]
    for column in set(plain) - {"offset", "new_fields", KEYS[hub], "order_line_id"}:
        assert plain[column] == new[column], column
    assert len(judged[hub][("a thousand new fields",)]["new_fields"]) == 1_000


@pytest.mark.parametrize("hub", HUBS)
def test_what_can_be_normalised_is(hub: str, judged: Judged) -> None:
    moment = {"orders": "ordered_at", "engagement": "occurred_at", "reviews": "reviewed_at"}[hub]
    messages = {name[0]: message for name, message in judged[hub].items() if len(name) == 1}
    assert {messages[name]["state_code"] for name in ("state in lower case", "state written out")} == {"KY"}
    assert messages["state with dots"]["state_code"] == "NY"
    assert messages["Washington, D.C."]["state_code"] == "DC"
    assert messages["an offset"][moment] == datetime(2026, 6, 15, 8, 20, 30)
    assert messages["a space in the timestamp"][moment] == datetime(2026, 6, 15, 10, 20, 30, 123456)
    assert messages["nanoseconds"][moment] == datetime(2026, 6, 15, 10, 20, 30, 123456)
    assert messages["an emoji"]["product_id"] == "🛒"
    assert messages["an escaped NUL"]["product_id"] == "A\x00B"
    assert messages["an unlisted product"]["product_id"] == f"BAD-INPUT-{hub.upper()}"


def test_what_has_few_values_comes_out_in_one_spelling(judged: Judged) -> None:
    assert judged["orders"][("status in lower case",)]["delivery_status"] == "Cancelled"
    assert judged["engagement"][("event type in upper case",)]["event_type"] == "like"
    assert judged["engagement"][("content type in lower case",)]["content_type"] == "Social Media"
    assert judged["reviews"][("rating 5.0",)]["rating"] == 5


def test_what_an_order_lacks_is_imputed_and_flagged(judged: Judged) -> None:
    quantity = judged["orders"][("no quantity",)]
    assert (quantity["quantity"], quantity["is_quantity_imputed"], str(quantity["total_amount"])) == (1, True, "10.50")
    price = judged["orders"][("no price",)]
    assert (price["price"], price["is_price_imputed"], str(price["total_amount"])) == (649, True, "1298.00")
    assert judged["orders"][("the required fields",)]["is_price_imputed"] is False


@pytest.mark.parametrize("name", TEXTS)
def test_a_review_counts_whatever_its_text(name: str, judged: Judged) -> None:
    message = judged["reviews"]["text", name]
    assert (message["verdict"], message["rating"]) == ("accepted", 4)
    assert message["review_text"] == TEXTS[name][1]


def test_long_texts_are_masked_in_no_time(warehouse: Warehouse, judged: Judged) -> None:
    offsets = [str(message["offset"]) for name, message in judged["reviews"].items() if "100 kB" in name[-1]]
    query = (
        "select sum(length(review_text)) as characters from silver.stg_event_hub__reviews"
        f" where topic_generation = '{GENERATION}' and offset in ({', '.join(offsets)})"
    )
    warehouse.query(query)
    began = time.monotonic()
    warehouse.query(query)
    assert time.monotonic() - began < 10


def test_a_product_that_the_catalogue_lacks_is_inferred_whatever_named_it(warehouse: Warehouse, judged: Judged) -> None:
    rows = warehouse.query(
        "select product_id, category from gold.dim_product"
        " where is_inferred and product_id like 'BAD-INPUT-%' order by product_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("BAD-INPUT-ENGAGEMENT", "Unknown"),
        ("BAD-INPUT-ORDERS", "Gadgets"),
        ("BAD-INPUT-REVIEWS", "Unknown"),
    ]


@pytest.mark.parametrize("hub", HUBS)
def test_bronze_holds_every_body_byte_for_byte(hub: str, warehouse: Warehouse, judged: Judged) -> None:
    rows = warehouse.query(f"select offset, body from bronze.{hub} where topic_generation = '{GENERATION}'")
    assert {row["offset"]: bytes(row["body"]) for row in rows} == dict(enumerate(BODIES[hub].values()))


@pytest.mark.parametrize("hub", HUBS)
def test_the_quarantine_holds_every_rejected_body(hub: str, warehouse: Warehouse, judged: Judged) -> None:
    rows = warehouse.query(
        "select offset, body, body_text from silver.quarantined_events"
        f" where hub = '{hub}' and topic_generation = '{GENERATION}'"
    )
    landed = list(BODIES[hub].values())
    assert {row["offset"] for row in rows} == {
        message["offset"] for message in judged[hub].values() if message["verdict"] == "rejected"
    }
    for row in rows:
        assert bytes(row["body"]) == landed[row["offset"]]
        if row["body_text"] is not None:
            assert row["body_text"].encode() == landed[row["offset"]]
    assert sum(row["body_text"] is None for row in rows) == 3


def test_positions_read_again_are_not_inserted_again(warehouse: Warehouse, judged: Judged) -> None:
    land(warehouse)
    warehouse.dbt("run", "--select", *MESSAGES.values())
    for hub, messages in MESSAGES.items():
        rows = warehouse.query(f"select count(*) as n from silver.{messages} where topic_generation = '{GENERATION}'")
        assert rows == [{"n": len(BODIES[hub])}], hub
