"""The shop: realistic, repeatable, and its ledger is the truth about what it sent."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from ingestion.contracts import contract
from ingestion.errors import UserError
from simulator.faults import NO_FAULTS, FaultRates
from simulator.ledger import Ledger, ledger_for, read_ledger, sum_of
from simulator.master_data import read_products
from simulator.orders import Event, Shop

UNTIL = datetime(2026, 6, 30, 12, tzinfo=UTC)
NOW_MS = int(UNTIL.timestamp() * 1000)
DAYS = 30


def history(seed: int, count: int, rates: FaultRates, duplicates: int = 0) -> tuple[list[Event], Ledger]:
    ledger = Ledger()
    shop = Shop(seed, max(count // 6, 10), rates)
    orders = shop.in_utc(shop.orders(shop.times(count, UNTIL, DAYS), NOW_MS), NOW_MS)
    return list(shop.events(orders, shop.sending_order(orders, duplicates, NOW_MS), ledger)), ledger


@pytest.fixture(scope="module")
def sound() -> list[dict[str, object]]:
    """Twenty thousand orders without faults."""
    events, _ = history(1, 20_000, NO_FAULTS)
    return [json.loads(event.body) for event in events]


def test_the_same_seed_sends_the_same_bytes_and_another_seed_others() -> None:
    first, second, other = (history(seed, 500, FaultRates(), 10)[0] for seed in (5, 5, 6))
    assert first == second
    assert not {event.key for event in first} & {event.key for event in other}


def test_every_sound_order_fits_the_contract(sound: list[dict[str, object]]) -> None:
    validator = jsonschema.Draft202012Validator(contract("orders"))
    for order in sound[:500]:
        validator.validate(order)


def test_orders_come_from_all_states_by_population(sound: list[dict[str, object]]) -> None:
    states = Counter(order["state"] for order in sound)
    assert len(states) == 51
    assert [state for state, _ in states.most_common(3)] == ["CA", "TX", "FL"]
    assert states["CA"] / len(sound) == pytest.approx(39_538_223 / 331_449_281, abs=0.03)


def test_times_are_within_the_days_and_follow_the_day(sound: list[dict[str, object]]) -> None:
    times = [datetime.fromisoformat(str(order["timestamp"])) for order in sound]
    assert all(0 <= (UNTIL - time).total_seconds() <= (DAYS + 1) * 86_400 for time in times)
    pacific = [
        (time.hour - 8) % 24 for time, order in zip(times, sound, strict=True) if order["state"] in ("CA", "OR", "WA")
    ]
    evening, night = (sum(first <= hour <= last for hour in pacific) for first, last in ((18, 21), (1, 4)))
    assert evening > 5 * night


def test_prices_are_around_the_list_price_and_amounts_add_up(sound: list[dict[str, object]]) -> None:
    list_prices = {product.product_id: product.list_price_cents for product in read_products()}
    for order in sound[:2_000]:
        cents = round(float(str(order["price"])) * 100)
        assert 0.69 * list_prices[str(order["product_id"])] - 1 <= cents
        assert cents <= 1.16 * list_prices[str(order["product_id"])] + 1
        assert Decimal(str(order["price"])) * int(str(order["quantity"])) == Decimal(str(order["total_amount"]))


def test_customers_return(sound: list[dict[str, object]]) -> None:
    orders = Counter(order["customer_id"] for order in sound)
    assert len(orders) < len(sound) / 3
    homes = {(order["customer_id"], order["city"], order["state"]) for order in sound}
    assert len({customer for customer, _, _ in homes}) == len(homes)


def test_faults_come_at_their_rates_and_the_ledger_counts_each() -> None:
    rates = FaultRates(duplicate=0.05, broken_json=0.04, unknown_state=0.03, other_country=0.02)
    events, ledger = history(2, 20_000, rates, duplicates=1_000)
    reasons = ledger.orders.reasons
    assert len(events) == ledger.orders.sent == 21_000
    assert ledger.orders.accepted + ledger.orders.duplicates + ledger.orders.quarantined == ledger.orders.sent
    for reason, rate in (("broken_json", 0.04), ("unknown_state", 0.03), ("not_usa", 0.02)):
        assert reasons[reason] / 21_000 == pytest.approx(rate, rel=0.15)
    broken = 0
    for event in events:
        try:
            json.loads(event.body)
        except ValueError:
            broken += 1
    assert broken == reasons["broken_json"]
    keys = Counter(event.key for event in events)
    assert sum(times - 1 for times in keys.values()) == 1_000


def test_late_orders_are_sent_long_after_they_happened() -> None:
    events, _ = history(3, 5_000, FaultRates(duplicate=0, late=0.1, broken_json=0))
    times = [datetime.fromisoformat(json.loads(event.body)["timestamp"]) for event in events]
    latest = times[0]
    late = 0
    for time in times:
        late += (latest - time).total_seconds() > 3_000
        latest = max(latest, time)
    assert late / len(times) == pytest.approx(0.1, abs=0.03)


def test_a_ledger_comes_back_from_its_file_and_ledgers_add_up(tmp_path: Path) -> None:
    _, ledger = history(4, 1_000, FaultRates(), 20)
    ledger.write(tmp_path / "seed-4.json")
    assert read_ledger(tmp_path / "seed-4.json") == ledger
    both = sum_of([tmp_path / "seed-4.json"] * 2)
    assert both.orders.sent == 2 * ledger.orders.sent
    assert both.revenue_cents["CA"] == 2 * ledger.revenue_cents["CA"]


def test_a_seed_is_not_sent_twice(tmp_path: Path) -> None:
    assert ledger_for(tmp_path, None) == (1, tmp_path / "seed-1.json")
    Ledger().write(tmp_path / "seed-1.json")
    assert ledger_for(tmp_path, None)[0] == 2
    with pytest.raises(UserError, match="Seed 1 was sent before"):
        ledger_for(tmp_path, 1)
