"""The ledger: the truth about what was sent, by which a run is judged."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.errors import UserError


@dataclass
class HubLedger:
    """What was sent to one hub: messages, and what must become of them."""

    sent: int = 0
    accepted: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Messages that must be quarantined, by reason code; each has one."""

    @property
    def quarantined(self) -> int:
        """Messages that must be quarantined."""
        return self.reasons.total()

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "reasons": dict(sorted(self.reasons.items())),
        }


@dataclass
class Ledger:
    """What one run of the simulator sent, or several together. Money in cents."""

    orders: HubLedger = field(default_factory=HubLedger)
    revenue_cents: Counter[str] = field(default_factory=Counter)
    """Revenue of accepted orders by state code."""
    items: Counter[str] = field(default_factory=Counter)
    """Items of accepted orders by state code."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it; revenue in dollars, exact to the cent."""
        return {
            "hubs": {"orders": self.orders.as_dict()},
            "revenue_by_state": {state: cents / 100 for state, cents in sorted(self.revenue_cents.items())},
            "items_by_state": dict(sorted(self.items.items())),
        }

    def add(self, other: "Ledger") -> None:
        """Add what another run sent."""
        self.orders.sent += other.orders.sent
        self.orders.accepted += other.orders.accepted
        self.orders.duplicates += other.orders.duplicates
        self.orders.reasons += other.orders.reasons
        self.revenue_cents += other.revenue_cents
        self.items += other.items

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, self.as_dict())


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all: a reader never finds half a file."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=2) + "\n")
    part.replace(path)


def read_ledger(path: Path) -> Ledger:
    """One run's ledger, as `Ledger.write` left it."""
    content = json.loads(path.read_text())
    orders = content["hubs"]["orders"]
    return Ledger(
        orders=HubLedger(orders["sent"], orders["accepted"], orders["duplicates"], Counter(orders["reasons"])),
        revenue_cents=Counter({state: round(dollars * 100) for state, dollars in content["revenue_by_state"].items()}),
        items=Counter(content["items_by_state"]),
    )


def sum_of(paths: Iterable[Path]) -> Ledger:
    """Several runs' ledgers together."""
    total = Ledger()
    for path in paths:
        total.add(read_ledger(path))
    return total


def ledger_for(folder: Path, seed: int | None) -> tuple[int, Path]:
    """The seed of a new run and where its ledger goes. Without a seed: the next that was not used here.

    Raises:
        UserError: the seed was used here; its events, keys included, would come again.
    """
    used = {int(path.stem.removeprefix("seed-")) for path in folder.glob("seed-*.json")}
    if seed in used:
        raise UserError(f"Seed {seed} was sent before, so all its events would be duplicates. Choose another --seed.")
    chosen = seed if seed is not None else max(used, default=0) + 1
    return chosen, folder / f"seed-{chosen}.json"
