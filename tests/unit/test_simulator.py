"""The shop: realistic, repeatable, and its ledger is the truth about what it sent."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
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
PRODUCTS = {product.product_id: product for product in read_products()}
STATES = {city.state_code for city in read_cities()}

Events = dict[str, list[dict[str, Any]]]


def history(seed: int, events: int, rates: FaultRates, days: int = DAYS) -> tuple[list[Event], Ledger]:
    ledger = Ledger()
    backfill = Backfill(seed=seed, events=events, days=days, until=UNTIL, rates=rates, with_stories=False)
    return list(backfill.events(ledger)), ledger


def parsed(events: Iterable[Event]) -> Events:
    found: Events = {hub: [] for hub in HUBS}
    for event in events:
        found[event.hub].append(json.loads(event.body))
    return found


def at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


def journey(event: dict[str, Any]) -> tuple[str, str]:
    return event["session_id"], event["product_id"]


@pytest.fixture(scope="module")
def sound() -> Events:
    """A month without faults: about 27,000 sessions, 3,700 orders, 400 reviews."""
    return parsed(history(1, 120_000, NO_FAULTS)[0])


@pytest.fixture(scope="module")
def journeys(sound: Events) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The events of each journey, orders included, by time."""
    found = defaultdict(list)
    for event in sound["engagement"] + sound["orders"]:
        found[journey(event)].append(event)
    return {key: sorted(events, key=at) for key, events in found.items()}


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
        assert all(timedelta() <= UNTIL - at(event) <= timedelta(days=DAYS + 1) for event in events)
    pacific = [(at(event).hour - 8) % 24 for event in sound["engagement"] if event["state"] in ("CA", "OR", "WA")]
    evening, night = (sum(first <= hour <= last for hour in pacific) for first, last in ((18, 21), (1, 4)))
    assert evening > 5 * night


def test_all_hubs_are_sent_in_one_order_of_time_but_for_seconds() -> None:
    events, _ = history(9, 20_000, NO_FAULTS)
    times = [(event.hub, at(json.loads(event.body))) for event in events]
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


def test_deliveries_are_as_far_as_the_age_of_the_order_makes_them(sound: Events) -> None:
    for order in sound["orders"]:
        days = (UNTIL - at(order)) / timedelta(days=1)
        due = "Processing" if days < 1 else "Shipped" if days < 4 else "Delivered"
        assert order["delivery_status"] in (due, "Cancelled")
    cancelled = sum(order["delivery_status"] == "Cancelled" for order in sound["orders"])
    assert cancelled / len(sound["orders"]) == pytest.approx(0.04, abs=0.01)


def test_an_order_belongs_to_a_session_that_viewed_its_product(journeys: dict[Any, Any], sound: Events) -> None:
    first_at: dict[str, datetime] = {}
    for (session, _), events in journeys.items():
        times = [at(event) for event in events]
        first_at[session] = min(times[0], first_at.get(session, times[0]))
        assert events[0].get("event_type") == "view"
        assert all(before < after for before, after in pairwise(times))
        assert len({(event["state"], event["content_type"]) for event in events}) == 1
        assert len({event.get("visitor_id", event.get("customer_id")) for event in events}) == 1
        if "order_id" in events[-1]:
            last = max(at(event) for event in events[:-1] if event["event_type"] != "like")
            assert timedelta(minutes=1) <= times[-1] - last <= timedelta(minutes=20)
        else:
            assert not any("order_id" in event for event in events)
    assert {order["session_id"] for order in sound["orders"]} <= set(first_at)


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


def test_reviews_follow_delivered_orders_of_the_same_customer_and_product(sound: Events) -> None:
    orders = {order["order_id"]: order for order in sound["orders"]}
    assert len({review["order_id"] for review in sound["reviews"]}) == len(sound["reviews"]) > 300
    for review in sound["reviews"]:
        order = orders[review["order_id"]]
        assert order["delivery_status"] == "Delivered"
        assert {key: review[key] for key in ("customer_id", "product_id", "state")}.items() <= order.items()
        assert timedelta(days=3) <= at(review) - at(order) <= timedelta(days=16)
    settled = [order for order in sound["orders"] if (UNTIL - at(order)).days >= 16]
    delivered = {order["order_id"] for order in settled if order["delivery_status"] == "Delivered"}
    reviewed = delivered & {review["order_id"] for review in sound["reviews"]}
    assert 0.19 <= len(reviewed) / len(delivered) <= 0.29
    silent = sum("review_text" not in review for review in sound["reviews"])
    assert silent / len(sound["reviews"]) == pytest.approx(0.12, abs=0.05)


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
    ledger: dict[str, Any] = {
        "hubs": {},
        "revenue_by_state": defaultdict(Decimal),
        "items_by_state": Counter(),
        "funnel_by_product": defaultdict(lambda: {"viewed": 0, "clicked": 0, "purchased": 0}),
        "engagement_by_content_type": defaultdict(lambda: {"views": 0, "clicks": 0, "likes": 0}),
        "ratings_by_product": defaultdict(lambda: {"reviews": 0, "stars": 0}),
    }
    hubs = {hub: Counter(sent=0, accepted=0, updates=0, duplicates=0, new_fields=0) for hub in HUBS}
    reasons: dict[str, Counter[str]] = {hub: Counter() for hub in HUBS}
    fields = {hub: set(contract(hub)["properties"]) for hub in HUBS}
    seen: set[tuple[str, str]] = set()
    stages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for hub, _, body in events:
        hubs[hub]["sent"] += 1
        reason, event = verdict(hub, body)
        if reason:
            reasons[hub][reason] += 1
            continue
        key = hub, event[{"orders": "order_id", "engagement": "event_id", "reviews": "review_id"}[hub]]
        if key in seen:
            hubs[hub]["duplicates"] += 1
            continue
        seen.add(key)
        hubs[hub]["accepted"] += 1
        hubs[hub]["new_fields"] += not set(event) <= fields[hub]
        if hub == "orders":
            price = Decimal(PRODUCTS[event["product_id"]].list_price_cents) / 100
            price, quantity = Decimal(str(event.get("price", price))), event.get("quantity", 1)
            ledger["revenue_by_state"][event["state"]] += price * quantity
            ledger["items_by_state"][event["state"]] += quantity
            stages[journey(event)].add("order")
        elif hub == "engagement":
            ledger["engagement_by_content_type"][event["content_type"]][event["event_type"] + "s"] += 1
            stages[journey(event)].add(event["event_type"])
        else:
            ledger["ratings_by_product"][event["product_id"]]["reviews"] += 1
            ledger["ratings_by_product"][event["product_id"]]["stars"] += event["rating"]
    for (_, product_id), stage in stages.items():
        if "view" in stage:
            funnel = ledger["funnel_by_product"][product_id]
            funnel["viewed"] += 1
            funnel["clicked"] += bool(stage & {"click", "order"})
            funnel["purchased"] += "order" in stage
    ledger["revenue_by_state"] = {state: float(dollars) for state, dollars in ledger["revenue_by_state"].items()}
    for hub in HUBS:
        ledger["hubs"][hub] = hubs[hub] | {"quarantined": reasons[hub].total(), "reasons": reasons[hub]}
    return ledger


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


def assert_is_the_truth(ledger: Ledger, events: Iterable[Event]) -> None:
    told = ledger.as_dict()
    del told["stories"]
    assert told == judged(events)


@pytest.mark.parametrize("rates", [NO_FAULTS, FaultRates(), MANY_FAULTS], ids=["none", "usual", "many"])
def test_the_ledger_is_what_an_independent_judge_makes_of_the_bodies(rates: FaultRates) -> None:
    events, ledger = history(11, 30_000, rates, days=60)
    assert_is_the_truth(ledger, events)
    assert ledger.hubs["reviews"].accepted > 50


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
        assert entry.duplicates / entry.accepted == pytest.approx(0.05, rel=0.2)
        assert entry.accepted + entry.duplicates + entry.quarantined == entry.sent
    assert ledger.hubs["orders"].reasons["not_usa"] / ledger.hubs["orders"].sent == pytest.approx(0.07, rel=0.2)
    assert "not_usa" not in ledger.hubs["engagement"].reasons
    readable = [order for event in events if event.hub == "orders" for order in [verdict(*event[::2])[1]] if order]
    for field, rate in (("price", 0.05), ("quantity", 0.06)):
        assert sum(field not in order for order in readable) / len(readable) == pytest.approx(rate, rel=0.25)
    assert set(ledger.hubs["reviews"].reasons) == {"broken_json", "unknown_state", "bad_rating"}


def test_late_events_are_sent_long_after_they_happened() -> None:
    events, _ = history(3, 20_000, FaultRates(0, 0.1, 0, 0, 0, 0, 0, 0, 0))
    latest, late = at(json.loads(events[0].body)), 0
    for time in (at(json.loads(event.body)) for event in events):
        late += latest - time > timedelta(seconds=3_000)
        latest = max(latest, time)
    assert late / len(events) == pytest.approx(0.1, abs=0.02)


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
    ages = [second - (at(json.loads(event.body)) - UNTIL).total_seconds() for second, event in sent]
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
