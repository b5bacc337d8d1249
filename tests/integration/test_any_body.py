"""Whatever a body holds, of whichever hub: the batch goes on, and the body ends in one place, for documented reasons.

Some 29,000 bodies, drawn by hypothesis, go through the real SQL in one run. They are judged here once more, by Python's
own strict reader of JSON and by rules that are written apart from the SQL's.
"""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from typing import Any, NamedTuple

import pytest
import yaml

from ingestion.contracts import HUBS, contract
from ingestion.errors import UserError
from ingestion.reconcile import MESSAGES
from sandbox.settings import ROOT
from tests.support.any_bodies import KEYS, Writer
from tests.support.warehouse import Message, Warehouse

GENERATION = "any-body"
AT = datetime(2026, 6, 30, tzinfo=UTC)
MOMENTS = {"orders": "ordered_at", "engagement": "occurred_at", "reviews": "reviewed_at"}
ACCEPTED_IN = {"orders": "order_lines", "engagement": "engagement_events", "reviews": "reviews"}
MOST_SHOWN = 5
VARIABLES = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
DEEPEST = 400
"""Levels of nesting that are certainly read; Spark's readers refuse some depth above, as Python's does another."""
LONGEST_NUMBER = 500
"""Characters of a number that are certainly read; Spark's readers refuse more than 1,000 digits."""


class Judged(NamedTuple):
    """A body and its row in silver's messages, sentiment beside it for accepted reviews."""

    body: bytes
    row: dict[str, Any]


class Read(NamedTuple):
    """What Python makes of a body."""

    error: str | None
    event: dict[str, Any]
    is_plain: bool
    """No key twice, and nothing nested or written so large that readers may differ about it."""


def documented_reasons() -> dict[str, set[str]]:
    """By hub, the codes in the docs of `reasons`."""
    text = (ROOT / "dbt_project" / "docs" / "columns.md").read_text()
    (block,) = re.findall(r"\{% docs reasons %\}(.*?)\{% enddocs %\}", text, re.DOTALL)
    _, *parts = re.split(r"Of (every hub|orders|engagement|reviews):", block)
    codes = {
        of: set(re.findall(r"`(\w+)`", said)) - set(VARIABLES) for of, said in zip(*[iter(parts)] * 2, strict=True)
    }
    return {hub: codes["every hub"] | codes[hub] for hub in HUBS}


def state_codes() -> set[str]:
    with (ROOT / "dbt_project" / "seeds" / "us_states.csv").open() as file:
        return {row["state_code"] for row in csv.DictReader(file)}


def read(body: bytes) -> Read:
    """Read a body as RFC 8259 and UTF-8 have it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Read("invalid_text", {}, True)
    has_key_twice = False

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_key_twice
        has_key_twice |= len(dict(pairs)) < len(pairs)
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    levels = sum(map(text.count, "[{"))
    digits = max(map(len, re.findall(r"[0-9.]+", text)), default=0)
    if levels > DEEPEST or digits > LONGEST_NUMBER:
        return Read(None, {}, False)
    try:
        event = json.loads(text, object_pairs_hook=as_object, parse_constant=refuse)
    except ValueError:
        return Read("broken_json", {}, True)
    if not isinstance(event, dict):
        return Read("broken_json", {}, True)
    return Read(None, event, not has_key_twice)


def moment_of(value: Any) -> datetime | None:
    """The moment that an event's timestamp names, None if it names none; what is behind the microsecond is cut."""
    if not isinstance(value, str):
        return None
    found = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?",
        value.strip(" \t\r\n").upper(),
        re.ASCII,
    )
    if not found:
        return None
    day, minute, second, fraction, zone = found.groups()
    hours, minutes = int((zone or "Z")[1:3] or 0), int((zone or "Z")[3:].strip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > timedelta(hours=18):
        return None
    try:
        local = datetime.fromisoformat(f"{day}T{minute}:{second or '00'}.{(fraction or '0')[:6]:0<6}+00:00")
        return local + offset if zone and zone[0] == "-" else local - offset
    except (ValueError, OverflowError):
        return None


def as_price(number: float) -> Decimal:
    """A number to six decimals, half away from zero, as the double that is nearest to what was written."""
    return Decimal(repr(float(number))).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def is_negative(value: Any) -> bool:
    return is_number(value) and value < 0


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_bad_line_number(value: Any) -> bool:
    """Whether a line can't have the number; texts are judged elsewhere, as they need not be numbers' JSON."""
    if value is None:
        return False
    return not (is_number(value) and 0 <= value <= VARIABLES["highest_line_number"] and value == int(value))


def as_double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def is_bad_number(field: str, value: Any) -> bool:
    """Whether an event's price, quantity or rating can't be; null and missing are judged by the field.

    A negative price or quantity is a return, and nothing else.
    """
    if value is None:
        return field == "rating"
    if not is_number(value):
        return True
    number = as_double(value)
    if field != "rating" and number < 0:
        return False
    if field == "price":
        return not (number < 1e12 and as_price(number) <= VARIABLES["highest_price"])
    highest = VARIABLES["highest_quantity"] if field == "quantity" else 5
    return not (1 <= number <= highest and number == int(number))


def shown(cases: list[tuple[bytes, Any]]) -> str:
    """Some bodies, and what is wrong with each."""
    lines = [f"{body[:600]!r}\n    {why}" for body, why in cases[:MOST_SHOWN]]
    return f"{len(cases)} bodies:\n" + "\n".join(lines)


def body_that_fails(warehouse: Warehouse, hub: str, bodies: list[bytes]) -> bytes | None:
    """The first body that the hub's model of messages can't be built with, None if there is none."""
    view = f"silver.stg_event_hub__{hub}"
    sql = warehouse.compile(MESSAGES[hub], "--full-refresh")
    assert view in sql

    def fails(first: int, end: int) -> bool:
        mine = f"topic_generation = '{GENERATION}' and offset >= {first} and offset < {end}"
        part = sql.replace(view, f"(select * from {view} where {mine})")
        try:
            warehouse.spark.sql(part).write.format("noop").mode("overwrite").save()
        except Exception:
            return True
        return False

    first, end = 0, len(bodies)
    if not fails(first, end):
        return None
    while end - first > 1:
        middle = (first + end) // 2
        first, end = (first, middle) if fails(first, middle) else (middle, end)
    return bodies[first]


@pytest.fixture(scope="module")
def judged(warehouse: Warehouse) -> dict[str, list[Judged]]:
    """All bodies, by hub in the order of landing, with what became of them; built by one run."""
    bodies = {hub: Writer(hub).bodies() for hub in HUBS}
    assert sum(map(len, bodies.values())) >= 20_000
    for hub, landed in bodies.items():
        warehouse.land([Message(body, 0, n, AT) for n, body in enumerate(landed)], GENERATION, hub)
    warehouse.seed()
    try:
        warehouse.dbt("run", "--select", "path:models/silver")
    except UserError as error:
        culprits = {hub: body_that_fails(warehouse, hub, landed) for hub, landed in bodies.items()}
        pytest.fail(f"The batch failed. Bodies that alone make it fail: {culprits}\n{str(error)[:2_000]}")
    result: dict[str, list[Judged]] = {}
    for hub, landed in bodies.items():
        rows = warehouse.query(f"select * from silver.{MESSAGES[hub]} where topic_generation = '{GENERATION}'")
        assert Counter(row["offset"] for row in rows) == dict.fromkeys(range(len(landed)), 1), hub
        by_offset = {row["offset"]: row for row in rows}
        result[hub] = [Judged(body, by_offset[n]) for n, body in enumerate(landed)]
    return result


def accepted(cases: list[Judged]) -> Iterator[Judged]:
    return (case for case in cases if case.row["verdict"] == "accepted")


@pytest.mark.parametrize("hub", HUBS)
def test_each_body_ends_in_exactly_one_place(hub: str, warehouse: Warehouse, judged: dict[str, list[Judged]]) -> None:
    mine = f"topic_generation = '{GENERATION}'"
    accepted_in = f"silver.{ACCEPTED_IN[hub]} where {mine}"
    if hub == "reviews":
        # There a review stands as it was last edited, with the position of that.
        accepted_in = (
            f"silver.review_messages where {mine} and verdict = 'accepted'"
            " and review_id in (select review_id from silver.reviews)"
        )
    places = {
        "accepted": accepted_in,
        "update": f"silver.{MESSAGES[hub]} where verdict = 'update' and {mine}",
        "duplicate": f"silver.duplicate_events where hub = '{hub}' and {mine}",
        "rejected": f"silver.quarantined_events where hub = '{hub}' and {mine}",
    }
    offsets = {
        verdict: Counter(row["offset"] for row in warehouse.query(f"select offset from {place}"))
        for verdict, place in places.items()
    }
    assert sum(offsets.values(), Counter()) == dict.fromkeys(range(len(judged[hub])), 1)
    wrong = [(body, row["verdict"]) for body, row in judged[hub] if row["offset"] not in offsets[row["verdict"]]]
    assert not wrong, shown(wrong)
    # Each verdict was tried many times.
    few = {verdict for verdict, found in offsets.items() if len(found) <= 20}
    assert few == ({"update"} if hub == "engagement" else set())


@pytest.mark.parametrize("hub", HUBS)
def test_what_is_rejected_has_documented_reasons_and_nothing_else_has_any(
    hub: str, judged: dict[str, list[Judged]]
) -> None:
    documented = documented_reasons()[hub]
    found = set()
    wrong = []
    for body, row in judged[hub]:
        reasons = row["reasons"]
        found |= set(reasons)
        is_sound = reasons and set(reasons) <= documented and len(set(reasons)) == len(reasons)
        if (not is_sound) if row["verdict"] == "rejected" else (reasons != [] or row["body"] is not None):
            wrong.append((body, reasons))
        elif row["verdict"] == "rejected" and bytes(row["body"]) != body:
            wrong.append((body, f"is kept as {bytes(row['body'])!r}"))
    assert not wrong, shown(wrong)
    assert found == documented


@pytest.mark.parametrize("hub", HUBS)
def test_what_python_cannot_read_is_rejected_as_unreadable_and_what_it_can_is_not(
    hub: str, judged: dict[str, list[Judged]]
) -> None:
    wrong = []
    for body, row in judged[hub]:
        error, _, is_plain = read(body)
        said = [reason for reason in row["reasons"] if reason in ("invalid_text", "broken_json")]
        if error and row["reasons"] != [error]:
            wrong.append((body, f"Python says {error}, silver {row['reasons'] or row['verdict']}"))
        elif not error and said and is_plain:
            wrong.append((body, f"Python reads it, silver says {said}"))
    assert not wrong, shown(wrong)


@pytest.mark.parametrize("hub", HUBS)
def test_times_and_numbers_are_judged_as_python_judges_them(hub: str, judged: dict[str, list[Judged]]) -> None:
    earliest = datetime.fromisoformat(VARIABLES["earliest_event_date"]).replace(tzinfo=UTC)
    fields = [field for field in ("price", "quantity", "rating") if field in contract(hub)["properties"]]
    wrong = []
    judgements = Counter[tuple[str, bool]]()
    reasons = [
        "bad_timestamp",
        *(f"bad_{field}" for field in fields),
        *(["is_return", "bad_line_number"] if hub == "orders" else []),
    ]
    for body, row in judged[hub]:
        error, event, is_plain = read(body)
        if error or not is_plain:
            continue
        moment = moment_of(event.get("timestamp"))
        bad = {"bad_timestamp": not (moment and earliest <= moment <= AT + timedelta(days=1))}
        bad |= {f"bad_{field}": is_bad_number(field, event.get(field)) for field in fields}
        if hub == "orders":
            number = event.get("line_number")
            # What is written with an exponent is read as a double here and as a decimal there.
            if not (isinstance(number, str) or (isinstance(number, float) and "e" in repr(number))):
                bad["bad_line_number"] = is_bad_line_number(number)
            bad["is_return"] = is_negative(event.get("price")) or is_negative(event.get("quantity"))
        judgements.update(bad.items())
        for reason, is_bad in bad.items():
            if is_bad != (reason in row["reasons"]):
                wrong.append((body, f"{reason} is {is_bad} to Python; silver says {row['reasons']}"))
    assert not wrong, shown(wrong)
    few = {reason: judgements[reason] for reason in product(reasons, (True, False)) if judgements[reason] < 200}
    assert not few, few


def kept(hub: str, event: dict[str, Any]) -> dict[str, Any]:
    """What silver must hold of an accepted event, for the values that are taken as they are."""
    texts = {name: value for name in contract(hub)["properties"] if isinstance(value := event.get(name), str)}
    missing = {name for name in contract(hub)["properties"] if event.get(name) is None}
    as_sent = {"order_id", "event_id", "review_id", "customer_id", "session_id", "visitor_id"}
    result: dict[str, Any] = {name: value.strip(" \t\r\n") or None for name, value in texts.items() if name in as_sent}
    result |= dict.fromkeys(missing & (as_sent | {"city", "category", "device", "latitude", "longitude"}))
    result |= {name: as_double(event[name]) for name in ("latitude", "longitude") if is_number(event.get(name))}
    if hub == "orders":
        result["is_price_imputed"], result["is_quantity_imputed"] = "price" in missing, "quantity" in missing
        result["quantity"] = 1 if "quantity" in missing else int(event["quantity"])
        if "price" not in missing:
            result["price"] = as_price(event["price"])
    if hub == "reviews":
        result["rating"] = int(event["rating"])
        if event.get("order_id") is None or isinstance(event["order_id"], str):
            result["order_id"] = (event.get("order_id") or "").strip(" \t\r\n") or None
    result = {name: value for name, value in result.items() if name in COLUMNS[hub]}
    moment = moment_of(event["timestamp"])
    assert moment
    return result | {MOMENTS[hub]: moment.replace(tzinfo=None)}


COLUMNS = {
    "orders": {
        *("order_id", "customer_id", "session_id", "city", "category", "latitude", "longitude"),
        *("price", "quantity", "is_price_imputed", "is_quantity_imputed"),
    },
    "engagement": {"event_id", "session_id", "visitor_id", "device"},
    "reviews": {"review_id", "order_id", "customer_id", "rating"},
}


@pytest.mark.parametrize("hub", HUBS)
def test_no_value_of_an_accepted_event_is_lost_or_changed(hub: str, judged: dict[str, list[Judged]]) -> None:
    wrong = []
    for body, row in accepted(judged[hub]):
        error, event, is_plain = read(body)
        if error or not is_plain:
            continue
        for column, value in kept(hub, event).items():
            if row[column] != value:
                wrong.append((body, f"{column} is {row[column]!r}, not {value!r}"))
    assert not wrong, shown(wrong)


@pytest.mark.parametrize("hub", HUBS)
def test_what_is_accepted_is_in_the_ranges_that_are_promised(
    hub: str, warehouse: Warehouse, judged: dict[str, list[Judged]]
) -> None:
    rows = warehouse.query(f"select * from silver.{ACCEPTED_IN[hub]} where topic_generation = '{GENERATION}'")
    states, earliest = state_codes(), datetime.fromisoformat(VARIABLES["earliest_event_date"])
    assert len(states) == 51
    wrong = []
    for row in rows:
        moment = row[MOMENTS[hub]]
        holds = {
            "key": bool(row[KEYS[hub]]),
            "product": bool(row["product_id"]),
            "state": row["state_code"] in states,
            "time": earliest <= moment <= AT.replace(tzinfo=None) + timedelta(days=1),
            "business date": abs(row["business_date"] - moment.date()) <= timedelta(days=1),
        }
        if hub == "orders":
            holds["price"] = 0 <= row["price"] <= VARIABLES["highest_price"]
            holds["quantity"] = (
                isinstance(row["quantity"], int) and 1 <= row["quantity"] <= VARIABLES["highest_quantity"]
            )
            total = row["price"] * row["quantity"]
            holds["total"] = row["total_amount"] == total.quantize(Decimal("0.01"), ROUND_HALF_UP)
            holds["status"] = row["delivery_status"] in ("Processing", "Shipped", "Delivered", "Returned", "Cancelled")
        elif hub == "engagement":
            holds["type"] = row["event_type"] in ("view", "click", "like")
            holds["content"] = row["content_type"] in ("Social Media", "Blog", "Video")
            holds["session"] = bool(row["session_id"])
        else:
            holds["rating"] = row["rating"] in (1, 2, 3, 4, 5)
            holds["sentiment"] = -1 <= row["sentiment_score"] <= 1
        if broken := [name for name, is_held in holds.items() if not is_held]:
            wrong.append((judged[hub][row["offset"]].body, f"{broken} of {row}"))
    assert not wrong, shown(wrong)
