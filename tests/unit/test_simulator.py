"""The shop: realistic, repeatable, and its ledger is the truth about what it sent."""

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ingestion.contracts import HUBS, contract
from ingestion.errors import UserError
from simulator.backfill import Backfill
from simulator.faults import NO_FAULTS, FaultRates
from simulator.ledger import Ledger, ledger_for, read_ledger, sum_of
from simulator.live import Live
from simulator.master_data import read_cities, read_products
from simulator.messages import Event

UNTIL = datetime(2026, 6, 30, 12, tzinfo=UTC)
START_MS = int(UNTIL.timestamp() * 1000)
DAYS = 30
MANY_FAULTS = FaultRates(0.2, 0.1, 0.04, 0.1, 0.1, 0.03, 0.05, 0.05, 0.06)
MOST_FAULTS = FaultRates(0.2, 0.3, 0.35, 0.05, 0.25, 0.05, 0.05, 0.05, 0.05, lost_update=0.4)
"""So many that of some lines the message of a return is the first that lands, or the only one that names pieces."""
PRODUCTS = {product.product_id: product for product in read_products()}
STATES = {city.state_code for city in read_cities()}

STATUSES = ["Processing", "Shipped", "Delivered", "Returned", "Cancelled"]

Message = dict[str, Any]
Events = dict[str, list[Message]]


def history(seed: int, events: int, rates: FaultRates, days: int = DAYS) -> tuple[list[Event], Ledger]:
    ledger = Ledger()
    backfill = Backfill(seed=seed, events=events, days=days, until=UNTIL, rates=rates, with_stories=False)
    return list(backfill.events(ledger)), ledger


def parsed(events: Iterable[Event]) -> Events:
    found: Events = {hub: [] for hub in HUBS}
    for event in events:
        found[event.hub].append(json.loads(event.body))
    return found


def at(event: Message) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


def moment(event: Message) -> datetime:
    """When what it tells of happened: of an order line's later message, when it got its status."""
    return datetime.fromisoformat(event["updated_at"] if "updated_at" in event else event["timestamp"])


def journey(event: Message) -> tuple[str, str]:
    return event["session_id"], event["product_id"]


def review_id(review: Message) -> str:
    return str(review["review_id"])


def line_of(order: Message) -> tuple[str, int]:
    return order["order_id"], order["line_number"]


def by_key(messages: Iterable[Message], key: Callable[[Message], Any]) -> dict[Any, list[Message]]:
    """Messages in their order, by what they tell of."""
    found = defaultdict(list)
    for message in messages:
        found[key(message)].append(message)
    return found


def days_between(earlier: Message, later: Message) -> float:
    return (moment(later) - moment(earlier)) / timedelta(days=1)


@pytest.fixture(scope="module")
def sound() -> Events:
    """A month without faults: about 26,000 sessions, 3,600 order lines, 400 reviews."""
    return parsed(history(1, 120_000, NO_FAULTS)[0])


@pytest.fixture(scope="module")
def lines(sound: Events) -> dict[tuple[str, int], list[Message]]:
    """The messages of each order line, by time."""
    return by_key(sorted(sound["orders"], key=moment), line_of)


@pytest.fixture(scope="module")
def journeys(sound: Events, lines: dict[Any, list[Message]]) -> dict[tuple[str, str], list[Message]]:
    """The events of each journey, the first message of its order line included, by time."""
    return by_key(sorted(sound["engagement"] + [first for first, *_ in lines.values()], key=at), journey)


def test_the_same_seed_sends_the_same_bytes_and_another_seed_others() -> None:
    first, second, other = (history(seed, 2_000, FaultRates())[0] for seed in (5, 5, 6))
    assert first == second
    assert not {event.key for event in first} & {event.key for event in other}


def test_a_history_is_handed_out_the_same_each_time() -> None:
    backfill = Backfill(seed=5, events=2_000, days=DAYS, until=UNTIL, rates=FaultRates())
    assert list(backfill.events(Ledger())) == list(backfill.events(Ledger()))


@pytest.mark.parametrize("events", [1, 100, 5_000])
def test_whole_sessions_make_at_most_the_messages_asked_for(events: int) -> None:
    sent, ledger = history(7, events, FaultRates())
    assert events - 60 < len(sent) <= events
    assert len(sent) == ledger.sent


@pytest.mark.parametrize("hub", HUBS)
def test_every_sound_event_fits_the_contract_and_has_no_other_fields(sound: Events, hub: str) -> None:
    schema = contract(hub) | {"additionalProperties": False}
    validator = jsonschema.Draft202012Validator(schema)
    for event in sound[hub][:500]:
        validator.validate(event)


def test_keys_are_orders_sessions_and_reviews() -> None:
    name = {"orders": "order_id", "engagement": "session_id", "reviews": "review_id"}
    events, _ = history(8, 5_000, NO_FAULTS)
    assert all(event.key == json.loads(event.body)[name[event.hub]] for event in events)
    assert {event.hub for event in events} == set(HUBS)


def test_sessions_come_from_all_states_by_population(sound: Events) -> None:
    states = Counter({event["session_id"]: event["state"] for event in sound["engagement"]}.values())
    assert set(states) == STATES
    assert {state for state, _ in states.most_common(4)} == {"CA", "TX", "FL", "NY"}
    assert states["CA"] / states.total() == pytest.approx(39_538_223 / 331_449_281, abs=0.03)


def test_times_are_within_the_days_and_follow_the_day(sound: Events) -> None:
    for events in sound.values():
        assert all(timedelta() <= UNTIL - moment(event) for event in events)
        assert all(UNTIL - at(event) <= timedelta(days=DAYS + 1) for event in events)
    pacific = [(at(event).hour - 8) % 24 for event in sound["engagement"] if event["state"] in ("CA", "OR", "WA")]
    evening, night = (sum(first <= hour <= last for hour in pacific) for first, last in ((18, 21), (1, 4)))
    assert evening > 5 * night


def test_all_hubs_are_sent_in_one_order_of_time_but_for_seconds() -> None:
    events, _ = history(9, 20_000, NO_FAULTS)
    times = [(event.hub, moment(json.loads(event.body))) for event in events]
    latest = dict.fromkeys(HUBS, times[0][1])
    behind = timedelta()
    for hub, time in times:
        behind = max(behind, max(latest.values()) - time)
        latest[hub] = max(latest[hub], time)
    assert timedelta(seconds=1) < behind <= timedelta(seconds=5)


def test_prices_are_around_the_list_price_and_amounts_add_up(sound: Events) -> None:
    for order in sound["orders"]:
        product = PRODUCTS[order["product_id"]]
        cents = round(order["price"] * 100)
        assert 0.69 * product.list_price_cents - 1 <= cents <= 1.16 * product.list_price_cents + 1
        assert Decimal(str(order["price"])) * order["quantity"] == Decimal(str(order["total_amount"]))
        assert order["category"] == product.category


def test_customers_return_to_one_home(sound: Events) -> None:
    homes = {(order["customer_id"], order["city"], order["state"]) for order in sound["orders"]}
    assert len({customer for customer, _, _ in homes}) == len(homes) < len(sound["orders"]) / 1.5
    visits = {(event["visitor_id"], event["session_id"], event["state"]) for event in sound["engagement"]}
    visitors = {(visitor, state) for visitor, _, state in visits}
    assert len({visitor for visitor, _ in visitors}) == len(visitors) < len(visits) / 8


def test_a_third_of_the_orders_have_several_lines(lines: dict[Any, list[Message]]) -> None:
    orders = by_key([first for first, *_ in lines.values()], lambda line: line["order_id"])
    assert sum(len(order) > 1 for order in orders.values()) / len(orders) == pytest.approx(1 / 3, abs=0.03)
    for order in orders.values():
        assert sorted(line["line_number"] for line in order) == list(range(1, len(order) + 1))
        assert len(order) <= 5
        assert len({line["product_id"] for line in order}) == len(order)
        of_line = {"line_number", "product_id", "category", "price", "quantity", "total_amount"}
        assert len({json.dumps([v for k, v in line.items() if k not in of_line]) for line in order}) == 1
    assert max(map(len, orders.values())) == 5


def test_a_line_says_how_far_it_is_and_repeats_the_rest(lines: dict[Any, list[Message]]) -> None:
    for first, *later in lines.values():
        assert first["delivery_status"] == "Processing"
        assert "updated_at" not in first
        for message in later:
            assert at(message) == at(first) < moment(message)
            moved = {"delivery_status", "updated_at"}
            if message["delivery_status"] == "Returned":
                moved |= {"quantity", "total_amount"}
                assert 1 <= message["quantity"] <= first["quantity"]
            assert {k: v for k, v in message.items() if k not in moved}.items() <= first.items()
        statuses = [STATUSES.index(message["delivery_status"]) for message in (first, *later)]
        assert all(before < after for before, after in pairwise(statuses))


def test_lines_are_shipped_delivered_and_some_of_them_returned_or_cancelled(lines: dict[Any, list[Message]]) -> None:
    ways = [{message["delivery_status"]: message for message in line} for line in lines.values()]
    for way in ways:
        assert not way.keys() & {"Cancelled"} or not way.keys() & {"Delivered", "Returned"}
        if "Shipped" in way:
            assert 2 / 24 <= days_between(way["Processing"], way["Shipped"]) <= 2
        if "Delivered" in way:
            assert 1.5 <= days_between(way["Shipped"], way["Delivered"]) <= 4
        if "Returned" in way:
            assert 5 <= days_between(way["Delivered"], way["Returned"]) <= 40
    settled = [way for way in ways if UNTIL - at(way["Processing"]) > timedelta(days=6)]
    cancelled = [way for way in settled if "Cancelled" in way]
    assert len(cancelled) / len(settled) == pytest.approx(0.04, abs=0.01)
    assert 0.2 < sum("Shipped" in way for way in cancelled) / len(cancelled) < 0.6
    assert all("Delivered" in way for way in settled if way not in cancelled)


def test_one_delivered_line_in_twenty_comes_back_and_half_of_the_larger_ones_only_in_part() -> None:
    events, _ = history(13, 300_000, NO_FAULTS, days=60)
    ways = by_key(sorted(parsed(events)["orders"], key=moment), line_of).values()
    old = [way for way in ways if UNTIL - at(way[0]) > timedelta(days=46) and way[-1]["delivery_status"] != "Cancelled"]
    back = [way for way in old if way[-1]["delivery_status"] == "Returned"]
    assert len(back) / len(old) == pytest.approx(0.05, abs=0.015)
    larger = [way for way in ways if way[0]["quantity"] > 1 and way[-1]["delivery_status"] == "Returned"]
    in_part = sum(way[-1]["quantity"] < way[0]["quantity"] for way in larger)
    assert in_part / len(larger) == pytest.approx(0.5, abs=0.15)


def test_an_order_belongs_to_a_session_that_viewed_its_products(journeys: dict[Any, Any], sound: Events) -> None:
    seen_last: dict[str, datetime] = {}
    for events in journeys.values():
        times = [at(event) for event in events]
        assert events[0].get("event_type") == "view"
        assert all(before < after for before, after in pairwise(times))
        assert len({(event["state"], event["content_type"]) for event in events}) == 1
        assert len({event.get("visitor_id", event.get("customer_id")) for event in events}) == 1
        assert not any("order_id" in event for event in events[:-1])
        if "order_id" in events[-1]:
            seen = max(at(event) for event in events[:-1] if event["event_type"] != "like")
            order = events[-1]["order_id"]
            seen_last[order] = max(seen, seen_last.get(order, seen))
    orders = {order["order_id"]: order for order in sound["orders"]}
    assert seen_last.keys() == orders.keys()
    for order_id, seen in seen_last.items():
        assert timedelta(minutes=1) <= at(orders[order_id]) - seen <= timedelta(minutes=20)


def test_a_session_has_one_shopper_one_content_and_one_device(sound: Events) -> None:
    visits = {(e["session_id"], e["visitor_id"], e["content_type"], e["device"]) for e in sound["engagement"]}
    assert len({visit[0] for visit in visits}) == len(visits)
    contents = Counter(content for _, _, content, _ in visits)
    for content, share in {"Social Media": 0.46, "Blog": 0.22, "Video": 0.32}.items():
        assert contents[content] / len(visits) == pytest.approx(share, abs=0.015)


def test_shoppers_view_click_like_and_buy_at_plausible_rates(journeys: dict[Any, Any], sound: Events) -> None:
    kinds = Counter(event["event_type"] for event in sound["engagement"])
    sessions = {event["session_id"] for event in sound["engagement"]}
    again = sum([e.get("event_type") for e in events].count("view") > 1 for events in journeys.values())
    orders = [events for events in journeys.values() if "order_id" in events[-1]]
    unclicked = sum(all(event.get("event_type") != "click" for event in events) for events in orders)
    assert len(journeys) / len(sessions) == pytest.approx(3, abs=0.1)
    assert again / len(journeys) == pytest.approx(0.05, abs=0.005)
    assert kinds["click"] / kinds["view"] == pytest.approx(0.29, abs=0.01)
    assert kinds["like"] / kinds["view"] == pytest.approx(0.06, abs=0.005)
    assert len(orders) / len(journeys) == pytest.approx(0.046, abs=0.004)
    assert unclicked / len(orders) == pytest.approx(0.02, abs=0.01)


def test_reviews_follow_delivered_lines_of_the_same_customer_and_product(
    sound: Events, lines: dict[Any, list[Message]]
) -> None:
    bought = {
        (order["order_id"], order["product_id"]): order
        for order in sound["orders"]
        if order["delivery_status"] == "Delivered"
    }
    first_reviews = [versions[0] for versions in by_key(sorted(sound["reviews"], key=at), review_id).values()]
    reviewed = {(review["order_id"], review["product_id"]) for review in first_reviews}
    assert len(reviewed) == len(first_reviews) > 300
    for review in first_reviews:
        order = bought[review["order_id"], review["product_id"]]
        assert {key: review[key] for key in ("customer_id", "state")}.items() <= order.items()
        assert 1 <= days_between(order, review) <= 10
    settled = {key for key, order in bought.items() if (UNTIL - moment(order)).days >= 10}
    assert 0.19 <= len(settled & reviewed) / len(settled) <= 0.29
    silent = sum("review_text" not in review for review in first_reviews)
    assert silent / len(first_reviews) == pytest.approx(0.12, abs=0.05)


def test_some_reviews_are_edited_later_to_other_stars_and_words() -> None:
    reviews = by_key(parsed(history(13, 300_000, NO_FAULTS, days=60)[0])["reviews"], review_id)
    edited = [versions for versions in reviews.values() if len(versions) > 1]
    assert len(edited) / len(reviews) == pytest.approx(0.02, abs=0.01)
    for before, after in edited:
        assert timedelta(hours=1) <= at(after) - at(before) <= timedelta(days=10)
        assert after["rating"] != before["rating"]
        assert ("review_text" in after) == ("review_text" in before)
        assert after.get("review_text", "") != before.get("review_text", "another")
        moved = {"timestamp", "rating", "review_text"}
        assert {k: v for k, v in after.items() if k not in moved}.items() <= before.items()


def test_better_products_get_better_ratings(sound: Events) -> None:
    by_quality = sorted(sound["reviews"], key=lambda review: PRODUCTS[review["product_id"]].quality)
    third = len(by_quality) // 3
    poor, good = (sum(r["rating"] for r in some) / third for some in (by_quality[:third], by_quality[-third:]))
    assert 3.1 < poor < good - 0.25
    assert good < 4.9


def test_cheaper_products_of_a_category_are_bought_more_often(journeys: dict[Any, Any]) -> None:
    median = {}
    for category in {product.category for product in PRODUCTS.values()}:
        prices = sorted(p.list_price_cents for p in PRODUCTS.values() if p.category == category)
        median[category] = prices[len(prices) // 2]
    bought: dict[bool, list[bool]] = {True: [], False: []}
    for (_, product_id), events in journeys.items():
        product = PRODUCTS[product_id]
        bought[product.list_price_cents < median[product.category]].append("order_id" in events[-1])
    cheap, dear = (sum(orders) / len(orders) for orders in (bought[True], bought[False]))
    assert 1.02 < cheap / dear < 1.5


def judged(events: Iterable[Event]) -> dict[str, Any]:
    """The ledger of some messages, made from nothing but their bodies, as silver and gold have to."""
    hubs = {hub: Counter(sent=0, accepted=0, updates=0, duplicates=0, new_fields=0) for hub in HUBS}
    reasons: dict[str, Counter[str]] = {hub: Counter() for hub in HUBS}
    heard: dict[str, dict[Any, list[Message]]] = {hub: defaultdict(list) for hub in HUBS}
    for hub, _, body in events:
        hubs[hub]["sent"] += 1
        reason, event = verdict(hub, body)
        if reason:
            reasons[hub][reason] += 1
            continue
        before = heard[hub][KEYS[hub](event)]
        if not before:
            hubs[hub]["accepted"] += 1
            hubs[hub]["new_fields"] += not event.keys() <= contract(hub)["properties"].keys()
        else:
            is_news = all(VERSIONS[hub](event) > VERSIONS[hub](other) for other in before)
            hubs[hub]["updates" if is_news else "duplicates"] += 1
        before.append(event)

    ledger: dict[str, Any] = defaultdict(Counter)
    orders = set()
    stages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for told in heard["orders"].values():
        first, state = told[0], told[0]["state"]
        price = Decimal(PRODUCTS[first["product_id"]].list_price_cents) / 100
        price, quantity = Decimal(str(first.get("price", price))), first.get("quantity", 1)
        ledger["revenue_by_state"][state] += price * quantity
        ledger["items_by_state"][state] += quantity
        ledger["lines_by_state"][state] += 1
        orders.add((first["order_id"], state))
        statuses = {message["delivery_status"] for message in told}
        if "Cancelled" in statuses:
            ledger["cancelled_by_state"][state] += price * quantity
        elif "Returned" in statuses:
            named = [m["quantity"] for m in told if m["delivery_status"] == "Returned" and "quantity" in m]
            ledger["returned_by_state"][state] += price * min(max(named, default=quantity), quantity)
        stages[journey(first)].add("order")
    ledger["orders_by_state"] = Counter(state for _, state in orders)

    views, funnel, ratings = (defaultdict[str, Counter[str]](Counter) for _ in range(3))
    for event, *_ in heard["engagement"].values():
        views[event["content_type"]].update(views=0, clicks=0, likes=0)
        views[event["content_type"]][event["event_type"] + "s"] += 1
        stages[journey(event)].add(event["event_type"])
    for (_, product_id), stage in stages.items():
        if "view" in stage:
            funnel[product_id].update(viewed=1, clicked=bool(stage & {"click", "order"}), purchased="order" in stage)
    for versions in heard["reviews"].values():
        latest = max(versions, key=at)
        ratings[latest["product_id"]].update(reviews=1, stars=latest["rating"])
    return {
        "hubs": {hub: hubs[hub] | {"quarantined": reasons[hub].total(), "reasons": reasons[hub]} for hub in HUBS},
        **{
            f"{what}_by_state": {state: float(number) for state, number in ledger[f"{what}_by_state"].items()}
            for what in ("revenue", "cancelled", "returned", "items", "orders", "lines")
        },
        "funnel_by_product": funnel,
        "engagement_by_content_type": views,
        "ratings_by_product": ratings,
    }


def verdict(hub: str, body: bytes) -> tuple[str | None, dict[str, Any]]:
    """Why an event must be rejected, if it must, and what it says."""
    try:
        event = json.loads(body)
    except ValueError:
        return "broken_json", {}
    faults = {
        "bad_price": hub == "orders" and isinstance(event.get("price", 0.01), str),
        "not_usa": hub == "orders" and event["country"] != "USA",
        "wrong_type": hub == "engagement" and not isinstance(event["product_id"], str),
        "bad_rating": hub == "reviews" and not isinstance(event["rating"], int),
        "unknown_state": event["state"] not in STATES and event.get("country", "USA") == "USA",
    }
    found = [reason for reason, is_there in faults.items() if is_there]
    assert len(found) <= 1, "an event has at most one fault"
    return (found[0] if found else None), event


KEYS: dict[str, Callable[[Message], Any]] = {
    "orders": line_of,
    "engagement": lambda event: event["event_id"],
    "reviews": review_id,
}
VERSIONS: dict[str, Callable[[Message], Any]] = {
    "orders": lambda order: STATUSES.index(order["delivery_status"]),
    "engagement": lambda _: 0,
    "reviews": at,
}
"""What grows where a message of the same key says something newer."""


def assert_is_the_truth(ledger: Ledger, events: Iterable[Event]) -> None:
    told = ledger.as_dict()
    del told["stories"]
    assert told == judged(events)


@pytest.mark.parametrize("rates", [NO_FAULTS, FaultRates(), MANY_FAULTS], ids=["none", "usual", "many"])
def test_the_ledger_is_what_an_independent_judge_makes_of_the_bodies(rates: FaultRates) -> None:
    events, ledger = history(11, 30_000, rates, days=60)
    assert_is_the_truth(ledger, events)
    assert ledger.hubs["reviews"].accepted > 50


def test_the_ledger_is_the_truth_where_a_return_lands_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.shop.RETURNED_SHARE", 0.6)
    events, ledger = history(11, 60_000, MOST_FAULTS, days=60)
    assert_is_the_truth(ledger, events)
    orders = [verdict("orders", body) for hub, _, body in events if hub == "orders"]
    firsts = [told[0] for told in by_key((order for reason, order in orders if not reason), line_of).values()]
    assert sum(first["delivery_status"] == "Returned" for first in firsts) > 15


@pytest.mark.parametrize("sent", [1, 777, 15_000])
def test_the_ledger_of_a_history_that_was_cut_off_is_the_truth_too(sent: int) -> None:
    ledger = Ledger()
    backfill = Backfill(seed=12, events=30_000, days=DAYS, until=UNTIL, rates=MANY_FAULTS)
    assert_is_the_truth(ledger, list(islice(backfill.events(ledger), sent)))
    assert ledger.sent == sent


def test_faults_come_at_their_rates() -> None:
    rates = FaultRates(0.05, 0.02, 0.04, 0.05, 0.06, 0.03, 0.07, 0.08, 0.02)
    events, ledger = history(2, 150_000, rates, days=60)
    for hub, typed in (("orders", "bad_price"), ("engagement", "wrong_type")):
        entry = ledger.hubs[hub]
        for reason, rate in (("broken_json", 0.04), ("unknown_state", 0.03), (typed, 0.02)):
            assert entry.reasons[reason] / entry.sent == pytest.approx(rate, rel=0.25), (hub, reason)
        assert entry.new_fields / entry.accepted == pytest.approx(0.08 / (1 - entry.quarantined / entry.sent), rel=0.2)
        bodies = Counter(event.body for event in events if event.hub == hub)
        assert bodies.total() / len(bodies) == pytest.approx(1.05, abs=0.01)
        assert entry.accepted + entry.updates + entry.duplicates + entry.quarantined == entry.sent
    assert ledger.hubs["orders"].reasons["not_usa"] / ledger.hubs["orders"].sent == pytest.approx(0.07, rel=0.2)
    assert "not_usa" not in ledger.hubs["engagement"].reasons
    readable = [order for event in events if event.hub == "orders" for order in [verdict(*event[::2])[1]] if order]
    for field, rate in (("price", 0.05), ("quantity", 0.06)):
        assert sum(field not in order for order in readable) / len(readable) == pytest.approx(rate, rel=0.25)
    assert set(ledger.hubs["reviews"].reasons) == {"broken_json", "unknown_state", "bad_rating"}


def test_late_events_are_sent_long_after_they_happened() -> None:
    events, _ = history(3, 20_000, FaultRates(0, 0.1, 0, 0, 0, 0, 0, 0, 0))
    latest, late = moment(json.loads(events[0].body)), 0
    for time in (moment(json.loads(event.body)) for event in events):
        late += latest - time > timedelta(seconds=3_000)
        latest = max(latest, time)
    assert late / len(events) == pytest.approx(0.1, abs=0.02)


def test_later_statuses_get_lost_but_never_the_first() -> None:
    rates = dataclasses.replace(NO_FAULTS, lost_update=0.2)
    ways = by_key(parsed(history(1, 60_000, rates)[0])["orders"], line_of).values()
    assert all(way[0]["delivery_status"] == "Processing" for way in ways)
    settled = [way for way in ways if UNTIL - at(way[0]) > timedelta(days=6)]
    for status in ("Shipped", "Delivered"):
        told = sum(status in (message["delivery_status"] for message in way) for way in settled)
        assert told / len(settled) == pytest.approx(0.97 * 0.8, abs=0.03)


def live(rate: float, seconds: int, rates: FaultRates) -> tuple[list[tuple[float, Event]], Ledger]:
    """A live run by a clock of our own: each event with the seconds at which it was sent."""
    ledger, shop = Ledger(), Live(seed=21, rate=rate, rates=rates, start_ms=START_MS)
    ticks = (tick / 4 for tick in range(4 * seconds + 1))
    return [(tick, e) for tick in ticks for e in shop.due(START_MS + int(tick * 1000), ledger)], ledger


def test_live_events_come_at_the_rate_from_the_first_second_and_the_ledger_is_the_truth() -> None:
    sent, ledger = live(50, 900, MANY_FAULTS)
    assert len(sent) / 900 == pytest.approx(50, rel=0.015)
    for minute in range(15):
        assert sum(60 * minute <= second < 60 * minute + 60 for second, _ in sent) / 60 == pytest.approx(50, rel=0.25)
    assert_is_the_truth(ledger, [event for _, event in sent])
    assert ledger.hubs["orders"].duplicates > 0
    assert ledger.stories == []


def test_live_events_have_just_happened_or_are_minutes_late() -> None:
    sent, _ = live(50, 300, FaultRates(0, 0.1, 0, 0, 0, 0, 0, 0, 0))
    ages = [second - (moment(json.loads(event.body)) - UNTIL).total_seconds() for second, event in sent]
    assert 0 <= min(ages) < max(ages) <= 600.3
    assert sum(age > 10 for age in ages) / len(ages) == pytest.approx(0.1, abs=0.02)


def test_live_reviews_are_of_orders_from_before_the_run_and_as_many_as_in_a_history() -> None:
    sent, ledger = live(100, 600, NO_FAULTS)
    events = parsed(event for _, event in sent)
    assert not {r["order_id"] for r in events["reviews"]} & {o["order_id"] for o in events["orders"]}
    assert {order["delivery_status"] for order in events["orders"]} == {"Processing", "Cancelled"}
    assert 0.19 <= ledger.hubs["reviews"].accepted / (0.96 * ledger.hubs["orders"].accepted) <= 0.29


def test_a_ledger_comes_back_from_its_file_and_ledgers_add_up(tmp_path: Path) -> None:
    ledger = Ledger()
    for _ in Backfill(seed=4, events=5_000, days=90, until=UNTIL, rates=FaultRates()).events(ledger):
        pass
    ledger.write(tmp_path / "seed-4.json")
    assert read_ledger(tmp_path / "seed-4.json") == ledger
    both = sum_of([tmp_path / "seed-4.json"] * 2)
    assert both.sent == 2 * ledger.sent > 0
    assert both.hubs["orders"].new_fields == 2 * ledger.hubs["orders"].new_fields
    assert both.stories == ledger.stories * 2 != []
    for once, twice in ((ledger.revenue_cents, both.revenue_cents), (ledger.items, both.items)):
        assert {state: 2 * count for state, count in once.items()} == twice
    for by_product, both_by_product in ((ledger.funnel, both.funnel), (ledger.ratings, both.ratings)):
        assert {key: 2 * count for key, count in by_product.items()} == both_by_product
    assert both.engagement["Blog", "views"] == 2 * ledger.engagement["Blog", "views"] > 0


def test_a_seed_is_not_sent_twice(tmp_path: Path) -> None:
    assert ledger_for(tmp_path, None) == (1, tmp_path / "seed-1.json")
    Ledger().write(tmp_path / "seed-1.json")
    assert ledger_for(tmp_path, None)[0] == 2
    with pytest.raises(UserError, match="Seed 1 was sent before"):
        ledger_for(tmp_path, 1)
