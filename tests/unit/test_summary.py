"""What a run came to beside the ledger: what was erased is missing from both sides of the account."""

from typing import Any

import pytest

from ingestion.contracts import HUBS
from sandbox.summary import BREAKDOWNS, OF_STATES, differences
from simulator.ledger import Ledger

SENT = 10


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    for hub in HUBS:
        ledger.hubs[hub].sent = ledger.hubs[hub].accepted = SENT
    return ledger


def summary(**of_orders: int) -> dict[str, Any]:
    nothing = {
        "landed": SENT,
        "accepted": SENT,
        "erased": 0,
        "updates": 0,
        "duplicates": 0,
        "quarantined": 0,
        "new_fields": 0,
    }
    account = {"sent": SENT, **nothing, "reasons": {}}
    breakdowns: dict[str, Any] = {name: {} for name in (*(f"{figure}_by_state" for figure in OF_STATES), *BREAKDOWNS)}
    return {"hubs": {hub: account | (of_orders if hub == "orders" else {}) for hub in HUBS}, **breakdowns}


def test_all_is_well(ledger: Ledger) -> None:
    assert differences(summary(), ledger) == []


def test_what_was_erased_is_not_missing(ledger: Ledger) -> None:
    erased = summary(landed=SENT - 3, accepted=SENT - 3, erased=3)
    # Its revenue is gone too.
    ledger.revenue_cents["KY"] = 100
    assert differences(erased, ledger) == []


def test_what_neither_landed_nor_was_erased_is(ledger: Ledger) -> None:
    assert differences(summary(landed=SENT - 3, accepted=SENT - 3, erased=2), ledger) == [
        "orders: 10 events were sent, 7 landed, 2 erased"
    ]
    found = differences(summary(landed=SENT - 1, accepted=SENT - 1), ledger)
    assert found == ["orders: 10 events were sent, 9 landed", "orders, accepted: 9, the ledger says 10"]


def test_what_gold_sums_otherwise_than_the_ledger_is_named(ledger: Ledger) -> None:
    ledger.cancelled_cents["KY"], ledger.orders["KY"] = 1250, 1
    seen = summary() | {"cancelled_by_state": {"KY": 12.5}, "orders_by_state": {"KY": 1}}
    assert differences(seen, ledger) == ["cancelled_of_lines_by_state, KY: None, the ledger says 12.5"]
    seen |= {"cancelled_of_lines_by_state": {"KY": 12.5}, "orders_by_state": {"KY": 2}}
    assert differences(seen, ledger) == ["orders_by_state, KY: 2, the ledger says 1"]
    assert differences(seen | {"orders_by_state": {"KY": 1, "TX": 0}}, ledger) == []
